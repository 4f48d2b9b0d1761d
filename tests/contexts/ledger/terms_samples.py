"""One fact of every kind about contracts."""

from __future__ import annotations

from typing import Any

AT = {"at": "2026-02-11T01:20:00Z"}
TERM = {"term": "trm_8k2m9p7q4r5s6t7u8v9w", "text": "ask for a slot within 360 days", **AT}

OFFER = {"offer": "off_8k2m9p7q4r5s6t7u8v9w", "text": "5,000 yuan less", **AT}

TERMS_PUBLIC: dict[str, dict[str, Any]] = {
    "contract.agreed": {"template": "car-sale-3"},
    "side_term.agreed": {"code": "SCHEDULE_HOLD"},
    "side_term.lapsed": {"code": "SCHEDULE_HOLD"},
    "side_term.offered": {"code": "DELIVERY_BY"},
    "side_term.declined": {"code": "PRICE"},
    "side_term.breached": {"code": "EXPECTED"},
    "schedule.requested": {},
    "decision.recorded": {"code": "balance"},
}
TERMS_PRIVATE: dict[str, dict[str, Any]] = {
    "contract.agreed": {
        "contract": "ctr_8k2m9p7q4r5s6t7u8v9w",
        "version": 1,
        "digest": "0f" * 32,
        "price_fen": 31_890_000,
        "deposit_fen": 500_000,
        **AT,
    },
    "side_term.agreed": {**TERM, "until": "2027-02-06"},
    "side_term.lapsed": TERM,
    "side_term.offered": {
        **OFFER,
        "by_whom": "Zhao Min, Haikou shop",
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-13T10:00:00Z",
    },
    "side_term.declined": OFFER,
    "side_term.breached": {
        "term": "trm_8k2m9p7q4r5s6t7u8v9w",
        "deadline": "2026-05-01",
        "latest": "2026-05-20",
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-13T10:00:00Z",
        **AT,
    },
    "schedule.requested": {"term": "trm_8k2m9p7q4r5s6t7u8v9w", **AT},
    "decision.recorded": {
        "decision": "dec_8k2m9p7q4r5s6t7u8v9w",
        "digest": "0f" * 32,
        "clearance": "stop",
        "moment_zh": "要求付尾款之前",
        "moment_en": "before the balance is demanded",
        "result_zh": "不能这样办。",
        "result_en": "This may not be done.",
        **AT,
    },
}
VOID = {"clause_zh": "7 日付清尾款", "clause_en": "Balance within 7 days"}
TERMS_PUBLIC |= {
    "clause.voided": {"ruling": "(2025)0108-1"},
    "clause.put_right": {"code": "STRUCK", "ruling": "(2025)0108-1"},
    "clause.restored": {"ruling": "(2025)0108-1"},
    "ruling.overturned": {
        "court": "Haikou Meilan",
        "case": "(2025)0108-1",
        "why": "the higher court decided otherwise",
    },
    "template.issued": {"template": "car-sale-3", "digest": "0f" * 32},
    "template.withdrawn": {"template": "car-sale-2", "why": "car-sale-3"},
    "ruling.recorded": {
        "clause": "balance-7-days",
        "court": "Haikou Meilan",
        "case": "(2025)0108-1",
        "ruled": "2025-11-20",
        "wordings": ["0f" * 32],
    },
}

TERMS_PRIVATE |= {
    "clause.voided": {
        **VOID,
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-18T04:00:00Z",
        "known_at": "2026-02-11T00:50:00Z",
    },
    "clause.put_right": {**VOID, **AT},
    "clause.restored": {
        **VOID,
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-18T04:00:00Z",
        **AT,
    },
}
TERMS_PUBLIC["features.found"] = {"code": "HANDOVER"}
TERMS_PRIVATE["features.found"] = {
    "lacking_zh": "城区辅助驾驶",
    "lacking_en": "city assist",
    "source": "ins_8k2m9p7q4r5s6t7u8v9w",
    **AT,
}
