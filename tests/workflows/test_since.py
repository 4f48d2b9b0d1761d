"""A nightly move tells the customer which of the things that changed moved it by how many days."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.workflows.story import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Story,
    check_promises,
    make_story,
    report,
    upload_plan,
)
from yinuo.contexts.ledger.factors import shares_of
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.ledger.wording import say, shares_told
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.planning.models import Look, Snapshot
from yinuo.contexts.production.models import Plan
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.transit.models import Lane
from yinuo.jobs import schedule
from yinuo.workflows import explain, ticks
from yinuo.workflows.inputs import load_inputs
from yinuo.workflows.shares import QUICK, divide, effort_for
from yinuo.workflows.since import share_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    story = make_story()
    # The promises were worked out from what is kept here.
    explain.take_snapshot(ref="then", now=NOW - MINUTE)
    Promise.objects.update(worked_out_at=NOW)
    return story


def night(number: int) -> dt.datetime:
    return (NOW + number * DAY).replace(hour=2, minute=0)


def revised() -> dict[int, dict[str, int]]:
    rows = Entry.objects.filter(kind="promise.revised").values_list("subject_id", flat=True)
    found = {}
    for order_id in rows:
        assert order_id is not None
        payload = list_of_subject(order_id, ["promise.revised"])[-1].payload
        found[order_id] = {one.factor: one.days for one in shares_of(payload)}
    return found


def lose_weeks(story: Story) -> Plan:
    """A plan with two weeks less is in force, as if its own run had moved nobody."""
    plan = upload_plan(story, {1: 0, 2: 0})
    Plan.objects.filter(id=plan.id).update(
        state="COMMITTED", cause_code="PLANT_STOPPED", evidence="设备检修单 0213",
        committed_at=NOW, applied_at=NOW,
    )  # fmt: skip
    return plan


@pytest.mark.need(22, 25)
def test_a_nightly_move_is_shared_out_among_what_changed(story: Story) -> None:
    plan = lose_weeks(story)
    Lane.objects.update(transit_days_mean=3)
    for number in (1, 2):
        ticks.look_again(now=night(number))
    moves = revised()
    waiting = {order.id for order in story.queued}
    assert waiting & set(moves)
    last = moves[story.queued[-1].id]
    assert last["PLAN"] > 7 > 0 > last["TRANSPORT"]
    check_promises()
    entry = list_of_subject(story.queued[-1].id, ["promise.revised"])[-1]
    assert f"工厂计划 +{last['PLAN']} 天" in say(entry, "zh")
    assert "合计" in say(entry, "zh")
    refs = {one.factor: one.ref for one in shares_told([entry])}
    assert plan.public_id in refs["PLAN"]


@pytest.mark.need(22)
def test_without_a_snapshot_the_measured_output_takes_it_all(story: Story) -> None:
    Snapshot.objects.all().delete()
    lose_weeks(story)
    for number in (1, 2):
        ticks.look_again(now=night(number))
    shares = revised()[story.queued[-1].id]
    assert set(shares) <= {"OUTPUT", "LINE_ORDER", "REST"}
    assert shares["OUTPUT"] > 7
    check_promises()


def test_orders_promised_at_other_times_are_laid_beside_other_snapshots(story: Story) -> None:
    lose_weeks(story)
    explain.take_snapshot(ref="later", now=NOW + MINUTE)
    new = load_inputs(load_open(), now=NOW + DAY)
    early, late = story.queued[-1], story.queued[-2]
    Promise.objects.filter(order=late).update(worked_out_at=NOW + 2 * MINUTE)
    ids = np.array([early.id, late.id, story.queued[0].id])
    shares = share_out(new, ids, now=NOW + DAY)
    assert shares is not None
    at = shares.factors.index("PLAN")
    assert shares.days[0, at] > 7
    # When this one was promised the weeks were lost already.
    assert shares.days[1, at] == 0


def test_an_order_that_no_snapshot_knows_has_no_days_of_any_factor(story: Story) -> None:
    lose_weeks(story)
    new = load_inputs(load_open(), now=NOW + DAY)
    Order.objects.filter(id=story.queued[-1].id).update(state="CANCELLED", cancelled_at=NOW)
    Snapshot.objects.all().delete()
    explain.take_snapshot(ref="without", now=NOW - MINUTE)
    shares = share_out(new, np.array([story.queued[-1].id]), now=NOW + DAY)
    assert shares is not None
    assert not shares.days.any()
    assert share_out(new, np.zeros(0, np.int64), now=NOW + DAY) is None


@pytest.mark.need(22)
def test_what_a_look_saw_coming_is_not_blamed_on_the_next_event(story: Story) -> None:
    # Promised two days less than the forecast says: too little for a look to tell anybody.
    car = story.on_train[0]
    for promise in Promise.objects.filter(order=car):
        for name in ("from_date", "until_date"):
            setattr(promise, name, getattr(promise, name) - 2 * DAY)
        promise.save()
    ticks.look_again(now=night(1))
    assert set(Look.objects.values_list("name", flat=True)) == {
        "OUTPUT_MEASURED",
        "POSITION_MEASURED",
    }
    assert not revised()
    report(story, at=night(1) + HOUR, received_at=night(1) + HOUR)
    schedule.apply_delays(night(1) + HOUR + MINUTE)
    moves = revised()
    mine, next_car = moves[car.id], moves[story.on_train[1].id]
    assert mine["SEEN"] == next_car.get("SEEN", 0) + 2
    assert mine.get("TRANSPORT") == next_car.get("TRANSPORT")
    check_promises()


def test_many_orders_are_compared_with_less_work(story: Story) -> None:
    assert effort_for(600_000) == QUICK
    assert effort_for(len(story.orders)).scenarios > QUICK.scenarios
    old = load_inputs(load_open(), now=NOW)
    plan = upload_plan(story, {1: 0})
    new = load_inputs(load_open(), now=NOW, plan_id=plan.id)
    waiting = old.orders.order_ids[~old.orders.built]
    exact = divide(old, new, waiting)
    assert exact.groups == [["P1"]]
    assert exact.shares.days.shape == (waiting.size, 2, 1)
    assert divide(old, new, waiting, join_plants=True).groups == [["PLANTS"]]
