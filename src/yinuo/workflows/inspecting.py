"""Inspecting a car: what is found is kept, and what life depends on stops the car at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from yinuo.contexts.handover.operations import damage, inspecting, safety
from yinuo.contexts.handover.operations.deciding import reopen, set_aside
from yinuo.contexts.handover.operations.inspecting import Changed, Inspector, Said
from yinuo.contexts.handover.operations.locking import lock_order
from yinuo.contexts.handover.queries.work import (
    InspectionFacts,
    get_facts,
    list_failed,
    list_open_signals,
)
from yinuo.contexts.notices.operations.alert import alert_safety
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.progress import NotNow, move
from yinuo.contexts.orders.queries.handover import get_for_handover
from yinuo.contexts.orders.rules import life
from yinuo.contexts.payments.operations.bills import void_bill
from yinuo.contexts.payments.queries.leaving import list_open_balances, list_paid_balances
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.production.queries.handover import Car, count_batch, get_car
from yinuo.contexts.terms.operations.decisions import keep
from yinuo.contexts.vehicles.queries.cars import get_assigned
from yinuo.engines.rules import decide
from yinuo.platform import outbox
from yinuo.platform.spoken import local_date
from yinuo.rulepacks import load_pack

HOLD = "QUALITY_HOLD"
# Within six months of the hand-over the maker proves that the car was sound.
PROOF = "consumer.proof6m"


def begin(*, order_id: int, staff_id: int, now: dt.datetime) -> int:
    """Put the car before its customer; the inspection's row. Safe to repeat.

    Raises
    ------
    NotNow
        The car is not at the centre.
    NoCarYet, HiddenDamage, NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        # Two who begin at once, or one who takes down damage meanwhile, come one after the other.
        lock_order(order_id)
        order = get_for_handover(order_id)
        if order.state not in (life.AT_CENTRE, life.INSPECTED):
            raise NotNow(state=order.state, verb="inspect")
        inspection = inspecting.open_inspection(
            order_id=order_id,
            vin=car_of(order_id).vin,
            model=order.model,
            staff_id=staff_id,
            now=now,
        )
    return inspection.id


def car_of(order_id: int) -> Car:
    """The car that is handed over: the one that was taken instead, else the one that was built.

    Of a car that was taken instead the batch is not known here.
    """
    taken = get_assigned(order_id)
    return Car(taken.vin, "") if taken else get_car(order_id)


def answer(
    *,
    inspection_id: int,
    group: str,
    answers: Mapping[str, Said],
    by: Inspector,
    now: dt.datetime,
) -> Changed:
    """Keep what was found at one group of checks; a failed check on which life depends stops the
    car in the same transaction.

    Raises
    ------
    NotOpen, DecidedAlready, UnknownCheck
    """
    with transaction.atomic():
        changed = inspecting.answer_group(
            inspection_id=inspection_id, group=group, answers=answers, by=by, now=now
        )
        if changed.failed:
            stop(inspection_id=inspection_id, codes=changed.failed, now=now)
    return changed


def stop(*, inspection_id: int, codes: tuple[str, ...], now: dt.datetime) -> int:
    """Hold the car, raise a signal for each failed check, tell quality. Safe to repeat."""
    with transaction.atomic():
        raised = safety.raise_signals(inspection_id=inspection_id, codes=codes, now=now)
        for signal in raised:
            hold_orders(
                order_ids=[signal.order_id],
                code=HOLD,
                cause_ref=_cause(signal.number),
                now=now,
            )
            batch = car_of(signal.order_id).batch
            same = list_failed(signal.code)
            failed, cars = count_batch(batch, same) if batch else (0, 0)
            alert_safety(
                ref=_cause(signal.number),
                car=(signal.order_code, signal.vin),
                check=(signal.zh, signal.en),
                batch=(batch, failed, cars),
                now=now,
            )
        safety.mark_held(numbers=[signal.number for signal in raised], now=now)
        outbox.nudge("direct.send")
    return len(raised)


def _cause(number: int) -> str:
    return f"safety:{number}"


def clear(*, number: int, words: str, staff_id: int, now: dt.datetime) -> None:
    """Quality lets the car go on, in words; the order goes on from its old place.

    Raises
    ------
    SayWhy, NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        safety.clear_signal(number=number, words=words, staff_id=staff_id, now=now)
        release_orders(cause_ref=_cause(number), now=now)


def look_again(*, order_id: int, now: dt.datetime) -> None:
    """The customer takes a decision back before paying, to look again. Safe to repeat.

    Before the signature the list opens again. After it what was signed stays as it is, a new
    inspection begins, and the balance is no longer asked for.

    Raises
    ------
    NotNow
        The balance is paid.
    Frozen, HiddenDamage
    """
    with transaction.atomic():
        lock_order(order_id)
        facts = get_facts(order_id)
        if facts is None or facts.state not in ("DECIDED", "SIGNED"):
            return
        if list_paid_balances(order_id):
            raise NotNow(state=life.PAID, verb="inspect_again")
        move(order_id=order_id, verb="inspect_again", now=now)
        if facts.state == "DECIDED":
            reopen(inspection_id=facts.id)
            return
        for bill_id in list_open_balances(order_id):
            void_bill(bill_id=bill_id, now=now)
        set_aside(inspection_id=facts.id)
        order = get_for_handover(order_id)
        inspecting.open_inspection(
            order_id=order_id, vin=facts.vin, model=order.model, staff_id=None, now=now
        )


def give_up_car(*, order_id: int, now: dt.datetime) -> None:
    """Another car was taken: what was looked at of the first is over, and its faults hold nobody.

    The first car stays held itself until quality clears it. Safe to repeat.
    """
    with transaction.atomic():
        lock_order(order_id)
        facts = get_facts(order_id)
        if facts is not None:
            set_aside(inspection_id=facts.id)
        damage.leave(order_id=order_id, now=now)
        for number in list_open_signals(order_id):
            release_orders(cause_ref=_cause(number), now=now)


def judge(
    *, order_id: int, code: str, judged: safety.Judged, staff_id: int, now: dt.datetime
) -> int:
    """What the maker says of a reported problem, with the day until which it bears the proof.

    The law is asked with the hand-over's date, or with today where the car was not handed over:
    before it there is nothing that the customer would have to prove.

    Raises
    ------
    SayWhy, NoFaultNeedsProof, NotReported, NotStaff
    """
    require_staff(staff_id)
    facts = get_facts(order_id)
    if facts is None:
        raise safety.NotReported
    today = local_date(now)
    handed = local_date(facts.keys_given_at) if facts.keys_given_at else today
    pack = load_pack()
    said = {
        "fault": {"disputed": True, "reported_date": _reported(facts, code, today)},
        "car": {"delivered_date": handed.isoformat()},
    }
    decision = decide(pack, pack.read_facts(said), today, rule_ids=[PROOF])
    keep(decision=decision, at="complaint", order_id=order_id, now=now)
    proof = decision.find(PROOF)
    until = proof.values.get("until_date") if proof.action == "tell" else None
    return safety.diagnose(
        inspection_id=facts.id,
        code=code,
        judged=judged,
        maker_proves_until=until if isinstance(until, dt.date) else None,
        staff_id=staff_id,
        now=now,
    )


def _reported(facts: InspectionFacts, code: str, today: dt.date) -> str:
    at = facts.answered_at.get(code)
    return (local_date(at) if at else today).isoformat()
