"""A notice gets the code that its customer types when it is written out, and no other has it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from tests.workflows.story import make_story
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.notices.operations import release
from yinuo.contexts.notices.operations.alike import Alike, plan_alike
from yinuo.contexts.notices.operations.release import name_notices, take_due
from yinuo.contexts.notices.queries.customer import get_by_code, list_for_customer
from yinuo.contexts.orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders() -> list[Order]:
    return make_story(promised=False).orders[:6]


def plan(orders: list[Order], now: dt.datetime) -> None:
    """One waiting notice for each order."""
    ids = [order.id for order in orders]
    people = [order.person_id for order in orders]
    plan_alike(Alike("promise.revised", now, ids, ids, people, ["zh"] * len(ids)), now=now)


def test_one_that_waits_has_none(orders: list[Order], now: dt.datetime) -> None:
    plan(orders, now)
    assert set(Notice.objects.values_list("code", flat=True)) == {None}
    seen = list_for_customer(orders[0].person_id, orders[0].id)
    assert [one.code for one in seen] == [""]
    assert get_by_code("") is None


def test_each_leaves_with_its_own(orders: list[Order], now: dt.datetime) -> None:
    plan(orders, now)
    due = take_due(now=now, limit=4)
    rows = dict(Notice.objects.filter(state="SENT").values_list("id", "code"))
    assert rows == {one.notice_id: one.code for one in due}
    assert len(set(rows.values())) == 4
    assert all(len(code) == release.CODE_LENGTH for code in rows.values() if code)
    found = get_by_code(due[0].code)
    assert found is not None
    assert found.id == due[0].notice_id
    assert Notice.objects.filter(state="WAITING", code=None).count() == 2


def test_none_that_a_notice_has_is_drawn(
    orders: list[Order], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(orders, now)
    taken = take_due(now=now, limit=1)[0].code
    drawn = iter([[taken, "AAAAA2", "AAAAA2"], ["AAAAA2", "AAAAA3"], ["AAAAA4"]])
    monkeypatch.setattr(release, "new_codes", lambda count, length: next(drawn))
    assert sorted(one.code for one in take_due(now=now, limit=3)) == ["AAAAA2", "AAAAA3", "AAAAA4"]


def test_another_worker_drew_the_same_just_now(
    orders: list[Order], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(orders, now)
    taken = take_due(now=now, limit=1)[0].code
    # As if that code had not been there yet when we asked.
    drawn = iter([[taken], ["AAAAA2"]])
    monkeypatch.setattr(release, "_draw", lambda count: next(drawn))
    assert [one.code for one in take_due(now=now, limit=1)] == ["AAAAA2"]


def test_what_is_referred_to_keeps_its_public_id(orders: list[Order], now: dt.datetime) -> None:
    """A notice that waits has none until something names it; it leaves with that one."""
    plan(orders, now)
    assert set(Notice.objects.values_list("public_id", flat=True)) == {None}
    first, second = orders[0].id, orders[1].id
    named = name_notices([first, second, 987654])
    assert set(named) == {first, second}
    assert name_notices([first]) == {first: named[first]}
    take_due(now=now, limit=10)
    left = dict(Notice.objects.values_list("id", "public_id"))
    assert len(set(left.values())) == 6
    assert {one: left[one] for one in named} == named
    assert all(one is not None and one.startswith("ntc_") for one in left.values())


def test_a_kill_before_it_is_written_out_leaves_it_waiting(
    orders: list[Order], now: dt.datetime
) -> None:
    plan(orders, now)
    with pytest.raises(RuntimeError), transaction.atomic():
        assert len(take_due(now=now, limit=10)) == 6
        raise RuntimeError
    assert Notice.objects.filter(state="WAITING", code=None).count() == 6


@pytest.mark.parametrize(
    "change", ["code = 'AAAAA2'", "state = 'SENT', code = NULL"], ids=["code twice", "no code"]
)
def test_the_database_refuses(orders: list[Order], now: dt.datetime, change: str) -> None:
    plan(orders[:2], now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE notices_notice SET {change}")
