"""Cars that stand somewhere as staff see them: where, what they are, disclosed or not, whose."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.vehicles import rules
from yinuo.contexts.vehicles.models import CarHold, StockCar

# A car on the list is free, or kept for an order for a few days.
FREE, KEPT, TAKEN, WITHDRAWN = "FREE", "KEPT", "TAKEN", "WITHDRAWN"
STATES = (FREE, KEPT, TAKEN, WITHDRAWN)
KINDS = tuple(rules.KINDS)
MANY = 500


@dataclass(frozen=True)
class CarRow:
    """One car in the staff's list.

    `items` and `events` count what is written down of its condition; `disclosed_at` is when whoever
    has it signed that, None before. `order_code` names the order that has it or for which it is
    kept until `kept_until_at`.
    """

    public_id: str
    kind: str
    vin: str
    spec_zh: str
    spec_en: str
    model_code: str
    model_zh: str
    model_en: str
    place_code: str
    place_zh: str
    place_en: str
    price_fen: int
    mileage_km: int
    ready_date: dt.date
    listed_at: dt.datetime
    state: str
    items: int
    events: int
    disclosed_at: dt.datetime | None
    order_code: str
    kept_until_at: dt.datetime | None
    withdrawn_why: str


@dataclass(frozen=True)
class Wanted:
    """Which cars are asked for; an empty word is no wish. `disclosed` None: either."""

    centre: str = ""
    kind: str = ""
    model: str = ""
    state: str = ""
    disclosed: bool | None = None


def list_for_staff(staff_id: int, wanted: Wanted, *, now: dt.datetime) -> list[CarRow]:
    """The cars that are asked for, the newest listed first; the door says whose centre it is.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return list_cars(wanted, now=now)


def list_cars(wanted: Wanted, *, now: dt.datetime) -> list[CarRow]:
    """The same for whoever runs the installation."""
    rows = StockCar.objects.select_related(
        "spec__car_model", "place", "assignment__order", "assignment__disclosure"
    ).annotate(
        items_count=Count("items", distinct=True), events_count=Count("events", distinct=True)
    )
    if wanted.centre:
        rows = rows.filter(place__code=wanted.centre)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.model:
        rows = rows.filter(spec__car_model__code=wanted.model)
    if wanted.disclosed is not None:
        rows = rows.filter(assignment__isnull=not wanted.disclosed)
    found = list(rows.order_by("-listed_at", "-id")[:MANY])
    running = CarHold.objects.filter(car__in=found, ended_at=None, until_at__gt=now)
    holds = {hold.car_id: hold for hold in running.select_related("order")}
    made = [_row(row, holds.get(row.id), row.items_count, row.events_count) for row in found]
    return [one for one in made if not wanted.state or one.state == wanted.state]


def get_place_code(public_id: str) -> str | None:
    """Where a car stands; None for a car that is not known."""
    rows = StockCar.objects.filter(public_id=public_id)
    return rows.values_list("place__code", flat=True).first()


def _row(row: StockCar, hold: CarHold | None, items: int, events: int) -> CarRow:
    taken = row.assignment if hasattr(row, "assignment") else None
    state = {"OFFERED": KEPT if hold else FREE}.get(row.state, row.state)
    code = taken.order.code if taken else (hold.order.code if hold else "")
    return CarRow(
        public_id=row.public_id,
        kind=row.kind,
        vin=row.vin,
        spec_zh=row.spec.name_zh,
        spec_en=row.spec.name_en,
        model_code=row.spec.car_model.code,
        model_zh=row.spec.car_model.name_zh,
        model_en=row.spec.car_model.name_en,
        place_code=row.place.code,
        place_zh=row.place.name_zh,
        place_en=row.place.name_en,
        price_fen=row.price_fen,
        mileage_km=row.mileage_km,
        ready_date=row.ready_date,
        listed_at=row.listed_at,
        state=state,
        items=items,
        events=events,
        disclosed_at=taken.disclosure.signed_at if taken else None,
        order_code=code,
        kept_until_at=hold.until_at if hold else None,
        withdrawn_why=row.withdrawn_why,
    )
