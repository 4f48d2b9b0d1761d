"""The way of a car: built, on a train, at the centre, handed over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.twin.parameters import TwinParameters

Floats = NDArray[np.float64]
# Finishing and loading after the end of the line, days; hour of departure as a part of a day.
FINISHING_DAYS = 1.0
DEPARTURE_HOUR = 14 / 24
PREPARATION_DAYS = 1.0
OPENS, SHUTS = 9 / 24, 18 / 24
# A centre's usual day is the mean of so many days before and after it.
USUAL_DAYS = 14


@dataclass(frozen=True)
class Way:
    """Days of N cars in the order they were given, and their T trains; see `Maker`."""

    built_day: Floats
    departed_day: Floats
    arrived_day: Floats
    handed_day: Floats
    train: NDArray[np.int32]
    train_region: NDArray[np.int8]
    train_departs_day: Floats
    train_arrives_day: Floats


def send_cars(
    parameters: TwinParameters,
    closed: NDArray[np.bool_],
    wanted_day: Floats,
    region: NDArray[np.int8],
    scale: int,
    rng: np.random.Generator,
) -> Way:
    """Build and send each car so that its hand-over falls about on `wanted_day` (f64[N]).

    Cars of one centre keep their order on the whole way. The mean time from build to hand-over
    is measured first and taken off, so totals by day stay those that were wanted.
    """
    count = len(wanted_day)
    arrays = {name: np.empty(count) for name in ("departed", "arrived", "handed")}
    train = np.empty(count, dtype=np.int32)
    built = np.empty(count)
    trains: list[Way] = []
    for centre in range(len(parameters.regions)):
        mine = np.flatnonzero(region == centre)
        mine = mine[np.argsort(wanted_day[mine], kind="stable")]
        seed = int(rng.integers(2**63))
        # The first pass only measures how long this centre's cars are on their way.
        lag = 12.0
        for _ in range(2):
            ready = wanted_day[mine] - lag
            legs = _centre_way(parameters, closed, ready, centre, scale, seed)
            lag += float((legs.handed_day - wanted_day[mine]).mean())
        built[mine] = ready
        arrays["departed"][mine] = legs.departed_day
        arrays["arrived"][mine] = legs.arrived_day
        arrays["handed"][mine] = legs.handed_day
        offset = sum(len(part.train_departs_day) for part in trains)
        train[mine] = legs.train + offset
        trains.append(legs)
    return Way(
        built_day=built,
        departed_day=arrays["departed"],
        arrived_day=arrays["arrived"],
        handed_day=arrays["handed"],
        train=train,
        train_region=np.concatenate([part.train_region for part in trains]),
        train_departs_day=np.concatenate([part.train_departs_day for part in trains]),
        train_arrives_day=np.concatenate([part.train_arrives_day for part in trains]),
    )


def _centre_way(
    parameters: TwinParameters,
    closed: NDArray[np.bool_],
    built: Floats,
    centre: int,
    scale: int,
    seed: int,
) -> Way:
    """The way of one centre's cars, given in the order they are built."""
    rng = np.random.default_rng(seed)
    day = _next_departure(built + FINISHING_DAYS, parameters.departure_weekdays[centre])
    new_day = np.concatenate([[True], np.diff(day) > 0])
    first = np.maximum.accumulate(np.where(new_day, np.arange(len(day)), 0))
    place = np.arange(len(day)) - first
    size = max(1, parameters.train_cars) if scale == 1 else max(60, parameters.train_cars // scale)
    new_train = new_day | (place % size == 0)
    train = np.cumsum(new_train) - 1
    departs = day[new_train] + DEPARTURE_HOUR + 0.05 * (place[new_train] // size)
    transit = parameters.transit_days[centre] + rng.normal(
        0, parameters.transit_sd, size=len(departs)
    ).clip(-1.5, 2.0)
    arrives = np.maximum.accumulate(departs + transit)
    starts = np.flatnonzero(new_train)
    sizes = np.diff(np.append(starts, len(day)))
    within = (np.arange(len(day)) - starts[train] + 0.5) / sizes[train]
    weekly = 6.5 / len(parameters.departure_weekdays[centre])
    wished = arrives[train] + PREPARATION_DAYS + within * weekly
    handed = _in_opening_hours(np.maximum.accumulate(wished), closed)
    handed = _as_hands_allow(handed, closed, parameters.rush)
    first_day = parameters.anchor_days[0] + OPENS
    return Way(
        built_day=built,
        departed_day=np.minimum(departs[train], handed),
        arrived_day=np.minimum(arrives[train], handed),
        handed_day=np.maximum.accumulate(np.maximum(handed, first_day)),
        train=train.astype(np.int32),
        train_region=np.full(len(departs), centre, dtype=np.int8),
        train_departs_day=departs,
        train_arrives_day=arrives,
    )


def _next_departure(ready: Floats, weekdays: tuple[int, ...]) -> Floats:
    """The first departure day whose departure hour is not before `ready`."""
    day = np.ceil(ready - DEPARTURE_HOUR).astype(np.int64)
    wait = np.array([min((w - d) % 7 for w in weekdays) for d in range(7)])
    return np.asarray(day + wait[day % 7], dtype=np.float64)


def _in_opening_hours(wished: Floats, closed: NDArray[np.bool_]) -> Floats:
    """`wished` moved into a centre's hours, over closed days to the next open one."""
    days = np.arange(len(closed) + 1)
    open_days = np.append(~closed, True)
    nearest = np.where(open_days, days, len(closed))
    next_open = np.minimum.accumulate(nearest[::-1])[::-1]
    day = np.floor(wished).astype(np.int64)
    known = day < len(closed)
    moved = np.where(known, next_open[np.clip(day, 0, len(closed))], day)
    part = np.where(moved > day, 0.0, wished - day)
    return np.asarray(moved + OPENS + part * (SHUTS - OPENS), dtype=np.float64)


def _as_hands_allow(handed: Floats, closed: NDArray[np.bool_], rush: float) -> Floats:
    """Hand-overs, in order, put off where a day has more than `rush` times those of a usual one.

    What days off have kept waiting is then handed over on several days, not all on the first.
    """
    if not len(handed):
        return handed
    days = int(handed[-1]) + len(handed) + 1
    wanted = np.bincount(handed.astype(np.int64), minlength=days)
    around = np.convolve(wanted, np.ones(2 * USUAL_DAYS + 1), "same") / (2 * USUAL_DAYS + 1)
    most = np.ceil(rush * np.maximum(around, around[around > 0].min()))
    most[: len(closed)][closed[:days]] = 0
    served = np.zeros(days, np.int64)
    waiting = 0.0
    for day in range(days):
        waiting += wanted[day]
        served[day] = min(waiting, most[day])
        waiting -= served[day]
        if not waiting and day > handed[-1]:
            break
    last = np.cumsum(served)
    on = np.searchsorted(last, np.arange(len(handed)), side="right")
    place = np.arange(len(handed)) - (last - served)[on]
    hour = OPENS + (place + 0.5) / served[on] * (SHUTS - OPENS)
    return np.asarray(np.where(on > np.floor(handed), on + hour, handed), dtype=np.float64)
