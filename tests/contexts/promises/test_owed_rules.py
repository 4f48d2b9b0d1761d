"""What a late day is worth: reading the table, whose day it is, and the sum."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.rules import NO_CAUSE, BadTable, Move, OwedTable

FIRST = dt.date(2026, 3, 9)
DAY = dt.timedelta(days=1)
TABLE: dict[str, Any] = {
    "version": "2026-01",
    "effective_from": dt.date(2026, 1, 1),
    "unit": "FEN",
    "start_after_days": 0,
    "per_day": 10_000,
    "cap": 500_000,
}


def table(**changed: Any) -> OwedTable:
    return rules.read_table({**TABLE, **changed})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unit": "EUR"}, "unit should be FEN or POINTS"),
        ({"per_day": -1}, "per_day should be in"),
        ({"per_day": "100"}, "per_day is missing or is not a whole number"),
        ({"per_day": True}, "per_day is missing"),
        ({"cap": 10**9}, "cap should be in"),
        ({"start_after_days": 400}, "start_after_days should be in 0..365"),
        ({"version": " "}, "version must not be empty"),
        ({"rates": {"SPRING_FESTIVAL": 5}}, "there is no cause SPRING_FESTIVAL"),
        ({"also_ours": ["LUCK"]}, "there is no cause LUCK"),
        ({"rates": {"WEATHER": -5}}, r"rates\.WEATHER should be in"),
        ({"bonus": 1}, "bonus is not known"),
    ],
)
def test_a_bad_table_says_what_is_wrong(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(BadTable, match=words) as refused:
        table(**changed)
    assert all(zh and en for zh, en in refused.value.problems)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(BadTable) as refused:
        rules.read_table({})
    assert len(refused.value.problems) == 6


def test_nobody_can_make_a_cause_of_ours_somebody_elses() -> None:
    found = table(also_ours=["TRAIN_CANCELLED"], rates={"TRAIN_CANCELLED": 5000})
    for code, cause in CAUSES.items():
        assert found.is_ours(code) >= cause.ours
    assert found.rate("TRAIN_CANCELLED") == 5000
    assert found.rate("WEATHER") == 0
    assert found.rate(NO_CAUSE) == 10_000


@pytest.mark.need(160)
def test_an_order_keeps_the_table_of_its_first_promise() -> None:
    old, new = table(), table(version="2026-06", effective_from=dt.date(2026, 6, 1), per_day=1)
    assert rules.table_for([new, old], dt.date(2026, 5, 31)) == old
    assert rules.table_for([new, old], dt.date(2026, 6, 1)) == new
    assert rules.table_for([new, old], dt.date(2025, 1, 1)) == old
    assert rules.table_for([], dt.date(2026, 6, 1)) is None


def test_each_move_answers_for_the_days_it_added() -> None:
    moves = [
        Move(FIRST + 6 * DAY, "TRAIN_CANCELLED"),
        Move(FIRST + 10 * DAY, "PLANT_STOPPED"),
        Move(FIRST + 8 * DAY, "PLANT_FASTER"),
    ]
    causes = rules.blame(FIRST, moves, 11)
    assert causes == ["TRAIN_CANCELLED"] * 6 + ["PLANT_STOPPED"] * 2 + [NO_CAUSE] * 3
    assert rules.blame(FIRST, moves, 3) == ["TRAIN_CANCELLED"] * 3
    assert rules.blame(FIRST, [Move(FIRST - 5 * DAY, "PLANT_FASTER")], 1) == [NO_CAUSE]


MOVES = st.lists(
    st.builds(Move, st.integers(-40, 80).map(lambda n: FIRST + n * DAY), st.sampled_from([*CAUSES]))
)


@given(MOVES, st.integers(0, 120))
def test_every_late_day_has_one_cause(moves: list[Move], days: int) -> None:
    causes = rules.blame(FIRST, moves, days)
    assert len(causes) == days
    assert set(causes) <= {*CAUSES, NO_CAUSE}
    # A later day more leaves the earlier days whose they were.
    assert rules.blame(FIRST, moves, days + 1)[:days] == causes


@given(
    MOVES,
    st.integers(0, 120),
    st.integers(0, 120),
    st.integers(0, 20),
    st.integers(0, 20_000),
    st.integers(0, 300_000),
)
def test_counting_in_steps_gives_the_same_sum_and_never_passes_the_cap(
    moves: list[Move], days: int, cut: int, start: int, per_day: int, cap: int
) -> None:
    found = table(start_after_days=start, per_day=per_day, cap=cap)
    causes = rules.blame(FIRST, moves, days)
    whole = rules.late_days_owed(found, FIRST, causes)
    early = rules.late_days_owed(found, FIRST, causes[:cut])
    rest = rules.late_days_owed(
        found,
        FIRST,
        causes,
        given=sum(day.amount for day in early),
        given_steps=len(early),
    )
    assert early + rest == whole
    assert sum(day.amount for day in whole) <= cap
    assert all(not day.amount for day in whole if not day.ours or day.step <= start)
    assert [day.step for day in whole] == list(range(1, days + 1))
    assert all(day.date == FIRST + day.step * DAY for day in whole)
    if cap >= per_day * days:
        assert sum(day.amount for day in whole) == per_day * sum(
            day.ours and day.step > start for day in whole
        )
