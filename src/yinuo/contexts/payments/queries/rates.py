"""The rates of interest in force, as data."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path

from yinuo.contexts.payments.rules import interest
from yinuo.contexts.payments.rules.interest import Rate

FILE = Path(__file__).parents[1] / "interest.toml"


@cache
def load_rates() -> tuple[Rate, ...]:
    """Every dated rate, oldest first.

    Raises
    ------
    ValueError
        A rate has no source or is finer than a basis point, or two begin on one day.
    """
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["rate"]
    rates = tuple(sorted((_rate(row) for row in rows), key=lambda rate: rate.from_date))
    if len({rate.from_date for rate in rates}) != len(rates):
        raise ValueError("two rates begin on one day")
    return rates


def sum_rates_bp(from_date: dt.date, until_date: dt.date) -> int:
    """The yearly rates of all days from `from_date` up to but without `until_date`, summed, in bp.

    What a refund will carry is worked out from the same rates, so that what is offered is paid.

    Raises
    ------
    ValueError
        No rate is in force on `from_date`.
    """
    return interest.sum_rates_bp(from_date, until_date, load_rates())


def _rate(row: dict[str, object]) -> Rate:
    if not str(row["source"]).strip():
        raise ValueError(f"the rate of {row['from_date']} has no source")
    assert isinstance(row["from_date"], dt.date)
    rate_bp = Decimal(str(row["percent"])) * 100
    if rate_bp != int(rate_bp):
        raise ValueError(f"the rate of {row['from_date']} is finer than a basis point")
    return Rate(row["from_date"], int(rate_bp))
