"""Working out hand-over dates: asks every context for its arrays and gives them to the engines."""

from __future__ import annotations

import datetime as dt
import math
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.contexts.orders.queries.forecasting import OpenOrders, load_open
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.places.rules import is_closed
from yinuo.contexts.production.queries import forecasting as production
from yinuo.contexts.promises.rules import Windows, windows_of
from yinuo.contexts.transit.queries import forecasting as transit
from yinuo.engines import forecast, queue
from yinuo.platform.spoken import CHINA, local_date

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HORIZON_WEEKS = 156
SCENARIOS = int(os.environ.get("FORECAST_SCENARIOS", "256"))
# One seed for every run: otherwise dates would move by a day for no reason.
SEED = 20260211
# Before anything was measured: output within about 20 % of the plan.
PRIOR_LOG_MEAN, PRIOR_LOG_SD, LEVEL_HALF_LIFE_WEEKS = 0.0, 0.2, 4.0
SUPPLY_LOG_SD = 0.1
PRODUCTION_DAYS = 6
# A centre that reported no capacity is taken never to be the bottleneck.
NOT_BINDING = 1e6
DAYS_TO_FINISH = 2.0
# After a cancellation nobody knows yet which later departure takes the cars: spread in days.
REBOOKING_DAYS = 2.0


@dataclass(frozen=True)
class Outlook:
    """Orders in lock order with the ranges and the twenty dots (N, 20) that the forecast gives."""

    orders: OpenOrders
    windows: Windows
    dots: Ints


@dataclass(frozen=True)
class _World:
    """What all orders share. Days count from `origin`, the Monday of this week."""

    origin: dt.date
    today: int
    now_day: float
    region_of: dict[int, int]
    lanes: forecast.Lanes
    centre_capacity: Floats


def work_out(orders: OpenOrders, *, now: dt.datetime, plan_id: int | None = None) -> Outlook:
    """The outlook for all of `orders`, which must be all open orders, in lock order.

    `plan_id` uses that plan in place of the committed one.
    """
    world = _load_world(now)
    quantiles = np.full((orders.order_ids.size, forecast.LEVELS.size), forecast.BEYOND_HORIZON)
    quantiles = quantiles.astype(np.int32)
    regions = _regions(orders, world)
    built = orders.built & (regions >= 0)
    quantiles[built] = _of_built(orders.pick(built), regions[built], world)
    waiting = ~orders.built & (regions >= 0)
    left = forecast.capacity_left(world.centre_capacity, quantiles[built, 1], regions[built])
    capacity = production.load_capacity(world.origin, HORIZON_WEEKS, plan_id)
    spec_class = np.array([capacity.spec_class.get(int(s), -1) for s in np.unique(orders.spec_ids)])
    classes = np.full(orders.order_ids.size, -1, np.int64)
    if orders.order_ids.size:
        classes = spec_class[np.searchsorted(np.unique(orders.spec_ids), orders.spec_ids)]
    waiting &= classes >= 0
    quantiles[waiting] = _of_queued(classes[waiting], regions[waiting], capacity, left, world)
    windows, dots = windows_of(quantiles, world.origin, local_date(now))
    return Outlook(orders, windows, np.minimum(dots, dt.date.max.toordinal()))


def work_out_built(now: dt.datetime) -> Outlook:
    """The outlook for all cars that have left the plant's queue; the queue is not simulated."""
    orders = load_open()
    orders = orders.pick(orders.built)
    world = _load_world(now)
    regions = _regions(orders, world)
    known = regions >= 0
    quantiles = np.full((known.size, forecast.LEVELS.size), forecast.BEYOND_HORIZON, np.int32)
    quantiles[known] = _of_built(orders.pick(known), regions[known], world)
    windows, dots = windows_of(quantiles, world.origin, local_date(now))
    return Outlook(orders, windows, np.minimum(dots, dt.date.max.toordinal()))


def _regions(orders: OpenOrders, world: _World) -> Ints:
    """Row of the lane to each order's centre, -1 where no lane leads there."""
    centres, where = np.unique(orders.centre_ids, return_inverse=True)
    rows = np.array([world.region_of.get(int(centre), -1) for centre in centres], np.int64)
    return np.asarray(rows[where] if centres.size else np.zeros(0, np.int64))


def _load_world(now: dt.datetime) -> _World:
    date = local_date(now)
    origin = date - dt.timedelta(days=date.weekday())
    table = transit.load_lanes()
    weekly = production.load_centre_weeks(origin, HORIZON_WEEKS)
    places = get_places()
    closed = _closed_days(origin)
    capacity = (
        np.stack([_daily(weekly.get(places[centre].code), closed) for centre in table.centre_ids])
        if table.centre_ids
        else np.zeros((0, HORIZON_WEEKS * 7))
    )
    lanes = forecast.Lanes(table.weekdays, table.transit_mean, table.transit_sd, table.preparation)
    return _World(
        origin,
        (date - origin).days,
        _day_number(now.timestamp() / 86400, origin),
        {centre: g for g, centre in enumerate(table.centre_ids)},
        lanes,
        capacity,
    )


def _day_number(epoch_days: float, origin: dt.date) -> float:
    """Days since the Monday `origin` began in China, of a moment in days since the epoch."""
    start = dt.datetime.combine(origin, dt.time(), CHINA).timestamp() / 86400
    return epoch_days - start


def _closed_days(origin: dt.date) -> Flags:
    """Public holidays from `origin` on, shape (weeks, 7)."""
    days = (origin + dt.timedelta(days=day) for day in range(HORIZON_WEEKS * 7))
    return np.array([is_closed(day) is True for day in days], np.bool_).reshape(HORIZON_WEEKS, 7)


def _daily(weekly: Floats | None, closed: Flags) -> Floats:
    """Hand-over places by day: a week's figure shared over its open days."""
    week = np.full(HORIZON_WEEKS, NOT_BINDING) if weekly is None or not weekly.any() else weekly
    open_days = np.maximum((~closed).sum(axis=1, keepdims=True), 1)
    return np.asarray(np.where(closed, 0.0, week[:, None] / open_days).reshape(-1))


def _of_built(orders: OpenOrders, regions: Ints, world: _World) -> npt.NDArray[np.int32]:
    ready, spread = _arrivals(orders, regions, world)
    return forecast.forecast_built(
        ready,
        spread,
        regions,
        regions,
        np.arange(orders.order_ids.size),
        world.centre_capacity,
        forecast.ForecastParameters(scenarios=SCENARIOS),
        np.random.default_rng(SEED),
        forecast.LEVELS,
        world.today,
        world.lanes.preparation_days,
    )


def _arrivals(orders: OpenOrders, regions: Ints, world: _World) -> tuple[Floats, Floats]:
    """When each built car is expected at its centre, in days from the origin, and the spread."""
    positions = transit.load_positions(orders.order_ids.tolist())
    held = production.list_held_batches()
    batches = production.list_orders_of_batches(list(held)) if held else {}
    now = world.now_day
    mean, sd = world.lanes.transit_days[regions], world.lanes.transit_sd_days[regions]
    leaves = forecast.next_departure(
        np.full(regions.size, now + DAYS_TO_FINISH), regions, world.lanes
    )
    again = forecast.next_departure(np.full(regions.size, now + 1.0), regions, world.lanes)
    ready, spread = leaves + mean, sd.copy()
    for row, order_id in enumerate(orders.order_ids.tolist()):
        place = positions.get(order_id)
        if orders.at_centre[row]:
            ready[row], spread[row] = now, 0.0
        elif place is not None:
            ready[row], spread[row] = _on_the_way(
                place, float(mean[row]), float(sd[row]), float(again[row]), world
            )
        if order_id in batches:
            free = float((held[batches[order_id]] - world.origin).days)
            way = 0.0 if place is not None or orders.at_centre[row] else float(mean[row])
            ready[row] = max(ready[row], free + way)
    return ready, spread


def _on_the_way(
    place: transit.Position, mean: float, sd: float, next_departure: float, world: _World
) -> tuple[float, float]:
    """Expected arrival and spread of one car by the state of its shipment."""
    now = world.now_day
    expected = _day_number(place.expected_day, world.origin)
    if place.state == "ARRIVED":
        return now, 0.0
    if place.state == "CANCELLED":
        # The rest of the way, with the next departure of the lane that can be reached.
        done = 0.0
        if place.departed_day is not None:
            done = now - _day_number(place.departed_day, world.origin)
        rest = min(mean, max(1.0, mean - done))
        # Hardly any car comes sooner than by the next departure; the spread lies behind it.
        spread = math.hypot(sd, REBOOKING_DAYS)
        return next_departure + rest + 1.5 * spread, spread
    if place.state == "PLANNED":
        overdue = expected < now + mean * 0.5
        return (next_departure + mean if overdue else expected), sd
    return max(expected, now + 1.0), sd * 0.7


def _of_queued(
    classes: Ints,
    regions: Ints,
    capacity: production.Capacity,
    centre_capacity: Floats,
    world: _World,
) -> npt.NDArray[np.int32]:
    planned = capacity.planned.copy()
    # What this week's days that are gone would have built is built already.
    planned[:, 0] *= max(0, PRODUCTION_DAYS - world.today) / PRODUCTION_DAYS
    levels = [
        queue.output_level(actual, target, PRIOR_LOG_MEAN, PRIOR_LOG_SD, LEVEL_HALF_LIFE_WEEKS)
        if target.any()
        else (0.0, SUPPLY_LOG_SD)
        for actual, target in zip(capacity.actual, capacity.target, strict=True)
    ]
    table = np.array(levels, np.float64).reshape(len(levels), 2)
    parameters = queue.CapacityParameters(
        table[:, 0].copy(),
        table[:, 1].copy(),
        np.zeros(len(levels), np.bool_),
        scenarios=SCENARIOS,
    )
    sampled = queue.sample_capacity(planned, parameters, np.random.default_rng(SEED))
    run = queue.simulate(classes, capacity.alternatives, capacity.resources, sampled)
    return forecast.forecast_queued(
        run,
        classes,
        regions,
        world.lanes,
        centre_capacity,
        forecast.ForecastParameters(scenarios=SCENARIOS),
        np.random.default_rng(SEED + 1),
        forecast.LEVELS,
        world.today,
    )
