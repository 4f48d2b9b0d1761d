"""What a link to share shows: how an order's date moved and why, and nothing about a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger import wording as facts
from yinuo.contexts.ledger.queries import sealed
from yinuo.contexts.orders.queries import customer as orders
from yinuo.platform.spoken import local_date

# Facts whose sentences hold dates, causes and counts, and never a name, a number or a place.
SHARED_KINDS = (
    "order.locked",
    "promise.made",
    "promise.revised",
    "promise.at_risk",
    "promise.recovered",
    "promise.broken",
    "promise.kept",
    "promise.late",
    "promise.cancelled",
    "queue.held",
    "queue.released",
    "queue.excepted",
)


@dataclass(frozen=True)
class SharedLine:
    """One fact: its day, its sentence, its number in the log (None while it has none)."""

    date: dt.date
    text: str
    number: int | None


@dataclass(frozen=True)
class SharedPage:
    """A car, the step it is at, and how its date moved; the newest range as dates, if there is."""

    car_zh: str
    car_en: str
    state: str
    step: int
    steps: int
    window: tuple[dt.date, dt.date, dt.date] | None
    window_number: int | None
    lines: Sequence[SharedLine]


def get_page(order_id: int, language: str, now: dt.datetime) -> SharedPage:
    """The page of an order as anybody with its link reads it."""
    order = orders.get_by_id(order_id)
    told = [
        one
        for one in ledger.list_of_subject(order_id, (*SHARED_KINDS, *ledger.WINDOW_KINDS))
        if one.recorded_at <= now
    ]
    numbers = sealed.get_numbers([one.entry_id for one in told])
    ranges = [one for one in told if one.kind in ledger.WINDOW_KINDS]
    days = ("window_from", "window_until", "latest")
    window = (
        tuple(dt.date.fromisoformat(ranges[-1].payload[day]) for day in days) if ranges else None
    )
    return SharedPage(
        car_zh=order.car_zh,
        car_en=order.car_en,
        state=order.state,
        step=order.step,
        steps=order.steps,
        window=(window[0], window[1], window[2]) if window else None,
        window_number=numbers.get(ranges[-1].entry_id) if ranges else None,
        lines=[
            SharedLine(
                local_date(one.recorded_at), facts.say(one, language), numbers.get(one.entry_id)
            )
            for one in told
            if one.kind in SHARED_KINDS
        ],
    )
