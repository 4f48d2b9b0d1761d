"""Samples of the facts of leaving, coming back, waiting longer and disagreeing."""

from __future__ import annotations

from typing import Any

AT = "2026-02-11T01:20:00+00:00"
LIFE_PUBLIC: dict[str, dict[str, Any]] = {
    "order.cancelled": {"code": "UNDO"},
    "order.restored": {},
    "order.postponed": {},
    "order.resumed": {},
    "exit.offered": {"code": "COLD"},
    "dispute.opened": {},
    "dispute.settled": {"code": "KEPT"},
}
LIFE_PRIVATE: dict[str, dict[str, Any]] = {
    "order.cancelled": {"refund": 500_000, "unit": "CNY", "refund_by": "2026-02-16", "at": AT},
    "order.restored": {"at": AT},
    "order.postponed": {"not_before": "2026-06-01", "at": AT},
    "order.resumed": {"at": AT},
    "exit.offered": {
        "waited_days": 380,
        "known_at": AT,
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-12T04:00:00+00:00",
    },
    "dispute.opened": {
        "dispute": "K3F8P2",
        "at": AT,
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-12T10:00:00+00:00",
    },
    "dispute.settled": {
        "dispute": "K3F8P2",
        "answer": "5,000",
        "answerer": "stf_minmin",
        "known_at": AT,
    },
}
