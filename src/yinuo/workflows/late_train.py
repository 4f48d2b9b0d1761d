"""A train is late: whose visits it touches, and one order that moves and tells them all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.contexts.handover.operations.missed import move_for_us
from yinuo.contexts.handover.operations.visits import NothingBooked
from yinuo.contexts.handover.queries.visits import VisitSeen, list_booked_from, list_open_of_orders
from yinuo.contexts.handover.rules.visits import PREPARATION, is_affected
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.transit.queries.arrivals import Coming, expected_at, find_coming
from yinuo.contexts.vehicles.queries.cars import list_takers
from yinuo.platform.refusals import Refusal

AHEAD = dt.timedelta(days=14)
# Where nobody pressed the button, the clock does it that long before the visit.
BY_ITSELF = dt.timedelta(hours=18)


class NoSuchTrain(Refusal):
    """The train has come, or touches no visit any more."""

    code = "no_such_train"
    zh = "这趟车已经到了，或者不影响预约了。"
    en = "This train has arrived, or touches no visit any more."


@dataclass(frozen=True)
class LateTrain:
    """A train whose cars come too late for visits that are booked."""

    train: Coming
    visits: tuple[VisitSeen, ...]

    @property
    def cars(self) -> int:
        """Cars of this centre on it."""
        return self.train.cars


def list_late(*, centre_id: int, now: dt.datetime) -> list[LateTrain]:
    """Trains to this centre that touch booked visits, the one with the first visit first."""
    coming = find_coming(centre_id, until=now + AHEAD)
    riding = {one for train in coming for one in train.order_ids}
    # Who took another car meanwhile waits for no train.
    visits = list_open_of_orders(sorted(riding - list_takers(riding)))
    late = []
    for train in coming:
        touched = tuple(
            one
            for one in visits
            if one.order_id in train.order_ids and is_affected(one.from_at, train.expected_at)
        )
        if touched:
            late.append(LateTrain(train, touched))
    return sorted(late, key=lambda one: (one.visits[0].from_at, one.train.code))


def move_visits(*, staff_id: int, centre_id: int, code: str, now: dt.datetime) -> list[VisitSeen]:
    """Move every visit that this train touches to the first time after it, and tell the customers.

    Returns the visits as they are now. A repeated order finds nothing left to do and is refused.

    Raises
    ------
    NoSuchTrain, NotStaff
    """
    require_staff(staff_id)
    late = [one for one in list_late(centre_id=centre_id, now=now) if one.train.code == code]
    if not late:
        raise NoSuchTrain
    return _move(late[0].visits, late[0].train.expected_at, now)


def _move(
    visits: Sequence[VisitSeen], expected: dt.datetime | None, now: dt.datetime
) -> list[VisitSeen]:
    not_before = None if expected is None else expected + PREPARATION
    moved = []
    for one in visits:
        try:
            moved.append(
                move_for_us(visit_id=one.id, not_before=not_before, code="CAR_LATE", now=now)
            )
        except NothingBooked:
            # Its customer cancelled meanwhile.
            continue
    return moved


def run(*, now: dt.datetime) -> int:
    """Move visits that are near and whose car cannot be there; returns how many. Safe to repeat."""
    moved = 0
    for centre_id in get_place_ids("CENTRE").values():
        for late in list_late(centre_id=centre_id, now=now):
            near = [one for one in late.visits if one.from_at - now <= BY_ITSELF]
            moved += len(_move(near, late.train.expected_at, now))
    return moved


def expected_near(*, now: dt.datetime) -> dict[int, dt.datetime]:
    """When cars come whose visits are today, by order."""
    visits = list_booked_from(now - dt.timedelta(days=1), now + dt.timedelta(days=1))
    return expected_at([one.order_id for one in visits])
