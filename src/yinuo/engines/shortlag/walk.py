"""Month by month: fit on what was known, forecast the orders of the month, go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag.boosting import Growth, bin_edges, grow, to_bins
from yinuo.engines.shortlag.conformal import Pool
from yinuo.engines.shortlag.history import growth_weights
from yinuo.engines.shortlag.parameters import History, Parameters
from yinuo.engines.shortlag.signs import Signs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RECENT_SHARE = 0.7
STAY_MIN = 0.1
REACH = 0.2
SCALE_MIN, SCALE_MAX = 0.25, 4.0
THREADS = 2


class Level(StrEnum):
    """How the level of recent leads enters the location."""

    STEADY = "STEADY"
    RECENT = "RECENT"
    FITTED = "FITTED"
    SEASONAL = "SEASONAL"
    STATIC = "STATIC"
    QUICK = "QUICK"


@dataclass(frozen=True)
class Walked:
    """Forecasts of a run of orders, each by the model of its own month.

    `rows` : Ints, shape (m,), indices of the orders; `location` : Floats, shape (m,), of the log
    lead; `scale` : Floats, shape (m,), relative, about 1 on average. `pools` holds the residuals
    for the orders from the first index to before the second.
    """

    rows: Ints
    location: Floats
    scale: Floats
    pools: list[tuple[int, int, Pool]]


@dataclass(frozen=True)
class Fitted:
    """What a month's model says: location and scale of the orders `rows`, and for the training
    orders `seen` the residual that is left when their part of time is not trained on."""

    rows: Ints
    location: Floats
    scale: Floats
    seen: Ints
    residual: Floats


def walk(
    history: History, signs: Signs, level: Level, parameters: Parameters, first: int, last: int
) -> Walked:
    """Forecast the orders `first` <= index < `last`, refitting at the first order of each month.

    A model of a month is fitted to orders delivered before the month's first order. Residuals are
    those that each month's own model left, in real life as it were; but for `STATIC` the latest
    model also looks back on all earlier orders, so that no retired model's errors are counted.
    """
    spans = month_spans(history, first, last)
    location, scale = np.zeros(last - first), np.zeros(last - first)

    # Months do not depend on each other; the kernels release the interpreter.
    with ThreadPoolExecutor(THREADS) as threads:
        models = list(threads.map(lambda span: fit(history, signs, level, parameters, span), spans))
    for span, model in zip(spans, models, strict=True):
        location[span - first] = model.location[-span.size :]
        scale[span - first] = model.scale[-span.size :]
    pools = []
    if level is Level.STATIC:
        for span, model in zip(spans, models, strict=True):
            pool = joined_pool(history, model, model.rows, model.location, model.scale)
            pools.append((int(span[0]), int(span[-1]) + 1, pool))
    else:
        waiting = models[0].rows < first
        rows = np.concatenate([models[0].rows[waiting], np.arange(first, last)])
        pool = joined_pool(
            history,
            models[0],
            rows,
            np.concatenate([models[0].location[waiting], location]),
            np.concatenate([models[0].scale[waiting], scale]),
        )
        pools.append((first, last, pool))
    return Walked(np.arange(first, last), location, scale, pools)


def joined_pool(
    history: History, early: Fitted, rows: Ints, location: Floats, scale: Floats
) -> Pool:
    """The residuals of forecasts once they are delivered, and those of `early` before them."""
    known = history.is_delivered[rows]
    residual = (history.log_leads()[rows] - location) / scale
    return pool_of(
        history,
        np.concatenate([early.seen, rows[known]]),
        np.concatenate([early.residual, residual[known]]),
    )


def pool_of(history: History, rows: Ints, residual: Floats) -> Pool:
    """Residuals of delivered orders as a pool in order of delivery."""
    order = np.argsort(history.delivered_day[rows], kind="stable")
    weight = growth_weights(history.ordered_day)[rows]
    return Pool(
        history.delivered_day[rows][order],
        residual[order],
        weight[order],
        history.group[rows][order],
    )


def fit(history: History, signs: Signs, level: Level, parameters: Parameters, span: Ints) -> Fitted:
    """The model of the month of orders `span`, from what was known on the first one's day."""
    today = int(history.ordered_day[span[0]])
    before = history.delivered_day[: span[0]]
    rows = np.flatnonzero(before < today)[-parameters.train_max :]
    # Orders that wait for delivery are forecast as well: without them the slow ones were missing
    # among the residuals.
    waiting = np.flatnonzero((before >= today) & history.is_delivered[: span[0]])
    asked = np.concatenate([waiting, span])
    weights = training_weights(history, rows, today, parameters.half_life(level is Level.QUICK))
    target, offset = split_off(history, signs, level, rows, asked, weights)
    lasting = signs.lasting
    if level is Level.SEASONAL:
        lasting = np.column_stack([lasting, history.season])
    edges = bin_edges(lasting[rows])
    bins, asked_bins = to_bins(lasting[rows], edges), to_bins(lasting[asked], edges)
    leaf = float(np.clip(rows.size / 50, 5, parameters.growth.leaf_weight))
    growth = replace(parameters.growth, leaf_weight=leaf)
    location = offset + grow(bins, target, weights, growth).predict(asked_bins)
    unseen = target - out_of_fold(bins, target, weights, growth)
    size = np.abs(unseen)
    usual = max(float(np.average(size, weights=weights)), 1e-9)
    calm = Growth(60, 3, 0.08, 2 * leaf, 20.0, 4.0)
    scales = grow(bins, np.minimum(size / usual, 4.0), weights, calm)
    scale = np.clip(scales.predict(asked_bins), SCALE_MIN, SCALE_MAX)
    unseen /= np.clip(scales.predict(bins), SCALE_MIN, SCALE_MAX)
    if level is Level.STATIC:
        # The level of the time was taken off for training only: the residuals carry it.
        unseen += (history.log_leads()[rows] - target) / np.clip(
            scales.predict(bins), SCALE_MIN, SCALE_MAX
        )
        return Fitted(asked, location, scale, rows, unseen)
    # The later half was forecast from the earlier one, as in real life.
    later = slice(rows.size // 2, None)
    return Fitted(asked, location, scale, rows[later], unseen[later])


def split_off(
    history: History, signs: Signs, level: Level, rows: Ints, asked: Ints, weights: Floats
) -> tuple[Floats, Floats]:
    """What the trees are to explain of the training rows, and what is added to their forecast."""
    log_lead = history.log_leads()[rows]
    if level is Level.STATIC:
        return log_lead - level_of_time(history.ordered_day[rows], log_lead, weights), np.zeros(
            asked.size
        )
    usual = signs.quick if level is Level.QUICK else signs.usual
    target = log_lead - usual[rows]
    linear = fit_recent(signs.recent[rows], target, weights, level, count_blocks(history, rows))
    seen = signs.recent[rows] @ linear
    # Beyond what was seen a straight line soon runs wild.
    drift = np.clip(signs.recent[asked] @ linear, seen.min() - REACH, seen.max() + REACH)
    return target - seen, usual[asked] + drift


def level_of_time(day: Ints, log_lead: Floats, weights: Floats) -> Floats:
    """The mean log lead of each row's own 28 days, pulled a little to that of all rows."""
    block = (day - day[0]) // 28
    general = np.average(log_lead, weights=weights)
    mass = np.bincount(block, weights)
    total = np.bincount(block, weights * log_lead)
    return np.asarray(((total + 10 * general) / (mass + 10))[block], np.float64)


def training_weights(history: History, rows: Ints, today: int, half_life: float) -> Floats:
    """Weights, mean 1, by which delivered orders stand for all orders, shape (m,).

    An order with lead y could be seen only if it was placed at least y days ago, so it also
    stands for as many younger orders as there are (inverse probability of censoring), limited to
    a factor of 10; and older orders fade.
    """
    age = today - history.ordered_day[rows]
    lead = history.delivered_day[rows] - history.ordered_day[rows]
    placed = history.ordered_day[rows[0] : np.searchsorted(history.ordered_day, today)]
    # Ages fall along the orders; the faded number of orders at least so old, by age.
    ages = (today - placed)[::-1]
    older = np.cumsum(np.exp2(-ages / half_life)[::-1])[::-1]
    seen = older[np.minimum(np.searchsorted(ages, lead), ages.size - 1)] / older[0]
    weights = np.exp2(-age / half_life) / np.maximum(seen, STAY_MIN)
    return np.asarray(weights / weights.mean(), np.float64)


def count_blocks(history: History, rows: Ints) -> float:
    """How many stretches of time that know little of each other the rows cover, at least 1.

    A stretch is a usual lead, but not under 30 days.
    """
    lead = history.delivered_day[rows] - history.ordered_day[rows]
    days = history.ordered_day[rows[-1]] - history.ordered_day[rows[0]]
    return max(1.0, float(days) / max(30.0, float(np.median(lead))))


def fit_recent(
    recent: Floats, target: Floats, weights: Floats, level: Level, blocks: float
) -> Floats:
    """How much of each sign of the recent days to take, shape (r,).

    A ridge towards a plain share of each: stretches of time, not orders, are what repeats.
    """
    if level in (Level.STEADY, Level.QUICK):
        return np.zeros(recent.shape[1])
    if level is Level.RECENT:
        return np.array([RECENT_SHARE] + [0.0] * (recent.shape[1] - 1))
    middle = np.average(target, weights=weights)
    spread = np.sqrt(np.average((target - middle) ** 2, weights=weights))
    tame = np.clip(target - middle, -2.5 * spread, 2.5 * spread)
    centred = recent - np.average(recent, axis=0, weights=weights)
    gram = (centred * weights[:, None]).T @ centred
    ridge = target.size / blocks
    start = np.array([0.3, 0.1, 0.1, 0.1, 0.0])
    lacking = (centred * weights[:, None]).T @ (tame - centred @ start)
    return np.asarray(
        start + np.linalg.solve(gram + ridge * np.eye(gram.shape[0]), lacking), np.float64
    )


def out_of_fold(bins: NDArray[np.uint8], target: Floats, weights: Floats, growth: Growth) -> Floats:
    """Predictions of each half of the rows, in order of time, by trees grown on the other."""
    middle = target.size // 2
    out = np.zeros(target.size)
    for mine, other in (
        (slice(0, middle), slice(middle, None)),
        (slice(middle, None), slice(0, middle)),
    ):
        if weights[other].sum() > 0:
            out[mine] = grow(bins[other], target[other], weights[other], growth).predict(bins[mine])
    return out


def month_spans(history: History, first: int, last: int) -> list[Ints]:
    """The orders `first` <= index < `last`, month by month."""
    months = history.month[first:last]
    starts = first + np.flatnonzero(np.diff(months, prepend=months[:1] - 1))
    ends = np.append(starts[1:], last)
    return [np.arange(begin, end) for begin, end in zip(starts, ends, strict=True)]
