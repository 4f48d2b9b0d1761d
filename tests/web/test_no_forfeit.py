"""A customer loses neither money nor place because our date moved or because they kept silent.

Yinuo takes no deposits yet. What dates bring about is here: nothing that time or silence does
ends an order or takes money, and whoever wants out is told of the full refund by a person's name.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests import factories
from tests.contexts.promises.test_owed_rules import table
from tests.web.people import read, send, sign_in
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.codes import CHOICES
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Credit, OwedVersion, Promise, Undated
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.jobs import schedule
from yinuo.platform import clock

pytestmark = [pytest.mark.django_db, pytest.mark.need(134)]
DAY = dt.timedelta(days=1)
# What the record says when an order ends, or when its customer decides something.
ENDINGS = {"promise.cancelled", "choice.made"}


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    order = factories.make_order(world, "NC26LU", state="IN_TRANSIT")
    factories.make_promise(order)
    factories.move_promise(world, order)
    return order


def kinds(order: Order) -> list[str]:
    return [entry.kind for entry in ledger.list_of_subject(order.id)]


def test_silence_past_every_date_ends_nothing_and_costs_nothing(
    world: factories.World, order: Order
) -> None:
    store_table(table=table(), now=factories.NOW - 99 * DAY)
    rank = order.rank
    # The choice closes on 25 February, the last promised date is 15 March: a month later.
    for days in (1, 15, 33, 64):
        schedule.sweep(factories.NOW + days * DAY)
    order.refresh_from_db()
    assert (order.state, order.rank, order.cancelled_at) == ("IN_TRANSIT", rank, None)
    assert Promise.objects.get(order=order).state == "BROKEN"
    said = kinds(order)
    assert "promise.broken" in said
    assert not ENDINGS & set(said)
    # The only money that moves is ours, towards the customer.
    amounts = list(Credit.objects.filter(order=order).values_list("amount", flat=True))
    assert sum(amounts) > 0
    assert min(amounts) >= 0
    clock.set_test_clock(at=factories.NOW + 64 * DAY, running=False)
    page = read(sign_in(world.alice), "/o/NC26LU")
    assert "您可以现在全额退款，也可以换车或继续等。" in page


@pytest.mark.parametrize("code", ["moved", "broken", "undated"])
def test_every_way_out_says_full_refund(world: factories.World, code: str) -> None:
    order = factories.make_order(world, "WO26UT", line=world.other_line)
    path, words = "/o/WO26UT/changes/1", "退订全额退款"
    if code == "undated":
        factories.say_unknown(world, order, why="NO_SUPPLY")
        Undated.objects.create(order=order, why="NO_SUPPLY", tried_at=factories.NOW)
        path, words = "/o/WO26UT", "您随时可以全额退订"
    else:
        factories.make_promise(order)
        if code == "moved":
            factories.move_promise(world, order)
        else:
            factories.break_promise(world, order, factories.today() - DAY)
            words = "您可以现在全额退款"
    assert words in read(sign_in(world.alice), path)


def test_wanting_out_waits_for_a_person_and_takes_nothing_meanwhile(
    world: factories.World, order: Order
) -> None:
    client = sign_in(world.alice)
    assert "全额退款，原路退回。" in read(client, "/o/NC26LU/options")
    send(client, "/o/NC26LU/options", 302, chosen="CANCEL")
    assert "王敏负责，2月12日 12:00 前答复您" in read(client, "/o/NC26LU/options")
    schedule.sweep(factories.NOW + 3 * DAY)
    order.refresh_from_db()
    assert (order.state, order.cancelled_at) == ("IN_TRANSIT", None)
    assert "promise.cancelled" not in kinds(order)


def test_no_fact_and_no_choice_exists_that_takes_money() -> None:
    """The closed lists: what can be recorded of an order, and what may be chosen."""
    words = ("没收", "扣除", "违约金", "forfeit", "penalty")
    said = [text for kind in KINDS.values() for text in (kind.zh, kind.en)]
    said += [text for pair in CHOICES.values() for text in pair]
    assert [text for text in said if any(word in text.lower() for word in words)] == []
    assert CHOICES["CANCEL"] == ("退订，全额退款", "cancel for a full refund")


def test_the_database_refuses_a_day_that_costs_the_customer(order: Order) -> None:
    store_table(table=table(), now=factories.NOW)
    row = Credit(
        order=order, step=1, late_date=factories.today(), cause="NO_CAUSE", ours=True, amount=-1,
        owed_version=OwedVersion.objects.get(), given_at=factories.NOW,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="credit_amount"), transaction.atomic():
        row.save()
