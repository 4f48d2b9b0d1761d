"""The plant's plans and the reports of capacity, as feed records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from yinuo.engines.twin import TwinParameters
from yinuo.workflows.demo.places import open_part, weekly_output, weekly_places
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
# Reports of capacity reach so far back, and so far ahead.
CAPACITY_WEEKS_BACK, CAPACITY_WEEKS = 16, 36


def plan_rows(
    world: World, plan: str, monday: dt.date, weeks: int, stopped: dt.date | None = None
) -> Iterator[Record]:
    """A plan of `weeks` weeks from `monday`; the plant stands still in the week of `stopped`."""
    closed_rate = TwinParameters().closed_rate
    for week in mondays(monday, weeks):
        # On days off some stations work on, and planners know how many.
        works = open_part(week) + closed_rate * (1 - open_part(week))
        cars = weekly_output(world, week) / PLAN_SHARE_REACHED * works
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
        trend = weekly_output(world, week)
        places = zip(REGIONS, weekly_places(world, week), strict=True)
        figures = {centre: whole(most) for centre, most in places}
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
