"""Two at once: two of staff, two taps, a change behind the one who signs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from tests import factories, handovers
from yinuo.contexts.handover.models import Answer, Inspection, Outcome, SafetySignal, Signature
from yinuo.contexts.handover.operations.inspecting import Inspector, Said
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill
from yinuo.platform.refusals import Refusal
from yinuo.workflows import handover, inspecting

NOW = handovers.NOW


@pytest.fixture
def world(fresh_database: str) -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of them at the same time; what each gave, or the refusal it met."""
    barrier, results = threading.Barrier(len(acts)), list[object]([None] * len(acts))

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=20)
            results[number] = acts[number]()
        except Refusal as refused:
            results[number] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_two_of_staff_begin_one_inspection(world: factories.World, order: Order) -> None:
    def begin() -> int:
        return inspecting.begin(order_id=order.id, staff_id=world.dora.id, now=NOW)

    first, second = at_once(begin, begin)
    assert first == second
    assert Inspection.objects.count() == 1


def test_two_taps_decide_and_sign_once(world: factories.World, order: Order) -> None:
    version = handovers.answer_all(handovers.begin(order, world), boot="").version
    assert SafetySignal.objects.count() == 1
    SafetySignal.objects.update(
        cleared_at=NOW, cleared_by=world.manager, cleared_words="三种方式都能开"
    )
    version = handovers.answer_all(Inspection.objects.get()).version

    def decide() -> object:
        return handover.decide(
            order_id=order.id,
            version=version,
            taken="TAKE",
            words="",
            person_id=order.person_id,
            now=NOW,
        )

    came = at_once(decide, decide)
    assert sum(isinstance(one, Refusal) for one in came) == 1
    assert Outcome.objects.count() == 1
    at_once(lambda: handovers.sign(order), lambda: handovers.sign(order))
    assert (Signature.objects.count(), Bill.objects.filter(kind="BALANCE").count()) == (1, 1)
    assert Entry.objects.filter(kind="inspection.signed").count() == 1


def test_who_signs_while_somebody_changes_the_list_signs_what_was_read(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection)
    handovers.decide(order)
    page = handovers.look(order)

    def sign() -> object:
        return handover.sign(
            order_id=order.id,
            version=page.version,
            document_sha256=page.document_sha256,
            name="陈安",
            drawing="",
            person_id=order.person_id,
            now=NOW,
        )

    def change() -> object:
        inspecting.look_again(order_id=order.id, now=NOW)
        return inspecting.answer(
            inspection_id=inspection.id,
            group="outside",
            answers={"paint": Said("PROBLEM", "右后门有划痕")},
            by=Inspector(helper="陈波"),
            now=NOW,
        )

    at_once(sign, change)
    signed = Signature.objects.first()
    paint = Answer.objects.get(code="paint").verdict
    if signed is None:
        assert (paint, Bill.objects.filter(kind="BALANCE").count()) == ("PROBLEM", 0)
    else:
        assert (paint, signed.document) == ("GOOD", page.document)
