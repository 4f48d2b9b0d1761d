"""The one-sided alarm: promises come true too late, and those of a week share its luck."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.engines.forecast.drift import watch_late

Floats = npt.NDArray[np.float64]
MIDDLES = np.array([0.05, 0.5, 0.925, 0.975])


def weeks_of(
    rng: np.random.Generator, weeks: int, *, late_by: float = 0.0, shared: float = 0.6
) -> tuple[Floats, Floats]:
    """Mean place and late share of weeks of 40 promises whose luck is partly that of the week."""
    week = rng.normal(0, shared, (weeks, 1))
    own = rng.normal(0, np.sqrt(1 - shared**2), (weeks, 40))
    outcome = week + own + late_by
    kind = np.searchsorted([-1.2816, 1.2816, 1.6449], outcome)
    return MIDDLES[kind].mean(axis=1), (kind == 3).mean(axis=1)


@pytest.mark.need(22)
def test_where_forecasts_fit_alarms_are_rarer_than_the_limit_however_weeks_share_luck() -> None:
    places, late = weeks_of(np.random.default_rng(5), 20_000)
    found = watch_late(places, late, 0.05, limit=50.0)
    assert found.alarm_weeks.size <= 430


def test_cautious_forecasts_raise_no_alarm() -> None:
    places, late = weeks_of(np.random.default_rng(6), 5_000, late_by=-0.8)
    assert watch_late(places, late, 0.05, limit=50.0).alarm_weeks.size == 0


@pytest.mark.parametrize(("late_by", "within"), [(1.0, 20), (1.6, 10)])
def test_the_later_it_comes_the_sooner_it_is_seen(late_by: float, within: int) -> None:
    waits = []
    for seed in range(40):
        places, late = weeks_of(np.random.default_rng(seed), 80, late_by=late_by)
        waits.append(int(watch_late(places, late, 0.05, limit=500.0).alarm_weeks[0]))
    assert np.mean(waits) < within


def test_a_week_without_outcomes_is_passed_over_and_changes_nothing() -> None:
    places, late = weeks_of(np.random.default_rng(1), 12, late_by=1.5)
    gap_places, gap_late = np.repeat(places, 2), np.repeat(late, 2)
    gap_places[1::2] = gap_late[1::2] = np.nan
    plain = watch_late(places, late, 0.05, inf)
    gapped = watch_late(gap_places, gap_late, 0.05, inf)
    np.testing.assert_allclose(gapped.evidence[::2], plain.evidence)
    np.testing.assert_allclose(gapped.evidence[1::2], plain.evidence)


@given(cut=st.integers(0, 40))
def test_p13_later_weeks_change_no_earlier_evidence(cut: int) -> None:
    """P13: the evidence of a week looks at nothing that came after it."""
    places, late = weeks_of(np.random.default_rng(2), 40)
    other, later = places.copy(), late.copy()
    other[cut:], later[cut:] = 0.975, 1.0
    before = watch_late(places, late, 0.05).evidence[:cut]
    np.testing.assert_array_equal(before, watch_late(other, later, 0.05).evidence[:cut])


def test_what_cannot_be_a_share_is_refused() -> None:
    half = np.array([0.5])
    for wrong, said in (
        ((np.array([1.5]), half, 0.05), "places"),
        ((half, np.array([-0.1]), 0.05), "late_shares"),
        ((half, np.array([0.1, 0.2]), 0.05), "same length"),
        ((half, half, 0.0), "allowed"),
    ):
        with pytest.raises(ValueError, match=said):
            watch_late(*wrong)
    with pytest.raises(ValueError, match="limit"):
        watch_late(half, half, 0.05, limit=1.0)
