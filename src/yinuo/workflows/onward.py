"""What cars that went before took on their way: lanes and centres as they were seen to be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from yinuo.contexts.places.queries import get_places
from yinuo.contexts.places.rules import is_closed
from yinuo.contexts.production.queries import forecasting as production
from yinuo.contexts.transit.queries import forecasting as transit
from yinuo.engines import forecast
from yinuo.platform.spoken import CHINA

Floats = npt.NDArray[np.float64]

# What happened longer ago says little of today.
SEEN_WEEKS: Final = 8
SECONDS_A_DAY: Final = 86_400
# A centre that reported no capacity is taken never to be the bottleneck.
NOT_BINDING: Final = 1e6


@dataclass(frozen=True)
class Onward:
    """Lanes as they are to be reckoned with, and cars that stand at their centre.

    `placed_day` gives by order the day, from the Monday of this week, on which the turn of a car
    came that is still waiting; those whose turn has not come are not in it.
    """

    centre_ids: tuple[int, ...]
    lanes: forecast.Lanes
    placed_day: dict[int, float]


def load_onward(now: dt.datetime, origin: dt.date) -> Onward:
    """Learned from what was reported by `now`; `origin` is the Monday of this week.

    What is stated of a lane holds until trains have run on it.
    """
    table = transit.load_lanes()
    first = origin - dt.timedelta(weeks=SEEN_WEEKS)
    start = dt.datetime.combine(first, dt.time(), CHINA)
    mean, sd = table.transit_mean.copy(), table.transit_sd.copy()
    for centre, days in transit.list_rides(start, now).items():
        if centre in table.centre_ids:
            g = table.centre_ids.index(centre)
            mean[g], sd[g] = forecast.learn_lane(np.array(days), float(mean[g]), float(sd[g]))
    stays = transit.load_stays(start, now)
    known = np.isin(stays.centre_ids, table.centre_ids)
    held = production.list_batches_held_since(start)
    if held:
        # A hold has its own day, and says nothing of other cars.
        orders = list(production.list_orders_of_batches(held))
        known &= ~np.isin(stays.order_ids, orders)
    row_of = {centre: g for g, centre in enumerate(table.centre_ids)}
    today = int((now.timestamp() - start.timestamp()) // SECONDS_A_DAY)
    handed = (stays.handed_at[known] - start.timestamp()) / SECONDS_A_DAY
    learned = forecast.learn_own_days(
        forecast.CentreHistory(
            arrived_day=(stays.arrived_at[known] - start.timestamp()) / SECONDS_A_DAY,
            handed_day=np.where(stays.handed_at[known] < 0, np.nan, handed),
            region=np.array([row_of[one] for one in stays.centre_ids[known].tolist()], np.int64),
            places=np.arange(int(known.sum())),
            capacity=_places_by_day(table.centre_ids, first),
            preparation_days=table.preparation,
            today=today,
        )
    )
    waiting = np.flatnonzero((stays.handed_at[known] < 0) & (learned.waited > 0))
    now_day = today - 7 * SEEN_WEEKS
    return Onward(
        table.centre_ids,
        forecast.Lanes(table.weekdays, mean, sd, table.preparation, learned.own_days),
        {
            int(stays.order_ids[known][row]): float(now_day - learned.waited[row])
            for row in waiting.tolist()
        },
    )


def _places_by_day(centre_ids: tuple[int, ...], first: dt.date) -> Floats:
    """Hand-over places by centre and day since `first`, to the end of this week."""
    weekly = production.load_centre_weeks(first, SEEN_WEEKS + 1)
    places, days = get_places(), 7 * (SEEN_WEEKS + 1)
    closed = np.array(
        [is_closed(first + dt.timedelta(days=day)) is True for day in range(days)], np.bool_
    )
    open_days = np.maximum((~closed).reshape(-1, 7).sum(axis=1), 1)
    capacity = np.full((len(centre_ids), days), NOT_BINDING)
    for g, centre in enumerate(centre_ids):
        reported = weekly.get(places[centre].code)
        if reported is not None and reported.any():
            # Before the first report nothing is known, and nothing is taken to be short.
            told = np.where(np.cumsum(reported) > 0, reported, NOT_BINDING)
            capacity[g] = np.repeat(told / open_days, 7)
    return np.where(closed[None], 0.0, capacity)
