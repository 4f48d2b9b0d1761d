"""Listing a car with everything that is known of it, and taking it off the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.vehicles.models import CarEvent, CarHold, ConditionItem, StockCar
from yinuo.contexts.vehicles.rules import CITY_FIRST, Event, Item
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal

WHY_MAX = 200


class NothingDisclosed(Refusal):
    """A display or nearly new car is listed with its condition, place by place, and its history."""

    code = "nothing_disclosed"
    zh = "展车和准新车要写清每一处车况和以前的事，才能上架。"
    en = "A display or nearly new car is listed with its condition and history only."


class ListedAlready(Refusal):
    """This VIN is listed."""

    code = "listed_already"
    zh = "这个车架号已经上架了。"
    en = "This VIN is listed already."


class NoSuchCar(Refusal):
    """No car is listed under this name."""

    code = "no_such_car"
    zh = "没有这台车。"
    en = "There is no such car."


class SomebodyHasIt(Refusal):
    """A car that is kept for an order, or is an order's, stays on the list."""

    code = "somebody_has_it"
    zh = "这台车正给客户留着，或者已经是客户的了，不能下架。"
    en = "The car is kept for a customer, or is a customer's; it stays on the list."


class SayWhy(Refusal):
    """A car leaves the list for a reason."""

    code = "say_why_withdrawn"
    zh = "请写明为什么下架。"
    en = "Say why it is taken off the list."


@dataclass(frozen=True)
class NewCar:
    """A car to list; `spec_id` and `place_id` are rows of the catalogue and of the places."""

    kind: str
    vin: str
    spec_id: int
    place_id: int
    price_fen: int
    mileage_km: int
    built_date: dt.date
    ready_date: dt.date
    items: Sequence[Item]
    events: Sequence[Event] = ()
    warranty_from_date: dt.date | None = None


@transaction.atomic
def list_car(*, car: NewCar, now: dt.datetime) -> str:
    """Offer a car to orders that wait, those of its city first; returns its public id.

    Raises
    ------
    NothingDisclosed, ListedAlready
    """
    if car.kind != "STOCK" and not (car.items and car.events):
        raise NothingDisclosed
    if StockCar.objects.filter(vin=car.vin).exists():
        raise ListedAlready
    row = StockCar.objects.create(
        public_id=ids.new_id("car"),
        kind=car.kind,
        vin=car.vin,
        spec_id=car.spec_id,
        place_id=car.place_id,
        price_fen=car.price_fen,
        mileage_km=car.mileage_km,
        built_date=car.built_date,
        ready_date=car.ready_date,
        warranty_from_date=car.warranty_from_date,
        listed_at=now,
        first_until_at=now + CITY_FIRST,
        state_at=now,
    )
    ConditionItem.objects.bulk_create(
        ConditionItem(
            car=row,
            place_zh=item.place_zh,
            place_en=item.place_en,
            grade=item.grade,
            text_zh=item.text_zh,
            text_en=item.text_en,
            photo_digest=item.photo_digest,
            photo_type=item.photo_type,
        )
        for item in car.items
    )
    CarEvent.objects.bulk_create(
        CarEvent(car=row, at_date=one.on, text_zh=one.zh, text_en=one.en) for one in car.events
    )
    return row.public_id


@transaction.atomic
def withdraw_car(*, public_id: str, why: str, staff_id: int | None, now: dt.datetime) -> bool:
    """Take a car off the list; False where it is off it already.

    `staff_id` is None at the command line. Whoever looks at the car now keeps it until their time
    is over.

    Raises
    ------
    NoSuchCar, SomebodyHasIt, SayWhy
    """
    row = StockCar.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NoSuchCar
    if row.state == "WITHDRAWN":
        return False
    running = CarHold.objects.filter(car=row, ended_at=None, until_at__gt=now)
    if row.state != "OFFERED" or running.exists():
        raise SomebodyHasIt
    if not why.strip():
        raise SayWhy
    row.state, row.state_at = "WITHDRAWN", now
    row.withdrawn_by_id, row.withdrawn_why = staff_id, why.strip()[:WHY_MAX]
    row.save(update_fields=["state", "state_at", "withdrawn_by", "withdrawn_why"])
    return True
