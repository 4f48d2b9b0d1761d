"""The functions that conditions may call; each is defined for all values of its kinds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yinuo.engines.rules.calendar import WorkCalendar, days_after, months_after
from yinuo.engines.rules.values import DATE, Kind, Value, number

YEAR_DAYS = 365


@dataclass(frozen=True)
class Function:
    """A function of the condition language.

    Attributes
    ----------
    takes : tuple of Kind
    gives : Kind
    run : callable
        Gets known values only; None where it cannot tell, as for working days of a year whose
        holidays are not published.
    meaning : str
        One line for the document.
    """

    takes: tuple[Kind, ...]
    gives: Kind
    run: Callable[..., Value | None]
    meaning: str


def make_functions(calendar: WorkCalendar) -> dict[str, Function]:
    """All functions by name, counting working days by `calendar`."""
    fen, bp, days, hours = number("fen"), number("bp"), number("days"), number("hours")
    workdays, km = number("workdays"), number("km")

    def make(takes: tuple[Kind, ...], gives: Kind, meaning: str, run: Any) -> Function:
        return Function(takes, gives, run, meaning)

    return {
        "share_down": make((fen, bp), fen, "share of an amount, rounded down", share_down),
        "share_up": make((fen, bp), fen, "share of an amount, rounded up", share_up),
        "interest": make(
            (fen, bp, days), fen, "simple interest at a yearly rate, actual/365, up", interest
        ),
        "use_fee": make(
            (fen, km, bp), fen, "price x km / 1,000 x coefficient, rounded down", use_fee
        ),
        "whole_days": make((hours,), days, "hours as days, a begun day counts", whole_days),
        "days_between": make((DATE, DATE), days, "natural days from one to the other", span),
        "workdays_between": make(
            (DATE, DATE), workdays, "working days after the one up to the other", calendar.between
        ),
        "days_after": make((DATE, days), DATE, "a date plus natural days", days_after),
        "workdays_after": make(
            (DATE, workdays), DATE, "the last day of so many working days", calendar.after
        ),
        "months_after": make((DATE, number("months")), DATE, "a date plus months", months_after),
        "years_after": make(
            (DATE, number("years")),
            DATE,
            "a date plus years",
            lambda day, count: months_after(day, 12 * count),
        ),
    }


def share_down(amount: int, rate: int) -> int:
    """`rate` ten-thousandths of `amount`, rounded down to a whole fen."""
    return amount * rate // 10_000


def share_up(amount: int, rate: int) -> int:
    """`rate` ten-thousandths of `amount`, rounded up to a whole fen."""
    return -(-amount * rate // 10_000)


def interest(amount: int, rate: int, days: int) -> int:
    """Simple interest in fen at `rate` ten-thousandths a year, days over 365, rounded up.

    0 for a period that has not begun. Rounded in favour of the person who gets it.
    """
    return -(-amount * rate * max(days, 0) // (10_000 * YEAR_DAYS))


def use_fee(price: int, km: int, rate: int) -> int:
    """Price x km / 1,000 x `rate` ten-thousandths in fen, rounded in favour of who pays it."""
    return price * km * rate // (1_000 * 10_000)


def whole_days(hours: int) -> int:
    """Hours as days of 24; a rest of less than 24 hours is one day."""
    return -(-hours // 24)


def span(start: dt.date, end: dt.date) -> int:
    """Natural days from `start` to `end`; negative where `end` is earlier."""
    return (end - start).days
