"""What happens to each car of the demo, with the parts of the story that were played."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from yinuo.workflows.demo.days import closed_days
from yinuo.workflows.demo.places import daily_places
from yinuo.workflows.demo.world import HELD_BATCH, World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
TRAIN, QUALITY_HOLD, PLANT_WEEK = "train", "quality-hold", "plant-week"
# After the load: ten minutes, a day, two days.
OFFSET_DAYS = {TRAIN: 10 / 1440, QUALITY_HOLD: 1.0, PLANT_WEEK: 2.0}
# Days from the hold to its release, and from the plan to the Monday on which the plant stops.
HOLD_DAYS = 16.0
STOP_AHEAD_DAYS = 11.0
# Long before that, what a hold kept back has been handed over.
CLEARING_DAYS = 150


@dataclass(frozen=True)
class Timeline:
    """Days of all orders as they come to pass; `ride` numbers the trains as they really run.

    `ride` of an order names a row of the ride arrays; rides after the first
    `len(maker.train_departs_day)` ones are those that the story made necessary.
    """

    built_day: Floats
    departed_day: Floats
    arrived_day: Floats
    handed_day: Floats
    ride: Ints
    ride_departs: Floats
    ride_arrives: Floats
    ride_train: Ints
    ride_weeks: Ints


def tell(world: World, played: dict[str, float]) -> Timeline:
    """The timeline when `played` gives the day of each part of the story; absent = not played."""
    maker = world.maker
    weeks = np.zeros(len(maker.built_day), dtype=np.int64)
    built_shift = np.zeros(len(maker.built_day))
    handed_floor = np.zeros(len(maker.built_day))
    if TRAIN in played:
        aboard = (maker.train == world.cast.train) & (maker.arrived_day > played[TRAIN])
        aboard &= maker.departed_day <= played[TRAIN]
        weeks[aboard] += 1
    if PLANT_WEEK in played:
        late = maker.built_day >= stop_day(played[PLANT_WEEK])
        weeks[late] += 1
        built_shift[late] = 7.0
    if QUALITY_HOLD in played:
        release = played[QUALITY_HOLD] + HOLD_DAYS
        held = (world.batch == HELD_BATCH) & (maker.handed_day > played[QUALITY_HOLD])
        still = held & (maker.departed_day > played[QUALITY_HOLD])
        waits = np.ceil((release - maker.departed_day - 7 * weeks) / 7).clip(0)
        weeks[still] += waits[still].astype(np.int64)
        handed_floor[held] = release + 1.0
    line = _shifted(world, weeks, built_shift, handed_floor)
    if QUALITY_HOLD not in played:
        return line
    return replace(line, handed_day=_in_turn(world, line.handed_day, release + 1.0))


def stop_day(played: float) -> float:
    """The Monday on which the plant stops for a week."""
    ahead = np.ceil(played + STOP_AHEAD_DAYS)
    return float(ahead + (-ahead) % 7)


def release_day(played: float) -> float:
    """The day on which the held batch is expected to be free."""
    return float(np.floor(played + HOLD_DAYS))


def _shifted(world: World, weeks: Ints, built_shift: Floats, handed_floor: Floats) -> Timeline:
    maker = world.maker
    rides, ride = np.unique(
        np.stack([maker.train.astype(np.int64), weeks], axis=1), axis=0, return_inverse=True
    )
    train, later = rides[:, 0], rides[:, 1]
    handed = maker.handed_day + 7.0 * weeks
    floor = np.maximum(handed, handed_floor)
    moved = floor > maker.handed_day
    return Timeline(
        built_day=maker.built_day + built_shift,
        departed_day=maker.departed_day + 7.0 * weeks,
        arrived_day=maker.arrived_day + 7.0 * weeks,
        handed_day=np.where(moved, _on_open_days(floor), maker.handed_day),
        ride=ride.reshape(-1).astype(np.int64),
        ride_departs=maker.train_departs_day[train] + 7.0 * later,
        ride_arrives=maker.train_arrives_day[train] + 7.0 * later,
        ride_train=train,
        ride_weeks=later,
    )


def _in_turn(world: World, wanted: Floats, since: float) -> Floats:
    """Days of hand-over when the centres do from `since` on no more than they have places for.

    A centre serves whoever stands there in the order of locking: the cars of the batch that was
    held and those that came meanwhile alike. A car leaves at its usual hour, never before
    `wanted`.
    """
    maker, handed, first = world.maker, wanted.copy(), int(np.floor(since))
    last = min(first + CLEARING_DAYS, len(closed_days()))
    waiting: list[list[int]] = [[] for _ in range(int(maker.region.max()) + 1)]
    room = [0.0] * len(waiting)
    coming = np.flatnonzero((wanted >= first) & (wanted < last))
    by_day: dict[int, list[int]] = {}
    for row in coming[np.argsort(maker.locked_day[coming], kind="stable")].tolist():
        by_day.setdefault(int(wanted[row]), []).append(row)
    for day in range(first, last):
        for row in by_day.get(day, ()):
            waiting[maker.region[row]].append(row)
        for region, places in enumerate(daily_places(world, day)):
            # What a small centre cannot use of a day it may use on the next, up to one car.
            room[region] = min(room[region], 1.0) + places
            rows = sorted(waiting[region], key=lambda row: float(maker.locked_day[row]))
            served = rows[: int(room[region])]
            handed[served] = day + handed[served] % 1.0
            room[region] -= len(served)
            waiting[region] = rows[len(served) :]
    return handed


def _on_open_days(days: Floats) -> Floats:
    """Moved over days off to the next open day, at the same hour."""
    closed = closed_days()
    numbers = np.where(~closed, np.arange(len(closed)), len(closed))
    next_open = np.minimum.accumulate(numbers[::-1])[::-1]
    whole = np.floor(days).astype(np.int64)
    inside = whole < len(closed)
    moved = np.where(inside, next_open[np.clip(whole, 0, len(closed) - 1)], whole)
    return np.asarray(moved + (days - whole), dtype=np.float64)
