"""The parts of the short-lag engine beside slow, obviously right twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.shortlag_worlds import growing, make_history, steady
from yinuo.engines.shortlag import NEVER, interval_score, pinball, whole_days, whole_window
from yinuo.engines.shortlag.boosting import (
    Growth,
    cut_points,
    grow,
    into_parts,
    prove,
    weighted_median,
)
from yinuo.engines.shortlag.choice import effective_weeks, weekly_errors
from yinuo.engines.shortlag.conformal import Pool, alike, residual_quantiles
from yinuo.engines.shortlag.history import growth_weights, known_means, open_orders
from yinuo.engines.shortlag.naive import rolling_quantiles
from yinuo.engines.shortlag.walk import training_weights

LEVELS = np.array([0.1, 0.5, 0.9])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), half_life=st.sampled_from([3.0, 30.0, np.inf]))
def test_known_means_agree_with_a_look_at_every_earlier_order(seed: int, half_life: float) -> None:
    rng = np.random.default_rng(seed)
    ordered = np.sort(rng.integers(0, 40, 30)).astype(np.int64)
    delivered = ordered + rng.integers(0, 20, 30)
    delivered[rng.random(30) < 0.2] = NEVER
    values, weights = rng.normal(size=30), rng.random(30)
    kinds = rng.integers(0, 3, 30)
    mean, weight = known_means(ordered, delivered, values, weights, kinds, half_life, 2.0)
    for i in range(30):
        known = delivered < ordered[i]
        fade = np.exp2(-(ordered[i] - delivered[known]) / half_life) * weights[known]
        general = (fade * values[known]).sum() / (fade.sum() + 0.2 + 1e-12)
        own = kinds[known] == kinds[i]
        expected = ((fade * values[known])[own].sum() + 2 * general) / (fade[own].sum() + 2)
        assert mean[i] == pytest.approx(expected, abs=1e-9)
        assert weight[i] == pytest.approx(fade[own].sum(), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), window=st.sampled_from([0, 5, 30]))
def test_rolling_quantiles_are_those_of_the_leads_delivered_in_the_window(
    seed: int, window: int
) -> None:
    rng = np.random.default_rng(seed)
    ordered = np.sort(rng.integers(0, 60, 80)).astype(np.int64)
    delivered = ordered + rng.integers(0, 20, 80)
    delivered[rng.random(80) < 0.1] = NEVER
    kinds = rng.integers(0, 2, 80)
    asked = np.arange(0, 80, 3)
    found = rolling_quantiles(ordered, delivered, kinds, LEVELS, window, asked)
    lead = delivered - ordered
    for row, i in zip(found, asked, strict=True):
        known = delivered < ordered[i]
        if window:
            known &= delivered >= ordered[i] - window
        own = lead[known & (kinds == kinds[i])]
        chosen = own if own.size >= 10 else lead[known]
        if chosen.size < 10:
            assert np.isnan(row).all()
        else:
            assert row == pytest.approx(np.quantile(chosen, LEVELS))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), prior=st.sampled_from([3.0, np.inf]))
def test_residual_quantiles_agree_with_a_weighted_count(seed: int, prior: float) -> None:
    rng = np.random.default_rng(seed)
    size = 60
    pool = Pool(
        np.sort(rng.integers(0, 50, size)).astype(np.int64),
        rng.normal(size=size),
        rng.random(size) + 0.1,
        rng.integers(0, 3, size),
    )
    day, kind = np.array([0, 20, 20, 60], np.int64), np.array([0, 0, 2, 1], np.int64)
    found = residual_quantiles(pool, day, kind, LEVELS, 15.0, prior)
    for row, today, mine in zip(found, day, kind, strict=True):
        known = pool.day < today
        if not known.any():
            assert np.isnan(row).all()
            continue
        age = today - pool.day[known]
        weight = np.exp2(-(age - age.min()) / 15.0)
        share = pool.weight[known]
        total = weight.sum()
        weight = weight * share * total / (weight * share).sum()
        if np.isfinite(prior):
            own = weight * (pool.kind[known] == mine)
            weight = own + min(prior, total) * weight / total
        order = np.argsort(pool.residual[known])
        past = pool.day < today - (today + 3) % 7
        one = alike(pool.day[past], pool.residual[past])
        value, weight = pool.residual[known][order], weight[order]
        place = (np.cumsum(weight) - weight / 2 + one / 2) / (weight.sum() + one)
        expected = np.interp(LEVELS, np.r_[0, place], np.r_[value[0], value])
        assert row == pytest.approx(expected, abs=1e-9)


def test_little_history_gives_answers_wide_enough() -> None:
    rng = np.random.default_rng(1)
    held, plain = [], []
    for _ in range(400):
        value = rng.normal(size=112)
        nothing = np.zeros(12, np.int64)
        pool = Pool(nothing, value[:12], np.ones(12), nothing)
        low, _, high = residual_quantiles(
            pool, np.array([1], np.int64), nothing[:1], LEVELS, 30.0, np.inf
        )[0]
        held.append(np.mean((value[12:] >= low) & (value[12:] <= high)))
        low, high = np.quantile(value[:12], [0.1, 0.9])
        plain.append(np.mean((value[12:] >= low) & (value[12:] <= high)))
    assert np.mean(held) == pytest.approx(0.8, abs=0.02)
    assert np.mean(plain) < 0.76


def weeks_of_eight(rng: np.random.Generator, share: float) -> tuple[Pool, np.ndarray]:
    """Ten weeks of eight residuals each; `share` of the variance is common to a week."""
    day = 7 * np.repeat(np.arange(11), 8) + np.tile(np.arange(8) % 7, 11)
    value = np.sqrt(share) * np.repeat(rng.normal(size=11), 8)
    value = value + np.sqrt(1 - share) * rng.normal(size=88)
    nothing = np.zeros(80, np.int64)
    # Day 4 after 1970-01-01 was a Monday: each block is one week.
    return Pool(day[:80] + 4, value[:80], np.ones(80), nothing), value[80:]


@pytest.mark.need(93)
def test_orders_of_a_week_that_share_their_fate_count_for_fewer() -> None:
    rng = np.random.default_rng(8)
    for share, low, high in ((0.0, 1.0, 1.4), (0.5, 3.5, 5.5), (1.0, 7.9, 8.1)):
        found = []
        for _ in range(200):
            pool, _ = weeks_of_eight(rng, share)
            found.append(alike(pool.day, pool.residual))
        assert low <= np.mean(found) <= high
    assert alike(np.arange(30, dtype=np.int64) * 7, rng.normal(size=30)) == 1.0
    assert alike(np.zeros(5, np.int64), rng.normal(size=5)) == 1.0


@pytest.mark.need(93)
def test_windows_from_ten_weeks_hold_in_the_eleventh() -> None:
    rng = np.random.default_rng(9)
    held, plain = [], []
    for _ in range(600):
        pool, coming = weeks_of_eight(rng, 0.7)
        low, _, high = residual_quantiles(
            pool, np.array([81], np.int64), np.zeros(1, np.int64), LEVELS, 1e6, np.inf
        )[0]
        held.append(np.mean((coming >= low) & (coming <= high)))
        low, high = np.quantile(pool.residual, [0.1, 0.9])
        plain.append(np.mean((coming >= low) & (coming <= high)))
    assert np.mean(plain) < 0.75
    assert np.mean(plain) + 0.03 < np.mean(held) < 0.84


def test_trees_find_steps_and_an_interaction() -> None:
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(4000, 4))
    columns[::7, 2] = np.nan
    truth = np.where(columns[:, 0] > 0.3, 1.0, 0.0) * np.where(columns[:, 1] > 0, 1.0, -1.0)
    target = truth + rng.normal(0, 0.3, 4000)
    parts = into_parts(columns, cut_points(columns))
    growth, unseen = prove(parts, target, np.ones(4000), Growth())
    assert growth.trees >= 30
    for found in (unseen, grow(parts, target, np.ones(4000), growth).predict(parts)):
        assert np.mean((found - truth) ** 2) < 0.1 * np.var(truth)


def test_a_tree_of_one_split_is_the_best_of_all_splits() -> None:
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(200, 3)).round(1)
    target = rng.normal(size=200) + (columns[:, 1] > 0.4)
    weights = rng.random(200) + 0.5
    growth = Growth(trees=1, depth=1, rate=1.0, leaf_rows=5, ridge=0.0, clip=np.inf)
    parts = into_parts(columns, cut_points(columns))
    trees = grow(parts, target, weights, growth)
    found = trees.predict(parts)
    centred = target - weighted_median(target, weights)
    best, expected = np.inf, np.zeros(200)
    for j in range(3):
        for cut in np.unique(parts[:, j])[:-1]:
            left = parts[:, j] <= cut
            if min(left.sum(), (~left).sum()) < 5:
                continue
            mean = [np.average(centred[side], weights=weights[side]) for side in (left, ~left)]
            fitted = np.where(left, *mean)
            loss = float(weights @ (centred - fitted) ** 2)
            if loss < best:
                best, expected = loss, fitted
    # The first step of the library is the mean; the tree then adds what is left of each side.
    assert found - trees.start == pytest.approx(expected, abs=1e-6)


def test_nothing_grows_where_there_is_nothing_to_learn() -> None:
    rng = np.random.default_rng(4)
    columns = rng.normal(size=(3000, 6))
    growth, unseen = prove(columns.round(1), rng.normal(size=3000), np.ones(3000), Growth())
    assert growth.trees <= 5
    assert np.std(unseen) < 0.1
    # Few rows and many columns would be learnt by heart.
    few = rng.normal(size=(90, 12))
    growth, _ = prove(few, rng.normal(size=90), np.ones(90), Growth(leaf_rows=5))
    assert growth.trees <= 10


def test_one_order_of_a_year_pulls_no_tree() -> None:
    rng = np.random.default_rng(5)
    columns = rng.integers(0, 2, (400, 1)).astype(np.float64)
    target = columns[:, 0] + rng.normal(0, 0.1, 400)
    target[0] = 1e4
    found = grow(columns, target, np.ones(400), Growth(leaf_rows=5)).predict(columns)
    assert np.abs(found - columns[:, 0]).max() < 0.2


def test_columns_are_cut_into_few_parts_in_rising_order() -> None:
    rng = np.random.default_rng(6)
    columns = np.column_stack([rng.lognormal(size=5000), rng.integers(0, 3, 5000)])
    columns[::9, 0] = np.nan
    parts = into_parts(columns, cut_points(columns))
    assert (np.isnan(parts) == np.isnan(columns)).all()
    assert np.unique(parts[~np.isnan(parts[:, 0]), 0]).size <= 63
    assert (parts[:, 1] == columns[:, 1]).all()
    order = np.argsort(columns[1::9, 0])
    assert (np.diff(parts[1::9, 0][order]) >= 0).all()
    empty = np.full((5, 1), np.nan)
    assert np.isnan(into_parts(empty, cut_points(empty))).all()


def test_trees_without_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="rows"):
        grow(np.zeros((0, 1)), np.zeros(0), np.zeros(0), Growth())


def test_weeks_are_the_units_of_an_error() -> None:
    rng = np.random.default_rng(7)
    day = np.repeat(np.arange(30) * 7, 4)
    weights = np.full(120, 1 / 120)
    assert effective_weeks(day, weights) == pytest.approx(30)
    assert effective_weeks(np.zeros(9, np.int64), np.ones(9)) == 1
    own = rng.normal(size=(1, 120))
    shared = np.repeat(rng.normal(size=(1, 30)), 4, axis=1)
    alone = weekly_errors((own - own.mean()) * weights, day, weights)[0]
    together = weekly_errors((shared - shared.mean()) * weights, day, weights)[0]
    assert alone == pytest.approx(1 / np.sqrt(120), rel=0.25)
    assert together == pytest.approx(1 / np.sqrt(30), rel=0.25)


def test_growth_weights_undo_the_surplus_of_short_leads() -> None:
    history = growing(5)
    today = history.ordered_day[-1]
    recent = (history.delivered_day < today) & (history.delivered_day >= today - 60)
    short = (history.delivered_day - history.ordered_day)[recent] < 40
    weight = growth_weights(history.ordered_day)[recent]
    assert short.mean() > 0.6
    assert np.average(short, weights=weight) == pytest.approx(0.5, abs=0.05)


def test_training_weights_stand_for_the_orders_that_are_still_open() -> None:
    history = growing(6)
    today = int(history.ordered_day[-1])
    rows = np.flatnonzero(history.delivered_day < today)
    short = (history.delivered_day - history.ordered_day)[rows] < 40
    weight = training_weights(history, rows, today, 1e9)
    assert short.mean() > 0.6
    assert np.average(short, weights=weight) == pytest.approx(0.5, abs=0.07)


def test_open_orders_are_counted_as_they_stood() -> None:
    history = make_history(np.array([0, 1, 2, 5, 5, 40]), np.array([3, 30, 1, 2, 9, 1]))
    still, pace = open_orders(history.ordered_day, history.delivered_day, np.full(6, 25.0))
    # On day 5 only that of day 1 is open; on day 40 it has been given up or delivered.
    assert still.tolist() == [0, 1, 2, 1, 1, 0]
    assert pace[3] == pytest.approx(2 / 28)


def test_scores_by_hand() -> None:
    lead, quantiles = np.array([10.0]), np.array([[4.0, 8.0, 9.0]])
    assert pinball(lead, quantiles, LEVELS)[0] == pytest.approx([0.6, 1.0, 0.9])
    assert interval_score(lead, quantiles[:, 0], quantiles[:, 2], 0.8)[0] == pytest.approx(15.0)


def test_a_window_of_whole_days_holds_the_days_that_lie_mostly_inside() -> None:
    ends = whole_window(
        np.array([1.2, 0.0, 2.6, 12.0]),
        np.array([3.0, 0.2, 2.7, 12.0]),
        np.array([4.9, 0.4, 2.8, 12]),
    )
    assert ends.tolist() == [[2, 4], [0, 0], [3, 3], [12, 12]]
    assert whole_days(np.array([0.49, 0.5, 3.2])).tolist() == [0, 1, 3]
    # Spread over the days around them, whole days are as quantiles say they are.
    rng = np.random.default_rng(10)
    lead = rng.poisson(1.5, 20_000)
    spread = np.quantile(lead + rng.uniform(-0.5, 0.5, lead.size), LEVELS)
    assert (whole_days(spread) == np.quantile(lead, LEVELS)).all()


@pytest.mark.need(93)
def test_windows_of_few_whole_days_hold_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    nearest, outward = [], []
    for mean in np.linspace(0.5, 6, 40):
        lead = rng.poisson(mean, 20_000)
        low, middle, high = np.quantile(lead + rng.uniform(-0.5, 0.5, lead.size), LEVELS)
        first, last = whole_window(*(np.array([end]) for end in (low, middle, high)))[0]
        nearest.append(np.mean((lead >= first) & (lead <= last)))
        outward.append(np.mean((lead >= np.floor(low)) & (lead <= np.ceil(high))))
    assert np.mean(nearest) == pytest.approx(0.8, abs=0.04)
    assert np.mean(outward) > 0.9


def test_leads_of_a_history_are_dithered_by_less_than_half_a_day() -> None:
    history = steady(7)
    known = history.is_delivered
    lead = (history.delivered_day - history.ordered_day)[known]
    back = np.expm1(history.log_leads()[known])
    assert np.abs(back - lead).max() <= 0.5 + 1e-9
    assert abs((back - lead).mean()) < 0.01


@pytest.mark.parametrize(
    ("day", "lead", "words"), [([3, 2], [1, 1], "rising"), ([1, 2], [1, -1], "before")]
)
def test_what_is_no_history_is_refused(day: list[int], lead: list[int], words: str) -> None:
    good = make_history(np.array([1, 2]), np.array([1, 1]))
    ordered = np.array(day, np.int64)
    with pytest.raises(ValueError, match=words):
        type(good)(ordered, ordered + np.array(lead), good.month, good.weekday, good.season,
                   good.numbers, good.kinds, good.group)  # fmt: skip
