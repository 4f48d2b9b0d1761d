"""A change of the buyer or the car makes the next version of the contract; the old one stays."""

from __future__ import annotations

import pytest

from tests import factories, handovers
from tests.web import amendment_steps as steps
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.web.test_other_car import digest_on, list_one
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Contract
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.platform import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


@pytest.mark.need(11)
def test_new_buyer_has_the_next_version_with_its_clauses_shown(world: factories.World) -> None:
    steps.make(world)
    order = Order.objects.get(code=steps.ORDER)
    handovers.make_contract(world, order)
    alice, carol = sign_in(world.alice), sign_in(world.carol)
    asked = steps.form(kind="TRANSFER", licence=None, to_name="高林", to_phone=world.carol.phone)
    assert alice.post(steps.PAGE, asked).status_code == 302
    assert "抵作车款" in read(carol, steps.PAGE)
    steps.confirm(alice, world.alice.phone)
    steps.confirm(carol, world.carol.phone)
    address = f"/staff/amendments/{steps.only().public_id}"
    send(sign_in_staff(world.manager), address, 302, decision="accept")
    old, new = Contract.objects.order_by("version")
    assert (new.version, new.person_id, new.price_fen) == (2, world.carol.id, old.price_fen)
    assert (old.person_id, old.superseded_at) == (world.alice.id, factories.NOW)
    assert new.shown.count() == 2


@pytest.mark.need(50)
def test_price_of_the_other_car_stands_in_the_next_version(world: factories.World) -> None:
    order = factories.make_order(world, "NC26LU")
    handovers.make_contract(world, order)
    car = list_one(world)
    alice, page = sign_in(world.alice), f"/o/NC26LU/cars/{car}"
    send(alice, page, 302, step="keep")
    shown = read(alice, page)
    assert "抵作车款" in shown
    send(alice, page, 302, name="陈安", digest=digest_on(shown))
    now = get_current(order.id)
    assert now is not None
    assert (now.version, now.price_fen) == (2, handovers.PRICE - 1_000_000)
