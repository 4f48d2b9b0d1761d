"""Booking, moving, cancelling, beginning and ending a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from yinuo.contexts.handover.models import Visit
from yinuo.contexts.handover.models.visits import OPEN
from yinuo.contexts.handover.operations.seats import AlreadyBooked, SlotGone, seat
from yinuo.contexts.handover.operations.telling import OrderSeen, read_order, tell
from yinuo.contexts.handover.queries import slots
from yinuo.contexts.handover.queries.visits import VisitSeen, hides_damage, seen, visit_rows
from yinuo.contexts.handover.rules import visits as rules
from yinuo.contexts.handover.rules.slots import DAY, ways_at
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.places.rules import is_closed
from yinuo.platform import locks
from yinuo.platform.idempotency import first_answer, keep_answer
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date


class NotYours(Refusal):
    """Only who ordered the car, or staff, may act on a visit."""

    code = "not_yours"
    zh = "只有下单的人可以约和改到店时间。"
    en = "Only the person who ordered the car may book or change a visit."


class OrderEnded(Refusal):
    """A cancelled or delivered order has no visit any more."""

    code = "order_ended"
    zh = "订单已经结束，不能再约到店。"
    en = "The order has ended; no visit can be booked."


class CarNotHere(Refusal):
    """There is no car to look at, and none is on its way."""

    code = "car_not_here"
    zh = "车还没有到店，也没有到店的时间。到店时间定了就告诉您。"
    en = "The car is not here and has no time of arrival yet. You hear when it has."


class DamageNotTold(Refusal):
    """Known damage is told before anybody travels."""

    code = "damage_not_told"
    zh = "车上发现了问题，先把情况告诉您，再约到店。"
    en = "Something was found on the car. We tell you first; then you book."


class TooSoon(Refusal):
    """A visit lies in the future, after the car has come."""

    code = "too_soon"
    zh = "这个时间已经过了，或者车那时还没准备好。请另选一个。"
    en = "That time has passed, or the car is not ready by then. Pick another."


class NothingBooked(Refusal):
    """There is no open visit, or it has begun."""

    code = "nothing_booked"
    zh = "现在没有可以改的到店时间。"
    en = "There is no visit that can be changed now."


class PartySize(Refusal):
    """One to as many people as the centre takes at a time."""

    code = "party_size"
    zh = "请填来几个人：1 到 {most} 人。"
    en = "Say how many people come: 1 to {most}."


WHY: dict[str, type[Refusal]] = {
    "ENDED": OrderEnded,
    "CAR_NOT_HERE": CarNotHere,
    "DAMAGE_NOT_TOLD": DamageNotTold,
}


@dataclass(frozen=True)
class By:
    """Who gives the order: the customer with this row, or the member of staff."""

    person_id: int | None = None
    staff_id: int | None = None


def book(
    *,
    order_id: int,
    by: By,
    from_at: dt.datetime,
    party: int,
    expected_at: dt.datetime | None,
    request_key: str,
    now: dt.datetime,
) -> VisitSeen:
    """Book this time with a free bay and a person on duty, the order's own person first.

    `expected_at` is when a car that is not there yet is expected. The same
    `request_key` books once and is answered with the first booking.

    Raises
    ------
    NotYours, OrderEnded, CarNotHere, DamageNotTold, TooSoon, PartySize, AlreadyBooked, SlotGone
    """
    scope = f"visit.book:{order_id}"
    with transaction.atomic():
        order = _begin(order_id, by)
        known = first_answer(scope, request_key)
        if known is not None:
            return _seen(known)
        if Visit.objects.filter(order=order_id, state__in=OPEN).exists():
            raise AlreadyBooked
        visit = Visit(
            public_id=new_id("vis"),
            order_id=order_id,
            centre_id=order.centre_id,
            party=party,
            booked_at=now,
        )
        _place(visit, order, from_at, expected_at, now)
        tell(visit, "visit.booked", code="CUSTOMER" if by.person_id else "CENTRE", now=now)
        keep_answer(scope, request_key, visit.id, now=now)
    return _seen(visit.id)


def move(
    *,
    order_id: int,
    by: By,
    from_at: dt.datetime,
    party: int,
    expected_at: dt.datetime | None,
    now: dt.datetime,
) -> VisitSeen:
    """Put the booked visit of this order to another time. Rank and place in line stay.

    Moving it to where it is changes nothing, so a repeated form is harmless.

    Raises
    ------
    NotYours, NothingBooked, OrderEnded, CarNotHere, DamageNotTold, TooSoon, PartySize, SlotGone
    """
    with transaction.atomic():
        order = _begin(order_id, by)
        visit = _booked(order_id, now)
        old_at = visit.during.lower
        if (old_at, visit.party) == (from_at, party):
            return _seen(visit.id)
        visit.party = party
        visit.version += 1
        visit.reminded_at = None
        _place(visit, order, from_at, expected_at, now)
        code = "CUSTOMER" if by.person_id else "CENTRE"
        tell(visit, "visit.moved", code=code, old_at=old_at, now=now)
    return _seen(visit.id)


def cancel(*, order_id: int, by: By, now: dt.datetime) -> VisitSeen:
    """Cancel the booked visit; the order, its car and its place stay as they are.

    Raises
    ------
    NotYours, NothingBooked
    """
    with transaction.atomic():
        _begin(order_id, by)
        visit = _booked(order_id, now)
        visit.state = Visit.State.CANCELLED
        visit.version += 1
        visit.save(update_fields=["state", "version"])
        kind = "visit.cancelled" if by.person_id else "visit.called_off"
        code = "CUSTOMER" if by.person_id else "CENTRE"
        tell(visit, kind, code=code, old_at=visit.during.lower, now=now)
    return _seen(visit.id)


def drop_for_order(*, order_id: int) -> bool:
    """End the booked visit of an order that ended; says whether there was one. Safe to repeat.

    The customer is told of the order's end, so not of this.
    """
    with transaction.atomic():
        order = read_order(order_id)
        locks.hold(f"centre:{order.centre_id}")
        rows = Visit.objects.filter(order=order_id, state=Visit.State.BOOKED)
        return bool(rows.update(state=Visit.State.CANCELLED))


def say_here(*, order_id: int, person_id: int, now: dt.datetime) -> None:
    """The customer is at the centre; from now on it is us who are waited for.

    Raises
    ------
    NotYours, NothingBooked
    """
    with transaction.atomic():
        _begin(order_id, By(person_id=person_id))
        visit = Visit.objects.filter(order=order_id, state=Visit.State.BOOKED).first()
        if visit is None or local_date(visit.during.lower) != local_date(now):
            raise NothingBooked
        if visit.arrived_at is None:
            visit.arrived_at = now
            visit.save(update_fields=["arrived_at"])


def start(*, public_id: str, staff_id: int, now: dt.datetime) -> None:
    """The customer is received. Safe to repeat.

    Raises
    ------
    NothingBooked, NotStaff
    """

    def begin(visit: Visit) -> None:
        visit.state, visit.started_at = Visit.State.STARTED, now
        visit.arrived_at = visit.arrived_at or now

    _step(public_id, staff_id, (Visit.State.BOOKED,), Visit.State.STARTED, begin)


def end(*, public_id: str, staff_id: int, now: dt.datetime) -> None:
    """The customer has left; bay and person are free from now on. Safe to repeat.

    Raises
    ------
    NothingBooked, NotStaff
    """

    def finish(visit: Visit) -> None:
        visit.state, visit.ended_at = Visit.State.ENDED, now
        lower, upper = visit.during.lower, visit.during.upper
        if now < upper:
            visit.during = DateTimeTZRange(lower, max(now, lower + dt.timedelta(seconds=1)))

    _step(public_id, staff_id, (Visit.State.STARTED,), Visit.State.ENDED, finish)


def _step(
    public_id: str,
    staff_id: int,
    wanted: tuple[str, ...],
    reached: str,
    change: Callable[[Visit], None],
) -> None:
    require_staff(staff_id)
    with transaction.atomic():
        visit = Visit.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()
        if visit is None or visit.state not in (*wanted, reached):
            raise NothingBooked
        if visit.state != reached:
            change(visit)
            visit.save()


def _begin(order_id: int, by: By) -> OrderSeen:
    """Lock the order and its centre's book; check who asks."""
    order = read_order(order_id, lock=True)
    if by.staff_id is not None:
        require_staff(by.staff_id)
    elif order.person_id != by.person_id:
        raise NotYours
    locks.hold(f"centre:{order.centre_id}")
    return order


def _booked(order_id: int, now: dt.datetime) -> Visit:
    visit = Visit.objects.filter(order=order_id, state=Visit.State.BOOKED).first()
    if visit is None or visit.during.lower <= now:
        raise NothingBooked
    return visit


def _place(
    visit: Visit,
    order: OrderSeen,
    from_at: dt.datetime,
    expected_at: dt.datetime | None,
    now: dt.datetime,
) -> None:
    """Find a bay and a person at this time, and save the visit with them."""
    car = rules.Car(order.state, expected_at, hides_damage(order.id))
    if why := rules.why_no_visit(car):
        raise WHY[why]
    hours = slots.get_hours(order.centre_id)
    if hours is None:
        raise SlotGone
    if not 1 <= visit.party <= hours.party_max:
        raise PartySize(most=hours.party_max)
    if from_at < rules.earliest_visit(car, now):
        raise TooSoon
    if is_closed(local_date(from_at, hours.zone)) is not False:
        raise SlotGone
    ground = slots.load_ground(
        order.centre_id,
        hours,
        from_at=from_at - DAY,
        until_at=from_at + DAY,
        besides=visit.id,
    )
    seat(visit, ways_at(ground, from_at, party=visit.party, prefer_staff=order.owner_id))


def _seen(visit_id: int) -> VisitSeen:
    return seen(visit_rows().get(id=visit_id))
