"""The pieces that notices are made of: ranges, moves, who answers, until when one may choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.platform.spoken import (
    read_instant,
    say_date,
    say_days,
    say_instant,
    say_month,
    say_range,
)

Names = Mapping[str, str]


@dataclass(frozen=True)
class Parts:
    """What a notice says: what happened, the date, what to do, by when, who answers by when."""

    headline: str
    what: str
    date: str
    can: str
    by_when: str
    who: str
    # What the move is made of, where that is more than one thing; already in `what`.
    made: str = ""

    @property
    def why(self) -> str:
        """What happened, without what the move is made of."""
        return self.what.replace(self.made, "") if self.made else self.what

    def missing(self) -> list[str]:
        """The names of the five parts that are empty."""
        return [
            name for name in ("what", "date", "can", "by_when", "who") if not getattr(self, name)
        ]


def cause_words(code: str, language: str) -> str:
    """Why the date moved, as a clause without a full stop."""
    cause = CAUSES[code]
    return cause.zh if language == "zh" else cause.en


def moved_words(later: int, earlier: int, language: str) -> str:
    """How far the middle of the range moved."""
    if later:
        return f"比上次晚 {later} 天" if language == "zh" else f"{say_days(later, 'en')} later"
    if earlier:
        return (
            f"比上次早 {earlier} 天" if language == "zh" else f"{say_days(earlier, 'en')} earlier"
        )
    return "日期有变" if language == "zh" else "The dates changed"


def same_words(code: str, language: str) -> str:
    """That nothing moved: this week, or since a change that was told less than a week ago."""
    if code == "AT_RISK":
        return "上次说的风险还在" if language == "zh" else "Still at risk, as we told you"
    if code == "SINCE":
        return "上次通知以后没有变化" if language == "zh" else "Nothing moved since our last notice"
    return "这周没有变化" if language == "zh" else "Nothing moved this week"


def window_words(payload: Mapping[str, Any], language: str, *, short: bool = False) -> str:
    """The range of an entry that carries one."""
    first = dt.date.fromisoformat(payload["window_from"])
    last = dt.date.fromisoformat(payload["window_until"])
    return say_range(first, last, language, short=short)


# Why there is no date, as a sentence; `after` is the month that the forecast reaches.
NO_DATE = {
    "BEYOND": ("要到{after}以后才轮到，说不出哪一天。", "Your turn comes after {after}. "),
    "NOT_PLANNED": (
        "这个配置在哪里生产还没有定，算不出日期。",
        "No plant is planned for your configuration, so there is no date. ",
    ),
    "NO_LANE": (
        "到您的交付中心怎么运还没有定，算不出日期。",
        "No transport to your centre is arranged, so there is no date. ",
    ),
    "NO_SUPPLY": (
        "有一种零件的到货还没有确认，算不出日期。",
        "Supply of one part is not confirmed, so there is no date. ",
    ),
    "NO_OUTPUT": (
        "这条产线还没有一周的产量可以对照。没有依据，我们不说日期。",
        "Your car's line has no week of output to go by yet, so we name no date. ",
    ),
    "NOT_ASKED": (
        "您还没有申请排产，申请以后才有日期。",
        "You have not asked for your slot; the date follows when you do. ",
    ),
    "NOT_DRAWN": (
        "您的先后还没有抽签，开奖以后才有日期。",
        "Your place is still to be drawn; the date follows the draw. ",
    ),
    "": ("还算不出日期。", "No date yet. "),
}


def no_date_words(payload: Mapping[str, Any], language: str) -> str:
    """Why no date can be given, as a sentence with what separates it from the next."""
    zh, en = NO_DATE[payload["why"]]
    after = say_month(payload["after"], language) if payload["after"] else ""
    return (zh if language == "zh" else en).format(after=after)


def date_part(promise: Mapping[str, Any] | None, language: str) -> str:
    if promise is None or "window_from" not in promise:
        return "日期还没算出来。" if language == "zh" else "There is no date yet."
    window = window_words(promise, language)
    latest = say_date(dt.date.fromisoformat(promise["latest"]), language, weekday=True)
    if language == "zh":
        return f"预计 {window} 交车，最晚 {latest}。"
    return f"Expected {window}; {latest} at the latest."


def who_answers(payload: Mapping[str, Any], names: Names, language: str) -> str:
    name = names[payload["answerer"]]
    by = say_instant(read_instant(payload["answer_by_at"]), language)
    return f"{name}负责，{by} 前答复您。" if language == "zh" else f"{name} answers you by {by}."


def choose_by(payload: Mapping[str, Any], language: str) -> str:
    by = say_instant(read_instant(payload["choose_by_at"]), language)
    if language == "zh":
        return f"{by} 前选。不选就是继续等，以后仍可改。"
    return f"By {by}. Doing nothing means waiting; you can still change later."


def amount_words(amount: int, unit: str, language: str) -> str:
    """So much money (in fen) or so many points, as they are said."""
    if unit == "POINTS":
        return f"{amount:,} 积分" if language == "zh" else f"{amount:,} points"
    yuan, fen = divmod(amount, 100)
    number = f"{yuan:,}.{fen:02d}" if fen else f"{yuan:,}"
    return f"{number} 元" if language == "zh" else f"{number} yuan"
