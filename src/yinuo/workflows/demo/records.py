"""What the demo's shop, plant, railway and centres report: rows of the six feeds, as text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from yinuo.engines.twin import TwinParameters
from yinuo.workflows.demo.cast import Part
from yinuo.workflows.demo.days import date_of, monday_of, write_day
from yinuo.workflows.demo.timeline import Timeline
from yinuo.workflows.demo.world import (
    BATCH_HISTORY_DAYS,
    DATA,
    HUB,
    PLANT,
    REGIONS,
    SCHEDULED_DAYS,
    STARTED_DAYS,
    World,
    read_rows,
)

Record = dict[str, str]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
SHOP, FACTORY, RAIL, CENTRES = "shop", "plant", "rail", "centres"
# What trains did is loaded from so long before the first promise.
RIDE_HISTORY_DAYS = 120.0
# A train is announced this long before it leaves.
ANNOUNCED_DAYS = 1.0


@dataclass
class Reports:
    """All records of a world and its timeline; a period is half-open: after < day <= until."""

    world: World
    timeline: Timeline

    def orders(self, after: float, until: float) -> Iterator[Record]:
        """Every order that was locked in the period, as far as the demo holds it."""
        world, maker = self.world, self.world.maker
        owners = {row["centre_code"]: row["public_id"] for row in reversed(read_rows("staff.csv"))}
        parts = world.cast.part_of()
        locked = (maker.locked_day > after) & (maker.locked_day <= until)
        for row in np.flatnonzero(world.kept & locked).tolist():
            centre = REGIONS[maker.region[row]]
            part = parts.get(row) or self._invented(row)
            yield {
                "id": world.order_ref(row),
                "locked_at": write_day(float(maker.locked_day[row])),
                "spec": world.specs[maker.spec[row]],
                "centre": centre,
                "name": part.name,
                "phone": part.phone,
                "email": f"c{row + 1}@example.cn",
                "language": part.language,
                "code": world.codes[row],
                "days_told": "45",
                "owner": "stf_wangmin" if centre == "NC" else owners[centre],
            }

    @cached_property
    def _names(self) -> tuple[list[str], list[str]]:
        surnames, given = (DATA / "names.txt").read_text(encoding="utf-8").splitlines()
        return surnames.split(), given.split()

    def _invented(self, row: int) -> Part:
        surnames, given = self._names
        name = surnames[row * 7919 % len(surnames)] + given[row * 104729 % len(given)]
        return Part("", name, f"100{row + 100:08d}", "en" if row % 50 == 49 else "zh")

    def builds(self, after: float, until: float) -> Iterator[Record]:
        """What the plant reports in the period."""
        built = self.timeline.built_day
        return self._builds(
            (
                ("SCHEDULED", "s", built - SCHEDULED_DAYS),
                ("STARTED", "t", built - STARTED_DAYS),
                ("BUILT", "b", built),
            ),
            after,
            until,
        )

    def past_builds(self, now_day: float) -> Iterator[Record]:
        """What the plant had reported by now: recent cars, and how far the unfinished ones are."""
        built = self.timeline.built_day
        # A car that is built is not said to have been begun as well.
        unfinished = np.where(built > now_day, built, np.inf)
        return self._builds(
            (
                ("SCHEDULED", "s", unfinished - SCHEDULED_DAYS),
                ("STARTED", "t", unfinished - STARTED_DAYS),
                ("BUILT", "b", built),
            ),
            now_day - BATCH_HISTORY_DAYS,
            now_day,
        )

    def _builds(
        self, steps: Sequence[tuple[str, str, Floats]], after: float, until: float
    ) -> Iterator[Record]:
        # The cars that let three customers pass were built for somebody else.
        own = self.world.kept.copy()
        own[[*self.world.cast.overtaking, self.world.cast.unbuilt]] = False
        rows = [
            (float(day[row]), kind, mark, int(row))
            for kind, mark, day in steps
            for row in np.flatnonzero(own & (day > after) & (day <= until))
        ]
        for day, kind, mark, row in sorted(rows):
            record = {
                "id": f"{mark}{row + 1}",
                "order": self.world.codes[row],
                "kind": kind,
                "at": write_day(day),
            }
            if kind == "SCHEDULED":
                record["week"] = monday_of(self.timeline.built_day[row]).isoformat()
            if kind == "BUILT":
                record["batch"] = self.world.batch_name(row)
                record["vin"] = self.world.vin(row)
            yield record

    def shipments(self, after: float, until: float) -> Iterator[Record]:
        """Trains that are announced in the period, with the cars on them."""
        announced = self.timeline.ride_departs - ANNOUNCED_DAYS
        return self._shipments((announced > after) & (announced <= until))

    def recent_shipments(self, now_day: float) -> Iterator[Record]:
        """Trains announced by now: those of the last weeks, and those that wait for a hand-over."""
        announced = self.timeline.ride_departs - ANNOUNCED_DAYS
        return self._shipments((announced <= now_day) & self._remembered(now_day))

    def _remembered(self, now_day: float) -> Mask:
        """Rides of the last weeks, and those that carry a car which is not handed over yet."""
        mask = self.timeline.ride_departs > now_day - RIDE_HISTORY_DAYS
        mask[self.timeline.ride[self.timeline.handed_day > now_day]] = True
        return mask

    def _shipments(self, wanted: Mask) -> Iterator[Record]:
        line, world = self.timeline, self.world
        rides = np.flatnonzero(wanted)
        riders = self._riders
        for ride in rides[np.argsort(line.ride_departs[rides], kind="stable")].tolist():
            cars = riders.get(ride)
            if not cars:
                continue
            region = int(world.maker.train_region[line.ride_train[ride]])
            yield {
                "id": self.ride_name(ride),
                "code": self.ride_name(ride),
                "origin": PLANT,
                "destination": REGIONS[region],
                "mode": "RAIL",
                "departs_at": write_day(float(line.ride_departs[ride])),
                "arrives_at": write_day(
                    float(line.ride_departs[ride]) + TwinParameters().transit_days[region]
                ),
                "orders": " ".join(world.codes[row] for row in cars),
            }

    @cached_property
    def _riders(self) -> dict[int, list[int]]:
        """Rows of the cars on each ride."""
        order = np.argsort(self.timeline.ride, kind="stable")
        rides, starts = np.unique(self.timeline.ride[order], return_index=True)
        groups = np.split(order, starts[1:])
        own = {*self.world.cast.overtaking, self.world.cast.unbuilt}
        return {
            int(ride): [row for row in group.tolist() if row not in own]
            for ride, group in zip(rides, groups, strict=True)
        }

    def ride_name(self, ride: int) -> str:
        """The train's number; the one that takes cars over from another says so by its day."""
        train, weeks = int(self.timeline.ride_train[ride]), int(self.timeline.ride_weeks[ride])
        name = self.world.train_name(train)
        if not weeks:
            return name
        day = date_of(float(self.timeline.ride_departs[ride]))
        return f"{name.split('-')[0]}+{day:%y%m%d}" + ("" if weeks == 1 else f".{weeks}")

    def train_moves(self, after: float, until: float) -> Iterator[Record]:
        """Departures and arrivals of trains in the period."""
        everything = np.ones(len(self.timeline.ride_departs), dtype=bool)
        return self._moves(everything, after, until)

    def recent_moves(self, now_day: float) -> Iterator[Record]:
        """What the trains of `recent_shipments` have done by now."""
        return self._moves(self._remembered(now_day), -math.inf, now_day)

    def _moves(self, wanted: Mask, after: float, until: float) -> Iterator[Record]:
        line = self.timeline
        rows = [
            (float(day[ride]), kind, ride)
            for kind, day in (("DEPARTED", line.ride_departs), ("ARRIVED", line.ride_arrives))
            for ride in np.flatnonzero(wanted & (day > after) & (day <= until)).tolist()
        ]
        for day, kind, ride in sorted(rows):
            if not self._riders.get(ride):
                continue
            name = self.ride_name(ride)
            yield {
                "id": f"{kind[0].lower()}-{name}",
                "shipment": name,
                "kind": kind,
                "at": write_day(day),
                "place": PLANT if kind == "DEPARTED" else self._centre_of(ride),
            }

    def _centre_of(self, ride: int) -> str:
        return REGIONS[self.world.maker.train_region[self.timeline.ride_train[ride]]]

    def hand_overs(self, after: float, until: float) -> Iterator[Record]:
        """Cars that were handed over in the period."""
        handed = self.timeline.handed_day
        wanted = self.world.kept & (handed > after) & (handed <= until)
        wanted[self.world.cast.unbuilt] = False
        rows = np.flatnonzero(wanted)
        for row in rows[np.argsort(handed[rows], kind="stable")].tolist():
            yield {
                "id": f"h{row + 1}",
                "order": self.world.codes[row],
                "kind": "HANDED_OVER",
                "at": write_day(float(handed[row])),
                "place": REGIONS[self.world.maker.region[row]],
            }

    def cancelled(self, day: float) -> Record:
        """The railway's report of the cancelled train."""
        return {
            "id": f"x-{self.world.train_name(self.world.cast.train)}",
            "shipment": self.world.train_name(self.world.cast.train),
            "kind": "CANCELLED",
            "at": write_day(day - 30 / 1440),
            "cause": "TRAIN_CANCELLED",
            "condition": "INTACT",
            "place": HUB,
        }


def whole(number: float) -> int:
    """A number of cars of a week: at least one where there is any."""
    return max(1, math.floor(number + 0.5)) if number > 0 else 0
