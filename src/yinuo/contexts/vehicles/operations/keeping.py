"""Keeping a car for an order while its customer looks at it, signing what was told, taking it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.ledger.rules import Value
from yinuo.contexts.vehicles import rules
from yinuo.contexts.vehicles.models import Assignment, CarHold, Disclosure, StockCar
from yinuo.contexts.vehicles.queries.cars import text_of
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import at_local, local_date, say_instant, write_instant


class CarGone(Refusal):
    """Somebody else has the car, or keeps it."""

    code = "car_gone"
    zh = "这台刚被订走。您的位置没有变。"
    en = "This car has just gone. Your place has not changed."


class CityFirst(Refusal):
    """Orders of the car's own city come first for two days."""

    code = "city_first"
    zh = "这台车先给{city_zh}的订单，{at_zh} 以后您也可以选。您的位置没有变。"
    en = "Orders of {city_en} come first until {at_en}. Your place has not changed."


class KeepsAnother(Refusal):
    """An order keeps one car at a time."""

    code = "keeps_another"
    zh = "已经给您留着另一台车。先放回那一台，再选这一台。"
    en = "Another car is kept for you. Give that one back first."


class NotKept(Refusal):
    """The car is not kept for this order any more."""

    code = "not_kept"
    zh = "这台车没有给您留着，或者留的时间过了。您的位置没有变。"
    en = "This car is not kept for you, or its time is over. Your place has not changed."


class OtherText(Refusal):
    """What was read is not what is known of the car now."""

    code = "other_text"
    zh = "车况说明刚刚更新了。请再看一遍，再签字。"
    en = "The condition was updated just now. Please read it again before signing."


class NoName(Refusal):
    """A signature is the buyer's name."""

    code = "no_name"
    zh = "请写下您的姓名，表示看过并收下这份车况说明。"
    en = "Please write your name to say that you read it and have your copy."


@transaction.atomic
def keep_car(
    *, public_id: str, order_id: int, order_code: str, city: str, now: dt.datetime
) -> dt.datetime:
    """Keep a car for an order; returns until when. Asking again for the same one changes nothing.

    `city` is where the order is handed over. The order's place in line is not touched.

    Raises
    ------
    CarGone, CityFirst, KeepsAnother
    """
    car = _lock_offered(public_id)
    _end_due(now, car_id=car.id)
    running = CarHold.objects.filter(car=car, ended_at=None).first()
    if running is not None:
        if running.order_id == order_id:
            return running.until_at
        raise CarGone
    place = car.place
    if not rules.may_have(place.city_zh, city, car.first_until_at, now):
        at = car.first_until_at
        raise CityFirst(
            city_zh=place.city_zh,
            city_en=place.city_en,
            at_zh=say_instant(at, "zh"),
            at_en=say_instant(at, "en"),
        )
    if CarHold.objects.filter(order=order_id, ended_at=None).exists():
        raise KeepsAnother
    until_at = at_local(rules.hold_until_date(local_date(now)), rules.HOLD_HOUR)
    hold = CarHold.objects.create(car=car, order_id=order_id, from_at=now, until_at=until_at)
    more: dict[str, Value] = {"until_at": write_instant(until_at)}
    _tell("car.kept", f"kept:{hold.id}", car, order_id, order_code, more, now)
    return until_at


@transaction.atomic
def give_back(*, public_id: str, order_id: int, order_code: str, now: dt.datetime) -> None:
    """Let the car go; the order stays where it was. Safe to repeat."""
    car = StockCar.objects.select_for_update().get(public_id=public_id)
    hold = CarHold.objects.filter(car=car, order=order_id, ended_at=None).first()
    if hold is not None:
        _end(hold, "GIVEN_BACK", order_code, now)


@transaction.atomic
def sign(
    *,
    public_id: str,
    order_id: int,
    order_code: str,
    person_id: int,
    name: str,
    digest: str,
    language: str,
    now: dt.datetime,
) -> Disclosure:
    """The customer has read the condition and has a copy: kept word for word, for ever.

    `digest` is that of the text that was shown. Signing the same text again is the same signature.

    Raises
    ------
    NotKept, OtherText, NoName
    """
    car = StockCar.objects.select_for_update().get(public_id=public_id)
    _live_hold(car, order_id, now)
    if not name.strip():
        raise NoName
    text = text_of(car.id, language)
    if rules.digest_of(text) != digest:
        raise OtherText
    known = Disclosure.objects.filter(car=car, order=order_id, digest=digest).first()
    if known is not None:
        return known
    row = Disclosure.objects.create(
        public_id=ids.new_id("dis"),
        car=car,
        order_id=order_id,
        person_id=person_id,
        text=text,
        language=language,
        digest=digest,
        signed_name=name.strip()[:80],
        signed_at=now,
    )
    more: dict[str, Value] = {"disclosure": row.public_id, "digest": digest}
    _tell("car.disclosed", f"disclosed:{row.public_id}", car, order_id, order_code, more, now)
    return row


@transaction.atomic
def assign(
    *, disclosure: Disclosure, order_code: str, left_state: str, now: dt.datetime
) -> Assignment:
    """The car is the order's, by the disclosure that was signed. Who comes second is refused.

    Raises
    ------
    NotKept
    """
    car = StockCar.objects.select_for_update().get(id=disclosure.car_id)
    hold = _live_hold(car, disclosure.order_id, now)
    row = Assignment.objects.create(
        car=car,
        order_id=disclosure.order_id,
        disclosure=disclosure,
        left_state=left_state,
        price_fen=car.price_fen,
        assigned_at=now,
    )
    hold.ended_at, hold.end = now, "TAKEN"
    hold.save(update_fields=["ended_at", "end"])
    car.state, car.state_at = "TAKEN", now
    car.save(update_fields=["state", "state_at"])
    more: dict[str, Value] = {"disclosure": disclosure.public_id, "price_fen": car.price_fen}
    order_id = disclosure.order_id
    _tell("car.taken", f"taken:{car.public_id}", car, order_id, order_code, more, now)
    return row


def let_run_out(*, now: dt.datetime) -> int:
    """End every hold whose time has passed; returns how many. Safe to run twice."""
    with transaction.atomic():
        return _end_due(now)


def _end_due(now: dt.datetime, *, car_id: int | None = None) -> int:
    due = CarHold.objects.select_for_update(of=("self",)).select_related("order", "car")
    due = due.filter(ended_at=None, until_at__lte=now)
    holds = list((due if car_id is None else due.filter(car=car_id)).order_by("id"))
    for hold in holds:
        _end(hold, "RAN_OUT", hold.order.code, now)
    return len(holds)


def _end(hold: CarHold, end: str, order_code: str, now: dt.datetime) -> None:
    hold.ended_at, hold.end = now, end
    hold.save(update_fields=["ended_at", "end"])
    _tell("car.let_go", f"let_go:{hold.id}", hold.car, hold.order_id, order_code, {}, now)


def _lock_offered(public_id: str) -> StockCar:
    rows = StockCar.objects.select_for_update(of=("self",)).select_related("place")
    car = rows.filter(public_id=public_id).first()
    if car is None or car.state != "OFFERED":
        raise CarGone
    return car


def _live_hold(car: StockCar, order_id: int, now: dt.datetime) -> CarHold:
    hold = CarHold.objects.filter(car=car, order=order_id, ended_at=None, until_at__gt=now).first()
    if hold is None:
        raise NotKept
    return hold


def _tell(
    kind: str,
    key: str,
    car: StockCar,
    order_id: int,
    order_code: str,
    more: dict[str, Value],
    now: dt.datetime,
) -> None:
    private: dict[str, Value] = {
        "order": order_code,
        "car": car.public_id,
        "at": write_instant(now),
        **more,
    }
    record(Fact(kind, key, {"code": car.kind}, private, order_id, order_code), now=now)
