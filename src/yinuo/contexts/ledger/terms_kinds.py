"""The facts of contracts: what was agreed, what was agreed besides, what the law said of it."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

TERMS_KINDS = (
    Kind(
        "contract.agreed",
        "contract",
        "p",
        ("template",),
        ("order", "contract", "version", "digest", "price_fen", "deposit_fen", "at"),
        False,
        "合同第 {version} 版签好：车价 {price}，定金 {deposit}（{at}）。",
        "Contract version {version} agreed: price {price}, deposit {deposit} ({at}).",
    ),
    Kind(
        "side_term.agreed",
        "side",
        "p",
        ("code",),
        ("order", "term", "text", "until", "at"),
        False,
        "补充约定：{text}（{at}）。",
        "Agreed besides: {text} ({at}).",
    ),
    Kind(
        "side_term.lapsed",
        "side",
        "p",
        ("code",),
        ("order", "term", "text", "at"),
        False,
        "补充约定到期（{at}）：{text}。",
        "A side agreement came to its end ({at}): {text}.",
    ),
    Kind(
        "schedule.requested",
        "side",
        "p",
        (),
        ("order", "term", "at"),
        False,
        "您申请了排产（{at}），从原来的位置往前走。",
        "You asked for a slot ({at}); the order moves on from its old place.",
    ),
    Kind(
        "decision.recorded",
        "decision",
        "p",
        ("code",),
        (
            "order",
            "decision",
            "digest",
            "clearance",
            "moment_zh",
            "moment_en",
            "result_zh",
            "result_en",
            "at",
        ),
        False,
        "{moment}对照了法律（{at}）：{result}",
        "Checked against the law {moment} ({at}): {result}",
    ),
)
