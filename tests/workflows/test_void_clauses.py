"""A ruling over money that was kept: its order has ended, and its customer still hears of it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.contexts.payments import scenes
from tests.contexts.terms.drafts import SEVEN_DAYS
from tests.contexts.terms.test_haikou import (
    SEVEN_DAYS_FACTS,
    before_the_law_was_asked,
    hold_void,
    old_contract,
    write,
)
from tests.factories import DAY, NOW, make_order, make_world
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Remedy
from yinuo.workflows import void_clauses

pytestmark = pytest.mark.django_db


@pytest.mark.need(134, 136)
def test_whoever_lost_a_deposit_by_the_clause_is_told_though_the_order_ended() -> None:
    world = make_world()
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    template = before_the_law_was_asked("car-sale", ["balance-7-days"])
    order = make_order(world, "HK24LI", state="AT_CENTRE")
    old_contract(order, template)
    scenes.paid_deposit(order)
    scenes.keep_deposit(world, order)
    Order.objects.filter(id=order.id).update(state="CANCELLED", cancelled_at=NOW)
    hold_void(world)
    assert not Remedy.objects.exists()
    assert void_clauses.tell(now=NOW) == 1
    assert void_clauses.tell(now=NOW) == 0
    assert Entry.objects.get(kind="clause.voided").subject_id == order.id


@pytest.mark.need(151)
def test_the_night_looks_once_and_finds_what_slipped_in() -> None:
    world = make_world()
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    template = before_the_law_was_asked("car-sale", ["balance-7-days"])
    morning = NOW.replace(hour=5, minute=0)
    assert void_clauses.every_night(now=morning) == 1
    template.refresh_from_db()
    assert template.state == "WITHDRAWN"
    before_the_law_was_asked("other-sale", ["balance-7-days"])
    assert void_clauses.every_night(now=morning + dt.timedelta(hours=3)) == 0
    assert void_clauses.every_night(now=morning + DAY) == 1
    assert not Remedy.objects.filter(owner=world.manager).exists()
