"""Hand-over dates of cars that are built or on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.forecast import kernels
from yinuo.engines.forecast.centre import checked_capacity
from yinuo.engines.forecast.levels import BEYOND_HORIZON, scenarios_enough
from yinuo.engines.forecast.luck import stratified_normals
from yinuo.engines.forecast.parameters import ForecastParameters


def forecast_built(
    ready_day: ArrayLike,
    sd_days: ArrayLike,
    lane: ArrayLike,
    regions: ArrayLike,
    places: ArrayLike,
    centre_capacity: ArrayLike,
    parameters: ForecastParameters,
    rng: np.random.Generator,
    levels: ArrayLike,
    today: int = 0,
    preparation_days: ArrayLike | None = None,
    own_days: ArrayLike | None = None,
) -> NDArray[np.int32]:
    """Hand-over days of cars that have left the line, at the given chances.

    In each scenario a car arrives at its expected moment plus its own spread times the lane's
    luck, is prepared, and takes a hand-over place of its centre: first come, first served; of
    those ready on the same day the one with the lower place.

    Parameters
    ----------
    ready_day : floats, shape (N,)
        Expected arrival at the centre in days since the origin; from the schedule, or from the
        next departure after a cancelled one. `inf` if it is not known: no date is given then,
        and no place taken.
    sd_days : floats, shape (N,)
        Standard deviation of that arrival, days, 0 or more; 0 for cars that have arrived.
    lane : integers, shape (N,)
        Cars with the same number share their luck: 0 or more.
    regions : integers, shape (N,)
        Region 0..G-1, a row of `centre_capacity`.
    places : integers, shape (N,)
        Place in lock order. Ties keep the order given.
    centre_capacity : floats, shape (G, D)
        Hand-over places per day, 0 on closed days.
    parameters : ForecastParameters
        `scenarios` is the number of scenarios drawn.
    rng : np.random.Generator
        Draws depend on the number of scenarios and on the lane only.
    levels : floats, shape (Q,)
        Chances, above 0 and at most 1.
    today : int
        Day on which the forecast is made, 0 or more; no hand-over lies before it.
    preparation_days : floats, shape (G,), optional
        Preparation at each centre; `parameters.preparation_days` everywhere if not given.
    own_days : integers, shape (N, K), optional
        Equally likely days, 0 or more, that pass between a car's place and its hand-over; each car
        draws its own. Where they end on a closed day the next open one counts.

    Returns
    -------
    NDArray[np.int32], shape (N, Q)
        As for `forecast_queued`. Cars of one lane and region with the same `ready_day`, `sd_days`
        and `own_days` keep the order of their places.

    Raises
    ------
    ValueError
        If shapes disagree or a value is out of range.
    """
    arrival = np.ascontiguousarray(ready_day, np.float64)
    spread = np.ascontiguousarray(sd_days, np.float64)
    which, region, place = (
        np.ascontiguousarray(column, np.int64) for column in (lane, regions, places)
    )
    capacity = checked_capacity(centre_capacity)
    _check(arrival, spread, which, region, place, capacity.shape[0], today)
    own = _own(own_days, arrival.size)
    preparation = _preparation(preparation_days, parameters, capacity.shape[0])
    enough = scenarios_enough(levels, parameters.scenarios)
    ascending = np.argsort(enough, kind="stable").astype(np.int64)
    lane_count = int(which.max()) + 1 if which.size else 0
    luck = np.ascontiguousarray(stratified_normals(parameters.scenarios, lane_count, rng))
    found = np.full((arrival.size, enough.size), BEYOND_HORIZON, np.int32)
    known = np.flatnonzero(np.isfinite(arrival))
    in_order = known[np.lexsort((place[known], region[known]))]
    ends = np.searchsorted(region[in_order], np.arange(capacity.shape[0] + 1))

    def serve(g: int) -> None:
        cars = in_order[ends[g] : ends[g + 1]]
        moments = arrival[cars] + preparation[g]
        handed = kernels.hand_over(moments, spread[cars], which[cars], luck, capacity[g], today)
        rows = found[cars]
        parts = enough * own.shape[1]
        kernels.read_handed(handed, capacity[g], own[cars], parts, ascending, rows)
        found[cars] = rows

    with ThreadPoolExecutor() as pool:
        list(pool.map(serve, np.flatnonzero(np.diff(ends)).tolist()))
    return found


def _own(own_days: ArrayLike | None, cars: int) -> NDArray[np.int64]:
    if own_days is None:
        return np.zeros((cars, 1), np.int64)
    own = np.ascontiguousarray(own_days, np.int64)
    if own.ndim != 2 or own.shape[0] != cars or not own.shape[1] or own.min(initial=0) < 0:
        raise ValueError("own_days must have one row of days, 0 or more, per car")
    return own


def _preparation(
    preparation_days: ArrayLike | None, parameters: ForecastParameters, centres: int
) -> NDArray[np.float64]:
    if preparation_days is None:
        return np.full(centres, parameters.preparation_days)
    given = np.ascontiguousarray(preparation_days, np.float64)
    if given.shape != (centres,) or not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("preparation_days must have one value, 0 or more, per region")
    return given


def _check(
    arrival: NDArray[np.float64],
    spread: NDArray[np.float64],
    lane: NDArray[np.int64],
    region: NDArray[np.int64],
    place: NDArray[np.int64],
    centres: int,
    today: int,
) -> None:
    if arrival.ndim != 1 or any(a.shape != arrival.shape for a in (spread, lane, region, place)):
        raise ValueError("ready_day, sd_days, lane, regions and places need the same length")
    if np.isnan(arrival).any() or (arrival == -np.inf).any():
        raise ValueError("ready_day must be a number or inf")
    if not (np.isfinite(spread).all() and (spread >= 0).all()):
        raise ValueError("sd_days must be finite and not negative")
    if lane.size and lane.min() < 0:
        raise ValueError("lane must not be negative")
    if region.size and (region.min() < 0 or region.max() >= centres):
        raise ValueError(f"regions must lie in 0..{centres - 1}")
    if today < 0:
        raise ValueError("today must be 0 or more")
