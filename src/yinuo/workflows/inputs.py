"""What hand-over dates are worked out from: everything that is asked of the contexts, at a moment.

Kept apart from the working-out, so that one part can be exchanged for another plan's, another
moment's or a supposed one while all the rest, the random draws included, stays the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.contexts.orders.queries.forecasting import OpenOrders
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.places.rules import is_closed
from yinuo.contexts.production.queries import forecasting as production
from yinuo.contexts.production.queries.vintages import Vintages, load_vintages
from yinuo.contexts.transit.queries import forecasting as transit
from yinuo.engines import forecast
from yinuo.platform.spoken import CHINA, local_date
from yinuo.workflows.levels import Levels, learned_levels
from yinuo.workflows.onward import NOT_BINDING, load_onward

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HORIZON_WEEKS = 156
DAYS_TO_FINISH = 2.0
# From the begin of its making to the end of the line, and from there to readiness for a train.
DAYS_TO_BUILD, DAYS_TO_LEAVE = 1.5, 1.0
# After a cancellation nobody knows yet which later departure takes the cars: spread in days.
REBOOKING_DAYS = 2.0


@dataclass(frozen=True)
class Shared:
    """What all orders share. Days count from `origin`, the Monday of this week.

    `today` is the day of `now_day`, a moment. Row g of `lanes` and of `centre_weeks` (G, W;
    hand-over places a week, `NOT_BINDING` where none were reported) belongs to centre
    `centre_ids[g]`. `closed` (W, 7) marks public holidays.
    """

    origin: dt.date
    today: int
    now_day: float
    lanes: forecast.Lanes
    centre_ids: tuple[int, ...]
    centre_weeks: Floats
    closed: Flags

    def regions_of(self, orders: OpenOrders) -> Ints:
        """Row of the lane to each order's centre, -1 where no lane leads there."""
        row_of = {centre: row for row, centre in enumerate(self.centre_ids)}
        centres, where = np.unique(orders.centre_ids, return_inverse=True)
        rows = np.array([row_of.get(int(centre), -1) for centre in centres], np.int64)
        return np.asarray(rows[where] if centres.size else np.zeros(0, np.int64))

    def centre_days(self) -> Floats:
        """Hand-over places by centre and day: a week's figure shared over its open days."""
        open_days = np.maximum((~self.closed).sum(axis=1, keepdims=True), 1)
        daily = self.centre_weeks[:, :, None] / open_days[None]
        days = self.closed.size
        return np.asarray(
            np.where(self.closed[None], 0.0, daily).reshape(len(self.centre_ids), days)
        )


@dataclass(frozen=True)
class Inputs:
    """Everything that the dates of `orders` (in lock order) follow from.

    `ready` and `spread` (N) say when a built car is expected at its centre, in days from the
    origin, and how sure that is; NaN for orders that are not built. Of a car whose turn at its
    centre has come already, `ready` leads to the day of that turn. `vintages` are the plants that
    earlier launches speak of, by code, with what came of their plans.
    """

    shared: Shared
    orders: OpenOrders
    ready: Floats
    spread: Floats
    capacity: production.Capacity
    levels: Levels
    vintages: Mapping[str, Vintages]


def load_inputs(orders: OpenOrders, *, now: dt.datetime, plan_id: int | None = None) -> Inputs:
    """What is known now; `plan_id` uses that plan in place of the committed one."""
    shared, placed = load_shared(now)
    ready = np.full(orders.order_ids.size, np.nan)
    spread = ready.copy()
    regions = shared.regions_of(orders)
    built = orders.built & (regions >= 0)
    ready[built], spread[built] = expect_arrivals(
        orders.pick(built), regions[built], shared, placed
    )
    capacity = production.load_capacity(shared.origin, HORIZON_WEEKS, plan_id)
    vintages = load_vintages(shared.origin)
    levels = learned_levels(capacity, vintages)
    return Inputs(shared, orders, ready, spread, capacity, levels, vintages)


def load_shared(now: dt.datetime) -> tuple[Shared, dict[int, float]]:
    """Lanes, centres and calendar as they are now.

    Beside them, by order, the day on which the turn of a car came that still stands at its centre.
    """
    date = local_date(now)
    origin = date - dt.timedelta(days=date.weekday())
    onward = load_onward(now, origin)
    weekly = production.load_centre_weeks(origin, HORIZON_WEEKS)
    places = get_places()
    centre_weeks = np.full((len(onward.centre_ids), HORIZON_WEEKS), NOT_BINDING)
    for row, centre in enumerate(onward.centre_ids):
        reported = weekly.get(places[centre].code)
        if reported is not None:
            centre_weeks[row] = reported
    shared = Shared(
        origin,
        (date - origin).days,
        _day_number(now.timestamp() / 86400, origin),
        onward.lanes,
        onward.centre_ids,
        centre_weeks,
        _closed_days(origin),
    )
    return shared, onward.placed_day


def _day_number(epoch_days: float, origin: dt.date) -> float:
    """Days since the Monday `origin` began in China, of a moment in days since the epoch."""
    start = dt.datetime.combine(origin, dt.time(), CHINA).timestamp() / 86400
    return epoch_days - start


def _closed_days(origin: dt.date) -> Flags:
    """Public holidays from `origin` on, shape (weeks, 7)."""
    days = (origin + dt.timedelta(days=day) for day in range(HORIZON_WEEKS * 7))
    return np.array([is_closed(day) is True for day in days], np.bool_).reshape(HORIZON_WEEKS, 7)


def expect_arrivals(
    orders: OpenOrders, regions: Ints, shared: Shared, placed: dict[int, float]
) -> tuple[Floats, Floats]:
    """When each built car is expected at its centre, in days from the origin, and the spread."""
    positions = transit.load_positions(orders.order_ids.tolist())
    held = production.list_held_batches()
    batches = production.list_orders_of_batches(list(held)) if held else {}
    now, lanes = shared.now_day, shared.lanes
    mean, sd = lanes.transit_days[regions], lanes.transit_sd_days[regions]
    leaves = forecast.next_departure(_ready_to_leave(orders, shared), regions, lanes)
    again = forecast.next_departure(np.full(regions.size, now + 1.0), regions, lanes)
    ready, spread = leaves + mean, sd.copy()
    for row, order_id in enumerate(orders.order_ids.tolist()):
        place = positions.get(order_id)
        if orders.at_centre[row]:
            ready[row], spread[row] = _at_centre(place, shared), 0.0
            if order_id in placed:
                ready[row] = placed[order_id] - lanes.preparation_days[regions[row]]
        elif place is not None:
            ready[row], spread[row] = _on_the_way(
                place, float(mean[row]), float(sd[row]), float(again[row]), shared
            )
        if order_id in batches:
            free = float((held[batches[order_id]] - shared.origin).days)
            way = 0.0 if place is not None or orders.at_centre[row] else float(mean[row])
            ready[row] = max(ready[row], free + way)
    return ready, spread


def _ready_to_leave(orders: OpenOrders, shared: Shared) -> Floats:
    """From when on each car may leave the plant, in days from the origin."""
    now = shared.now_day
    days = np.full(orders.order_ids.size, now + DAYS_TO_FINISH)
    makings = production.load_makings(orders.order_ids.tolist())
    for row, order_id in enumerate(orders.order_ids.tolist()):
        started, built = makings.get(order_id, (None, None))
        if built is not None:
            days[row] = max(now, _day_number(built, shared.origin) + DAYS_TO_LEAVE)
        elif started is not None:
            ends = max(now, _day_number(started, shared.origin) + DAYS_TO_BUILD)
            days[row] = ends + DAYS_TO_LEAVE
    return days


def _at_centre(place: transit.Position | None, shared: Shared) -> float:
    """When a car that stands at its centre came there: its preparation counts from then.

    Counted from now each day, its date would move a day each day.
    """
    if place is None or place.arrived_day is None:
        return shared.now_day
    return min(shared.now_day, _day_number(place.arrived_day, shared.origin))


def _on_the_way(
    place: transit.Position, mean: float, sd: float, next_departure: float, shared: Shared
) -> tuple[float, float]:
    """Expected arrival and spread of one car by the state of its shipment."""
    now = shared.now_day
    expected = _day_number(place.expected_day, shared.origin)
    if place.state == "ARRIVED":
        return _at_centre(place, shared), 0.0
    if place.state == "CANCELLED":
        # The rest of the way, with the next departure of the lane that can be reached.
        done = 0.0
        if place.departed_day is not None:
            done = now - _day_number(place.departed_day, shared.origin)
        rest = min(mean, max(1.0, mean - done))
        # Hardly any car comes sooner than by the next departure; the spread lies behind it.
        spread = math.hypot(sd, REBOOKING_DAYS)
        return next_departure + rest + 1.5 * spread, spread
    if place.state == "PLANNED":
        overdue = expected < now + mean * 0.5
        return (next_departure + mean if overdue else expected), sd
    return max(expected, now + 1.0), sd * 0.7
