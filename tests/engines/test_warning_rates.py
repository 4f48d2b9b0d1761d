"""A weekly count against the weeks before."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.engines.warning import rate_change


def exact_chance(recent: int, before: int, recent_weeks: int, before_weeks: int) -> Fraction:
    """The same test in whole numbers, written out."""
    total = recent + before
    share = Fraction(recent_weeks, recent_weeks + before_weeks)
    chances = [
        comb(total, count) * share**count * (1 - share) ** (total - count)
        for count in range(total + 1)
    ]
    return sum((one for one in chances if one <= chances[recent]), Fraction(0))


@given(st.integers(0, 40), st.integers(0, 60), st.integers(1, 3), st.integers(1, 6))
def test_the_chance_is_that_of_the_exact_test(
    recent: int, before: int, recent_weeks: int, before_weeks: int
) -> None:
    found = rate_change(recent, before, recent_weeks, before_weeks)
    if recent + before == 0:
        assert found.chance == 1.0
    else:
        exact = exact_chance(recent, before, recent_weeks, before_weeks)
        assert found.chance == pytest.approx(float(exact), abs=1e-6)


@pytest.mark.need(92)
def test_the_published_fall_of_weekly_orders_is_seen_when_it_happens() -> None:
    assert rate_change(7000, 7200, 1, 1).chance > 0.05
    assert rate_change(5700, 7200 + 7000, 1, 2).chance < 0.001
    assert rate_change(5200, 7200 + 7000 + 5700, 1, 3).ratio < 0.8


@pytest.mark.need(93)
def test_half_the_orders_of_a_fortnight_is_no_luck() -> None:
    found = rate_change(13_500, 23_000, 2, 2)
    assert found.ratio == pytest.approx(0.587, abs=0.001)
    assert found.chance < 1e-6


def test_orders_out_of_nothing_are_infinitely_more() -> None:
    assert rate_change(5, 0, 1, 4).ratio == float("inf")


@pytest.mark.parametrize("bad", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 1, -1)])
def test_impossible_counts_and_spans_are_refused(bad: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        rate_change(*bad)
