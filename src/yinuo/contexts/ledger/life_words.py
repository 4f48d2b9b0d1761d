"""How leaving and disagreeing read in a notice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from yinuo.contexts.ledger.phrases import Names, Parts, date_part, who_answers
from yinuo.contexts.ledger.queries import Recorded
from yinuo.platform.spoken import read_instant, say_date, say_instant

# Told by themselves, in this order, where nothing about the date is told.
LIFE_LEADS = ("dispute.settled", "exit.offered")
LIFE_SMS: dict[str, tuple[str, str]] = {
    "settled": (
        "您的异议有答复了。详情{address} 通知码{code}",
        "An answer to your objection {address} {code}",
    ),
    "exit": (
        "您等了很久，现在可以退订，全额退款。详情{address} 通知码{code}",
        "You may leave with a full refund {address} {code}",
    ),
}


def readable(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Days of leaving and waiting in words."""
    return {
        key: say_date(dt.date.fromisoformat(fields[key]), language)
        for key in ("refund_by", "not_before")
        if key in fields
    }


def life_lead(told: Sequence[Recorded]) -> Recorded | None:
    """The fact about leaving or disagreeing that leads a notice, the newest of its kind."""
    for kind in LIFE_LEADS:
        for one in reversed(told):
            if one.kind == kind:
                return one
    return None


def life_parts(
    recorded: Recorded, said: str, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The five parts of a notice that this fact leads; `said` is its sentence."""
    if recorded.kind == "exit.offered":
        return _offered(recorded.payload, promise, names, language)
    return _settled(recorded.payload, said, promise, names, language)


def _offered(
    payload: Mapping[str, Any], promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    zh, days = language == "zh", payload["waited_days"]
    return Parts(
        headline="您等得太久了，可以全额退" if zh else "You have waited too long: a free way out",
        what=(
            f"您等了 {days} 天，车还没开工。没有人该等这么久。"
            if zh
            else f"You waited {days} days and the car is not begun. Nobody should wait so long."
        ),
        date=date_part(promise, language),
        can=(
            "您可以继续等、换车，或者退订，钱全部退给您。"
            if zh
            else "You can wait, take another car, or cancel with all your money."
        ),
        by_when=(
            "没有期限。不选就是继续等，位置不变。"
            if zh
            else "There is no deadline. Doing nothing means waiting; your place is kept."
        ),
        who=who_answers(payload, names, language),
    )


def _settled(
    payload: Mapping[str, Any],
    said: str,
    promise: Mapping[str, Any] | None,
    names: Names,
    language: str,
) -> Parts:
    zh = language == "zh"
    name = names[payload["answerer"]]
    at = say_instant(read_instant(payload["known_at"]), language)
    return Parts(
        headline="您的异议有答复了" if zh else "An answer to your objection",
        what=said,
        date=date_part(promise, language),
        can="不同意可以再提一次。" if zh else "If you disagree, say so again.",
        by_when="停住的事现在接着办。" if zh else "What stood still goes on now.",
        who=f"{name} {at} 答复。" if zh else f"{name} answered on {at}.",
    )
