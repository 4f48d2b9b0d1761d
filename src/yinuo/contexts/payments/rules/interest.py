"""Interest on money that is given back late: a dated yearly rate, by the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

DAYS_OF_YEAR = 365


@dataclass(frozen=True)
class Rate:
    """A yearly rate, in percent, from a day on until the next one."""

    from_date: dt.date
    percent: Decimal


def interest_fen(
    amount_fen: int, from_date: dt.date, until_date: dt.date, rates: Sequence[Rate]
) -> int:
    """Simple interest on `amount_fen` for the days from `from_date` up to but without `until_date`.

    Each day has the rate in force on it; a part of a fen is a whole one, for the customer. 0 when
    the period is empty.

    Raises
    ------
    ValueError
        No rate is in force on `from_date`.
    """
    if from_date >= until_date or amount_fen == 0:
        return 0
    dated = sorted(rates, key=lambda rate: rate.from_date)
    if not dated or dated[0].from_date > from_date:
        raise ValueError(f"no rate of interest is in force on {from_date}")
    total = Decimal(0)
    for number, rate in enumerate(dated):
        ends = dated[number + 1].from_date if number + 1 < len(dated) else until_date
        days = (min(ends, until_date) - max(rate.from_date, from_date)).days
        total += amount_fen * rate.percent * max(days, 0) / (100 * DAYS_OF_YEAR)
    return int(total.to_integral_value(rounding=ROUND_CEILING))
