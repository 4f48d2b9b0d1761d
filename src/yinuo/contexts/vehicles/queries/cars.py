"""What may be asked of cars: those that fit an order, one of them, and which an order has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from yinuo.contexts.catalogue.rules import full_name
from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.vehicles import rules
from yinuo.contexts.vehicles.models import Assignment, CarHold, ConditionItem, Disclosure, StockCar


@dataclass(frozen=True)
class CarSeen:
    """A car as a customer sees it. `kept_until_at` is set while it is kept for the reader's order.

    `gone` says that another order keeps it or has it. `may_from_at` is when an order of another
    city may have it, None when the reader's may now.
    """

    id: int
    public_id: str
    kind: str
    vin: str
    spec_id: int
    spec_code: str
    spec_zh: str
    spec_en: str
    model_code: str
    model_zh: str
    model_en: str
    place_id: int
    place_zh: str
    place_en: str
    city_zh: str
    city_en: str
    price_fen: int
    mileage_km: int
    built_date: dt.date
    ready_date: dt.date
    items: tuple[rules.Item, ...]
    events: tuple[rules.Event, ...]
    kept_until_at: dt.datetime | None
    gone: bool
    may_from_at: dt.datetime | None

    @property
    def flaws(self) -> tuple[rules.Item, ...]:
        """What is not as new."""
        return tuple(item for item in self.items if item.grade != "AS_NEW")


@dataclass(frozen=True)
class AssignedCar:
    """The car that an order took instead of its own."""

    car_public_id: str
    vin: str
    kind: str
    place_id: int
    price_fen: int
    disclosure_id: str
    assigned_at: dt.datetime


@dataclass(frozen=True)
class Disclosed:
    """What the law asks of the car that an order took: what it is, and whether that was told.

    `condition` is the rule pack's word. `written` says that the signed text holds all that is known
    of the car's condition today; `signed` and `copy_given` that this text is the one that was
    signed and that its customer keeps.
    """

    vin: str
    condition: str
    written: bool
    signed: bool
    copy_given: bool


def list_fitting(
    *, order_id: int, model_code: str, city: str, now: dt.datetime, limit: int = 20
) -> list[CarSeen]:
    """Cars of a model that an order of `city` may have or keeps, the own city first, then price."""
    rows = _rows().filter(state="OFFERED", spec__car_model__code=model_code)
    held = CarHold.objects.filter(ended_at=None, until_at__gt=now).exclude(order=order_id)
    rows = rows.exclude(id__in=held.values("car"))
    rows = rows.filter(Q(place__city_zh=city) | Q(first_until_at__lte=now))
    seen = [_seen(row, order_id, city, now) for row in rows.order_by("price_fen", "id")]
    return sorted(seen, key=lambda car: (car.kept_until_at is None, car.city_zh != city))[:limit]


def get_car(public_id: str, *, order_id: int, city: str, now: dt.datetime) -> CarSeen | None:
    """One car, also when it has just gone; None when there is none."""
    row = _rows().filter(public_id=public_id).first()
    return _seen(row, order_id, city, now) if row else None


def get_assigned(order_id: int) -> AssignedCar | None:
    """The car that an order took instead of its own, if it did."""
    row = Assignment.objects.filter(order=order_id).select_related("car", "disclosure").first()
    if row is None:
        return None
    car = row.car
    return AssignedCar(
        car.public_id,
        car.vin,
        car.kind,
        car.place_id,
        row.price_fen,
        row.disclosure.public_id,
        row.assigned_at,
    )


def get_ready_date(order_id: int) -> dt.date | None:
    """The first day on which the car that an order took can be handed over; None without one."""
    rows = Assignment.objects.filter(order=order_id).values_list("car__ready_date", flat=True)
    return rows.first()


def list_takers(order_ids: Iterable[int]) -> set[int]:
    """Which of these orders took another car instead of their own."""
    rows = Assignment.objects.filter(order__in=list(order_ids))
    return set(rows.values_list("order_id", flat=True))


def get_disclosed(order_id: int) -> Disclosed | None:
    """What the car is that an order took, and what was disclosed; None where it took none."""
    row = Assignment.objects.filter(order=order_id).select_related("disclosure").first()
    if row is None:
        return None
    car, signed = _rows().get(id=row.car_id), row.disclosure
    unchanged = rules.digest_of(signed.text) == signed.digest
    return Disclosed(
        car.vin,
        rules.condition_of(car.kind, [one.grade for one in car.items.all()]),
        written=rules.is_told_in(signed.text, _car(car), signed.language),
        signed=unchanged and signed.signed_name != "",
        copy_given=unchanged,
    )


def get_kept(order_id: int, now: dt.datetime) -> tuple[str, dt.datetime] | None:
    """The car that is kept for an order now, and until when."""
    hold = CarHold.objects.filter(order=order_id, ended_at=None, until_at__gt=now)
    return hold.values_list("car__public_id", "until_at").first()


def is_signed(order_id: int, public_id: str) -> bool:
    """Whether what is known of the car now was signed for this order."""
    car = StockCar.objects.get(public_id=public_id)
    digests = {rules.digest_of(text_of(car.id, language)) for language in ("zh", "en")}
    return Disclosure.objects.filter(car=car, order=order_id, digest__in=digests).exists()


def get_copy(person_id: int, order_id: int, public_id: str) -> tuple[str, str] | None:
    """The text of the newest signed disclosure of this car for the order, with its digest."""
    rows = Disclosure.objects.filter(sees(person_id, "order__person"), order=order_id)
    row = rows.filter(car__public_id=public_id).order_by("-id").first()
    return (row.text, row.digest) if row else None


def get_photo_type(public_id: str, digest: str) -> str | None:
    """The media type of a photo that belongs to this car; None for any other digest."""
    items = ConditionItem.objects.filter(car__public_id=public_id, photo_digest=digest)
    return items.values_list("photo_type", flat=True).first() if digest else None


def text_of(car_id: int, language: str) -> str:
    """What is disclosed of the car now, as it is shown and signed."""
    return rules.write_disclosure(_car(_rows().get(id=car_id)), language)


def _rows() -> QuerySet[StockCar]:
    return StockCar.objects.select_related("spec__car_model", "place").prefetch_related(
        "items", "events"
    )


def _items(row: StockCar) -> tuple[rules.Item, ...]:
    return tuple(
        rules.Item(
            one.place_zh,
            one.place_en,
            one.grade,
            one.text_zh,
            one.text_en,
            one.photo_digest,
            one.photo_type,
        )
        for one in sorted(row.items.all(), key=lambda one: one.id)
    )


def _events(row: StockCar) -> tuple[rules.Event, ...]:
    rows = sorted(row.events.all(), key=lambda one: (one.at_date, one.id))
    return tuple(rules.Event(one.at_date, one.text_zh, one.text_en) for one in rows)


def _car(row: StockCar) -> rules.Car:
    return rules.Car(
        row.vin,
        row.kind,
        full_name(row.spec.car_model.name_zh, row.spec.name_zh),
        full_name(row.spec.car_model.name_en, row.spec.name_en),
        row.place.name_zh,
        row.place.name_en,
        row.price_fen,
        row.mileage_km,
        row.built_date,
        row.ready_date,
        row.warranty_from_date,
        _items(row),
        _events(row),
    )


def _seen(row: StockCar, order_id: int, city: str, now: dt.datetime) -> CarSeen:
    hold = CarHold.objects.filter(car=row, ended_at=None, until_at__gt=now).first()
    mine = hold is not None and hold.order_id == order_id
    may = rules.may_have(row.place.city_zh, city, row.first_until_at, now)
    model = row.spec.car_model
    return CarSeen(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        vin=row.vin,
        spec_id=row.spec_id,
        spec_code=row.spec.code,
        spec_zh=row.spec.name_zh,
        spec_en=row.spec.name_en,
        model_code=model.code,
        model_zh=model.name_zh,
        model_en=model.name_en,
        place_id=row.place_id,
        place_zh=row.place.name_zh,
        place_en=row.place.name_en,
        city_zh=row.place.city_zh,
        city_en=row.place.city_en,
        price_fen=row.price_fen,
        mileage_km=row.mileage_km,
        built_date=row.built_date,
        ready_date=row.ready_date,
        items=_items(row),
        events=_events(row),
        kept_until_at=hold.until_at if hold and mine else None,
        gone=row.state != "OFFERED" or (hold is not None and not mine),
        may_from_at=None if may else row.first_until_at,
    )
