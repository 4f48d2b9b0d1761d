"""Working out hand-over dates: gives what is known to the engines and reads the ranges off."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from yinuo.contexts.orders.queries.forecasting import OpenOrders, list_held_for, load_open
from yinuo.contexts.orders.queries.rights import list_not_before
from yinuo.contexts.promises.rules import Flags, Windows, not_before, windows_of
from yinuo.engines import forecast, queue
from yinuo.workflows.grounds import (
    MISSING,
    NO_OUTPUT,
    NOT_ASKED,
    NOT_DRAWN,
    find_grounds,
    what_is_missing,
)
from yinuo.workflows.inputs import (
    Floats,
    Inputs,
    Ints,
    Shared,
    expect_arrivals,
    load_inputs,
    load_shared,
)
from yinuo.workflows.next_lock import NextLocks
from yinuo.workflows.onward import NOT_BINDING

Days = npt.NDArray[np.int32]

SCENARIOS = int(os.environ.get("FORECAST_SCENARIOS", "256"))
# One seed for every run: otherwise dates would move by a day for no reason.
SEED = 20260211
PRODUCTION_DAYS = 6
# Columns of the stored chances: the even one, and those before the dots.
MEDIAN, FEW = 1, 4


@dataclass(frozen=True)
class Outlook:
    """Orders in lock order with the ranges and the twenty dots (N, 20) that the forecast gives.

    `missing` (N) says what an order's first date cannot be named without: a row of `MISSING`, 0
    for nothing. Without measured output or earlier launches nobody is promised anything, but the
    ranges are there: promises that were made in better times are watched by them. An order that
    misses nothing else and has no date comes after `end_date`, the first day that the forecast
    does not reach.
    """

    orders: OpenOrders
    windows: Windows
    dots: Ints
    missing: Ints
    end_date: dt.date

    @property
    def beyond(self) -> Flags:
        """Orders whose turn lies past the last day that the forecast reaches."""
        wants = (self.missing != 0) & self.grounded
        return np.asarray(~self.windows.dated & ~wants)

    @property
    def grounded(self) -> Flags:
        """Orders whose date rests on something, so that a first one may be promised."""
        return ~np.isin(self.missing, (NO_OUTPUT, NOT_ASKED, NOT_DRAWN))


def work_out(orders: OpenOrders, *, now: dt.datetime, plan_id: int | None = None) -> Outlook:
    """The outlook for all of `orders`, which must be all open orders, in lock order.

    `plan_id` uses that plan in place of the committed one.
    """
    return outlook_of(load_inputs(orders, now=now, plan_id=plan_id))


def outlook_of(inputs: Inputs) -> Outlook:
    """The outlook that follows from `inputs`; the same inputs give the same dates."""
    return _read_off(inputs.orders, work_out_days(inputs), inputs.shared, _missing(inputs))


def work_out_built(now: dt.datetime) -> Outlook:
    """The outlook for all cars that have left the plant's queue; the queue is not simulated."""
    orders = load_open(only_built=True)
    shared, placed = load_shared(now)
    regions = shared.regions_of(orders)
    known = regions >= 0
    days = _no_dates(known.size, forecast.LEVELS.size)
    ready, spread = expect_arrivals(orders.pick(known), regions[known], shared, placed)
    days[known] = _of_built(ready, spread, regions[known], shared, FULL)
    return _read_off(orders, days, shared, np.where(known, 0, MISSING.index("NO_LANE")))


@dataclass(frozen=True)
class Effort:
    """How much work a forecast is worth: scenarios, the way they are read, the chances asked for.

    Dates that are promised take all of it; comparing many forecasts with each other takes less.
    """

    scenarios: int = SCENARIOS
    method: forecast.Method = "exact"
    dots: bool = True

    @property
    def levels(self) -> Floats:
        """The chances asked for: `forecast.LEVELS`, or without the dots its first four columns."""
        return forecast.LEVELS if self.dots else forecast.LEVELS[:FEW]


FULL = Effort()


@dataclass(frozen=True)
class Worked:
    """The days that follow from `inputs`, with the queue that they were read from.

    `days` is as `work_out_days` gives it; `waiting` marks the rows of `classes` and `regions`.
    """

    inputs: Inputs
    effort: Effort
    days: Days
    run: queue.QueueRun
    waiting: Flags
    classes: Ints
    regions: Ints


def work_out_days(inputs: Inputs, effort: Effort = FULL) -> Days:
    """Hand-over days from the origin at the chances of `effort`, shape (N, levels).

    `forecast.LEVELS` is what is stored; the same effort gives the same luck.
    """
    return work_out_queue(inputs, effort).days


def work_out_queue(inputs: Inputs, effort: Effort = FULL) -> Worked:
    """The same with the queue kept, so that a change at a few centres can be asked for alone."""
    orders = inputs.orders
    regions = inputs.shared.regions_of(orders)
    days = _no_dates(orders.order_ids.size, effort.levels.size)
    left = _hand_over_built(inputs, regions, effort, days)
    classes = classes_of(inputs)
    waiting = ~orders.built & (regions >= 0) & (classes >= 0)
    run = build_run(inputs, classes[waiting], scenarios=effort.scenarios)
    worked = Worked(inputs, effort, days, run, waiting, classes[waiting], regions[waiting])
    _, days[waiting] = _read_regions(worked, inputs, left, range(len(inputs.shared.centre_ids)))
    return worked


def work_out_again(worked: Worked, changed: Inputs) -> Days:
    """The days that follow from `changed`: those of `work_out_days`, in less time where it may be.

    Where only the places of some centres differ, the queue stays and their orders alone are read.
    """
    before, after = worked.inputs, changed
    if not _same_but(before, after, "shared") or not _same_but(
        before.shared, after.shared, "centre_weeks"
    ):
        return work_out_days(changed, worked.effort)
    differs = (before.shared.centre_weeks != after.shared.centre_weeks).any(axis=1)
    days = worked.days.copy()
    regions = after.shared.regions_of(after.orders)
    left = _hand_over_built(changed, regions, worked.effort, days)
    rows, found = _read_regions(worked, changed, left, np.flatnonzero(differs).tolist())
    days[np.flatnonzero(worked.waiting)[rows]] = found
    return days


def _same_but(one: object, other: object, name: str) -> bool:
    """Whether two of a kind share all parts, the very same ones, but this."""
    names = {part.name for part in fields(one)} - {name}  # type: ignore[arg-type]
    return all(getattr(one, part) is getattr(other, part) for part in names)


def _hand_over_built(inputs: Inputs, regions: Ints, effort: Effort, days: Days) -> Floats:
    """Fill the rows of built cars; returns the places that they leave at the centres."""
    built = inputs.orders.built & (regions >= 0)
    ready, spread = inputs.ready[built], inputs.spread[built]
    days[built] = _of_built(ready, spread, regions[built], inputs.shared, effort)
    places = inputs.shared.centre_days()
    return forecast.capacity_left(places, days[built, MEDIAN], regions[built])


def next_locks(inputs: Inputs) -> NextLocks | None:
    """What an order that is locked now would be given, and what those after it would be given.

    By the same plan, scenarios and seed as those that wait. None where nothing can be built or no
    way leads anywhere.
    """
    shared, orders = inputs.shared, inputs.orders
    if not inputs.capacity.alternatives.size or not shared.centre_ids:
        return None
    regions = shared.regions_of(orders)
    built = orders.built & (regions >= 0)
    days = _of_built(inputs.ready[built], inputs.spread[built], regions[built], shared, FULL)
    left = forecast.capacity_left(shared.centre_days(), days[:, MEDIAN], regions[built])
    classes = classes_of(inputs)
    waiting = ~orders.built & (regions >= 0) & (classes >= 0)
    run = build_run(inputs, classes[waiting], keep_state=True)
    if run.state is None:
        raise AssertionError("the queue kept no state")
    next_weeks = queue.quote_all(run.state)
    ways, others = forecast.map_next(
        run,
        next_weeks,
        classes[waiting],
        regions[waiting],
        shared.lanes,
        left,
        forecast.ForecastParameters(scenarios=SCENARIOS),
        np.random.default_rng(SEED + 1),
        shared.today,
    )
    newest = int(orders.order_ids.max(initial=0))
    return NextLocks(run.state, ways, next_weeks.astype(np.int64), others, newest)


def classes_of(inputs: Inputs) -> Ints:
    """The class of each order's spec, -1 where nobody said what building it needs."""
    specs, where = np.unique(inputs.orders.spec_ids, return_inverse=True)
    known = inputs.capacity.spec_class
    classes = np.array([known.get(int(spec), -1) for spec in specs], np.int64)
    return np.asarray(classes[where] if specs.size else np.zeros(0, np.int64))


def build_run(
    inputs: Inputs, classes: Ints, *, keep_state: bool = False, scenarios: int = SCENARIOS
) -> queue.QueueRun:
    """The queue of the plants: orders of these classes, in lock order, in all scenarios."""
    capacity = inputs.capacity
    sampled = sample_capacity(inputs, scenarios)
    return queue.simulate(
        classes, capacity.alternatives, capacity.resources, sampled, keep_state=keep_state
    )


def sample_capacity(inputs: Inputs, scenarios: int = SCENARIOS) -> Days:
    """What can be built by scenario, resource and week; the same draws for all inputs."""
    planned = inputs.capacity.planned.copy()
    # What this week's days that are gone would have built is built already.
    planned[:, 0] *= max(0, PRODUCTION_DAYS - inputs.shared.today) / PRODUCTION_DAYS
    parameters = queue.CapacityParameters(
        inputs.levels.log_mean,
        inputs.levels.log_sd,
        np.zeros(len(planned), np.bool_),
        scenarios=scenarios,
    )
    return queue.sample_capacity(planned, parameters, np.random.default_rng(SEED))


def _no_dates(count: int, levels: int) -> Days:
    return np.full((count, levels), forecast.BEYOND_HORIZON, np.int32)


def _missing(inputs: Inputs) -> Ints:
    """What the date of each order cannot be worked out without, as rows of `WHYS`.

    An order whose buyer has yet to ask for a slot gets no first date: it would promise nothing.
    """
    orders, grounds = inputs.orders, find_grounds(inputs)
    classes = classes_of(inputs)
    # The last row stands for specs of which nobody said what building them needs.
    supplied, grounded = (np.append(has, False)[classes] for has in (grounds.supplied, grounds.any))
    missing = what_is_missing(
        orders.built | (classes >= 0),
        inputs.shared.regions_of(orders) >= 0,
        orders.built | supplied,
        orders.built | grounded,
    )
    waits = ~orders.built & np.isin(orders.order_ids, list_held_for("CUSTOMER_WAITS"))
    return np.where(waits & (missing == 0), NOT_ASKED, missing)


def _read_off(orders: OpenOrders, days: Days, shared: Shared, missing: Ints) -> Outlook:
    today = shared.origin + dt.timedelta(days=shared.today)
    windows, dots = windows_of(days, shared.origin, today)
    windows, dots = _as_wanted(orders, windows, dots, today)
    end = shared.origin + dt.timedelta(days=shared.closed.size)
    return Outlook(orders, windows, np.minimum(dots, dt.date.max.toordinal()), missing, end)


def _as_wanted(
    orders: OpenOrders, windows: Windows, dots: Ints, today: dt.date
) -> tuple[Windows, Ints]:
    """The same with the cars that their customers want later not before the day asked for."""
    later = list_not_before()
    rows = np.flatnonzero(np.isin(orders.order_ids, np.array(list(later), np.int64)))
    if not rows.size:
        return windows, dots
    days = [later[order_id].toordinal() for order_id in orders.order_ids[rows].tolist()]
    table, dots = windows.table(), dots.copy()
    picked = Windows(table[rows, 0], table[rows, 1], table[rows, 2])
    moved, dots[rows] = not_before(picked, dots[rows], np.array(days, np.int64), today.toordinal())
    table[rows] = moved.table()
    return Windows(table[:, 0], table[:, 1], table[:, 2]), dots


def _of_built(ready: Floats, spread: Floats, regions: Ints, shared: Shared, effort: Effort) -> Days:
    """Cars whose turn at their centre came before today have their own days left, and no queue."""
    lanes, open_days = shared.lanes, shared.centre_days()
    preparation = lanes.preparation_days
    own = lanes.own_days
    if own is None:
        own = np.zeros((preparation.size, 1), np.int64)
    turn = np.ceil(ready + preparation[regions])
    waits = (spread == 0) & (turn < shared.today)
    days = _no_dates(ready.size, effort.levels.size)
    for mine, capacity, left in (
        (~waits, open_days, own[regions[~waits]]),
        (
            waits,
            np.where(open_days > 0, NOT_BINDING, 0.0),
            forecast.still_own_days(own[regions[waits]], shared.today - turn[waits]),
        ),
    ):
        days[mine] = forecast.forecast_built(
            ready[mine],
            spread[mine],
            regions[mine],
            regions[mine],
            np.arange(int(mine.sum())),
            capacity,
            forecast.ForecastParameters(scenarios=effort.scenarios),
            np.random.default_rng(SEED),
            effort.levels,
            shared.today,
            preparation,
            left,
        )
    return days


def _read_regions(
    worked: Worked, inputs: Inputs, centre_capacity: Floats, wanted: Sequence[int]
) -> tuple[Ints, Days]:
    """Which of the waiting orders are of the regions wanted, and their days."""
    effort = worked.effort
    return forecast.forecast_regions(
        worked.run,
        worked.classes,
        worked.regions,
        inputs.shared.lanes,
        centre_capacity,
        forecast.ForecastParameters(scenarios=effort.scenarios),
        np.random.default_rng(SEED + 1),
        effort.levels,
        wanted,
        inputs.shared.today,
        effort.method,
    )
