"""What the database itself refuses of an inspection, whoever asks."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from tests import factories
from tests.contexts.ledger.samples import sample
from yinuo.contexts.handover.models import (
    Answer,
    Damage,
    Diagnosis,
    Evidence,
    Inspection,
    Outcome,
    Signature,
    Statement,
)
from yinuo.contexts.ledger.operations import record
from yinuo.contexts.orders.models import Order

NOW, DAY = factories.NOW, factories.DAY
DIGEST = "a" * 64


@pytest.fixture
def world(db: None) -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return factories.make_order(world, "SH26XN", state="AT_CENTRE")


def make_inspection(order: Order, number: int = 1, state: str = "OPEN") -> Inspection:
    return Inspection.objects.create(
        public_id=f"ins_{order.code}_{number}",
        order=order,
        number=number,
        vin="LYNS7ANC0S0000001",
        state=state,
        checklist=[],
        opened_at=NOW,
    )


def decide(inspection: Inspection, taken: str = "TAKE") -> Outcome:
    outcome = Outcome.objects.create(
        inspection=inspection,
        taken=taken,
        version=inspection.version,
        decided_at=NOW,
        person=inspection.order.person,
        answer_by_at=NOW + DAY if taken == "REFUSE" else None,
    )
    Inspection.objects.filter(id=inspection.id).update(state="DECIDED")
    return outcome


def sign(inspection: Inspection, version: int = 1) -> Signature:
    return Signature.objects.create(
        public_id=f"sig_{inspection.id}_{version}",
        order=inspection.order,
        inspection=inspection,
        version=version,
        document_sha256=DIGEST,
        document="{}",
        kind="TYPED",
        name="陈安",
        signed_at=NOW,
        person=inspection.order.person,
    )


def make_damage(order: Order) -> Damage:
    return Damage.objects.create(
        public_id="dmg_1",
        order=order,
        spot_zh="右后门",
        spot_en="right rear door",
        words_zh="一处划痕",
        words_en="a scratch",
        found_at=NOW,
    )


@pytest.mark.need(15)
def test_a_car_with_damage_that_was_not_told_is_not_put_to_inspection(order: Order) -> None:
    damage = make_damage(order)
    with pytest.raises(IntegrityError, match="was not told"), transaction.atomic():
        make_inspection(order)
    damage.told_at, damage.told_entry_id = NOW, record(sample("damage.told"), now=NOW)
    damage.save()
    assert make_inspection(order).state == "OPEN"


def test_one_live_inspection_at_a_time(order: Order) -> None:
    make_inspection(order)
    with pytest.raises(IntegrityError, match="inspection_one_live"), transaction.atomic():
        make_inspection(order, 2)
    Inspection.objects.update(state="REFUSED")
    assert make_inspection(order, 2).number == 2


def test_answers_end_with_the_decision(order: Order) -> None:
    inspection = make_inspection(order)
    Answer.objects.create(inspection=inspection, code="tail", verdict="GOOD", answered_at=NOW)
    decide(inspection)
    with pytest.raises(IntegrityError, match="not open"), transaction.atomic():
        Answer.objects.update(verdict="PROBLEM")


@pytest.mark.need(13)
def test_only_a_car_that_is_taken_is_signed_for(order: Order) -> None:
    inspection = make_inspection(order)
    with pytest.raises(IntegrityError, match="newest version"), transaction.atomic():
        sign(inspection)
    decide(inspection, "REFUSE")
    with pytest.raises(IntegrityError, match="newest version"), transaction.atomic():
        sign(inspection)


def test_a_signature_on_an_older_version_is_refused(order: Order) -> None:
    inspection = make_inspection(order)
    decide(inspection)
    Inspection.objects.update(version=2)
    with pytest.raises(IntegrityError, match="newest version"), transaction.atomic():
        sign(inspection, 1)
    with pytest.raises(IntegrityError, match="newest version"), transaction.atomic():
        sign(inspection, 2)


def test_a_signature_belongs_to_its_own_order(world: factories.World, order: Order) -> None:
    inspection = make_inspection(order)
    decide(inspection)
    other = factories.make_order(world, "NC26AA", person=world.carol, state="AT_CENTRE")
    inspection.order = other
    with pytest.raises(IntegrityError, match="newest version"), transaction.atomic():
        sign(inspection)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE handover_signature SET name = 'x'",
        "DELETE FROM handover_signature",
        "UPDATE handover_outcome SET taken = 'REFUSE', answer_by_at = now()",
        "DELETE FROM handover_outcome",
        "UPDATE handover_statement SET words = 'x'",
        "UPDATE handover_evidence SET sha256 = repeat('b', 64)",
        "DELETE FROM handover_evidence",
    ],
)
@pytest.mark.need(29)
def test_what_was_said_shown_decided_and_signed_stays(order: Order, statement: str) -> None:
    inspection = make_inspection(order)
    Statement.objects.create(inspection=inspection, words="后备箱打不开", said_at=NOW)
    make_evidence(order, inspection)
    decide(inspection)
    sign(inspection)
    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def make_evidence(order: Order, inspection: Inspection) -> Evidence:
    return Evidence.objects.create(
        public_id="evd_1",
        order=order,
        inspection=inspection,
        code="tail",
        media_type="image/jpeg",
        size_bytes=10,
        sha256=DIGEST,
        received_at=NOW,
    )


@pytest.mark.need(29)
def test_no_fault_needs_something_to_show_and_a_second_person(
    world: factories.World, order: Order
) -> None:
    inspection = make_inspection(order)
    evidence = make_evidence(order, inspection)
    said = {
        "inspection": inspection,
        "code": "tail",
        "finding": "NO_FAULT",
        "words": "软件没有任何问题",
        "made_by": world.dora,
        "made_at": NOW,
    }
    for lacking in (
        {},
        {"evidence": evidence},
        {"second_by": world.manager},
        {"evidence": evidence, "second_by": world.dora},
    ):
        with pytest.raises(IntegrityError, match="no_fault_needs_proof"), transaction.atomic():
            Diagnosis.objects.create(**said, **lacking)
    assert Diagnosis.objects.create(**said, evidence=evidence, second_by=world.manager).id
