"""How many cars the demo's centres can hand over in a week, and on a day."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import numpy.typing as npt

from yinuo.engines.twin import TwinParameters
from yinuo.workflows.demo.days import ORIGIN_DATE, closed_days, date_of
from yinuo.workflows.demo.world import World

Floats = npt.NDArray[np.float64]
WEEK = dt.timedelta(days=7)
# A centre can do so many times its usual week, and a small one what chance brings it in a full
# week: of few cars, many more than usual may come at once.
CENTRE_SPARE, FULL_WEEK_SDS = 1.35, 2.4
TREND_DAYS = 42


def weekly_places(world: World, week: dt.date) -> tuple[float, ...]:
    """Hand-overs that each centre can do in the week of this Monday."""
    trend, hours = weekly_output(world, week), _hours(week)
    return tuple(_places(trend * share) * hours for share in TwinParameters().regions)


def daily_places(world: World, day: int) -> tuple[float, ...]:
    """Hand-overs that each centre can do on this day: its week's, over the open days of it."""
    if closed_days()[day]:
        return tuple(0.0 for _ in TwinParameters().regions)
    date = date_of(float(day))
    monday = date - dt.timedelta(days=date.weekday())
    open_days = 7 * open_part(monday)
    return tuple(most / open_days for most in weekly_places(world, monday))


def weekly_output(world: World, week: dt.date) -> float:
    """Cars a week that the plant really makes around that time, at the demo's scale."""
    day = (week - ORIGIN_DATE).days
    output = world.maker.output
    return float(np.median(output[max(0, day - TREND_DAYS) : day + TREND_DAYS])) * 7 / world.scale


def _places(usual: float) -> float:
    """Hand-overs that a centre can do in a week of usual length, `usual` cars being its mean."""
    return max(usual * CENTRE_SPARE, usual + FULL_WEEK_SDS * math.sqrt(usual))


def _hours(week: dt.date) -> float:
    """Opening time of a centre in a week, as a part of an ordinary week's."""
    beside = (open_part(week - WEEK), open_part(week + WEEK))
    # In the weeks beside a week off the centres work longer.
    return open_part(week) * (TwinParameters().rush if 0 in beside else 1.0)


def open_part(week: dt.date) -> float:
    """The part of a week's days that is no public holiday."""
    day = (week - ORIGIN_DATE).days
    return 1 - float(closed_days()[day : day + 7].mean())
