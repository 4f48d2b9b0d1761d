"""How visits are told: the five parts of a notice, and the values of an SMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from yinuo.contexts.ledger.phrases import Names, Parts, date_part, who_answers
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.ledger.visit_kinds import TOLD
from yinuo.platform.spoken import read_instant, say_instant

# Why a visit moved or did not take place, and why somebody else is in charge.
VISIT_CODES: dict[str, tuple[str, str]] = {
    "CUSTOMER": ("您改了时间", "you chose another time"),
    "SLOT_STOP": ("为了安全，场地那时停用", "for safety the ground is closed then"),
    "CAR_LATE": ("车要晚到", "the car comes later"),
    "CAR_MISSING": ("车还没到店", "the car is not at the centre"),
    "STAFF_AWAY": ("接待的同事那时不在", "the person who receives you is away"),
    "NOT_RECEIVED": ("您到了，没有人接待", "you came and nobody received you"),
    "CENTRE": ("店里那时接待不了", "the centre cannot receive you then"),
    "ORDER_ENDED": ("订单已经结束", "the order has ended"),
}
OWNER_CODES: dict[str, tuple[str, str]] = {
    "AWAY": ("原来的同事这几天不在", "your colleague is away for some days"),
    "TAKEN_OVER": ("同事接手了", "a colleague has taken over"),
    "WAYS_LATE": (
        "您没有收车，该给的三个办法没有按时给，抱歉",
        "you did not take the car and three ways on did not come in time; we are sorry",
    ),
}
# Why a car is late is told with its date, with whose fault it is.
FAULTLESS = ("CUSTOMER", "ORDER_ENDED", "CAR_LATE")
VISIT_SMS: dict[str, tuple[str, str]] = {
    "visit_booked": (
        "约好{at}到店。不合适可以改。详情{address} 通知码{code}",
        "Visit {at} {address} {code}",
    ),
    "visit_moved": (
        "到店改为{at}，原定{old}。详情{address} 通知码{code}",
        "Visit now {at} {address} {code}",
    ),
    "visit_cancelled": (
        "{old}的到店已取消，车照旧留着。详情{address} 通知码{code}",
        "Visit {old} cancelled {address} {code}",
    ),
    "visit_off": (
        "{old}的到店办不成，是我们的原因，抱歉。详情{address} 通知码{code}",
        "Visit {old} is off, sorry {address} {code}",
    ),
    "visit_missed": (
        "{old}没有见到您。车留着，请另选时间。详情{address} 通知码{code}",
        "We missed you. Car is kept {address} {code}",
    ),
    "visit_tomorrow": (
        "提醒：{at}到店。不合适可以改。详情{address} 通知码{code}",
        "Reminder: visit {at} {address} {code}",
    ),
    "owner_changed": (
        "您的订单换人负责了，日期不变。详情{address} 通知码{code}",
        "New person in charge {address} {code}",
    ),
}
_TEMPLATE = {
    "visit.booked": "visit_booked",
    "visit.moved": "visit_moved",
    "visit.moved_same_day": "visit_moved",
    "visit.cancelled": "visit_cancelled",
    "visit.called_off": "visit_off",
    "visit.called_off_same_day": "visit_off",
    "visit.missed_by_us": "visit_off",
    "visit.missed_by_customer": "visit_missed",
    "visit.tomorrow": "visit_tomorrow",
    "owner.changed": "owner_changed",
}


def readable(fields: Mapping[str, Any], language: str) -> dict[str, str]:
    """Why a visit moved, or why somebody else is in charge, in words."""
    pick, code = 0 if language == "zh" else 1, fields.get("code")
    said = {}
    if code in VISIT_CODES:
        said["why_words"] = VISIT_CODES[code][pick]
    if code in OWNER_CODES:
        said["owner_words"] = OWNER_CODES[code][pick]
    return said


def newest_visit(told: Sequence[Recorded]) -> Recorded | None:
    """The newest of these facts that is about a visit or about who is in charge."""
    return next((one for one in reversed(told) if one.kind in TOLD), None)


def visit_sms(told: Recorded, language: str) -> dict[str, str]:
    """The template's name as `kind` and the values of its text."""
    values = {"kind": _TEMPLATE[told.kind]}
    text = VISIT_SMS[values["kind"]][0 if language == "zh" else 1]
    for name, field in (("at", "visit_at"), ("old", "old_at")):
        if f"{{{name}}}" in text:
            values[name] = _at(told.payload[field], language)
    return values


def visit_parts(
    recorded: Recorded, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The five parts of a notice about a visit, or about who is in charge."""
    zh, payload = language == "zh", recorded.payload
    if recorded.kind == "owner.changed":
        return _owner(recorded, promise, names, language)
    place = payload["place_zh" if zh else "place_en"]
    who = who_answers(payload, names, language)
    if "visit_at" in payload:
        at = _at(payload["visit_at"], language)
        date = f"{at} 到店，{place}。" if zh else f"{at}, {place}."
        can = "不合适可以改时间或取消。" if zh else "You can change the time or cancel."
        by = f"{at} 前都可以改。" if zh else f"You can change it until {at}."
    else:
        date = _offers(payload, language)
        can = "您可以另选时间，也可以来电话。" if zh else "Pick another time, or call us."
        by = (
            "不急着选，排队的位置和车都不变。"
            if zh
            else "There is no hurry; your place and car are kept."
        )
        if recorded.kind == "visit.missed_by_us":
            can = (
                "您可以另选时间，也可以换车或退订。"
                if zh
                else "Pick another time, take another car, or cancel the order."
            )
    return Parts(_headline(recorded, zh), _what(recorded, zh), date, can, by, who)


def _headline(recorded: Recorded, zh: bool) -> str:
    words = {
        "visit.booked": ("到店时间约好了", "Your visit is booked"),
        "visit.moved": ("到店时间改了", "Your visit has moved"),
        "visit.moved_same_day": ("到店时间改了", "Your visit has moved"),
        "visit.cancelled": ("到店取消了", "Your visit is cancelled"),
        "visit.called_off": ("这次到店办不成", "This visit cannot take place"),
        "visit.called_off_same_day": ("今天的到店办不成", "Today's visit cannot take place"),
        "visit.missed_by_us": ("我们没有按约接待您", "We did not keep your visit"),
        "visit.missed_by_customer": ("没有见到您", "We did not see you"),
        "visit.tomorrow": ("明天到店", "Your visit is tomorrow"),
    }[recorded.kind]
    return words[0 if zh else 1]


def _what(recorded: Recorded, zh: bool) -> str:
    payload, code = recorded.payload, recorded.public["code"]
    language = "zh" if zh else "en"
    why = VISIT_CODES[code][0 if zh else 1] if code in VISIT_CODES else ""
    old = _at(payload["old_at"], language) if "old_at" in payload else ""
    sorry = "" if code in FAULTLESS else ("抱歉，这是我们的原因。" if zh else " We are sorry.")
    if recorded.kind in ("visit.booked", "visit.tomorrow"):
        return (
            "先验车，后付款。来几个人都行，先说一声。"
            if zh
            else "Inspect first, pay after. Tell us how many people come."
        )
    if recorded.kind == "visit.cancelled":
        return f"您取消了 {old} 的到店。" if zh else f"You cancelled the visit of {old}."
    if recorded.kind == "visit.missed_by_customer":
        return (
            f"{old} 没有见到您，没有关系。"
            if zh
            else f"We did not see you on {old}; that is all right."
        )
    if zh:
        return f"原定 {old}。原因：{why}。{sorry}"
    return f"It was to be {old}. Reason: {why}.{sorry}"


def _owner(
    recorded: Recorded, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    zh = language == "zh"
    why = OWNER_CODES[recorded.public["code"]][0 if zh else 1]
    name = names[recorded.payload["answerer"]]
    return Parts(
        headline=f"{name}接着负责您的订单" if zh else f"{name} is now in charge of your order",
        what=f"{why}。前面的记录都在，不用再说一遍。"
        if zh
        else f"The reason: {why}. All records are there; nothing to repeat.",
        date=date_part(promise, language),
        can="您现在不用做什么。" if zh else "You need not do anything now.",
        by_when="您约好的和选好的都照旧。" if zh else "What you booked and chose stands.",
        who=who_answers(recorded.payload, names, language),
    )


def _offers(payload: Mapping[str, Any], language: str) -> str:
    """The next free times, or that they are named by when."""
    times = [_at(one, language) for one in payload["offers"]]
    if times:
        joint = "、" if language == "zh" else "; "
        said = joint.join(times)
        return f"最近的空位：{said}。" if language == "zh" else f"Next free: {said}."
    by = say_instant(read_instant(payload["answer_by_at"]), language)
    return f"新的时间 {by} 前告诉您。" if language == "zh" else f"A new time is named by {by}."


def _at(written: str, language: str) -> str:
    return say_instant(read_instant(written), language)
