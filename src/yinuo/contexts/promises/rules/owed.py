"""What a late day is worth: the maker's table, whose fault each day is, and the sum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yinuo.contexts.ledger.causes import CAUSES

UNITS = ("FEN", "POINTS")
# A late day for which no cause was ever recorded: the promised date simply passed. It is ours.
NO_CAUSE = "NO_CAUSE"
AMOUNT_MAX = 100_000_000


class BadTable(ValueError):
    """A table that cannot be used; `problems` says what is wrong, a sentence each (zh, en)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(en for _, en in problems))


@dataclass(frozen=True)
class OwedTable:
    """What we owe for late days, from one day on.

    The first `start_after_days` late days count nothing; each later one `per_day` (`rates` by
    cause where they differ), `cap` at most for one order, in fen or points. `also_ours` are
    causes that are nobody's fault and that the maker takes upon itself.
    """

    version: str
    effective_from_date: dt.date
    unit: str
    start_after_days: int
    per_day: int
    cap: int
    rates: Mapping[str, int]
    also_ours: frozenset[str]

    def is_ours(self, cause: str) -> bool:
        """Whether the maker answers for a day of this cause."""
        return cause == NO_CAUSE or cause in self.also_ours or CAUSES[cause].ours

    def rate(self, cause: str) -> int:
        """What one day of this cause is worth, 0 where it is not ours."""
        return self.rates.get(cause, self.per_day) if self.is_ours(cause) else 0


@dataclass(frozen=True)
class Move:
    """A promise that moved, and why."""

    latest_date: dt.date
    cause: str


@dataclass(frozen=True)
class LateDay:
    """Late day number `step` (from 1): its date, whose cause it is, and what it is worth."""

    step: int
    date: dt.date
    cause: str
    ours: bool
    amount: int


def read_table(data: Mapping[str, Any]) -> OwedTable:
    """The table that a file says.

    Raises
    ------
    BadTable
        A field is missing, unknown or out of range, or a cause that is ours is to be not ours.
    """
    problems = [
        (f"缺少 {name}，或者不是{zh}", f"{name} is missing or is not {en}")
        for name, kind, zh, en in FIELDS
        if not isinstance(data.get(name), kind) or isinstance(data.get(name), bool)
    ]
    unknown = sorted(set(data) - {name for name, *_ in FIELDS} - {"rates", "also_ours"})
    problems += [(f"不认识 {name}", f"{name} is not known") for name in unknown]
    if problems:
        raise BadTable(problems)
    rates, also = dict(data.get("rates", {})), list(data.get("also_ours", []))
    problems += _check_numbers(data, rates)
    for code in sorted({*rates, *also} - CAUSES.keys() - {NO_CAUSE}):
        problems.append((f"没有原因 {code}", f"there is no cause {code}"))
    if problems:
        raise BadTable(problems)
    return OwedTable(
        data["version"],
        data["effective_from"],
        data["unit"],
        data["start_after_days"],
        data["per_day"],
        data["cap"],
        rates,
        frozenset(also),
    )


FIELDS: tuple[tuple[str, type, str, str], ...] = (
    ("version", str, "文字", "a text"),
    ("effective_from", dt.date, "日期", "a date"),
    ("unit", str, "文字", "a text"),
    ("start_after_days", int, "整数", "a whole number"),
    ("per_day", int, "整数", "a whole number"),
    ("cap", int, "整数", "a whole number"),
)


def _check_numbers(data: Mapping[str, Any], rates: Mapping[str, Any]) -> list[tuple[str, str]]:
    problems = []
    if data["unit"] not in UNITS:
        problems.append(("unit 应为 FEN 或 POINTS", "unit should be FEN or POINTS"))
    if not data["version"].strip():
        problems.append(("version 不能为空", "version must not be empty"))
    numbers = {name: data[name] for name in ("per_day", "cap")}
    numbers |= {f"rates.{code}": rate for code, rate in rates.items()}
    for name, value in {**numbers, "start_after_days": data["start_after_days"]}.items():
        most = 365 if name == "start_after_days" else AMOUNT_MAX
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            problems.append((f"{name} 应为 0 到 {most} 的整数", f"{name} should be in 0..{most}"))
    return problems


def table_for(tables: Sequence[OwedTable], promised_date: dt.date) -> OwedTable | None:
    """The table of an order: the newest in effect when it was first promised a date.

    An order promised something before there was any table gets the first one. A later table
    therefore never takes away from an earlier promise.
    """
    in_order = sorted(tables, key=lambda table: table.effective_from_date)
    before = [table for table in in_order if table.effective_from_date <= promised_date]
    return before[-1] if before else next(iter(in_order), None)


def blame(first_latest: dt.date, moves: Sequence[Move], days: int) -> list[str]:
    """The cause of each of `days` late days counted from the first latest date.

    Each move that put the latest date off answers for the days it added; a move that brought it
    nearer takes the last of them away again. Days past the last promise have no cause.
    """
    causes: list[str] = []
    for move in moves:
        length = max(0, (move.latest_date - first_latest).days)
        causes = causes[:length] + [move.cause] * (length - len(causes))
    return (causes + [NO_CAUSE] * (days - len(causes)))[:days]


def late_days_owed(
    table: OwedTable,
    first_latest: dt.date,
    causes: Sequence[str],
    *,
    given: int = 0,
    given_steps: int = 0,
) -> list[LateDay]:
    """What each late day after the first `given_steps` is worth, `given` having been credited.

    No sum passes the cap; a day that would is worth the rest.
    """
    owed, total = [], given
    for step, cause in enumerate(causes[given_steps:], given_steps + 1):
        rate = table.rate(cause) if step > table.start_after_days else 0
        amount = min(rate, max(0, table.cap - total))
        total += amount
        date = first_latest + dt.timedelta(days=step)
        owed.append(LateDay(step, date, cause, table.is_ours(cause), amount))
    return owed
