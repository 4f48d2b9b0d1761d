"""When what is public of a line's dates is stated anew."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

# So much sooner is news; less would be an entry for every car built a day early.
SOONER_DAYS = 3


@dataclass(frozen=True)
class Dates:
    """The days that are public of one line, or the code of why there are none.

    `beyond` is the month that the forecast does not reach, as 2029-02, where that is why.
    """

    from_date: dt.date | None
    until_date: dt.date | None
    latest_date: dt.date | None
    why: str = ""
    beyond: str = ""


def is_news(stated: Dates | None, found: Dates) -> bool:
    """Whether what was found has to be stated, beside what is public of the line.

    A latest day that is later by one day is stated; days that are sooner, or a range that moves
    inside an unchanged latest day, from `SOONER_DAYS` on: nobody relies on too much meanwhile.
    Of a line that never had dates nothing is said until it has some, or until they lie beyond
    what the forecast reaches.
    """
    if stated is None:
        return not found.why or bool(found.beyond)
    if stated.why or found.why:
        return stated != found
    moved = [
        (new - old).days
        for old, new in (
            (stated.from_date, found.from_date),
            (stated.until_date, found.until_date),
            (stated.latest_date, found.latest_date),
        )
        if old is not None and new is not None
    ]
    return moved[-1] > 0 or any(abs(days) >= SOONER_DAYS for days in moved)
