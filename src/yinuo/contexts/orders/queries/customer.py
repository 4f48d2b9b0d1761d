"""What a customer may see of an order and of its place in line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from yinuo.contexts.orders.models import Order, QueueNote, StaffLook
from yinuo.contexts.orders.queries.passed import count_passes
from yinuo.contexts.orders.rules import AT_THE_CENTRE
from yinuo.contexts.people.queries.people import acts, sees
from yinuo.platform.spoken import local_date

State = Order.State
# The step of seven that a customer follows, by state; a cancelled order stands on none. What
# happens at the centre is one step with words of its own.
STEP_OF = {
    State.LOCKED: 1,
    State.SCHEDULED: 2,
    State.IN_BUILD: 3,
    State.BUILT: 4,
    State.IN_TRANSIT: 5,
    State.AT_CENTRE: 6,
    State.INSPECTED: 6,
    State.SIGNED: 6,
    State.PAID: 6,
    State.DELIVERED: 7,
}
STEPS = 7
# From these on a car has been given to its order and it no longer waits for its turn.
STATES_OUT_OF_LINE = (
    State.BUILT,
    State.IN_TRANSIT,
    State.AT_CENTRE,
    State.INSPECTED,
    State.SIGNED,
    State.PAID,
    State.DELIVERED,
    State.CANCELLED,
)
WEEK = dt.timedelta(days=7)
# An order with its car and where it is handed over.
WITH_CENTRE = ("line__spec__car_model", "line__centre", "handover_place")


@dataclass(frozen=True)
class CustomerOrder:
    """An order as its customer sees it. `step` counts from 1 of `steps`; 0 when cancelled."""

    id: int
    public_id: str
    code: str
    state: str
    step: int
    steps: int
    state_at: dt.datetime
    locked_at: dt.datetime
    days_told_at_lock: int | None
    delivered_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    car_zh: str
    car_en: str
    spec_zh: str
    spec_en: str
    centre_zh: str
    centre_en: str
    centre_code: str
    owner_id: int | None
    held_code: str
    may_act: bool

    @property
    def days_to_delivery(self) -> int | None:
        """Days from the lock to the hand-over; None before it."""
        if self.delivered_at is None:
            return None
        return (local_date(self.delivered_at) - local_date(self.locked_at)).days

    @property
    def at_centre(self) -> bool:
        """Whether the car stands at the centre, inspected or not."""
        return self.state in AT_THE_CENTRE

    @property
    def ended_date(self) -> dt.date | None:
        """The day of the hand-over or the cancellation, in China; None while the order runs."""
        ended_at = self.delivered_at or self.cancelled_at
        return local_date(ended_at) if ended_at else None


@dataclass(frozen=True)
class PlaceInLine:
    """`ahead` orders of the same line locked earlier and still without a car.

    `moved_week` of them got one, or left the line, in the last seven days. `overtakes` counts the
    orders that left first although they locked later, or stand later in the public log, by the
    recorded reason's code.
    """

    in_line: bool
    ahead: int
    moved_week: int
    overtakes: dict[str, int]
    unexplained: int


@dataclass(frozen=True)
class Look:
    """A member of staff looked at the order."""

    role: str
    action: str
    at: dt.datetime


@dataclass(frozen=True)
class OrderLine:
    """One order in a list."""

    code: str
    state: str
    car_zh: str
    car_en: str
    may_act: bool


def _held_code(order_id: int) -> str:
    note = QueueNote.objects.filter(order=order_id, kind="HOLD", until_at=None).order_by("-id")
    return note.values_list("code", flat=True).first() or ""


def get_for_customer(person_id: int, code: str) -> CustomerOrder | None:
    """The order with this code if it is the reader's own or of the reader's household.

    None for every other code, whether it exists or not.
    """
    row = (
        Order.objects.filter(sees(person_id, "person"), code=code)
        .select_related(*WITH_CENTRE)
        .distinct()
        .first()
    )
    if row is None:
        return None
    return _customer_order(row, may_act=row.person_id == person_id)


def get_by_id(order_id: int) -> CustomerOrder:
    """The order with this id, for readers whose right to it was checked: staff, a notice's code."""
    row = Order.objects.select_related(*WITH_CENTRE).get(id=order_id)
    return _customer_order(row, may_act=False)


def _customer_order(row: Order, *, may_act: bool) -> CustomerOrder:
    spec, centre = row.line.spec, row.handover_place or row.line.centre
    return CustomerOrder(
        id=row.id,
        public_id=row.public_id,
        code=row.code,
        state=row.state,
        step=STEP_OF.get(State(row.state), 0),
        steps=STEPS,
        state_at=row.state_at,
        locked_at=row.locked_at,
        days_told_at_lock=row.days_told_at_lock,
        delivered_at=row.delivered_at,
        cancelled_at=row.cancelled_at,
        car_zh=spec.car_model.name_zh,
        car_en=spec.car_model.name_en,
        spec_zh=spec.name_zh,
        spec_en=spec.name_en,
        centre_zh=centre.name_zh,
        centre_en=centre.name_en,
        centre_code=centre.code,
        owner_id=row.owner_id,
        held_code=_held_code(row.id),
        may_act=may_act,
    )


def may_act(person_id: int, order_id: int) -> bool:
    """Whether this customer may decide about the order, and not only read it."""
    return Order.objects.filter(acts(person_id, "person"), id=order_id).exists()


def list_for_customer(person_id: int) -> list[OrderLine]:
    """The own orders and those of the household, own ones first, newest first."""
    rows = (
        Order.objects.filter(sees(person_id, "person"))
        .select_related("line__spec__car_model")
        .distinct()
        .order_by("-locked_at")
    )
    lines = [
        OrderLine(
            row.code,
            row.state,
            row.line.spec.car_model.name_zh,
            row.line.spec.car_model.name_en,
            row.person_id == person_id,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: not line.may_act)


def get_place_in_line(order_id: int, now: dt.datetime) -> PlaceInLine:
    """Where an order stands among those of its line; the caller checked who may read it."""
    order = Order.objects.get(id=order_id)
    line = Order.objects.filter(line=order.line_id)
    earlier = line.filter(rank__lt=order.rank)
    waiting = ~Q(state__in=STATES_OUT_OF_LINE)
    in_line = order.state not in STATES_OUT_OF_LINE
    reasons = count_passes(order, now) if in_line else {}
    return PlaceInLine(
        in_line=in_line,
        ahead=earlier.filter(waiting).count(),
        moved_week=earlier.filter(
            state__in=STATES_OUT_OF_LINE, state_at__gt=now - WEEK, state_at__lte=now
        ).count(),
        overtakes={code: n for code, n in reasons.items() if code},
        unexplained=reasons.get("", 0),
    )


def list_looks(order_id: int, limit: int = 5) -> list[Look]:
    """Who of the maker opened the order, newest first: the role and the time, not the name."""
    rows = StaffLook.objects.filter(order=order_id).select_related("staff").order_by("-at")
    return [Look(row.staff.role, row.action, row.at) for row in rows[:limit]]
