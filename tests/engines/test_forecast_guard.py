"""The slow guard around ranges, and the alarm for forecasts that no longer fit."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.engines.forecast.drift import output_positions, watch
from yinuo.engines.forecast.guard import (
    Guard,
    GuardParameters,
    Verdicts,
    due_verdicts,
    guarded,
    move_guard,
    open_guard,
)
from yinuo.engines.forecast.learner import LearnerParameters, Reference, read_history

PLAIN = GuardParameters()


def late_verdicts(known: int, missed: int) -> Verdicts:
    none = np.zeros(1, np.int64)
    return Verdicts(none, none, np.array([known]), np.array([missed]))


def test_a_verdict_is_due_at_the_end_of_the_range_or_at_the_outcome() -> None:
    low, high = np.array([10.0, 10.0, 10.0, 10.0]), np.array([20.0, 20.0, 20.0, 20.0])
    outcome = np.array([15.0, 25.0, inf, 5.0])
    group = np.zeros(4, np.int64)

    def counted(since: float, until: float) -> list[int]:
        found = due_verdicts(low, high, outcome, group, since, until, 1)
        return [
            int(part[0])
            for part in (
                found.early_known, found.early_missed, found.late_known, found.late_missed,
            )
        ]  # fmt: skip

    assert counted(0, 6) == [1, 1, 1, 0]
    assert counted(10, 11) == [3, 0, 0, 0]
    assert counted(15, 16) == [0, 0, 1, 0]
    # Two that are late, one of them still open: nobody waits for it to be counted.
    assert counted(20, 21) == [0, 0, 2, 2]
    assert counted(21, 99) == [0, 0, 0, 0]


@given(
    days=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 30), st.integers(0, 120)), max_size=40
    )
)
def test_every_range_is_judged_once_on_each_side(days: list[tuple[int, int, int]]) -> None:
    low = np.array([float(first) for first, _, _ in days])
    high = low + np.array([float(width) for _, width, _ in days])
    outcome = np.array([float(day) for _, _, day in days])
    group = np.array([first % 3 for first, _, _ in days], np.int64)
    periods = [
        due_verdicts(low, high, outcome, group, week * 7.0, week * 7.0 + 7, 3) for week in range(20)
    ]
    for known in ("early_known", "late_known"):
        total = sum(getattr(period, known) for period in periods)
        np.testing.assert_array_equal(total, np.bincount(group, minlength=3))
    missed = sum(int(period.late_missed.sum()) for period in periods)
    assert missed == int((outcome > high).sum())


@pytest.mark.need(23)
def test_many_late_outcomes_lengthen_the_late_side_only_and_slowly() -> None:
    guard = open_guard(1)
    for _ in range(10):
        guard = move_guard(guard, late_verdicts(300, 300), PLAIN)
    assert guard.early[0] == 1.0
    assert log(guard.late[0]) == pytest.approx(10 * 0.03 * 0.5 * 0.95)
    low, high = guarded(
        np.array([10.0]), np.array([20.0]), np.array([40.0]), np.zeros(1, np.int64), guard
    )
    assert low[0] == 10.0
    assert 40 < high[0] < 45


def test_few_verdicts_move_it_little_and_none_not_at_all() -> None:
    few = move_guard(open_guard(1), late_verdicts(3, 3), PLAIN)
    many = move_guard(open_guard(1), late_verdicts(3000, 3000), PLAIN)
    assert 1 < few.late[0] < 1.001 < many.late[0]
    assert move_guard(open_guard(1), late_verdicts(0, 0), PLAIN).late[0] == 1.0


def test_it_never_winds_up() -> None:
    guard = open_guard(1)
    for _ in range(1000):
        guard = move_guard(guard, late_verdicts(10_000, 10_000), PLAIN)
    assert guard.late[0] == 4.0
    for _ in range(5000):
        guard = move_guard(guard, late_verdicts(10_000, 0), PLAIN)
    assert guard.late[0] == 0.3


def test_in_the_long_run_it_misses_as_often_as_allowed() -> None:
    """Outcomes twice as spread as the ranges say: the guard finds the width that holds."""
    rng = np.random.default_rng(3)
    guard, misses = open_guard(1), []
    group = np.zeros(500, np.int64)
    for _ in range(1500):
        outcome = rng.normal(0, 2, 500)
        middle, half = np.zeros(500), np.full(500, 1.645)
        low, high = guarded(middle - half, middle, middle + half, group, guard)
        verdicts = due_verdicts(low, high, outcome, group, -inf, inf, 1)
        misses.append(float((outcome > high).mean()))
        guard = move_guard(guard, verdicts, PLAIN)
    assert misses[0] > 0.15
    assert np.mean(misses[1200:]) == pytest.approx(0.05, abs=0.01)


def test_settings_that_would_wind_up_are_refused() -> None:
    for wrong in (
        {"step": 0.05}, {"step": 0.0}, {"coverage": 1.0}, {"half_count": 0.0}, {"lowest": 1.5},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="must"):
            GuardParameters(**wrong)
    one = np.array([1.0])
    with pytest.raises(ValueError, match="before it begins"):
        due_verdicts(one + 1, one, one, [0], 0, 1, 1)
    with pytest.raises(ValueError, match="same length"):
        due_verdicts(one, one, one, [0, 1], 0, 1, 1)
    assert Guard(one, one).early[0] == 1.0


def test_as_long_as_forecasts_fit_alarms_are_rarer_than_the_limit() -> None:
    """Mean time between alarms at least 50 weeks: at most 400 in 20,000 weeks, but for luck."""
    drift = watch(np.random.default_rng(11).random(20_000), limit=50.0)
    assert 100 < drift.alarm_weeks.size <= 430


@pytest.mark.parametrize(
    ("name", "positions"),
    [
        ("too high", np.random.default_rng(1).beta(1, 3, 60)),
        ("too low", np.random.default_rng(2).beta(3, 1, 60)),
        ("too narrow", np.random.default_rng(3).beta(0.2, 0.2, 60)),
        ("too wide", np.random.default_rng(4).beta(6, 6, 60)),
    ],
)
def test_each_kind_of_misfit_raises_the_alarm_soon(name: str, positions: np.ndarray) -> None:
    drift = watch(positions)
    assert drift.alarm_weeks.size, name
    assert drift.alarm_weeks[0] < 40, name


def test_after_an_alarm_it_begins_again_and_unknown_weeks_are_passed_over() -> None:
    positions = np.full(40, 0.001)
    drift = watch(positions, limit=20.0)
    first = int(drift.alarm_weeks[0])
    again = watch(positions[first + 1 :], limit=20.0)
    assert drift.alarm_weeks[1] == first + 1 + again.alarm_weeks[0]
    gaps = np.repeat(positions, 2)
    gaps[1::2] = np.nan
    assert watch(gaps, limit=20.0).alarm_weeks[0] == 2 * first


@given(cut=st.integers(0, 60))
def test_p13_later_weeks_change_no_earlier_evidence(cut: int) -> None:
    """P13: what was said up to a week does not depend on the weeks after it."""
    positions = np.random.default_rng(5).random(60)
    other = positions.copy()
    other[cut:] = 0.0
    np.testing.assert_array_equal(watch(positions).evidence[:cut], watch(other).evidence[:cut])


def test_the_place_of_output_in_its_forecast() -> None:
    planned = np.full((1, 30, 10), 1000.0)
    actual = np.full((1, 30), 1000.0)
    actual[0, 20] = 300.0
    reference = Reference(mean=-0.01, sd=0.05, launches=2)
    told = read_history(planned, actual, [reference], LearnerParameters())
    places = output_positions(told, 0)
    assert places[20] < 0.001
    assert places[19] == pytest.approx(0.5, abs=0.1)
    planned[0, 5, 0] = np.nan
    told = read_history(planned, actual, [reference], LearnerParameters())
    assert np.isnan(output_positions(told, 0)[5])


def test_places_outside_nought_to_one_and_limits_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="positions"):
        watch(np.array([0.5, 1.5]))
    with pytest.raises(ValueError, match="limit"):
        watch(np.array([0.5]), limit=1.0)
