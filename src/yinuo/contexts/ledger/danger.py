"""How a promise in danger is told, and the all-clear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from yinuo.contexts.ledger.phrases import (
    Names,
    Parts,
    cause_words,
    choose_by,
    date_part,
    who_answers,
)
from yinuo.contexts.ledger.queries import Recorded
from yinuo.platform.spoken import read_instant, say_date, say_instant, say_month, say_range


def warned(recorded: Recorded, names: Names, language: str) -> Parts:
    """The promised date is in danger: the chance, what is expected now, what can be done."""
    payload, zh = recorded.payload, language == "zh"
    if zh:
        headline = "承诺的日子可能赶不上"
        can = "您可以等、换车、改期或退订。退订全额退款。"
    else:
        headline = "Your promised date is at risk"
        can = "You can wait, take another car, move your visit, or cancel for a full refund."
    return Parts(
        headline,
        _why(payload, language) + _chance(payload, language),
        _dates(payload, language),
        can,
        choose_by(payload, language),
        who_answers(payload, names, language),
    )


def recovered(recorded: Recorded, names: Names, language: str) -> Parts:
    """The danger has passed: the promise stands as it was made."""
    payload, zh = recorded.payload, language == "zh"
    name = names[payload["answerer"]]
    by = say_instant(read_instant(payload["next_update_at"]), language)
    return Parts(
        "承诺的日子又来得及了" if zh else "Your promised date is likely again",
        _why(payload, language) + _chance(payload, language),
        date_part(payload, language),
        "您现在不用做什么。" if zh else "You need not do anything now.",
        f"{by} 前再告诉您。" if zh else f"We update you by {by}.",
        f"{name}负责，{by} 前更新。" if zh else f"{name} is in charge and updates you by {by}.",
    )


def _latest(payload: Mapping[str, Any], language: str, *, weekday: bool = False) -> str:
    return say_date(dt.date.fromisoformat(payload["latest"]), language, weekday=weekday)


def _why(payload: Mapping[str, Any], language: str) -> str:
    """What showed it; on the last day, that the car is not here."""
    zh = language == "zh"
    if payload["cause"]:
        return cause_words(payload["cause"], language) + ("。" if zh else ". ")
    if zh:
        return f"最晚 {_latest(payload, language)}，车还没交到您手上。"
    return f"We promised {_latest(payload, language)} and the car is not with you yet. "


def _chance(payload: Mapping[str, Any], language: str) -> str:
    dots = payload["dots"]
    if language == "zh":
        return f"按时交车：20 次里约 {dots} 次。"
    return f"In time: about {dots} times in 20."


def _dates(payload: Mapping[str, Any], language: str) -> str:
    """The promise, which stands, and what is expected now."""
    zh, latest = language == "zh", _latest(payload, language, weekday=True)
    stands = (
        f"承诺没有改，最晚 {latest}。" if zh else f"The promise stands: {latest} at the latest. "
    )
    if payload["expect_after"]:
        month = say_month(payload["expect_after"], language)
        return stands + (f"现在看，要到{month}以后。" if zh else f"As it looks now: after {month}.")
    if not payload["expect_from"]:
        return stands + ("新的日期还算不出来。" if zh else "There is no new date yet.")
    expected = say_range(
        dt.date.fromisoformat(payload["expect_from"]),
        dt.date.fromisoformat(payload["expect_until"]),
        language,
    )
    return stands + (f"现在看，{expected}。" if zh else f"As it looks now: {expected}.")
