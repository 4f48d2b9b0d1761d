"""Another configuration or centre: its cost first, nobody is moved back, a day to undo."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from tests.web.people import read, send, sign_in
from tests.workflows.story import HOUR, MINUTE, NOW, Story, make_story
from tests.workflows.test_quote import lock, measured, with_hood
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.orders.models import LineMove, Order, QueueNote
from yinuo.contexts.orders.queries.customer import CustomerOrder, get_for_customer
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.people.models import Person
from yinuo.contexts.places.models import Place
from yinuo.contexts.promises.models import Promise
from yinuo.platform import clock
from yinuo.workflows import configuration, fairness, first_promise, quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    clock.set_test_clock(at=NOW, running=False)
    found = make_story(promised=False)
    measured(found)
    spec = with_hood(found)
    for n in range(4):
        lock(found, spec, NOW - 30 * HOUR + n * MINUTE)
    first_promise.run(now=NOW)
    quote.refresh(now=NOW)
    return found


def mine(story: Story) -> Order:
    """The first order that waits."""
    return Order.objects.get(id=story.queued[0].id)


def latest() -> dict[int, dt.date]:
    """What everybody is promised."""
    return dict(Promise.objects.values_list("order_id", "latest_date"))


@pytest.mark.need(112)
def test_cost_stands_there_before_asking(story: Story) -> None:
    order = mine(story)
    page = read(sign_in(order.person), f"/o/{order.code}/configuration")
    assert "会退到第 5 位。" in page
    assert "比现在多" in page
    assert "锁单时间不变。" in page or "改交付中心" in page


@pytest.mark.need(112)
def test_nobody_there_is_moved_back_and_the_way_back_leads_to_the_old_place(story: Story) -> None:
    order, before = mine(story), latest()
    client, page = sign_in(order.person), f"/o/{order.code}/configuration"
    for _ in range(2):
        send(client, page, 302, to="S7-H@NC", request_key="r1")
    moved = Order.objects.get(id=order.id)
    assert (moved.line.spec.code, moved.locked_at) == ("S7-H", order.locked_at)
    assert moved.rank > max(
        Order.objects.filter(line=moved.line).exclude(id=order.id).values_list("rank", flat=True)
    )
    assert LineMove.objects.count() == 1, "a double submit moves once"
    assert configuration.apply(now=NOW + MINUTE) == 1
    assert configuration.apply(now=NOW + MINUTE) == 0
    after = latest()
    assert {key: after[key] for key in after if key != order.id} == {
        key: before[key] for key in before if key != order.id
    }
    assert after[order.id] > before[order.id]
    assert fairness.check(NOW) == []
    told = [one for one in list_of_subject(order.id) if one.kind == "promise.revised"]
    assert told[-1].payload["cause"] == "CUSTOMER_CHANGED"
    assert "换回" in read(client, page)
    send(client, page, 302, step="back")
    back = Order.objects.get(id=order.id)
    assert (back.line_id, back.rank) == (order.line_id, order.rank)
    configuration.apply(now=NOW + 2 * MINUTE)
    assert latest()[order.id] <= after[order.id]
    send(client, page, 409, step="back")


def test_way_back_closes_after_a_day(story: Story) -> None:
    order = mine(story)
    client, page = sign_in(order.person), f"/o/{order.code}/configuration"
    send(client, page, 302, to="S7-H@NC", request_key="r1")
    clock.set_test_clock(at=NOW + 24 * HOUR, running=False)
    assert "换回去的时间过了" in send(client, page, 409, step="back")


def test_only_the_centre_changes_and_the_lock_time_counts(story: Story) -> None:
    order = mine(story)
    client, page = sign_in(order.person), f"/o/{order.code}/configuration"
    city = {"name_zh": "天津交付中心", "name_en": "Tianjin centre", "city_zh": "天津"}
    Place.objects.create(
        code="TJ", kind="CENTRE", city_en="Tianjin", latitude=39.0, longitude=117.0, **city
    )
    ways = configuration.list_ways(_seen(order), None, NOW)[1]
    other = ways[0].centre.code
    send(client, page, 302, to=f"S7-A@{other}", request_key="r1")
    moved = Order.objects.get(id=order.id)
    assert (moved.rank, moved.line.centre.code) == (order.rank, other)
    hold = QueueNote.objects.get(order=order, kind="HOLD")
    assert hold.code == "CENTRE_CHANGED"
    assert configuration.apply(now=NOW + MINUTE) == 1
    # Others may go first for the day of the way back and the batches of the rule, not for ever.
    assert configuration.apply(now=NOW + 24 * HOUR - MINUTE) == 0
    assert configuration.apply(now=NOW + 24 * HOUR) == 1
    hold.refresh_from_db()
    assert hold.until_at == NOW + 24 * HOUR
    kinds = [one.kind for one in list_of_subject(order.id) if one.kind.startswith("queue.")]
    assert kinds == ["queue.held", "queue.released"]
    assert configuration.apply(now=NOW + 25 * HOUR) == 0
    # No promise of the line is pushed by it, before or after.
    held = load_open()
    assert held.held[held.order_ids.tolist().index(order.id)]


def _seen(order: Order) -> CustomerOrder:
    seen = get_for_customer(order.person_id, order.code)
    assert seen is not None
    return seen


def test_refusals(story: Story) -> None:
    order = mine(story)
    client, page = sign_in(order.person), f"/o/{order.code}/configuration"
    assert "没有要改的" in send(client, page, 409, to="S7-A@NC", request_key="r1")
    assert "没有这个" in send(client, page, 409, to="NONE@NC", request_key="r2")
    stranger = Person.objects.create(public_id="per_x", name="x", phone="10000000077")
    read(sign_in(stranger), page, 404)
    Order.objects.filter(id=order.id).update(state="IN_BUILD")
    assert "车已经开工" in send(client, page, 409, to="S7-H@NC", request_key="r3")


def test_database_holds_line_and_rank_without_a_recorded_move(story: Story) -> None:
    order = mine(story)
    other = Order.objects.exclude(line=order.line_id).first()
    assert other is not None
    for changed in ({"rank": order.rank + 1}, {"line_id": other.line_id}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Order.objects.filter(id=order.id).update(**changed)
