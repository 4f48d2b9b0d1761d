"""Notices for many people at once are the notices that each would get alone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests.workflows.story import make_story
from yinuo.contexts.notices.models import FurtherEntry, Notice, NoticeEntry
from yinuo.contexts.notices.operations import alike as bulk
from yinuo.contexts.notices.operations.alike import Alike, plan_alike
from yinuo.contexts.notices.operations.issue import plan_notices
from yinuo.contexts.notices.operations.release import take_due
from yinuo.contexts.orders.models import Order

pytestmark = pytest.mark.django_db
KNOWN = dt.timedelta(minutes=10)
KEPT = ("person_id", "kind", "language", "send_at", "state", "known_at", "created_at")


@pytest.fixture
def orders() -> list[Order]:
    return make_story(promised=False).orders[:6]


def entries(orders: list[Order], now: dt.datetime, first: int = 1) -> Alike:
    """One entry for each order, numbered from `first`."""
    return Alike(
        "promise.revised",
        now - KNOWN,
        range(first, first + len(orders)),
        [order.id for order in orders],
        [order.person_id for order in orders],
        ["en" if n % 3 == 0 else "zh" for n, _ in enumerate(orders)],
    )


def told() -> dict[int, int]:
    """The order that each entry is told to."""
    rows = NoticeEntry.objects.values_list("entry_id", "notice__order_id")
    return dict(rows)


def test_they_are_as_if_planned_one_by_one(orders: list[Order], now: dt.datetime) -> None:
    many, single = entries(orders[:3], now), entries(orders[3:], now, first=10)
    assert plan_alike(many, now=now) == 3
    assert plan_notices(single.tells(range(3)), now=now) == 3
    fields = [field for field in KEPT if field != "person_id"]
    rows = list(Notice.objects.order_by("id").values_list(*fields))
    assert rows[:3] == rows[3:]
    assert told() == {
        **dict(zip(range(1, 4), [order.id for order in orders[:3]], strict=True)),
        **dict(zip(range(10, 13), [order.id for order in orders[3:]], strict=True)),
    }
    assert [one.person_id for one in Notice.objects.order_by("id")] == [
        order.person_id for order in orders
    ]


def test_more_is_told_with_what_waits(orders: list[Order], now: dt.datetime) -> None:
    plan_alike(entries(orders[:2], now), now=now)
    assert plan_alike(entries(orders, now, first=10), now=now) == 4
    assert Notice.objects.count() == 6
    assert len(told()) == 8


def test_a_further_change_waits_for_two_hours(orders: list[Order], now: dt.datetime) -> None:
    plan_alike(entries(orders[:1], now), now=now)
    Notice.objects.update(state="SENT", code="AAAAA2", public_id="ntc_a", sent_at=now)
    later = now + dt.timedelta(minutes=30)
    plan_alike(entries(orders, later, first=10), now=later)
    waiting = Notice.objects.filter(state="WAITING").order_by("order_id")
    by_order = {one.order_id: one.send_at for one in waiting}
    assert by_order.pop(orders[0].id) == now + dt.timedelta(hours=2)
    assert set(by_order.values()) == {later}


def test_somebody_else_made_a_notice_meanwhile(
    orders: list[Order], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_alike(entries(orders[:2], now), now=now)
    # As if those two had not been there yet when we looked.
    monkeypatch.setattr(bulk, "lock_waiting", lambda order_ids: {})
    plan_alike(entries(orders, now, first=10), now=now)
    assert Notice.objects.count() == 6
    assert sorted(told()) == [1, 2, *range(10, 16)]


def test_what_was_told_is_not_told_again(orders: list[Order], now: dt.datetime) -> None:
    """Not even when its notice has left meanwhile: there is no second one, and none without end."""
    many = entries(orders[:3], now)
    plan_alike(many, now=now)
    assert len(take_due(now=now, limit=2)) == 2
    assert plan_notices(many.tells(range(3)), now=now) == 0
    assert Notice.objects.count() == 3
    assert sorted(told()) == [1, 2, 3]


def test_several_entries_of_an_order_are_one_notice(orders: list[Order], now: dt.datetime) -> None:
    """It goes by the first of them, whatever order they come in."""
    first, second = entries(orders[:1], now, first=7), entries(orders[:1], now, first=5)
    assert plan_notices([*first.tells([0]), *second.tells([0])], now=now) == 1
    assert list(Notice.objects.values_list("id", flat=True)) == [5]
    assert list(FurtherEntry.objects.values_list("entry_id", "notice_id")) == [(7, 5)]
    assert set(told()) == {5, 7}


def test_the_database_keeps_an_entry_in_one_notice(orders: list[Order], now: dt.datetime) -> None:
    plan_alike(entries(orders[:2], now), now=now)
    with pytest.raises(IntegrityError, match="entry 1 has a notice"), transaction.atomic():
        FurtherEntry.objects.create(entry_id=1, notice_id=2)
    FurtherEntry.objects.create(entry_id=9, notice_id=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        FurtherEntry.objects.create(entry_id=9, notice_id=1)


def test_nobody_to_tell(now: dt.datetime) -> None:
    assert plan_alike(entries([], now), now=now) == 0
    assert not Notice.objects.exists()
