"""One fact of every kind, with fields as they really come."""

from __future__ import annotations

from typing import Any

from tests.contexts.ledger.claims_samples import CLAIMS_PUBLIC
from tests.contexts.ledger.life_samples import LIFE_PRIVATE, LIFE_PUBLIC
from tests.contexts.ledger.queue_samples import QUEUE_PRIVATE, QUEUE_PUBLIC
from tests.contexts.ledger.terms_samples import TERMS_PRIVATE, TERMS_PUBLIC
from tests.contexts.ledger.visit_samples import VISIT_PRIVATE, VISIT_PUBLIC
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.operations import Fact

ORDER = "NC26LU"
WINDOW: dict[str, Any] = {
    "window_from": "2026-03-02",
    "window_until": "2026-03-12",
    "latest": "2026-03-15",
    "odds_percent": 95,
    "next_update_at": "2026-02-18T10:00:00Z",
}
ANSWER: dict[str, Any] = {
    "answerer": "stf_minmin",
    "answer_by_at": "2026-02-12T04:00:00Z",
    "known_at": "2026-02-11T00:50:00Z",
}
MONEY: dict[str, Any] = {**ANSWER, "amount": 500_000, "unit": "FEN"}
DUE: dict[str, Any] = {"due_at": "2026-02-16T10:00:00Z"}
CHOICE: dict[str, Any] = {
    "choose_by_at": "2026-02-25T10:00:00Z",
    "choices": ["WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL"],
}
MOVE: dict[str, Any] = {
    **WINDOW,
    **ANSWER,
    **CHOICE,
    "old_from": "2026-02-24",
    "old_until": "2026-03-06",
    "old_latest": "2026-03-09",
    "days_later": 6,
    "days_earlier": 0,
    "cause": "TRAIN_CANCELLED",
    "cause_ref": "evt_8k2m9p7q4r5s6t7u8v9w",
    "place_zh": "郑州站",
    "place_en": "Zhengzhou",
    "car_state": "UNHURT",
    "factors": ["TRANSPORT"],
    "factor_refs": ["evt_8k2m9p7q4r5s6t7u8v9w"],
    "factor_days": ["6"],
    "factor_latest_days": ["6"],
    "unusual": "",
    "run": "fct_8k2m9p7q4r5s6t7u8v9w",
}
QUOTED: dict[str, Any] = {
    "quote": "quo_8k2m9p7q4r5s6t7u8v9w",
    "quoted_latest": "2026-03-09",
    "latest": "2026-03-15",
    "days": 6,
    "factors": ["PLAN", "QUEUE"],
    "factor_refs": ["pln_8k2m9p7q4r5s6t7u8v9w", "2026-02-10T01:20:00Z / 2026-02-11T01:20:00Z"],
    "factor_days": ["2", "4"],
    "factor_latest_days": ["2", "4"],
}
NOTICE: dict[str, Any] = {"notice": "ntc_8k2m9p7q4r5s6t7u8v9w"}
AT: dict[str, Any] = {"at": "2026-02-11T01:20:00Z"}
AMENDMENT: dict[str, Any] = {"amendment": "amd_8k2m9p7q4r5s6t7u8v9w"}
AMENDED: dict[str, Any] = {
    **AMENDMENT,
    "answerer": "stf_minmin",
    "answer_by_at": "2026-02-12T10:00:00Z",
}
OUTCOME: dict[str, Any] = {
    "answerer": "stf_minmin",
    "ground": "",
    "known_at": "2026-02-12T01:20:00Z",
}
MOVED: dict[str, Any] = {
    "move": "mov_8k2m9p7q4r5s6t7u8v9w",
    "to_zh": "标准续航，南昌交付中心",
    "to_en": "Standard range, Nanchang centre",
}
CAR: dict[str, Any] = {"car": "car_8k2m9p7q4r5s6t7u8v9w"}
RISK: dict[str, Any] = {
    **WINDOW,
    "dots": 6,
    "cause": "POSITION_MEASURED",
    "cause_ref": "nightly-built:2026-02-11",
    "known_at": "2026-02-11T00:50:00Z",
    "answerer": "stf_minmin",
    "run": "fct_8k2m9p7q4r5s6t7u8v9w",
}
ENDED: dict[str, Any] = {
    **AT,
    "first_latest": "2026-03-12",
    "latest": "2026-03-15",
    "late_days": 0,
    "late_days_first": 0,
}
KNOWN: dict[str, Any] = {**AT, "known_at": "2026-02-11T01:20:00Z"}
WEEKS = ["2026-W10", "2026-W11"]

PUBLIC: dict[str, dict[str, Any]] = {
    "order.locked": {"line": "S7-A@NC"},
    "queue.held": {"code": "TRANSIT_DELAYED"},
    "queue.released": {"code": "TRANSIT_DELAYED"},
    "queue.excepted": {"code": "RETURNED_CAR_SAME_CITY"},
    **QUEUE_PUBLIC,
    "promise.made": {"weeks": WEEKS, "code": "FIRST"},
    "quote.missed": {"code": "LATER"},
    "quote.kept": {"code": "SAME"},
    "promise.revised": {"weeks": WEEKS, "code": "TRAIN_CANCELLED"},
    "promise.kept_as_is": {"weeks": WEEKS, "code": "SAME"},
    "promise.unknown": {"code": "UNKNOWN"},
    "promise.broken": {"weeks": WEEKS[1:], "code": "BROKEN"},
    "promise.at_risk": {"weeks": WEEKS[1:], "code": "AT_RISK"},
    "promise.recovered": {"weeks": WEEKS[1:], "code": "RECOVERED"},
    "promise.kept": {"weeks": WEEKS[1:], "code": "FIRST"},
    "promise.late": {"weeks": WEEKS[1:], "code": "LATE"},
    "promise.cancelled": {"weeks": WEEKS[1:], "code": "CANCELLED"},
    "deadline.at_risk": {"code": "DEADLINE"},
    "credit.begun": {"code": "BEGUN"},
    "credit.given": {"code": "GIVEN"},
    "credit.settled": {"code": "SETTLED"},
    "damage.told": {"code": "TRANSIT"},
    "damage.answered": {"code": "STAY_AWAY"},
    "evidence.kept": {},
    "remote.recorded": {},
    "remote.answered": {"code": "ASK"},
    "inspection.opened": {},
    "inspection.recorded": {},
    "inspection.decided": {"code": "TAKE"},
    "car.refused": {},
    "inspection.signed": {},
    "safety.raised": {"code": "escape"},
    "diagnosis.made": {"code": "NO_FAULT"},
    "keys.given": {},
    **{
        name: {"code": "DEPOSIT" if name.startswith("money") else "CANCELLED"}
        for name in ("money.due", "money.received", "refund.ordered", "refund.late", "refund.paid")
    },
    "money.kept": {"code": "KEPT"},
    "keep.disputed": {"code": "DISPUTED"},
    "keep.decided": {"code": "GIVEN_BACK"},
    "car.built": {"code": "BUILT"},
    "car.left_plant": {"code": "LEFT_PLANT"},
    "car.arrived": {"code": "ARRIVED"},
    "car.handed_over": {},
    "choice.made": {"code": "CHOICE"},
    "choice.answered": {"code": "ANSWERED"},
    "amendment.asked": {"code": "TO_COMPANY"},
    "amendment.confirmed": {"code": "TO_COMPANY"},
    "amendment.waits": {"code": "TO_COMPANY"},
    "amendment.handed_up": {"code": "TO_COMPANY"},
    "amendment.decided": {"code": "TO_COMPANY"},
    "amendment.refused": {"code": "TO_COMPANY"},
    "amendment.withdrawn": {"code": "TO_COMPANY"},
    "order.buyer_changed": {"code": "TO_COMPANY"},
    "order.moved": {"line": "S7-B@NC", "kept": "no"},
    "order.moved_back": {"line": "S7-A@NC", "kept": "back"},
    "car.kept": {"code": "DISPLAY"},
    "car.let_go": {"code": "DISPLAY"},
    "car.handed_over_at": {"code": "DISPLAY"},
    "car.disclosed": {"code": "DISPLAY"},
    "car.taken": {"code": "DISPLAY"},
    "notice.corrected": {"code": "TRAIN_LATE"},
    "notice.sent": {"code": "promise.revised", "channel": "SMS"},
    "notice.delivered": {"code": "promise.revised", "channel": "SMS"},
    "notice.bounced": {"code": "promise.revised", "channel": "MAIL"},
    "notice.read": {"code": "promise.revised", "channel": "PAGE"},
    "plan.committed": {"plan": "plan-2026-07", "cause": "PLANT_STOPPED", "digest": "0f" * 32},
    "unusual.declared": {"period": "unp8k2m", "factor_percent": 150, "digest": "0f" * 32},
    "unusual.ended": {"period": "unp8k2m"},
    "reference.stated": {"plant": "P1", "launches": 3, "digest": "0f" * 32},
    "hold.placed": {"hold": "B17", "cause": "QUALITY_HOLD", "digest": "0f" * 32},
    **LIFE_PUBLIC,
    **TERMS_PUBLIC,
    **CLAIMS_PUBLIC,
    **VISIT_PUBLIC,
}
DIGEST: dict[str, Any] = {"sha256": "0f" * 32}
DOCUMENT: dict[str, Any] = {
    **AT,
    "inspection": "ins_8k2m9p7q4r5s6t7u8v9w",
    "version": 7,
    "document_sha256": "0f" * 32,
}
CHECKED: dict[str, Any] = {**AT, "inspection": DOCUMENT["inspection"], "check": "boot"}
INSPECTED: dict[str, dict[str, Any]] = {
    "damage.told": {
        "damage": "dmg_8k2m9p7q4r5s6t7u8v9w",
        "cause_ref": "evt_8k2m9p7q4r5s6t7u8v9w",
        "spot_zh": "右后门",
        "spot_en": "right rear door",
        "words_zh": "一处划痕",
        "words_en": "a scratch",
        "photos_sha256": ["0f" * 32],
        **ANSWER,
    },
    "damage.answered": {**AT, "damage": "dmg_8k2m9p7q4r5s6t7u8v9w"},
    "evidence.kept": {**CHECKED, **DIGEST, "media_type": "image/jpeg"},
    "remote.recorded": {**AT, **DIGEST, "look": "rml_8k2m", "findings": "一切正常"},
    "remote.answered": {**AT, "look": "rml_8k2m", "words": "我来看"},
    "inspection.opened": {
        **AT,
        "inspection": DOCUMENT["inspection"],
        "vin": "LYNS7ANC0S0000001",
        "checklist_sha256": "0f" * 32,
    },
    "inspection.recorded": {
        **AT,
        "inspection": DOCUMENT["inspection"],
        "version": 7,
        "group": "escape",
        "answers": ["boot=PROBLEM"],
        "words": ["后备箱打不开"],
        "by": "",
    },
    "inspection.decided": {**DOCUMENT, "words": "", "fix_by": "", "decision": 1},
    "car.refused": {
        **DOCUMENT,
        "words": "后备箱打不开",
        "decision": 1,
        "answerer": "stf_minmin",
        "answer_by_at": "2026-02-13T10:00:00Z",
    },
    "inspection.signed": {**DOCUMENT, "signature": "sig_8k2m", "how": "DRAWN"},
    "safety.raised": {**CHECKED, "vin": "LYNS7ANC0S0000001"},
    "diagnosis.made": {
        **CHECKED,
        **DIGEST,
        "words": "三次都能打开",
        "made_by": "stf_minmin",
        "second_by": "stf_zhaolei",
    },
    "keys.given": {
        **AT,
        "inspection": DOCUMENT["inspection"],
        "given_by": "stf_minmin",
        "decision": 1,
    },
}
PRIVATE: dict[str, dict[str, Any]] = {
    "order.locked": {"locked_at": "2025-12-03T02:00:00Z"},
    "queue.held": {"cause_ref": "evt_8k2m9p7q4r5s6t7u8v9w"},
    "queue.released": {"cause_ref": "evt_8k2m9p7q4r5s6t7u8v9w"},
    "queue.excepted": {"cause_ref": "case-118"},
    **QUEUE_PRIVATE,
    "promise.made": {**WINDOW, "unusual": "", "run": "fct_8k2m9p7q4r5s6t7u8v9w"},
    "quote.missed": {**QUOTED, "answerer": "stf_minmin", "known_at": "2026-02-11T01:20:00Z"},
    "quote.kept": {
        **QUOTED,
        "quoted_latest": "2026-03-15",
        "days": 0,
        "factors": [],
        "factor_refs": [],
        "factor_days": [],
        "factor_latest_days": [],
    },
    "promise.revised": MOVE,
    "promise.kept_as_is": {
        **WINDOW,
        "ahead": 316,
        "moved_ahead": 96,
        "answerer": "stf_minmin",
        "known_at": "2026-02-11T10:00:00Z",
    },
    "promise.unknown": {
        "why": "",
        "after": "",
        "next_update_at": "2026-02-18T10:00:00Z",
        "answerer": "stf_minmin",
        "known_at": "2026-02-11T10:00:00Z",
    },
    "promise.broken": {"latest": "2026-03-15", **ANSWER, **CHOICE},
    "promise.at_risk": {
        **RISK,
        **ANSWER,
        **CHOICE,
        "expect_from": "2026-03-14",
        "expect_until": "2026-03-22",
        "expect_after": "",
    },
    "promise.recovered": RISK,
    "promise.kept": ENDED,
    "promise.late": {**ENDED, "late_days": 3, "late_days_first": 6},
    "promise.cancelled": ENDED,
    "deadline.at_risk": {"deadline": "2026-03-06", "dots": 9, **ANSWER},
    "credit.begun": {
        "first_latest": "2026-03-12",
        "from_step": 1,
        "per_day": 10_000,
        "cap": 500_000,
        "unit": "FEN",
        "table": "2026-01",
        "answerer": "stf_minmin",
        "known_at": "2026-03-13T01:00:00Z",
    },
    "credit.given": {
        "late_days": 2,
        "amount": 10_000,
        "total": 20_050,
        "unit": "FEN",
        "last_cause": "PLANT_STOPPED",
        "table": "2026-01",
    },
    "credit.settled": {"late_days": 3, "total": 3000, "unit": "POINTS", "table": "2026-01"},
    **INSPECTED,
    "money.due": {**MONEY, "bill": "bil_8k2m"},
    "money.received": {**MONEY, **AT, "bill": "bil_8k2m"},
    "refund.ordered": {**MONEY, **DUE, "refund_ref": "rfd_8k2m"},
    "refund.late": {**MONEY, **DUE, "refund_ref": "rfd_8k2m"},
    "refund.paid": {
        **MONEY,
        **AT,
        "refund_ref": "rfd_8k2m",
        "interest": 1_234,
        "reference": "50300807",
    },
    "money.kept": {
        **MONEY,
        "keep": 1,
        "clause": "contract 7",
        "reason": "no car wanted any more",
        "approver": "stf_minmin",
        "decision": "dec_8k2m",
    },
    "keep.disputed": {"amount": 500_000, "unit": "FEN", "keep": 1, **AT},
    "keep.decided": {**MONEY, **AT, "keep": 1, "decider": "stf_minmin"},
    "car.built": KNOWN,
    "car.left_plant": KNOWN,
    "car.arrived": {**KNOWN, "place_zh": "南昌交付中心", "place_en": "Nanchang centre"},
    "car.handed_over": AT,
    "choice.made": {
        "chosen": "OTHER_CAR",
        "chosen_at": "2026-02-11T03:00:00Z",
        "answer_by_at": "2026-02-12T04:00:00Z",
        "answerer": "stf_minmin",
    },
    "choice.answered": {
        "chosen": "OTHER_CAR",
        "answer": "one in the same colour stands here, see it tomorrow",
        "answerer": "stf_minmin",
        "further_by": "",
        "known_at": "2026-02-11T03:00:00Z",
    },
    "amendment.asked": {**AMENDED, **AT},
    "amendment.confirmed": {**AMENDMENT, "side": "OLD", **AT},
    "amendment.waits": {**AMENDMENT, **ANSWER, "on": "OTHER_SIDE"},
    "amendment.handed_up": {**AMENDMENT, **ANSWER, "late": "stf_minmin"},
    "amendment.decided": {**AMENDMENT, **OUTCOME},
    "amendment.refused": {**AMENDMENT, **OUTCOME, "ground": "LICENCE_UNREADABLE"},
    "amendment.withdrawn": {**AMENDMENT, **AT},
    "order.buyer_changed": {**AMENDMENT, **AT},
    "order.moved": {**MOVED, "undo_until_at": "2026-02-12T01:20:00Z", **AT},
    "order.moved_back": {**MOVED, **AT},
    "car.kept": {**CAR, "until_at": "2026-02-14T10:00:00Z", **AT},
    "car.let_go": {**CAR, **AT},
    "car.disclosed": {**CAR, "disclosure": "dis_8k2m9p7q4r5s6t7u8v9w", "digest": "0f1e" * 16, **AT},
    "car.handed_over_at": {
        **CAR,
        "place_zh": "天津交付中心",
        "place_en": "Tianjin centre",
        **AT,
    },
    "car.taken": {
        **CAR,
        "disclosure": "dis_8k2m9p7q4r5s6t7u8v9w",
        "price_fen": 22_190_000,
        **AT,
    },
    "notice.corrected": {
        **NOTICE,
        **ANSWER,
        "said": "TRAIN_CANCELLED",
        "cause": "TRAIN_LATE",
        "evidence": "铁路货运通知 0211 号",
    },
    "notice.sent": {
        **NOTICE,
        "text_sha256": "0f" * 32,
        "sent_at": "2026-02-11T01:20:00Z",
        "known_at": "2026-02-11T00:50:00Z",
    },
    "notice.delivered": {**NOTICE, **AT},
    "notice.bounced": {**NOTICE, **AT},
    "notice.read": {**NOTICE, **AT},
    **LIFE_PRIVATE,
    **TERMS_PRIVATE,
    **VISIT_PRIVATE,
}


def sample(
    kind: str, key: str = "", subject_id: int = 1, order: str = ORDER, **changed: Any
) -> Fact:
    """A fact of `kind` about one order; `changed` replaces committed fields."""
    if not KINDS[kind].stream:
        return Fact(kind, key or kind, PUBLIC[kind])
    private = {"order": order, **PRIVATE[kind], **changed}
    return Fact(kind, key or f"{kind}:{order}", PUBLIC[kind], private, subject_id, order)
