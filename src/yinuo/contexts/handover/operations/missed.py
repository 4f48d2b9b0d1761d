"""Visits that do not take place as booked: moved by us, called off, missed, recalled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from django.db import transaction

from yinuo.contexts.handover.models import Visit
from yinuo.contexts.handover.models.visits import OPEN
from yinuo.contexts.handover.operations.seats import SlotGone, seat
from yinuo.contexts.handover.operations.telling import read_order, tell
from yinuo.contexts.handover.operations.visits import NothingBooked
from yinuo.contexts.handover.queries import slots
from yinuo.contexts.handover.queries.slots import NOTHING
from yinuo.contexts.handover.queries.visits import VisitSeen, seen, visit_rows
from yinuo.contexts.handover.rules import visits as rules
from yinuo.contexts.handover.rules.slots import Periods
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform import locks
from yinuo.platform.refusals import Refusal

OFFERS = 3
LEFT_OPEN = dt.timedelta(hours=1)


class StillTime(Refusal):
    """Half an hour has to pass before a customer counts as not having come."""

    code = "still_time"
    zh = "约定时间后等满 30 分钟，才能登记没有来。"
    en = "Wait 30 minutes past the time before recording that nobody came."


class CustomerWasHere(Refusal):
    """Who said "I am here" was there."""

    code = "customer_was_here"
    zh = "客户已经说到店了。没有接待，是我们没做到。"
    en = "The customer said they are here. Not receiving them is on us."


def move_for_us(
    *,
    visit_id: int,
    not_before: dt.datetime | None,
    code: str,
    closed: Mapping[int, Periods] = NOTHING,
    now: dt.datetime,
) -> VisitSeen:
    """Move an open visit to the first free time, for a reason of ours, and tell the customer.

    Without `not_before` (nobody knows when the car comes) or where nothing is free, the visit is
    called off and the customer is told who names a new time by when. `closed` are periods in
    which zones are about to be closed.

    Raises
    ------
    NothingBooked
    """
    with transaction.atomic():
        visit = _hold(visit_id, OPEN)
        order = read_order(visit.order_id)
        old_at = visit.during.lower
        slot = None
        if not_before is not None:
            slot = slots.get_first_free(
                order.centre_id,
                not_before=max(not_before, now + rules.NOTICE),
                party=visit.party,
                prefer_staff=visit.staff_id,
                besides=visit.id,
                closed=closed,
            )
        visit.version += 1
        visit.started_at = visit.arrived_at = visit.reminded_at = None
        if slot is not None:
            visit.state = Visit.State.BOOKED
            try:
                seat(visit, [slot])
            except SlotGone:
                slot = None
        if slot is None:
            visit.refresh_from_db(fields=["bay", "staff", "during"])
            visit.state = Visit.State.CALLED_OFF
            visit.save()
            tell(visit, "visit.called_off", code=code, old_at=old_at, now=now)
        else:
            tell(visit, "visit.moved", code=code, old_at=old_at, now=now)
    return seen(visit_rows().get(id=visit.id))


def record_no_show(
    *,
    public_id: str,
    by: Literal["CUSTOMER", "CENTRE"],
    staff_id: int | None,
    code: str = "CENTRE",
    car_ready_at: dt.datetime | None = None,
    now: dt.datetime,
) -> VisitSeen:
    """A visit did not take place, because the customer did not come or because of us.

    Either way the customer is told with the next free times; ours is owned up to with an apology
    and all ways on. `code` says why, where it was us; nothing is offered before `car_ready_at`.
    `staff_id` is None where the clock found it. Safe to repeat.

    Raises
    ------
    StillTime, CustomerWasHere, NothingBooked, NotStaff
    """
    if staff_id is not None:
        require_staff(staff_id)
    ours = by == "CENTRE"
    reached = Visit.State.MISSED_BY_CENTRE if ours else Visit.State.MISSED_BY_CUSTOMER
    with transaction.atomic():
        row = Visit.objects.filter(public_id=public_id).values_list("id", "state").first()
        if row is None:
            raise NothingBooked
        if row[1] == reached:
            return seen(visit_rows().get(id=row[0]))
        visit = _hold(row[0], (Visit.State.BOOKED,))
        if not ours:
            _check_not_come(visit, now)
        visit.state = reached
        visit.version += 1
        visit.save(update_fields=["state", "version"])
        free = slots.list_free(
            visit.centre_id,
            not_before=max(now + rules.NOTICE, car_ready_at or now),
            party=visit.party,
            prefer_staff=visit.staff_id,
        )
        offers = [] if code == "CAR_MISSING" and car_ready_at is None else free
        kind = "visit.missed_by_us" if ours else "visit.missed_by_customer"
        tell(
            visit,
            kind,
            code=code if ours else "NOT_SEEN",
            old_at=visit.during.lower,
            offers=[slot.from_at for slot in offers[:OFFERS]],
            now=now,
        )
    return seen(visit_rows().get(id=visit.id))


def _check_not_come(visit: Visit, now: dt.datetime) -> None:
    if visit.arrived_at is not None:
        raise CustomerWasHere
    if not rules.may_be_missed_by_customer(visit.during.lower, now):
        raise StillTime


def own_up(*, expected: Mapping[int, dt.datetime], now: dt.datetime) -> int:
    """Find visits that we do not keep, and those nobody came to; returns how many were told.

    `expected` is when cars that are not at their centre come, by order. Safe to repeat.
    """
    told = 0
    near = Visit.objects.filter(
        state=Visit.State.BOOKED, during__startswith__lte=now + rules.CAR_THERE_BEFORE
    ).order_by("id")
    for visit in near:
        order = read_order(visit.order_id)
        here = order.state in rules.AT_CENTRE
        start = visit.during.lower
        if order.state in rules.ENDED:
            # Who was given the car has been here, whether or not somebody pressed the button.
            came = order.state == "DELIVERED" and start <= now
            Visit.objects.filter(id=visit.id, state=Visit.State.BOOKED).update(
                state=Visit.State.ENDED if came else Visit.State.CANCELLED
            )
        elif rules.is_missed_by_us(start, visit.arrived_at, here, now):
            comes = expected.get(visit.order_id)
            record_no_show(
                public_id=visit.public_id,
                by="CENTRE",
                staff_id=None,
                code="NOT_RECEIVED" if here else "CAR_MISSING",
                car_ready_at=comes + rules.PREPARATION if comes and not here else None,
                now=now,
            )
            told += 1
        elif now >= visit.during.upper + LEFT_OPEN:
            record_no_show(public_id=visit.public_id, by="CUSTOMER", staff_id=None, now=now)
            told += 1
    return told


def remind(*, now: dt.datetime) -> int:
    """Recall tomorrow's visits from 17:00 of the day before on; returns how many. Safe to repeat.

    Who booked after that has just been told.
    """
    reminded = 0
    ahead = now + dt.timedelta(days=2)
    coming = Visit.objects.filter(
        state=Visit.State.BOOKED,
        reminded_at=None,
        during__startswith__gt=now,
        during__startswith__lt=ahead,
    )
    for row in coming.order_by("id"):
        due_at = rules.day_before(row.during.lower)
        if now < due_at or row.booked_at >= due_at:
            continue
        with transaction.atomic():
            mine = Visit.objects.filter(
                id=row.id, reminded_at=None, state=Visit.State.BOOKED, version=row.version
            )
            if mine.update(reminded_at=now):
                tell(row, "visit.tomorrow", code="DAY_BEFORE", now=now)
                reminded += 1
    return reminded


def _hold(visit_id: int, states: tuple[str, ...]) -> Visit:
    """The visit, locked, with the book of its centre.

    Raises
    ------
    NothingBooked
    """
    centre_id = Visit.objects.filter(id=visit_id).values_list("centre_id", flat=True).first()
    locks.hold(f"centre:{centre_id}")
    visit = (
        Visit.objects.select_for_update(of=("self",)).filter(id=visit_id, state__in=states).first()
    )
    if visit is None:
        raise NothingBooked
    return visit
