"""Stretch by stretch: fit on what was known, look back with that model, forecast, go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag.boosting import Growth, cut_points, grow, into_parts, prove
from yinuo.engines.shortlag.conformal import Pool
from yinuo.engines.shortlag.history import growth_weights
from yinuo.engines.shortlag.parameters import History, Parameters
from yinuo.engines.shortlag.signs import Signs, recent_signs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RECENT_SHARES = (0.7, 0.0, 0.0, 0.0, 0.0)
START_SHARES = (0.3, 0.1, 0.1, 0.1, 0.0)
STAY_MIN = 0.1
REACH = 0.2
SCALE_MIN, SCALE_MAX = 0.25, 4.0
MONTHS_BEFORE = 3
BLOCK_DAYS, BLOCK_DAYS_SEASONAL = 28, 364
THREADS = 2


class Level(StrEnum):
    """How the level of recent leads enters the location.

    `STATIC`: not at all, the residuals carry it. `RECENT`: 0.7 x the mean residual of the last
    ten days. `FITTED`: a ridge on several recent means. `SEASONAL`: the same with trees that see
    the day of the year.
    """

    STATIC = "STATIC"
    RECENT = "RECENT"
    FITTED = "FITTED"
    SEASONAL = "SEASONAL"


@dataclass(frozen=True)
class Walked:
    """Forecasts of a run of orders, each by the model of its own stretch of time.

    `rows` : Ints, shape (m,), indices of the orders; `location` : Floats, shape (m,), of the log
    lead; `scale` : Floats, shape (m,), relative, about 1 on average. `pools` holds the residuals
    for the orders from the first index to before the second.
    """

    rows: Ints
    location: Floats
    scale: Floats
    pools: list[tuple[int, int, Pool]]


@dataclass(frozen=True)
class Backcast:
    """One model's look at all orders that matter to it.

    `rows` : Ints, shape (r,), rising: those delivered before, those that wait and those that are
    asked. `location` and `scale` : Floats, shape (r,); of delivered ones by trees that had not
    seen them. `is_seen` : shape (r,), whether delivered before. `weights` : Floats, of these.
    """

    rows: Ints
    location: Floats
    scale: Floats
    is_seen: NDArray[np.bool_]
    weights: Floats


def walk(
    history: History, signs: Signs, parameters: Parameters, levels: list[Level],
    first: int, start: int, last: int,
) -> dict[Level, Walked]:  # fmt: skip
    """Forecast the orders `first` <= index < `last` at each level.

    Models are refitted at the first order of each month from `start` on, and each quarter before,
    to orders delivered before that day. The latest model also looks back on all earlier orders,
    so that no retired model's errors are counted.
    """
    before = month_spans(history, first, start)
    spans = [
        np.concatenate(before[begin : begin + MONTHS_BEFORE])
        for begin in range(0, len(before), MONTHS_BEFORE)
    ] + month_spans(history, start, last)

    def look(span: Ints) -> list[tuple[Level, Floats, Floats, Pool]]:
        plain = backcast(history, signs, parameters, span, is_seasonal=False)
        found = []
        for level in levels:
            model = plain
            if level is Level.SEASONAL:
                model = backcast(history, signs, parameters, span, is_seasonal=True)
            found.append((level, *forecast_span(history, signs, level, model, span)))
        return found

    # Stretches do not depend on each other; the library releases the interpreter.
    with ThreadPoolExecutor(THREADS) as threads:
        looks = list(threads.map(look, spans))
    walked = {}
    for number, level in enumerate(levels):
        mine = [one[number] for one in looks]
        walked[level] = Walked(
            np.arange(first, last),
            np.concatenate([location for _, location, _, _ in mine]),
            np.concatenate([scale for _, _, scale, _ in mine]),
            [
                (int(span[0]), int(span[-1]) + 1, pool)
                for span, (_, _, _, pool) in zip(spans, mine, strict=True)
            ],
        )
    return walked


def backcast(
    history: History, signs: Signs, parameters: Parameters, span: Ints, *, is_seasonal: bool
) -> Backcast:
    """Fit trees to what was known on the day of the first order of `span`, and apply them."""
    today = int(history.ordered_day[span[0]])
    before = history.delivered_day[: span[0]]
    seen = np.flatnonzero(before < today)[-parameters.train_max :]
    # Orders that wait for delivery are forecast as well: without them the slow ones were missing
    # among the residuals.
    waiting = np.flatnonzero((before >= today) & history.is_delivered[: span[0]])
    asked = np.concatenate([waiting, span])
    weights = training_weights(history, seen, today, parameters.train_half_life)
    lasting = np.column_stack([signs.lasting, history.season]) if is_seasonal else signs.lasting
    cuts = cut_points(lasting[seen])
    known, ahead = into_parts(lasting[seen], cuts), into_parts(lasting[asked], cuts)
    log_lead = history.log_leads()[seen]
    days = BLOCK_DAYS_SEASONAL if is_seasonal else BLOCK_DAYS
    target = log_lead - level_of_time(history.ordered_day[seen], log_lead, weights, days)
    leaf = int(np.clip(seen.size / 50, 5, parameters.growth.leaf_rows))
    growth, unseen = prove(known, target, weights, replace(parameters.growth, leaf_rows=leaf))
    size = np.abs(target - unseen)
    usual = max(float(np.average(size, weights=weights)), 1e-9)
    relative = np.minimum(size / usual, 4.0)
    calm, spread = prove(known, relative, weights, Growth(60, 3, 0.08, 2 * leaf, 20.0, np.inf))
    rows = np.concatenate([seen, asked])
    location = np.concatenate([unseen, grow(known, target, weights, growth).predict(ahead)])
    scale = np.concatenate([spread, grow(known, relative, weights, calm).predict(ahead)])
    is_seen = np.arange(rows.size) < seen.size
    order = np.argsort(rows, kind="stable")
    return Backcast(
        rows[order],
        location[order],
        np.clip(scale, SCALE_MIN, SCALE_MAX)[order],
        is_seen[order],
        weights,
    )


def forecast_span(
    history: History, signs: Signs, level: Level, model: Backcast, span: Ints
) -> tuple[Floats, Floats, Pool]:
    """Location and scale of the orders `span`, shape (m,), and the residuals beside them."""
    rows = model.rows
    beyond = history.log_leads()[rows] - model.location
    shift = np.zeros(rows.size)
    if level is not Level.STATIC:
        recent = recent_signs(history, rows, beyond, signs.backlog)
        shares = np.array(RECENT_SHARES)
        if level is not Level.RECENT:
            blocks = count_blocks(history, rows[model.is_seen])
            shares = fit_recent(recent[model.is_seen], beyond[model.is_seen], model.weights, blocks)
        shift = recent @ shares
        # Beyond what was seen a straight line soon runs wild.
        usual = shift[model.is_seen]
        shift = np.clip(shift, usual.min() - REACH, usual.max() + REACH)
    location = model.location + shift
    known = history.is_delivered[rows]
    residual = ((beyond - shift) / model.scale)[known]
    mine = np.searchsorted(rows, span)
    return location[mine], model.scale[mine], pool_of(history, rows[known], residual)


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


def level_of_time(day: Ints, log_lead: Floats, weights: Floats, days: int) -> Floats:
    """How far the mean log lead of each row's own block of days lay beyond that of all rows.

    It is pulled a little to 0.
    """
    block = (day - day[0]) // days
    general = np.average(log_lead, weights=weights)
    mass = np.bincount(block, weights)
    total = np.bincount(block, weights * log_lead)
    return np.asarray(((total - mass * general) / (mass + 10))[block], np.float64)


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


def fit_recent(recent: Floats, target: Floats, weights: Floats, blocks: float) -> Floats:
    """How much of each sign of the recent days to take, shape (r,).

    A ridge towards a plain share of each: stretches of time, not orders, are what repeats.
    """
    middle = np.average(target, weights=weights)
    spread = np.sqrt(np.average((target - middle) ** 2, weights=weights))
    tame = np.clip(target - middle, -2.5 * spread, 2.5 * spread)
    centred = recent - np.average(recent, axis=0, weights=weights)
    gram = (centred * weights[:, None]).T @ centred
    ridge = target.size / blocks
    start = np.array(START_SHARES)
    lacking = (centred * weights[:, None]).T @ (tame - centred @ start)
    return np.asarray(
        start + np.linalg.solve(gram + ridge * np.eye(gram.shape[0]), lacking), np.float64
    )


def month_spans(history: History, first: int, last: int) -> list[Ints]:
    """The orders `first` <= index < `last`, month by month."""
    months = history.month[first:last]
    starts = first + np.flatnonzero(np.diff(months, prepend=months[:1] - 1))
    ends = np.append(starts[1:], last)
    return [np.arange(begin, end) for begin, end in zip(starts, ends, strict=True)]
