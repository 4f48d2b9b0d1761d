"""A place that was sold comes back once its buyer has left for good, and goes to who waits."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.contexts.orders.launch_worlds import HOUR, Sale
from tests.factories import NOW
from tests.workflows.launch_story import agree, choose, make_launch, pay, row
from yinuo.contexts.orders.models import Order, SalesCell
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.workflows import cancellation, lock

DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


def locked(sale: Sale) -> tuple[TicketSeen, Order]:
    """The ticket of the only place there is, and its order."""
    ticket = choose(sale, "a", sale.world.alice)
    assert pay(agree(ticket, sale.world.alice)) == "PAID"
    order_id = lock.deposit_paid(ticket_id=ticket.id, now=NOW)
    assert order_id is not None
    return ticket, Order.objects.get(id=order_id)


def leave(order: Order, at: dt.datetime) -> None:
    cancellation.cancel(person_id=order.person_id, order_id=order.id, request_key="c", now=at)


def test_after_the_time_to_come_back_the_place_is_the_next_ones() -> None:
    sale = make_launch(1)
    ticket, order = locked(sale)
    waiting = choose(sale, "b", sale.world.carol, at=NOW + HOUR)
    assert row(waiting).state == "WAITING"
    leave(order, NOW + 2 * HOUR)
    # For 72 hours it is kept, and for one day more: word of money may come late.
    assert cancellation.return_places(now=NOW + 2 * HOUR + 4 * DAY - HOUR) == 0
    assert row(waiting).state == "WAITING"
    over = NOW + 2 * HOUR + 4 * DAY
    assert cancellation.return_places(now=over) == 1
    assert cancellation.return_places(now=over) == 0
    given = row(waiting)
    assert (given.state, given.due_at) == ("TAKEN", over + 48 * HOUR)
    assert row(ticket).state == "WITHDRAWN"
    cell = SalesCell.objects.get()
    assert (cell.taken, cell.for_sale) == (1, 1)


def test_who_came_back_keeps_the_place() -> None:
    sale = make_launch(1)
    ticket, order = locked(sale)
    leave(order, NOW + HOUR)
    bill = cancellation.come_back(person_id=order.person_id, order_id=order.id, now=NOW + 2 * HOUR)
    assert bill is not None
    assert pay(bill.id, now=NOW + 2 * HOUR) == "PAID"
    cancellation.deposit_paid_again(order_id=order.id, paid_at=NOW + 2 * HOUR, now=NOW + 3 * HOUR)
    assert cancellation.return_places(now=NOW + 30 * DAY) == 0
    assert row(ticket).state == "LOCKED"


def test_a_slot_that_was_built_on_is_used_up() -> None:
    sale = make_launch(1)
    _, order = locked(sale)
    waiting = choose(sale, "b", sale.world.carol, at=NOW + HOUR)
    Order.objects.filter(id=order.id).update(state="IN_BUILD")
    leave(order, NOW + 2 * HOUR)
    assert cancellation.return_places(now=NOW + 30 * DAY) == 0
    assert row(waiting).state == "WAITING"
