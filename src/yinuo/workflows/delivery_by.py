"""A date of delivery agreed on singly binds the promise: later than it is a breach, on record.

The planner sees every such date beside what is promised; whoever may leave because a promise was
broken may leave because this date was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from yinuo.contexts.people.queries.staff import answerers, list_staff
from yinuo.contexts.promises.queries import rights
from yinuo.contexts.promises.queries.rights import PromiseGround, latest_dates
from yinuo.contexts.promises.rules import answer_by_at
from yinuo.contexts.terms.operations.breaches import Breach, note_breaches
from yinuo.contexts.terms.queries.agreed import AgreedDate, list_agreed_dates
from yinuo.platform.spoken import local_date


@dataclass(frozen=True)
class Kept:
    """An agreed date beside the latest day that is promised; None where nothing is promised."""

    date: AgreedDate
    latest_date: dt.date | None
    passed: bool

    @property
    def late_days(self) -> int:
        """How much later than agreed the promise is, in days; negative for what is to spare."""
        return (self.latest_date - self.date.until_date).days if self.latest_date else 0

    @property
    def stage(self) -> str:
        """PASSED, EXPECTED, or empty where the date holds as far as is known."""
        if self.passed:
            return "PASSED"
        return "EXPECTED" if self.late_days > 0 else ""


def list_kept(*, today: dt.date, order_ids: Iterable[int] | None = None) -> list[Kept]:
    """The agreed dates of these orders, or of all open ones, the worst first."""
    dates = list_agreed_dates(order_ids)
    latest = latest_dates([one.order_id for one in dates]) if dates else {}
    kept = [Kept(one, latest.get(one.order_id), one.until_date < today) for one in dates]
    return sorted(kept, key=lambda one: (not one.passed, -one.late_days, one.date.until_date))


def run(*, now: dt.datetime) -> int:
    """By the clock: each date that will not be kept, or was not, is recorded and told once.

    Returns how many were new. Safe to repeat.
    """
    today = local_date(now)
    late = [
        one for one in list_kept(today=today) if one.stage and one.stage not in one.date.breaches
    ]
    if not late:
        return 0
    answerer = answerers(list_staff())
    found = []
    for one in late:
        who = answerer(one.date.centre_code, one.date.owner_id)
        if who is not None:
            day = max(filter(None, (one.latest_date, today)))
            found.append(Breach(one.date, one.stage, day, who.public_id, answer_by_at(now)))
    return note_breaches(found, now=now)


def get_ground(order_id: int, today: dt.date) -> PromiseGround:
    """What promise and agreed date together give a customer who wants to leave."""
    promise = rights.get_ground(order_id, today)
    agreed = list_kept(today=today, order_ids=[order_id])
    broken = [one.date.until_date for one in agreed if one.passed]
    if promise.broken_date is not None:
        broken.append(promise.broken_date)
    moved = promise.moved or any(one.stage for one in agreed)
    return PromiseGround(min(broken, default=None), moved)
