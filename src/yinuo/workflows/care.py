"""Who needs a call before they give up, and whether trust keeps up with growth."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from yinuo.contexts.notices.queries.care import count_told_since, last_told
from yinuo.contexts.notices.queries.centre import count_told_at, list_told_of
from yinuo.contexts.notices.queries.report import list_told
from yinuo.contexts.orders.queries import care as orders
from yinuo.contexts.orders.queries.owners import list_inquiries_of_centre
from yinuo.contexts.orders.queries.report import ABOUT_DATE, list_date_inquiries
from yinuo.contexts.promises.queries import care as promises
from yinuo.contexts.promises.queries.ageing import Age, Old, count_by_age, list_oldest_unbuilt
from yinuo.engines.warning import (
    CancellationWeights,
    RateChange,
    cancellation_risk,
    rate_change,
)
from yinuo.platform.spoken import local_date
from yinuo.workflows.promptness import count_asked_first, first_notice_p95

WEEK = dt.timedelta(days=7)
LOOK_AT = 5000
WEIGHTS = CancellationWeights()


@dataclass(frozen=True)
class AtRisk:
    """A customer who may give up: the chance in percent and what we did to them."""

    card: orders.Card
    risk_percent: int
    late_days: int
    silent_days: int
    moves: int
    questions: int
    said_so: bool


@dataclass(frozen=True)
class Coverage:
    """How many of those who wait, and have waited a week, were told something this week."""

    waiting: int
    told: int

    @property
    def percent(self) -> int:
        """Whole percent, rounded down; 100 where nobody waits."""
        return 100 if not self.waiting else min(100, 100 * self.told // self.waiting)


@dataclass(frozen=True)
class Trust:
    """Trust beside growth over the last four weeks, and the growth of the four before."""

    kept: promises.Kept
    answered: promises.Answered
    flow: orders.Flow
    flow_before: orders.Flow


def list_at_risk(*, now: dt.datetime, limit: int = 20) -> list[AtRisk]:
    """Open orders by their chance of being cancelled, highest first."""
    strained = promises.list_strained(LOOK_AT)
    ids = [one.order_id for one in strained]
    told, cards = last_told(ids), orders.cards_of(ids)
    asked = orders.questions_since(ids, now - dt.timedelta(days=30))
    silent = [(now - told[order_id]).days if order_id in told else 0 for order_id in ids]
    risks = cancellation_risk(
        [one.late_days for one in strained],
        silent,
        [one.moves for one in strained],
        [asked.get(order_id, 0) for order_id in ids],
        [one.said_so for one in strained],
        WEIGHTS,
    )
    found = [
        AtRisk(
            cards[one.order_id],
            round(100 * float(risk)),
            max(0, one.late_days),
            quiet,
            one.moves,
            asked.get(one.order_id, 0),
            one.said_so,
        )
        for one, quiet, risk in zip(strained, silent, risks, strict=True)
    ]
    found.sort(key=lambda one: (-one.risk_percent, one.card.order_id))
    return found[:limit]


def coverage(*, now: dt.datetime) -> Coverage:
    """The weekly touch: who of those waiting longer than a week heard from us this week."""
    return Coverage(orders.count_open_locked_before(now - WEEK), count_told_since(now - WEEK))


def trust(*, now: dt.datetime) -> Trust:
    """Promises kept and answers given, beside orders taken and cars handed over."""
    since = now - 4 * WEEK
    return Trust(
        promises.count_kept(since),
        promises.count_answered(since, now),
        orders.count_flow(since, now),
        orders.count_flow(since - 4 * WEEK, since),
    )


@dataclass(frozen=True)
class Intake:
    """Orders by week, oldest first, and the last week against the four before it."""

    weeks: list[int]
    change: RateChange

    @property
    def changed(self) -> bool:
        """Whether luck alone would hardly ever do this, and it is a tenth or more."""
        return self.change.chance < 0.001 and not 0.9 < self.change.ratio < 1.1


@dataclass(frozen=True)
class Promptness:
    """Whether we told first in the last four weeks.

    `minutes_p95` is in whole minutes, begun ones counted; None where nothing was told by day.
    """

    notices: int
    minutes_p95: int | None
    asked_first: int


def promptness(*, now: dt.datetime) -> Promptness:
    """Notices of the last four weeks: how fast, and how many customers had to ask."""
    since = now - 4 * WEEK
    told = list_told(since)
    asked = count_asked_first(told, list_date_inquiries(since))
    minutes = first_notice_p95(told)
    whole = None if minutes is None else max(1, math.ceil(minutes))
    return Promptness(len(told), whole, asked)


def intake(*, now: dt.datetime) -> Intake:
    """Orders of the last twelve weeks, and whether the newest week breaks with the four before."""
    weeks = orders.count_locks_by_week(now, 12)
    return Intake(weeks, rate_change(weeks[-1], sum(weeks[-5:-1]), 1, 4))


def ageing(*, now: dt.datetime, limit: int = 10) -> tuple[list[Age], list[Old]]:
    """Open orders by age, and those that have waited longest without being built."""
    return count_by_age(local_date(now)), list_oldest_unbuilt(limit)


def asked_first_at(*, centre_id: int, now: dt.datetime) -> tuple[int, int]:
    """Of one centre in four weeks: customers who had to ask first, and notices in all."""
    since = now - 4 * WEEK
    asked = list_inquiries_of_centre(centre_id, ABOUT_DATE, since)
    told = list_told_of([order_id for order_id, _ in asked], since)
    return count_asked_first(told, asked), count_told_at(centre_id, since)
