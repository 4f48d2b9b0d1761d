"""Samples of the facts of the queue and of the log itself."""

from __future__ import annotations

from typing import Any

from yinuo.contexts.ledger.rulebook import AT_ONCE, Figures, rule_fields

DIGEST = "Zk3q9v_1xW0b" + "c" * 31
VKEY = "log.yunfan.example/log+0f1e2d3c+AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/abcdef"

QUEUE_PUBLIC: dict[str, dict[str, Any]] = {
    "order.locked_by_ticket": {"line": "S7-A@NC", "launch": "s7-2026", "ticket": 412},
    "order.allocated": {"line": "S7-A@NC", "batch": "2026-W07"},
    "line.opened": {"line": "S7-A@NC"},
    "queue.batch_closed": {"line": "S7-A@NC", "batch": "2026-W07", "count": 318},
    "launch.counted": {"launch": "s7-2026", "number": 1204, "chain": DIGEST},
    "rule.stated": rule_fields(1, Figures(), AT_ONCE),
    "key.stated": {"use": "log", "vkey": VKEY},
    "window.opened": {
        "window": "s7-2026",
        "launch": "s7-2026",
        "source": "drand quicknet 7121800",
        "until": "2026-03-01T02:10:00Z",
        "drawn": "2026-03-01T03:00:00Z",
    },
    "window.closed": {"window": "s7-2026", "number": 1204, "chain": DIGEST},
    "draw.made": {
        "window": "s7-2026",
        "source": "drand quicknet 7121800",
        "value": "ab" * 32,
        "size": 120_417,
    },
    "draw.void": {"window": "s7-2026", "code": "NOT_SEALED"},
    "eta.stated": {
        "lines": ["S7-A@NC", "S7-A@TJ"],
        "first_days": ["2026-03-02", "2026-03-04"],
        "last_days": ["2026-03-12", "2026-03-16"],
        "latest_days": ["2026-03-15", "2026-03-20"],
        "digest": "0f" * 32,
    },
    "eta.withdrawn": {
        "lines": ["S7-R@TJ"],
        "code": "BEYOND",
        "beyond": "2029-02",
        "digest": "0f" * 32,
    },
    "heads.stated": {"size": 120_417, "bits": 9, "root": DIGEST},
    "anchor.made": {"size": 120_417, "digest": "0f" * 32, "tsa": "tsa.yunfan.example"},
    "secrets.destroyed": {"count": 3},
}
QUEUE_PRIVATE: dict[str, dict[str, Any]] = {
    "order.locked_by_ticket": {"locked_at": "2025-12-03T02:00:00Z"},
    "order.allocated": {"how": "BUILT", "cause_ref": "bld_8k2m", "at": "2026-02-11T01:20:00Z"},
}
