"""A batch is held for quality: its cars wait, nobody behind them waits with them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.workflows.story import (
    DAY,
    MINUTE,
    NOW,
    Story,
    check_promises,
    check_told,
    facts,
    ids_of,
    make_story,
)
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import QueueNote
from yinuo.contexts.production.models import QualityHold
from yinuo.contexts.production.operations.holds import (
    HeldAlready,
    HoldNeedsEvidence,
    ReleaseInThePast,
    UnknownBatch,
)
from yinuo.contexts.promises.models import Promise
from yinuo.jobs import schedule
from yinuo.workflows import hold

pytestmark = pytest.mark.django_db
EVIDENCE = "后备箱应急拉手 6 台失效，质检单 B17-06"
FREE_DATE = dt.date(2026, 3, 20)


@pytest.fixture
def story() -> Story:
    return make_story()


def place(story: Story, **changed: object) -> int:
    fields: dict[str, object] = {
        "batch": "B17",
        "evidence": EVIDENCE,
        "expected_release_date": FREE_DATE,
        "staff_id": story.staff.id,
        "now": NOW,
        **changed,
    }
    return hold.place(**fields)  # type: ignore[arg-type]


def test_the_cars_of_the_batch_move_and_their_customers_are_told(story: Story) -> None:
    before = dict(Promise.objects.values_list("order_id", "latest_date"))
    row = QualityHold.objects.get(id=place(story))
    schedule.sweep(NOW + MINUTE)
    after = dict(Promise.objects.values_list("order_id", "latest_date"))
    moved = sorted(one for one in before if after[one] != before[one])
    assert moved == ids_of(story.in_yard)
    assert all(after[one] > FREE_DATE for one in moved)
    notices = Notice.objects.filter(kind="promise.revised")
    assert sorted(notices.values_list("order_id", flat=True)) == moved
    causes = Entry.objects.filter(kind="promise.revised").values_list("body", flat=True)
    assert {json.loads(body)["code"] for body in causes} == {"QUALITY_HOLD"}
    holds = QueueNote.objects.filter(kind="HOLD", cause_ref=row.public_id, until_at=None)
    assert sorted(holds.values_list("order_id", flat=True)) == moved
    check_told()
    check_promises()


def test_every_step_again_changes_nothing(story: Story) -> None:
    hold_id = place(story)
    schedule.sweep(NOW + MINUTE)
    before = facts()
    assert hold.apply(hold_id=hold_id, now=NOW + MINUTE) == 0
    schedule.sweep(NOW + MINUTE)
    assert facts() == before


def test_a_released_batch_moves_on_from_its_old_places(story: Story) -> None:
    hold_id = place(story)
    schedule.sweep(NOW + MINUTE)
    for _ in range(2):
        hold.release(hold_id=hold_id, now=NOW + DAY)
    row = QualityHold.objects.get(id=hold_id)
    assert row.released_at == NOW + DAY
    notes = QueueNote.objects.filter(cause_ref=row.public_id)
    assert {note.until_at for note in notes} == {NOW + DAY}
    released = Entry.objects.filter(kind="queue.released")
    assert released.count() == len(story.in_yard)
    ranks = {order.id: order.rank for order in story.orders}
    for order in story.in_yard:
        order.refresh_from_db()
        assert order.rank == ranks[order.id]


def test_freed_cars_are_told_of_their_position_not_of_the_plant(story: Story) -> None:
    hold_id = place(story)
    schedule.sweep(NOW + MINUTE)
    hold.release(hold_id=hold_id, now=NOW + DAY)
    # Two nights agree before a promise is brought forward.
    for nights in (2, 3):
        schedule.sweep(NOW + nights * DAY)
    nightly = Entry.objects.filter(kind="promise.revised", change_key__startswith="nightly")
    codes = {entry.subject_id: json.loads(entry.body)["code"] for entry in nightly}
    assert set(ids_of(story.in_yard)) <= set(codes)
    for order in story.in_yard:
        assert codes[order.id] == "POSITION_MEASURED"
    for order in story.queued:
        assert codes.get(order.id, "OUTPUT_MEASURED") == "OUTPUT_MEASURED"


def test_a_hold_needs_a_batch_evidence_and_a_day_to_come(story: Story) -> None:
    for changed, refusal in (
        ({"batch": "B99"}, UnknownBatch),
        ({"evidence": ""}, HoldNeedsEvidence),
        ({"evidence": "春节放假"}, HoldNeedsEvidence),
        ({"cause_code": "TRAIN_CANCELLED"}, HoldNeedsEvidence),
        ({"cause_code": "NO_SUCH"}, HoldNeedsEvidence),
        ({"expected_release_date": dt.date(2026, 2, 10)}, ReleaseInThePast),
    ):
        with pytest.raises(refusal):
            place(story, **changed)
    assert not QualityHold.objects.exists()
    place(story)
    with pytest.raises(HeldAlready):
        place(story)
    assert Entry.objects.filter(kind="hold.placed").count() == 1
