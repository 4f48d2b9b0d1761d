"""A check on which life depends stops the car at once, and "no fault" has to be shown."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories, handovers
from yinuo.contexts.handover.models import Diagnosis, SafetySignal
from yinuo.contexts.handover.operations import evidence, safety
from yinuo.contexts.handover.operations.deciding import Held
from yinuo.contexts.handover.queries.staff import list_signals_for_staff
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.workflows import handover, inspecting

NOW, DAY = handovers.NOW, handovers.DAY
pytestmark = pytest.mark.django_db
SAFETY = [
    check for check in checking.all_checks(checking.checklist_for("S7")).values() if check.system
]


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


@pytest.mark.need(28)
@pytest.mark.parametrize("check", SAFETY, ids=[check.code for check in SAFETY])
def test_a_failed_check_that_life_depends_on_holds_the_car_with_the_answer(
    world: factories.World, order: Order, check: checking.Check
) -> None:
    handovers.answer_with(handovers.begin(order, world), {check.code: "不行"})
    [signal] = SafetySignal.objects.all()
    assert (signal.code, signal.system, signal.vin) == (check.code, check.system, handovers.VIN)
    # Raised and held in the same transaction as the answer: well within the hour.
    assert signal.raised_at == signal.held_at == NOW
    [note] = QueueNote.objects.filter(order=order, kind="HOLD", until_at=None)
    assert note.code == "QUALITY_HOLD"
    [alert] = DirectMessage.objects.filter(key__startswith="alert:safety")
    assert order.code in alert.text
    assert handovers.VIN in alert.text
    [entry] = [one for one in ledger.list_of_subject(order.id) if one.kind == "safety.raised"]
    assert entry.public["code"] == check.system
    for taken in ("TAKE", "TAKE_FIX"):
        with pytest.raises(Held):
            handovers.decide(order, taken)


@pytest.mark.need(28)
def test_the_alert_says_how_many_of_the_batch(world: factories.World, order: Order) -> None:
    for number in range(2, 5):
        other = handovers.make_car(world, f"NC26A{number}", vin=f"LYNS7ANC0S000000{number}")
        if number == 4:
            handovers.answer_all(handovers.begin(other, world), boot="打不开")
    handovers.answer_all(handovers.begin(order, world), boot="打不开")
    texts = [row.text for row in DirectMessage.objects.order_by("id")]
    assert "批次 B17：4 台里 1 台" in texts[0]
    assert "批次 B17：4 台里 2 台" in texts[1]


def test_answering_again_raises_no_second_signal(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    for words in ("打不开", "还是打不开"):
        handovers.answer_all(inspection, boot=words)
    handovers.answer_all(inspection)
    assert inspecting.stop(inspection_id=inspection.id, codes=("boot",), now=NOW) == 0
    assert SafetySignal.objects.count() == 1
    assert QueueNote.objects.filter(kind="HOLD").count() == 1
    # A check that works now does not clear what quality has not looked at.
    with pytest.raises(Held):
        handovers.decide(order)


@pytest.mark.need(28)
def test_quality_lets_the_car_go_on_in_words(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection, boot="打不开")
    signal = SafetySignal.objects.get()
    staff = handovers.quality()
    with pytest.raises(safety.SayWhy):
        inspecting.clear(number=signal.id, words="好", staff_id=staff.id, now=NOW)
    with pytest.raises(NotStaff):
        inspecting.clear(number=signal.id, words="换了锁块", staff_id=0, now=NOW)
    assert [one.cleared_at for one in list_signals_for_staff(staff.id)] == [None]
    inspecting.clear(
        number=signal.id, words="换了锁块，三种方式都能开", staff_id=staff.id, now=NOW + DAY
    )
    assert not QueueNote.objects.filter(kind="HOLD", until_at=None).exists()
    assert [one.check_zh for one in list_signals_for_staff(staff.id)] == ["后备箱"]
    SafetySignal.objects.create(
        inspection=signal.inspection, order=order, vin=signal.vin, code=SAFETY[-1].code,
        system=SAFETY[-1].system, raised_at=NOW - DAY,
    )  # fmt: skip
    [waits, _] = list_signals_for_staff(staff.id)
    assert waits.cleared_at is None, "the one that waits stands first, however old"
    SafetySignal.objects.exclude(id=signal.id).delete()
    handovers.answer_all(inspection, NOW + DAY)
    handovers.decide(order, now=NOW + DAY)
    assert handovers.sign(order, NOW + DAY).bill is not None


@pytest.mark.need(29)
def test_no_fault_is_not_accepted_without_proof_and_a_second_person(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection, screens="重启三次还是黑")
    shown = evidence.keep_file(
        [handovers.photo()],
        claimed="image/jpeg",
        about=evidence.About(order.id),
        sender=evidence.Sender(staff_id=world.dora.id),
        now=NOW,
    )
    words = "软件没有任何问题"
    for judged in (
        safety.Judged("NO_FAULT", words),
        safety.Judged("NO_FAULT", words, shown),
        safety.Judged("NO_FAULT", words, "", world.manager.id),
        safety.Judged("NO_FAULT", words, shown, world.dora.id),
    ):
        with pytest.raises(safety.NoFaultNeedsProof):
            inspecting.judge(
                order_id=order.id, code="screens", judged=judged, staff_id=world.dora.id, now=NOW
            )
    inspecting.judge(
        order_id=order.id,
        code="screens",
        judged=safety.Judged("NO_FAULT", words, shown, world.manager.id),
        staff_id=world.dora.id,
        now=NOW,
    )
    [said] = handovers.look(order).statements
    assert said.words == "重启三次还是黑"
    with pytest.raises(safety.NotReported):
        inspecting.judge(
            order_id=order.id,
            code="paint",
            judged=safety.Judged("FAULT", "已经补过漆了"),
            staff_id=world.dora.id,
            now=NOW,
        )


@pytest.mark.need(29)
@pytest.mark.parametrize(
    ("days", "until"), [(0, dt.date(2026, 8, 11)), (170, dt.date(2026, 8, 11)), (200, None)]
)
def test_for_six_months_the_maker_proves_that_the_car_was_sound(
    world: factories.World, order: Order, days: int, until: dt.date | None
) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection, now=NOW + days * DAY, tools="少一件")
    handovers.decide(order, "TAKE_FIX")
    handovers.sign(order)
    handover.balance_paid(order_id=order.id, now=NOW)
    handover.give_keys(
        order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
    )
    inspecting.judge(
        order_id=order.id,
        code="tools",
        judged=safety.Judged("FAULT", "确实少一件，已补寄"),
        staff_id=world.dora.id,
        now=NOW + days * DAY,
    )
    assert Diagnosis.objects.get().maker_proves_until_date == until
