"""Do people leave? Who left, where they stood and why, and what it will cost as it goes on."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from yinuo.contexts.orders.queries.rights import Left, count_by_stage, list_left
from yinuo.contexts.payments.queries.leaving import count_owed, mean_deposit

SPAN = dt.timedelta(days=28)
LISTED = 8


@dataclass(frozen=True)
class Costs:
    """Four weeks of leaving. Amounts in fen.

    `expected` of the open orders leave within the next four weeks where each state goes on losing
    the share that it lost in the last four; each takes the mean deposit along. `offered` were
    offered the way out unasked and have not taken it: `offered_fen` if all of them did.
    """

    left: int
    by_ground: list[tuple[str, int]]
    by_why: list[tuple[str, int]]
    by_state: list[tuple[str, int]]
    expected: int
    expected_fen: int
    offered: int
    offered_fen: int
    owed: int
    owed_fen: int


def look(*, staff_id: int, now: dt.datetime) -> Costs:
    """What leaving was, and what it will cost.

    Raises
    ------
    NotStaff
    """
    rows, stages, mean = list_left(staff_id, now - SPAN), count_by_stage(), mean_deposit()
    by_state = _sums(rows, "state_before")
    expected = expect(dict(by_state), {state: number for state, (number, _) in stages.items()})
    offered = sum(offered for _, offered in stages.values())
    owed, owed_fen = count_owed()
    return Costs(
        sum(row.count for row in rows),
        _sums(rows, "ground"),
        [(why, number) for why, number in _sums(rows, "why") if why],
        by_state,
        round(expected),
        round(expected * mean),
        offered,
        offered * mean,
        owed,
        owed_fen,
    )


def expect(left: dict[str, int], standing: dict[str, int]) -> float:
    """How many of those standing leave in a span like the one in which `left` did, by state."""
    return sum(
        number * left.get(state, 0) / (number + left.get(state, 0))
        for state, number in standing.items()
        if number
    )


def _sums(rows: list[Left], what: str) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[getattr(row, what)] += row.count
    return counts.most_common(LISTED)
