"""Another car instead of the ordered one: see it first, read what is known of it, sign, take it.

The order keeps its place until the car is its own. Then it leaves the line, so everybody behind it
moves up or stays: nobody's car is built later. That it left early stands in the public list of
reasons, counted on the page of everyone it passed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.orders.operations.allocating import CAR, Left, allocate
from yinuo.contexts.orders.operations.holds import except_orders
from yinuo.contexts.orders.operations.progress import move
from yinuo.contexts.orders.queries.customer import CustomerOrder
from yinuo.contexts.orders.queries.moves import get_price_fen
from yinuo.contexts.orders.rules.life import WAITING
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.terms.operations.decisions import keep
from yinuo.contexts.vehicles import rules
from yinuo.contexts.vehicles.operations import keeping
from yinuo.contexts.vehicles.queries import cars
from yinuo.engines.rules import decide
from yinuo.platform import outbox, uploads
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.rulepacks import load_pack
from yinuo.workflows import car_place, inspecting
from yinuo.workflows.contract_again import agree_again

DISCLOSED = "disclose.used"
PHOTOS = "car-photos"
QUEUE_CODE = "STOCK_CAR"


class NotDisclosed(Refusal):
    """The law does not let this car go without a written, signed and handed-over disclosure."""

    code = "not_disclosed"
    zh = "这台车的车况没有书面讲清、签字并留一份给您，不能换。"
    en = "Its condition was not disclosed in writing, signed and copied to you, so it cannot go."


class NotYourChoice(Refusal):
    """Only the person who ordered takes another car."""

    code = "not_your_choice"
    zh = "这一步只有下单的人能办。您可以看，不能替他选。"
    en = "Only the person who ordered can do this. You can read, not decide."


@dataclass(frozen=True)
class Taken:
    """The car is the order's: which one, and by which signed text."""

    car: str
    disclosure: str


def city_of(order: CustomerOrder) -> str:
    """The city where an order is handed over."""
    places = get_places().values()
    return next(place.city_zh for place in places if place.code == order.centre_code)


def fitting(order: CustomerOrder, model_code: str, now: dt.datetime) -> list[cars.CarSeen]:
    """Cars that this order may have now."""
    return cars.list_fitting(order_id=order.id, model_code=model_code, city=city_of(order), now=now)


def keep_photo(pieces: Iterable[bytes], *, claimed: str) -> uploads.Stored:
    """Keep a photo of a damage in the upload room.

    Raises
    ------
    NotWhatItSays, TooLarge, NothingSent
    """
    return uploads.keep(pieces, claimed=claimed, room=PHOTOS, takes=uploads.PICTURES)


def hold(*, order: CustomerOrder, car: str, now: dt.datetime) -> dt.datetime:
    """Keep a car for this order so that its customer can see it first; returns until when.

    Raises
    ------
    NotYourChoice, CarGone, CityFirst, KeepsAnother
    """
    _require(order)
    return keeping.keep_car(
        public_id=car, order_id=order.id, order_code=order.code, city=city_of(order), now=now
    )


def give_back(*, order: CustomerOrder, car: str, now: dt.datetime) -> None:
    """Let it go again; the place was never touched.

    Raises
    ------
    NotYourChoice
    """
    _require(order)
    keeping.give_back(public_id=car, order_id=order.id, order_code=order.code, now=now)


def take(
    *,
    order: CustomerOrder,
    person_id: int,
    car: str,
    name: str,
    digest: str,
    language: str,
    now: dt.datetime,
) -> Taken:
    """Sign what was read and take the car; all of it happens, or none.

    Raises
    ------
    NotYourChoice, NotKept, OtherText, NoName, NotDisclosed, NotNow, Frozen
    """
    _require(order)
    own_price_fen = get_price_fen(order.id)
    with transaction.atomic():
        moved = move(order_id=order.id, verb="take_car", now=now)
        signed = keeping.sign(
            public_id=car,
            order_id=order.id,
            order_code=order.code,
            person_id=person_id,
            name=name,
            digest=digest,
            language=language,
            now=now,
        )
        seen = _ask_the_law(order, car, now)
        taken = keeping.assign(
            disclosure=signed, order_code=order.code, left_state=moved.before, now=now
        )
        agree_again(
            order_id=order.id,
            person_id=person_id,
            page="/o/cars",
            shown_at=now,
            price_change_fen=taken.price_fen - own_price_fen,
            spec_code=seen.spec_code,
            now=now,
        )
        # An order whose car was begun has left its line in its turn: it passes nobody now.
        waited = moved.before in WAITING
        except_orders(order_ids=[order.id], code=QUEUE_CODE, cause_ref=car, public=waited, now=now)
        if waited:
            allocate([Left(order.id, CAR, car, now)], now=now)
        inspecting.give_up_car(order_id=order.id, now=now)
        car_place.move_hand_over(order=order, person_id=person_id, car=seen, now=now)
    outbox.nudge("notices.issue")
    return Taken(car, signed.public_id)


def _ask_the_law(order: CustomerOrder, car: str, now: dt.datetime) -> cars.CarSeen:
    """Guiding case 17: a car that is not new as built goes with a signed disclosure only."""
    seen = cars.get_car(car, order_id=order.id, city="", now=now)
    assert seen is not None
    condition = rules.condition_of(seen.kind, [item.grade for item in seen.items])
    signed = cars.is_signed(order.id, car)
    facts = {
        "car": {"condition": condition},
        "disclosure": {"written": signed, "signed": signed, "copy_given": signed},
    }
    pack = load_pack()
    decision = decide(pack, pack.read_facts(facts), local_date(now), rule_ids=[DISCLOSED])
    keep(decision=decision, at="order", order_id=order.id, now=now)
    if decision.clearance != "go":
        raise NotDisclosed
    return seen


def _require(order: CustomerOrder) -> None:
    if not order.may_act:
        raise NotYourChoice


def let_run_out(*, now: dt.datetime) -> int:
    """By the clock: cars whose time of looking is over go back; returns how many."""
    return keeping.let_run_out(now=now)
