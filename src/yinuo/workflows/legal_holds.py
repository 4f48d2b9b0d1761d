"""What stays of an order whose record is erased because a law wants it kept, and for how long.

It is stored and used for nothing else (PIPL art. 47); its moments are days, and nothing in it leads
to a leaf of the log.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.orders.queries.ending import Ending, find_ending
from yinuo.contexts.payments.queries.ended import get_money_end
from yinuo.platform.spoken import local_date, say_day

# Measures for accounting archives (Order 79 of 2015), art. 14 and its table: vouchers, of which
# contract and invoice are part, from the end of the year.
BOOKS_YEARS = 30
# Regulations on the recall of defective cars, art. 9: what is known of a car and its first owner.
CAR_YEARS = 10


@dataclass(frozen=True)
class Hold:
    """What is kept (`BOOKS`, `CAR`), and the last day of it."""

    code: str
    until_date: dt.date
    until: str


def list_holds(code: str, language: str) -> tuple[Hold, ...]:
    """What of an ended order stays after its record is erased; nothing for an order that runs."""
    ending = find_ending(code)
    if ending is None or ending.ended_at is None:
        return ()
    return tuple(
        Hold(name, until, say_day(until, language)) for name, until in _untils(ending).items()
    )


def _untils(ending: Ending) -> dict[str, dt.date]:
    assert ending.ended_at is not None
    ended = local_date(ending.ended_at)
    moved = get_money_end(ending.order_id, delivered=ending.delivered).last_at
    found = {}
    if moved is not None:
        last = max(ended, local_date(moved))
        found["BOOKS"] = dt.date(last.year + BOOKS_YEARS, 12, 31)
    if ending.delivered:
        # A car that came on 29 February is kept to the end of the February ten years on.
        day = min(ended.day, 28) if ended.month == 2 else ended.day
        found["CAR"] = dt.date(ended.year + CAR_YEARS, ended.month, day)
    return found
