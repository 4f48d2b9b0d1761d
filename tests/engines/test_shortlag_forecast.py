"""The short-lag method as a whole: order of time, coverage, odd histories."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engines.shortlag_worlds import FIRST_DAY, growing, make_history, steady
from yinuo.engines.shortlag import (
    NEVER,
    History,
    Parameters,
    TooLittleHistory,
    forecast,
    naive_quantiles,
    pinball,
)
from yinuo.engines.shortlag.walk import Level

LEVELS = np.array([0.1, 0.5, 0.9])


def scored(history: History, start: int, until: int) -> tuple[float, float, float]:
    """Coverage, our loss, and that of the best naive, over the delivered test orders."""
    found = forecast(history, Parameters(), FIRST_DAY + start, FIRST_DAY + until)
    done = history.is_delivered[found.rows]
    rows, quantiles = found.rows[done], found.quantiles[done]
    lead = (history.delivered_day - history.ordered_day)[rows].astype(np.float64)
    naive = min(
        pinball(lead, naive_quantiles(history, window, by_group, rows, LEVELS), LEVELS).mean()
        for window in Parameters().windows
        for by_group in (False, True)
    )
    inside = (lead >= quantiles[:, 0]) & (lead <= quantiles[:, 2])
    return float(inside.mean()), float(pinball(lead, quantiles, LEVELS).mean()), float(naive)


@pytest.mark.need(93)
def test_windows_hold_as_often_as_they_say_and_beat_the_naive() -> None:
    found = [scored(steady(seed), 400, 560) for seed in (11, 12, 13)]
    coverage, own, naive = np.mean(found, axis=0)
    assert 0.77 <= coverage <= 0.86
    assert own < 0.95 * naive


def test_growth_does_not_make_windows_short() -> None:
    found = [scored(growing(seed), 310, 335) for seed in (14, 15, 16)]
    coverage, own, naive = np.mean(found, axis=0)
    assert 0.72 <= coverage <= 0.9
    assert own <= 1.1 * naive


def test_a_jump_is_followed_once_it_was_delivered() -> None:
    rng = np.random.default_rng(15)
    day = np.sort(rng.integers(0, 500, 4000))
    lead = np.exp(np.log(np.where(day < 380, 10, 25)) + rng.normal(0, 0.25, 4000))
    coverage, own, naive = scored(make_history(day, lead), 450, 500)
    assert own <= 1.25 * naive
    assert 0.72 <= coverage <= 0.95


@pytest.mark.need(93)
def test_changing_later_outcomes_changes_no_earlier_forecast() -> None:
    """P13: no look-ahead."""
    history = steady(16, size=1500)
    rng = np.random.default_rng(17)
    moment = FIRST_DAY + 470
    later = history.delivered_day >= moment
    changed = history.delivered_day.copy()
    changed[later] = np.where(
        rng.random(later.sum()) < 0.3,
        NEVER,
        np.maximum(moment, history.ordered_day[later]) + rng.integers(0, 300, later.sum()),
    )
    other = History(history.ordered_day, changed, history.month, history.weekday, history.season,
                    history.numbers, history.kinds, history.group)  # fmt: skip
    span = (FIRST_DAY + 400, FIRST_DAY + 520)
    before = forecast(history, Parameters(), *span)
    after = forecast(other, Parameters(), *span)
    same = history.ordered_day[before.rows] <= moment
    assert same.sum() > 100
    assert (before.quantiles[same] == after.quantiles[same]).all()
    # Were nothing ever looked at, that would hold as well.
    assert (before.quantiles[~same] != after.quantiles[~same]).any()


def test_orders_placed_later_change_no_earlier_forecast() -> None:
    history = steady(18, size=1500)
    cut = int(np.searchsorted(history.ordered_day, FIRST_DAY + 500))
    short = History(
        history.ordered_day[:cut],
        history.delivered_day[:cut],
        history.month[:cut],
        history.weekday[:cut],
        history.season[:cut],
        history.numbers[:cut],
        history.kinds[:cut],
        history.group[:cut],
    )
    span = (FIRST_DAY + 420, FIRST_DAY + 500)
    assert (
        forecast(history, Parameters(), *span).quantiles
        == forecast(short, Parameters(), *span).quantiles
    ).all()


def test_the_same_history_gives_the_same_bytes() -> None:
    history = steady(19, size=1200)
    span = (FIRST_DAY + 400, FIRST_DAY + 500)
    first, second = (forecast(history, Parameters(), *span) for _ in range(2))
    assert first.quantiles.tobytes() == second.quantiles.tobytes()
    assert first.choices == second.choices


def test_constant_leads_are_forecast_as_they_are() -> None:
    day = np.sort(np.random.default_rng(20).integers(0, 300, 800))
    history = make_history(day, np.full(800, 12))
    found = forecast(history, Parameters(), FIRST_DAY + 200, FIRST_DAY + 280)
    assert (found.quantiles[:, 0] <= 12).all()
    assert (found.quantiles[:, 2] >= 12).all()
    assert (found.quantiles[:, 2] - found.quantiles[:, 0] <= 1.2).all()


def test_delivery_on_the_same_day_is_never_forecast_before_the_order() -> None:
    rng = np.random.default_rng(21)
    history = make_history(np.sort(rng.integers(0, 300, 1500)), rng.poisson(0.7, 1500))
    found = forecast(history, Parameters(), FIRST_DAY + 200, FIRST_DAY + 290)
    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=1) >= 0).all()


def test_every_group_alone_is_no_error() -> None:
    rng = np.random.default_rng(22)
    day = np.sort(rng.integers(0, 300, 400))
    history = make_history(day, rng.lognormal(2.5, 0.4, 400), group=np.arange(400))
    found = forecast(history, Parameters(), FIRST_DAY + 200, FIRST_DAY + 280)
    assert np.isfinite(found.quantiles).all()


def test_too_little_history_says_how_much_is_needed() -> None:
    history = make_history(np.arange(60), np.full(60, 5))
    with pytest.raises(TooLittleHistory) as refused:
        forecast(history, Parameters(), FIRST_DAY + 20, FIRST_DAY + 60)
    assert (refused.value.known, refused.value.needed) == (15, 50)


def test_one_order_and_all_open_are_too_little() -> None:
    single = make_history(np.array([0]), np.array([3]))
    with pytest.raises(TooLittleHistory):
        forecast(single, Parameters(), FIRST_DAY, FIRST_DAY + 1)
    nobody = make_history(np.arange(300), np.full(300, 900), end=300)
    with pytest.raises(TooLittleHistory):
        forecast(nobody, Parameters(), FIRST_DAY + 200, FIRST_DAY + 300)


def test_a_test_without_orders_is_refused() -> None:
    with pytest.raises(ValueError, match="no order"):
        forecast(steady(23, 200), Parameters(), FIRST_DAY + 900, FIRST_DAY + 950)


def test_seasons_are_tried_only_with_three_years_behind() -> None:
    rng = np.random.default_rng(24)
    day = np.sort(rng.integers(0, 1700, 3000))
    lead = np.exp(2.5 + 0.5 * np.sin(2 * np.pi * day / 365.25) + rng.normal(0, 0.2, 3000))
    long = forecast(make_history(day, lead), Parameters(), FIRST_DAY + 1550, FIRST_DAY + 1640)
    assert long.choices[-1].shares[Level.SEASONAL.value] > 0.2
    short = forecast(make_history(day[:1500], lead[:1500]), Parameters(),
                     FIRST_DAY + 700, FIRST_DAY + 760)  # fmt: skip
    assert Level.SEASONAL.value not in short.choices[-1].shares
    assert sum(short.choices[-1].shares.values()) == pytest.approx(1)
