"""Interest on money that is given back: a dated yearly rate, simple, by the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DAYS_OF_YEAR = 365
BP = 10_000


@dataclass(frozen=True)
class Rate:
    """A yearly rate, in basis points, from a day on until the next one."""

    from_date: dt.date
    rate_bp: int


def sum_rates_bp(from_date: dt.date, until_date: dt.date, rates: Sequence[Rate]) -> int:
    """The rates of all days from `from_date` up to but without `until_date`, summed.

    Each day has the rate in force on it; 0 when the period is empty.

    Raises
    ------
    ValueError
        No rate is in force on `from_date`.
    """
    if from_date >= until_date:
        return 0
    dated = sorted(rates, key=lambda rate: rate.from_date)
    if not dated or dated[0].from_date > from_date:
        raise ValueError(f"no rate of interest is in force on {from_date}")
    total = 0
    for number, rate in enumerate(dated):
        ends = dated[number + 1].from_date if number + 1 < len(dated) else until_date
        days = (min(ends, until_date) - max(rate.from_date, from_date)).days
        total += rate.rate_bp * max(days, 0)
    return total


def interest_fen(parts: Iterable[tuple[int, dt.date, dt.date]], rates: Sequence[Rate]) -> int:
    """Simple interest on amounts in fen, each from a day up to but without another.

    A part of a fen in the sum is a whole one, for the customer.

    Raises
    ------
    ValueError
        No rate is in force on the first day of a part.
    """
    owed = sum(fen * sum_rates_bp(start, end, rates) for fen, start, end in parts)
    return -(-owed // (BP * DAYS_OF_YEAR))
