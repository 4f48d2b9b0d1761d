"""The facts of the log itself: its rules, its keys, and what it states of its own state."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

# What a rule says, in the order in which people read it; see `rulebook`.
RULE_FIELDS = (
    "rule",
    "binds",
    "notice_days",
    "skew_seconds",
    "line_orders_min",
    "batch_days_max",
    "return_batches",
    "exceptions",
    "holds",
    "line_holds",
    "leaves",
    "forms",
)

LOG_KINDS = (
    Kind(
        "rule.stated",
        "rule",
        "",
        RULE_FIELDS,
        (),
        False,
        "排队规则第 {rule} 版。",
        "Rule {rule} of the queue.",
    ),
    Kind(
        "key.stated",
        "key",
        "",
        ("use", "vkey"),
        (),
        False,
        "签名公钥（{use_words}）：{vkey}。",
        "Public key ({use_words}): {vkey}.",
    ),
    Kind(
        "heads.stated",
        "heads",
        "",
        ("size", "bits", "root"),
        (),
        False,
        "到第 {size} 条为止，每个序列的末尾汇总成 {root}。",
        "Up to entry {size}, the ends of all streams make {root}.",
    ),
    Kind(
        "anchor.made",
        "anchor",
        "",
        ("size", "digest", "tsa"),
        (),
        False,
        "前 {size} 条由 {tsa} 盖了时间戳。",
        "The first {size} entries were stamped by {tsa}.",
    ),
    Kind(
        "secrets.destroyed",
        "erase",
        "",
        ("count",),
        (),
        False,
        "销毁了 {count} 个订单的密钥，这些订单的内容再也打不开。",
        "The secrets of {count} orders were destroyed; their contents cannot be opened again.",
    ),
)
