"""Figures of the queue for everybody: who was passed, for which public reason, week by week.

They are worked out from the leaves of the public log, as the independent verifier does it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from yinuo.contexts.ledger import rulebook
from yinuo.contexts.ledger.models import QueueFigures as Kept
from yinuo.contexts.ledger.queries.queue import get_rule_of, list_rules

# Lines with too few orders to be shown alone stand together under no name.
TOGETHER = ""


@dataclass(frozen=True)
class WeekRow:
    """One closed week of one line (or of all small lines, `line` empty).

    `allocated` orders got a car, `excepted` of them for a public reason. `passed` counts pairs of
    such a car and an earlier order that waited, by that reason; `held` pairs in which the earlier
    order had one (it was held, or had just come back). `unexplained` counts pairs without any.
    """

    line: str
    batch: str
    allocated: int
    excepted: dict[str, int]
    passed: dict[str, int]
    held: dict[str, int]
    unexplained: int


@dataclass(frozen=True)
class QuotaRow:
    """How often a reason was used in a week over all lines, and how often the rule allows it."""

    batch: str
    code: str
    used: int
    allowed: int


@dataclass(frozen=True)
class CodeRow:
    """A public reason: how many orders went earlier for it and how many pairs it explains."""

    code: str
    orders: int
    pairs: int


@dataclass(frozen=True)
class QueueFigures:
    """All of it, from the first `log_size` leaves; empty where no week was closed yet.

    `holds` counts orders that wait in line and are held, by reason; `transfers` how often an order
    went to another buyer with its place, by kind of change.
    """

    log_size: int
    made_at: dt.datetime | None
    rows: tuple[WeekRow, ...] = ()
    by_code: tuple[CodeRow, ...] = ()
    quotas: tuple[QuotaRow, ...] = ()
    holds: dict[str, int] = field(default_factory=dict)
    transfers: dict[str, int] = field(default_factory=dict)

    @property
    def unexplained(self) -> int:
        """How many pairs have no recorded reason."""
        return sum(row.unexplained for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        said = asdict(self)
        said["made_at"] = self.made_at.isoformat() if self.made_at else None
        return {**said, "unexplained": self.unexplained}

    def as_csv(self) -> str:
        """One row for each line, week and reason; the reason NONE is that of no reason."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["line", "batch", "allocated", "code", "orders", "pairs"])
        for row in self.rows:
            codes = sorted({*row.excepted, *row.passed, *row.held})
            for code in codes:
                pairs = row.passed.get(code, 0) + row.held.get(code, 0)
                orders = row.excepted.get(code, 0)
                table.writerow([row.line, row.batch, row.allocated, code, orders, pairs])
            if row.unexplained or not codes:
                table.writerow([row.line, row.batch, row.allocated, "NONE", 0, row.unexplained])
        return text.getvalue()


def get_figures() -> QueueFigures:
    """The figures as they were worked out last."""
    kept = Kept.objects.order_by("-size").first()
    if kept is None:
        return QueueFigures(0, None)
    rules = list_rules()
    small = {line for line, n in kept.said["locks"].items() if n < _line_min(rules)}
    rows = _rows(kept.said["weeks"], small)
    return QueueFigures(
        kept.size,
        kept.made_at,
        tuple(rows),
        _by_code(rows, rules),
        _quotas(rows, rules),
        dict(sorted(kept.said["holds"].items())),
        dict(sorted(kept.said.get("transfers", {}).items())),
    )


def _line_min(rules: list[dict[str, Any]]) -> int:
    return max((rule["line_orders_min"] for rule in rules), default=rulebook.LINE_ORDERS_MIN)


def _rows(weeks: list[dict[str, Any]], small: set[str]) -> list[WeekRow]:
    """Newest week first, lines by name; small lines together."""
    joined: dict[tuple[str, str], WeekRow] = {}
    for week in weeks:
        line = TOGETHER if week["line"] in small else week["line"]
        row = joined.get((week["batch"], line))
        fresh = WeekRow(line, *(week[name] for name in list(WeekRow.__annotations__)[1:]))
        joined[week["batch"], line] = _sum(row, fresh) if row else fresh
    by_name = sorted(joined.values(), key=lambda row: (row.line == TOGETHER, row.line))
    return sorted(by_name, key=lambda row: row.batch, reverse=True)


def _sum(one: WeekRow, other: WeekRow) -> WeekRow:
    return WeekRow(
        one.line,
        one.batch,
        one.allocated + other.allocated,
        dict(Counter(one.excepted) + Counter(other.excepted)),
        dict(Counter(one.passed) + Counter(other.passed)),
        dict(Counter(one.held) + Counter(other.held)),
        one.unexplained + other.unexplained,
    )


def _by_code(rows: list[WeekRow], rules: list[dict[str, Any]]) -> tuple[CodeRow, ...]:
    """Every reason of the newest rule, used or not, and any that was used before."""
    orders, pairs = Counter[str](), Counter[str]()
    for row in rows:
        orders += Counter(row.excepted)
        pairs += Counter(row.passed) + Counter(row.held)
    listed = {code for rule in rules[-1:] for code in (*rule["exceptions"], *rule["holds"])}
    codes = sorted(listed | set(orders) | set(pairs))
    return tuple(CodeRow(code, orders[code], pairs[code]) for code in codes)


def _quotas(rows: list[WeekRow], rules: list[dict[str, Any]]) -> tuple[QuotaRow, ...]:
    """By week and reason, newest week first."""
    found = []
    for batch in dict.fromkeys(row.batch for row in rows):
        of_week = [row for row in rows if row.batch == batch]
        allocated = sum(row.allocated for row in of_week)
        figures = rulebook.read_figures(get_rule_of(rules, batch))
        for code in sorted(figures.exceptions):
            used = sum(row.excepted.get(code, 0) for row in of_week)
            allowed = rulebook.quota_of(figures, code, allocated)
            found.append(QuotaRow(batch, code, used, allowed))
    return tuple(found)
