"""Samples of the facts of visits, and of who is in charge."""

from __future__ import annotations

from typing import Any

from yinuo.contexts.ledger.visit_kinds import VISIT_KINDS

FIELDS: dict[str, Any] = {
    "visit": "vis_8k2m9p7q4r5s6t7u8v9w",
    "visit_at": "2026-03-05T02:00:00Z",
    "old_at": "2026-03-04T02:00:00Z",
    "offers": ["2026-03-06T02:00:00Z", "2026-03-06T06:00:00Z"],
    "place_zh": "天津中心",
    "place_en": "Tianjin centre",
    "answerer": "stf_minmin",
    "answer_by_at": "2026-02-12T04:00:00Z",
    "known_at": "2026-02-11T00:50:00Z",
}
CODES = {
    "visit.moved": "CAR_LATE",
    "visit.moved_same_day": "SLOT_STOP",
    "visit.called_off": "CAR_MISSING",
    "visit.called_off_same_day": "STAFF_AWAY",
    "visit.missed_by_us": "NOT_RECEIVED",
    "owner.changed": "AWAY",
}
VISIT_PUBLIC: dict[str, dict[str, Any]] = {
    kind.name: {"code": CODES.get(kind.name, "CUSTOMER")} for kind in VISIT_KINDS
}
VISIT_PRIVATE: dict[str, dict[str, Any]] = {
    kind.name: {name: FIELDS[name] for name in kind.private if name != "order"}
    for kind in VISIT_KINDS
}
