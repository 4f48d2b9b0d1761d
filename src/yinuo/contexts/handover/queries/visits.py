"""Visits as their customer and staff see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from yinuo.contexts.handover.models import Damage, Visit
from yinuo.contexts.handover.models.visits import OPEN
from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class VisitSeen:
    """One visit. `party` counts the customer and whoever comes along; times are half-open."""

    id: int
    public_id: str
    order_id: int
    order_code: str
    centre_id: int
    from_at: dt.datetime
    until_at: dt.datetime
    state: str
    party: int
    version: int
    bay_id: int
    bay_zh: str
    bay_en: str
    staff_id: int
    staff_zh: str
    staff_en: str
    arrived_at: dt.datetime | None
    customer: str


def visit_rows() -> QuerySet[Visit]:
    """Visits with everything that `seen` names."""
    return Visit.objects.select_related("bay", "staff", "order__person")


def seen(row: Visit) -> VisitSeen:
    """A row of `visit_rows` as others may see it."""
    return VisitSeen(
        id=row.id,
        public_id=row.public_id,
        order_id=row.order_id,
        order_code=row.order.code,
        centre_id=row.centre_id,
        from_at=row.during.lower,
        until_at=row.during.upper,
        state=row.state,
        party=row.party,
        version=row.version,
        bay_id=row.bay_id,
        bay_zh=row.bay.name_zh,
        bay_en=row.bay.name_en,
        staff_id=row.staff_id,
        staff_zh=row.staff.name_zh,
        staff_en=row.staff.name_en,
        arrived_at=row.arrived_at,
        customer=row.order.person.name,
    )


def get_for_customer(person_id: int, order_id: int) -> VisitSeen | None:
    """The newest visit of this order, whatever became of it, for a person who may read it."""
    rows = visit_rows().filter(sees(person_id, "order__person"), order=order_id).distinct()
    row = rows.order_by("-id").first()
    return seen(row) if row else None


def find_open(order_id: int) -> VisitSeen | None:
    """The visit of this order that is booked or under way, or None."""
    row = visit_rows().filter(order=order_id, state__in=OPEN).first()
    return seen(row) if row else None


def get_for_staff(staff_id: int, public_id: str) -> VisitSeen | None:
    """The visit with this public id, or None.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = visit_rows().filter(public_id=public_id).first()
    return seen(row) if row else None


def list_between(centre_id: int, from_at: dt.datetime, until_at: dt.datetime) -> list[VisitSeen]:
    """Every visit at this centre in the period that was not cancelled, by start."""
    rows = visit_rows().filter(centre=centre_id, during__overlap=(from_at, until_at))
    kept = rows.exclude(state=Visit.State.CANCELLED)
    return [seen(row) for row in sorted(kept, key=lambda one: (one.during.lower, one.id))]


def list_open_of_orders(order_ids: Sequence[int]) -> list[VisitSeen]:
    """Booked visits of these orders, by start."""
    rows = visit_rows().filter(order__in=list(order_ids), state=Visit.State.BOOKED)
    return [seen(row) for row in sorted(rows, key=lambda one: (one.during.lower, one.id))]


def list_booked_from(from_at: dt.datetime, until_at: dt.datetime) -> list[VisitSeen]:
    """Booked visits everywhere that begin in the period, by start."""
    rows = visit_rows().filter(
        Q(state=Visit.State.BOOKED),
        during__startswith__gte=from_at,
        during__startswith__lt=until_at,
    )
    return [seen(row) for row in rows.order_by("during", "id")]


def hides_damage(order_id: int) -> bool:
    """Whether known damage of this order's car was not told to its customer yet."""
    return Damage.objects.filter(order=order_id, told_at=None, left_at=None).exists()
