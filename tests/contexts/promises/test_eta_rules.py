"""When what is public of a line's dates is stated anew."""

from __future__ import annotations

import datetime as dt

import pytest

from yinuo.contexts.promises.rules.etas import Dates, is_news

DAY = dt.date(2026, 3, 2)


def dates(first: int = 0, last: int = 10, latest: int = 13) -> Dates:
    """A range so many days after the second of March."""
    days = (DAY + dt.timedelta(days=moved) for moved in (first, last, latest))
    return Dates(next(days), next(days), next(days))


def none(why: str, beyond: str = "") -> Dates:
    """No date, for this reason."""
    return Dates(None, None, None, why, beyond)


@pytest.mark.parametrize(
    ("stated", "found", "expected"),
    [
        (None, dates(), True),
        (None, none("NO_LANE"), False),
        (None, none("BEYOND", "2029-02"), True),
        (dates(), dates(), False),
        (dates(), dates(latest=14), True),
        (dates(), dates(-2, 8, 11), False),
        (dates(), dates(latest=10), True),
        (dates(), dates(2, 12, 13), False),
        (dates(), dates(3, 10, 13), True),
        (dates(), none("NO_SUPPLY"), True),
        (none("NO_SUPPLY"), dates(), True),
        (none("NO_SUPPLY"), none("NO_SUPPLY"), False),
        (none("BEYOND", "2029-02"), none("BEYOND", "2029-03"), True),
    ],
)
def test_a_day_later_is_stated_and_a_little_sooner_is_not(
    stated: Dates | None, found: Dates, *, expected: bool
) -> None:
    assert is_news(stated, found) is expected
