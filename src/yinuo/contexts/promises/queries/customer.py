"""What a customer was promised, may choose, and needs the car for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.people.queries.people import get_named, sees
from yinuo.contexts.promises.models import Choice, Deadline, Promise, Undated
from yinuo.contexts.promises.queries.choices import Opened, newest_opened, opened_by
from yinuo.contexts.promises.queries.work import NoDate, list_no_date

DOTS = 20
# At least this many of twenty, and the word for it; the lowest word has no floor.
CHANCES = ((19, "VERY_LIKELY"), (15, "LIKELY"), (8, "OPEN"), (3, "UNLIKELY"), (0, "VERY_UNLIKELY"))


@dataclass(frozen=True)
class PromiseSeen:
    """The promise of one order as its customer reads it; both ends of the range included."""

    from_date: dt.date
    until_date: dt.date
    latest_date: dt.date
    first_latest_date: dt.date
    odds_percent: int
    dot_dates: tuple[dt.date, ...]
    worked_out_at: dt.datetime
    next_update_at: dt.datetime
    broken: bool
    closed: bool
    moved_count: int
    unusual_zh: str
    unusual_en: str

    @property
    def odds_dots(self) -> int:
        """The odds of the latest date as so many times in twenty, rounded down."""
        return self.odds_percent * DOTS // 100


@dataclass(frozen=True)
class ChoiceSeen:
    """What may be decided until when, what was decided, and who answers by when."""

    entry_id: int
    choose_by_at: dt.datetime
    chosen: str
    chosen_at: dt.datetime | None
    answer_by_at: dt.datetime
    answerer_zh: str
    answerer_en: str
    answerer_phone: str
    answered_at: dt.datetime | None


@dataclass(frozen=True)
class DeadlineSeen:
    """The day by which the customer needs the car."""

    date: dt.date
    reason: str
    saved_at: dt.datetime


@dataclass(frozen=True)
class Chance:
    """`dots` of twenty equally likely days are on or before the day asked about."""

    dots: int
    word: str


def get_promise(person_id: int, order_id: int) -> PromiseSeen | None:
    """The promise of an order this reader may see, if one was made."""
    row = (
        Promise.objects.filter(sees(person_id, "order__person"), order=order_id)
        .select_related("unusual")
        .distinct()
        .first()
    )
    return _seen(row) if row else None


def _seen(row: Promise) -> PromiseSeen:
    return PromiseSeen(
        from_date=row.from_date,
        until_date=row.until_date,
        latest_date=row.latest_date,
        first_latest_date=row.first_latest_date,
        odds_percent=row.odds_percent,
        dot_dates=tuple(sorted(row.dot_dates)),
        worked_out_at=row.worked_out_at,
        next_update_at=row.next_update_at,
        broken=row.state == Promise.State.BROKEN,
        closed=row.state == Promise.State.CLOSED,
        moved_count=row.moved_count,
        unusual_zh=row.unusual.reason_zh if row.unusual else "",
        unusual_en=row.unusual.reason_en if row.unusual else "",
    )


def get_no_date(person_id: int, order_id: int) -> NoDate | None:
    """Why an order this reader may see has no date, if that was worked out."""
    if not Undated.objects.filter(sees(person_id, "order__person"), order=order_id).exists():
        return None
    return list_no_date([order_id])[order_id]


def get_choice(person_id: int, order_id: int) -> ChoiceSeen | None:
    """The newest choice of an order this reader may see, open or past."""
    if not Promise.objects.filter(sees(person_id, "order__person"), order=order_id).exists():
        return None
    return _choice_seen(newest_opened(order_id))


def get_choice_of_entries(entries: Sequence[Recorded]) -> ChoiceSeen | None:
    """The choice that one of these entries opened; the caller checked the reader."""
    return _choice_seen(opened_by(entries))


def _choice_seen(opened: Opened | None) -> ChoiceSeen | None:
    """As it was made, or else as its entry opened it."""
    if opened is None:
        return None
    row = Choice.objects.filter(entry_id=opened.entry_id).select_related("answerer").first()
    answerer = row.answerer if row else get_named(opened.answerer)
    return ChoiceSeen(
        entry_id=opened.entry_id,
        choose_by_at=opened.choose_by_at,
        chosen=row.chosen if row else "",
        chosen_at=row.chosen_at if row else None,
        answer_by_at=(row or opened).answer_by_at,
        answerer_zh=answerer.name_zh,
        answerer_en=answerer.name_en,
        answerer_phone=answerer.phone,
        answered_at=row.answered_at if row else None,
    )


def get_deadline(person_id: int, order_id: int) -> DeadlineSeen | None:
    """The saved deadline of an order this reader may see."""
    rows = Deadline.objects.filter(sees(person_id, "order__person"), order=order_id).distinct()
    row = rows.first()
    return DeadlineSeen(row.date, row.reason, row.saved_at) if row else None


def chance_by(dot_dates: Sequence[dt.date], date: dt.date) -> Chance:
    """How many of the twenty dots fall on or before `date`, and the word for that many."""
    dots = sum(dot <= date for dot in dot_dates)
    return Chance(dots, next(word for floor, word in CHANCES if dots >= floor))
