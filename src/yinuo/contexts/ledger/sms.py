"""The text of an SMS about facts, and the variable parts that fill a gateway's template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from yinuo.contexts.ledger import money_words
from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.life_words import LIFE_SMS, life_lead
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.ledger.visit_words import VISIT_SMS, newest_visit, visit_sms
from yinuo.contexts.ledger.wording import join_moves, window_words
from yinuo.platform.spoken import say_date

# With the signature and its brackets one message holds 70 characters; a long range leaves no
# room for every part, so it goes out by a template of its own.
ROOM_ZH, ROOM_EN = 18, 36

SMS_TEMPLATES: dict[str, tuple[str, str]] = {
    "revised": (
        "交车日改为{window}，{change}，因{cause}。可等、换车或退订。详情{address} 通知码{code}",
        "{window} ({change}) {cause} {address} {code}",
    ),
    "revised_long": (
        "交车日改为{window}，{change}，因{cause}。详情{address} 通知码{code}",
        "{window} ({change}) {address} {code}",
    ),
    "broken": (
        "承诺的交车日没有做到，抱歉。可退款、换车或继续等。详情{address} 通知码{code}",
        "Promised date missed, sorry {address} {code}",
    ),
    "at_risk": (
        "您的用车日可能赶不上。可等、换车或退订。详情{address} 通知码{code}",
        "Your deadline is at risk {address} {code}",
    ),
    "promise_at_risk": (
        "承诺的{latest}可能赶不上。可等、换车或退订。详情{address} 通知码{code}",
        "Your date {latest} is at risk {address} {code}",
    ),
    "recovered": (
        "承诺的{latest}又来得及了。您现在不用做什么。详情{address} 通知码{code}",
        "Your date {latest} is likely again {address} {code}",
    ),
    "corrected": (
        "更正上次的原因：应为{cause}。日期没有变。详情{address} 通知码{code}",
        "Correction: {cause} {address} {code}",
    ),
    "answered": (
        "您选的办法有答复了。详情{address} 通知码{code}",
        "An answer to your choice {address} {code}",
    ),
    "damage": (
        "您的车有损伤，到店前先告诉您，照片在网页里。您可以不来。详情{address} 通知码{code}",
        "Damage found before your visit {address} {code}",
    ),
    "amendment_done": (
        "您申请的变更办好了，位置不变。详情{address} 通知码{code}",
        "Your change is done {address} {code}",
    ),
    "amendment_refused": (
        "您申请的变更没有办成，原因和办法在页面上。详情{address} 通知码{code}",
        "Your change: not done {address} {code}",
    ),
    "amendment_up": (
        "您申请的变更没按时答复，已换人接着办，抱歉。详情{address} 通知码{code}",
        "Your change: new owner {address} {code}",
    ),
    "amendment_waits": (
        "您申请的变更还在办，位置不变。详情{address} 通知码{code}",
        "Your change is being worked on {address} {code}",
    ),
    "built": (
        "您的车下线了，预计{window}交车。详情{address} 通知码{code}",
        "Car built, {window} {address} {code}",
    ),
    "built_undated": (
        "您的车下线了。详情{address} 通知码{code}",
        "Your car has been built {address} {code}",
    ),
    "arrived": (
        "您的车到店了，预计{window}交车。详情{address} 通知码{code}",
        "Car arrived, {window} {address} {code}",
    ),
    "arrived_undated": (
        "您的车到店了。详情{address} 通知码{code}",
        "Your car has arrived {address} {code}",
    ),
    "weekly": (
        "没有变化，仍是{window}。详情{address} 通知码{code}",
        "No change, {window} {address} {code}",
    ),
    "first": (
        "交车日算好了：{window}。详情{address} 通知码{code}",
        "Your date: {window} {address} {code}",
    ),
    "unknown": (
        "还算不出交车日。详情{address} 通知码{code}",
        "No date yet {address} {code}",
    ),
    **LIFE_SMS,
    **money_words.MONEY_SMS,
    **VISIT_SMS,
}

AMENDED = {
    "amendment.decided": "amendment_done",
    "amendment.refused": "amendment_refused",
    "amendment.handed_up": "amendment_up",
    "amendment.waits": "amendment_waits",
}


def sms_values(
    told: Sequence[Recorded], promise: Mapping[str, Any] | None, language: str
) -> dict[str, str]:
    """The template's name as `kind`, and the variable parts that its text has, `code` aside."""
    zh = language == "zh"
    kinds = {one.kind for one in told}
    if "promise.broken" in kinds:
        return {"kind": "broken"}
    moves = [one for one in told if one.kind == "promise.revised"]
    if moves:
        return _revised_values(join_moves(moves), zh)
    if "promise.at_risk" in kinds:
        return {"kind": "promise_at_risk", "latest": _latest_of(told, "promise.at_risk", zh)}
    if "deadline.at_risk" in kinds:
        return {"kind": "at_risk"}
    if "promise.recovered" in kinds:
        return {"kind": "recovered", "latest": _latest_of(told, "promise.recovered", zh)}
    if "notice.corrected" in kinds:
        wrong = next(one for one in reversed(told) if one.kind == "notice.corrected")
        cause = CAUSES[wrong.payload["cause"]]
        return {"kind": "corrected", "cause": cause.short_zh if zh else cause.short_en}
    if "damage.told" in kinds:
        return {"kind": "damage"}
    if "choice.answered" in kinds:
        return {"kind": "answered"}
    if one := life_lead(told):
        return {"kind": "exit" if one.kind == "exit.offered" else "settled"}
    for kind, name in AMENDED.items():
        if told[-1].kind == kind:
            return {"kind": name}
    if visit := newest_visit(told):
        return visit_sms(visit, language)
    if told[-1].kind in money_words.TOLD:
        return money_words.sms(told[-1], language)
    window = window_words(promise, language, short=True) if promise else ""
    for kind, name in (("car.arrived", "arrived"), ("car.built", "built")):
        if kind in kinds:
            return {"kind": name, "window": window} if window else {"kind": f"{name}_undated"}
    if "promise.made" in kinds and window:
        return {"kind": "first", "window": window}
    if told[-1].kind == "promise.unknown" or not window:
        return {"kind": "unknown"}
    return {"kind": "weekly", "window": window}


def _latest_of(told: Sequence[Recorded], kind: str, zh: bool) -> str:
    """The promised latest date of the newest of these facts."""
    newest = next(one for one in reversed(told) if one.kind == kind)
    latest = dt.date.fromisoformat(newest.payload["latest"])
    return say_date(latest, "zh" if zh else "en", short=True)


def _revised_values(payload: Mapping[str, Any], zh: bool) -> dict[str, str]:
    later, earlier = payload["days_later"], payload["days_earlier"]
    change = "有变" if zh else "changed"
    if later:
        change = f"晚{later}天" if zh else f"+{later}d"
    elif earlier:
        change = f"早{earlier}天" if zh else f"-{earlier}d"
    cause = CAUSES[payload["cause"]]
    values = {
        "kind": "revised",
        "window": window_words(payload, "zh" if zh else "en", short=True),
        "change": change,
        "cause": cause.short_zh if zh else cause.short_en,
    }
    if sum(len(values[part]) for part in ("window", "change", "cause")) > (
        ROOM_ZH if zh else ROOM_EN
    ):
        values["kind"] = "revised_long"
        if not zh:
            del values["cause"]
    return values


def sms_text(values: Mapping[str, str], address: str, code: str, language: str) -> str:
    """The text of the SMS without the gateway's signature; one message with a 16-letter address."""
    template = SMS_TEMPLATES[values["kind"]][0 if language == "zh" else 1]
    return template.format(address=address, code=code, **values)


def in_order(values: Mapping[str, str], language: str) -> dict[str, str]:
    """The variable parts in the order of the text, for gateways that count them; no `kind`."""
    template = SMS_TEMPLATES[values["kind"]][0 if language == "zh" else 1]
    return {name: values[name] for name in parts_in(template) if name in values}


def parts_in(template: str) -> list[str]:
    """The names of the variable parts of a template's text, in their order."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]
