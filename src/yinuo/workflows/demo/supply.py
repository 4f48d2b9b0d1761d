"""The plant's plans and the reports of capacity, as feed records."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np

from yinuo.engines.twin import TwinParameters
from yinuo.workflows.demo.days import ORIGIN_DATE, closed_days
from yinuo.workflows.demo.records import Record, whole
from yinuo.workflows.demo.world import (
    AMPLE_OPTION,
    PLAN_SHARE_REACHED,
    PLANT,
    REGIONS,
    SCARCE_OPTION,
    World,
)

WEEK = dt.timedelta(days=7)
# A centre can do so many times its usual week, and a small one what chance brings it in a full
# week: of few cars, many more than usual may come at once.
CENTRE_SPARE, FULL_WEEK_SDS = 1.35, 2.4
# Reports of capacity reach so far back, and so far ahead.
CAPACITY_WEEKS_BACK, CAPACITY_WEEKS = 16, 36
TREND_DAYS = 42


def plan_rows(
    world: World, plan: str, monday: dt.date, weeks: int, stopped: dt.date | None = None
) -> Iterator[Record]:
    """A plan of `weeks` weeks from `monday`; the plant stands still in the week of `stopped`."""
    closed_rate = TwinParameters().closed_rate
    for week in mondays(monday, weeks):
        # On days off some stations work on, and planners know how many.
        works = _open_part(week) + closed_rate * (1 - _open_part(week))
        cars = _trend(world, week) / PLAN_SHARE_REACHED * works
        yield {
            "plan": plan,
            "resource": PLANT,
            "week": week.isoformat(),
            "cars": "0" if week == stopped else str(whole(cars)),
        }


def capacity_rows(world: World, monday: dt.date) -> Iterator[Record]:
    """What centres can hand over and how much of each option comes, by week around `monday`."""
    parameters = TwinParameters()
    first = monday - CAPACITY_WEEKS_BACK * WEEK
    for week in mondays(first, CAPACITY_WEEKS_BACK + CAPACITY_WEEKS):
        trend = _trend(world, week)
        figures = {
            centre: whole(_places(trend * share) * _hours(week))
            for centre, share in zip(REGIONS, parameters.regions, strict=True)
        }
        figures[SCARCE_OPTION] = whole(parameters.scarce_per_week / world.scale)
        figures[AMPLE_OPTION] = whole(trend * 2)
        for resource, quantity in figures.items():
            yield {
                "id": f"{resource}-{week.isoformat()}",
                "resource": resource,
                "week": week.isoformat(),
                "quantity": str(quantity),
            }


def mondays(first: dt.date, weeks: int) -> Iterator[dt.date]:
    """Consecutive Mondays."""
    return (first + number * WEEK for number in range(weeks))


def _trend(world: World, week: dt.date) -> float:
    """Cars a week that the plant really makes around that time, at the demo's scale."""
    day = (week - ORIGIN_DATE).days
    output = world.maker.output
    return float(np.median(output[max(0, day - TREND_DAYS) : day + TREND_DAYS])) * 7 / world.scale


def _places(usual: float) -> float:
    """Hand-overs that a centre can do in a week of usual length, `usual` cars being its mean."""
    return max(usual * CENTRE_SPARE, usual + FULL_WEEK_SDS * math.sqrt(usual))


def _hours(week: dt.date) -> float:
    """Opening time of a centre in a week, as a part of an ordinary week's."""
    beside = (_open_part(week - WEEK), _open_part(week + WEEK))
    # In the weeks beside a week off the centres work longer.
    return _open_part(week) * (TwinParameters().rush if 0 in beside else 1.0)


def _open_part(week: dt.date) -> float:
    """The part of a week's days that is no public holiday."""
    day = (week - ORIGIN_DATE).days
    return 1 - float(closed_days()[day : day + 7].mean())
