"""Orders as staff see them: found by code, telephone or name, and named in lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from yinuo.contexts.ledger.queries.erasures import get_reasons
from yinuo.contexts.orders.models import Inquiry, Order
from yinuo.contexts.people.queries.people import get_staff
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform.ids import clean_code
from yinuo.platform.phones import clean_phone


@dataclass(frozen=True)
class StaffOrder:
    """One order with its customer; `owner_*` are empty where nobody is in charge of it.

    `erased` is the reason for which its record was erased. Name and telephone are then empty, but
    for the roles that need them for what the law still wants kept.
    """

    id: int
    code: str
    state: str
    state_at: dt.datetime
    locked_at: dt.datetime
    person_id: int
    person_name: str
    phone: str
    car_zh: str
    car_en: str
    spec_zh: str
    spec_en: str
    centre_zh: str
    centre_en: str
    owner_id: int | None
    owner_zh: str
    owner_en: str
    erased: str = ""

    @property
    def hidden(self) -> bool:
        """Whether what is kept of it is not for whoever asked."""
        return bool(self.erased) and not self.person_name


# Who recalls cars, and who answers for contracts and books before a court.
HOLDERS = ("QUALITY", "LEGAL")
ENDED = (Order.State.DELIVERED, Order.State.CANCELLED)


@dataclass(frozen=True)
class Asked:
    """A customer asked us something about the order."""

    about: str
    at: dt.datetime
    staff_zh: str
    staff_en: str


def _rows() -> QuerySet[Order]:
    return Order.objects.select_related(
        "person", "owner", "line__centre", "line__spec__car_model", "handover_place"
    )


def _staff_order(row: Order) -> StaffOrder:
    spec, owner = row.line.spec, row.owner
    centre = row.handover_place or row.line.centre
    return StaffOrder(
        id=row.id,
        code=row.code,
        state=row.state,
        state_at=row.state_at,
        locked_at=row.locked_at,
        person_id=row.person_id,
        person_name=row.person.name,
        phone=row.person.phone,
        car_zh=spec.car_model.name_zh,
        car_en=spec.car_model.name_en,
        spec_zh=spec.name_zh,
        spec_en=spec.name_en,
        centre_zh=centre.name_zh,
        centre_en=centre.name_en,
        owner_id=row.owner_id,
        owner_zh=owner.name_zh if owner else "",
        owner_en=owner.name_en if owner else "",
    )


def _seen(staff_id: int, rows: Sequence[Order]) -> list[StaffOrder]:
    """These orders as this member of staff may see them."""
    found = [_staff_order(row) for row in rows]
    erased = get_reasons([one.id for one in found if one.state in ENDED])
    if not erased:
        return found
    staff = get_staff(staff_id)
    if staff is not None and staff.role in HOLDERS:
        return [replace(one, erased=erased.get(one.id, "")) for one in found]
    return [
        replace(one, erased=erased[one.id], person_name="", phone="") if one.id in erased else one
        for one in found
    ]


def get_for_staff(staff_id: int, code: str) -> StaffOrder | None:
    """The order with this code, as typed or read out; None where there is none.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = _rows().filter(code=clean_code(code)).first()
    return _seen(staff_id, [row])[0] if row else None


def list_for_staff(staff_id: int, order_ids: Sequence[int]) -> dict[int, StaffOrder]:
    """These orders by row.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = list(_rows().filter(id__in=list(order_ids)))
    return {one.id: one for one in _seen(staff_id, rows)}


def find_for_staff(staff_id: int, typed: str, limit: int = 30) -> list[StaffOrder]:
    """Orders whose code begins so, whose customer has this telephone, or is called so.

    A telephone may be its last four digits or more. Open orders come first, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    typed = typed.strip()
    if not typed:
        return []
    wanted = Q(person__name=typed)
    code = clean_code(typed)
    if code:
        wanted |= Q(code__startswith=code)
    if len(typed) >= 2 and not typed.isascii():
        wanted |= Q(person__name__startswith=typed)
    if phone := clean_phone(typed):
        wanted |= Q(person__phone=phone)
    elif typed.isdigit() and len(typed) >= 4:
        wanted |= Q(person__phone__endswith=typed)
    ended = Q(state__in=ENDED)
    rows = _rows().filter(wanted)
    running = list(rows.exclude(ended).order_by("-locked_at", "-id")[:limit])
    left = limit - len(running)
    past = list(rows.filter(ended).order_by("-locked_at", "-id")[:left]) if left else []
    found = _seen(staff_id, [*running, *past])
    # Nobody finds whose record was erased by what was erased.
    return [one for one in found if one.person_name or (code and one.code.startswith(code))]


def list_inquiries(staff_id: int, order_id: int) -> list[Asked]:
    """What the customer of this order had to ask, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Inquiry.objects.filter(order=order_id).select_related("staff").order_by("-asked_at")
    return [
        Asked(
            row.about,
            row.asked_at,
            row.staff.name_zh if row.staff else "",
            row.staff.name_en if row.staff else "",
        )
        for row in rows
    ]
