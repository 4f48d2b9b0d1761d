"""Payments that come together are followed together, and one that cannot be holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries

from tests.contexts.orders.launch_worlds import HOUR
from tests.factories import NOW, make_person
from tests.web.people import read, sign_in
from tests.workflows.launch_story import agree, choose, make_launch, pay, row
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order, Ticket
from yinuo.contexts.orders.rules import rank_of
from yinuo.contexts.payments.models import Charge, Settled
from yinuo.contexts.payments.operations import settle
from yinuo.contexts.people.models import Person
from yinuo.contexts.terms.models import Contract, Decision
from yinuo.jobs import tasks
from yinuo.platform import clock, outbox
from yinuo.workflows import lock, settled

pytestmark = pytest.mark.django_db
COUNT = 6


def paid_tickets(count: int) -> list[Ticket]:
    """Tickets of different people, agreed to and paid, earliest first."""
    sale = make_launch(count)
    made = []
    for number in range(count):
        who = make_person("客", f"1390000{number:04}")
        ticket = choose(sale, f"t{number}", who, at=NOW + number * HOUR / 60)
        pay(agree(ticket, who, now=NOW + HOUR), now=NOW + HOUR)
        made.append(row(ticket))
    return made


def fresh(ticket: Ticket) -> Ticket:
    """The ticket as it stands now."""
    return Ticket.objects.select_related("order").get(id=ticket.id)


def seen(order: Order) -> tuple[list[str], list[str]]:
    """What an order's record and its decisions say, without what is new each time."""
    kinds = Entry.objects.filter(subject_id=order.id).order_by("id")
    moments = Decision.objects.filter(order=order).order_by("id")
    return list(kinds.values_list("kind", flat=True)), list(moments.values_list("at", flat=True))


def test_deposits_of_the_same_moment_lock_in_one_go(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    tickets = paid_tickets(COUNT)
    # No more than for one alone, however many they are.
    with django_assert_max_num_queries(60):
        assert settled.run(NOW + 2 * HOUR) == COUNT
    for ticket in tickets:
        after = fresh(ticket)
        assert after.state == "LOCKED"
        assert after.undo_until_at == NOW + 74 * HOUR
        assert after.order is not None
        assert after.order.rank == rank_of(ticket.taken_at)
        assert Contract.objects.get(order=after.order).ticket_id == ticket.id
    assert Settled.objects.filter(applied_at=None).count() == 0
    assert settled.run(NOW + 3 * HOUR) == 0
    assert Order.objects.count() == COUNT


def test_together_leaves_the_same_record_as_alone() -> None:
    tickets = paid_tickets(3)
    alone = lock.deposit_paid(ticket_id=tickets[0].id, now=NOW + 2 * HOUR)
    together = lock.deposits_paid(ticket_ids=[one.id for one in tickets[::-1]], now=NOW + 2 * HOUR)
    assert together[tickets[0].id] == alone
    first, *others = [seen(Order.objects.get(id=one)) for one in sorted(together.values())]
    assert first == others[0] == others[1]
    assert first[0][0] == "order.locked_by_ticket"
    assert {"contract.agreed", "decision.recorded", "money.received"} <= set(first[0])


def test_one_that_cannot_be_locked_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tickets = paid_tickets(COUNT)
    bad, real = tickets[2].id, lock.deposits_paid

    def stumble(*, ticket_ids: Sequence[int], **named: Any) -> dict[int, int]:
        if bad in ticket_ids:
            raise LookupError("a broken row")
        return real(ticket_ids=ticket_ids, **named)

    monkeypatch.setattr(lock, "deposits_paid", stumble)
    with caplog.at_level(logging.CRITICAL):
        assert settled.run(NOW + 2 * HOUR) == COUNT - 1
    assert Ticket.objects.filter(state="LOCKED").count() == COUNT - 1
    assert Settled.objects.filter(applied_at=None).count() == 1
    monkeypatch.undo()
    assert settled.run(NOW + 3 * HOUR) == 1
    assert Ticket.objects.filter(state="LOCKED").count() == COUNT


def test_a_ticket_given_back_among_them_gets_its_money_back() -> None:
    tickets = paid_tickets(3)
    Ticket.objects.filter(id=tickets[1].id).update(state="WITHDRAWN", cell=None)
    assert settled.run(NOW + 2 * HOUR) == 3
    assert Order.objects.count() == 2
    assert fresh(tickets[1]).order is None


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """One way to pay, at a moment of the tests' own."""
    monkeypatch.setenv("PAY_MODE", "sandbox")
    monkeypatch.setattr(clock, "now", lambda: NOW)


def agreed(client: Client, code: str) -> str:
    """Agree on the contract's page; where that leads."""
    page = read(client, f"/t/{code}/confirm").split('name="page" value="')[1].split('"')[0]
    answer = client.post(f"/t/{code}/confirm", {"page": page})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def alice_of_a_sale() -> tuple[Person, str]:
    sale = make_launch()
    return sale.world.alice, choose(sale, "a", sale.world.alice).code


@pytest.mark.usefixtures("sandbox")
def test_with_one_way_to_pay_agreeing_leads_to_it() -> None:
    alice, code = alice_of_a_sale()
    client = sign_in(alice)
    where = agreed(client, code)
    charge = Charge.objects.get()
    assert where.endswith(f"/pay/sandbox/{charge.number}")
    assert (charge.provider, charge.state, charge.amount_fen) == ("SANDBOX", "STARTED", 500_000)
    settle.played(number=charge.number, amount_fen=500_000, paid=True, now=NOW)
    assert settled.run(NOW) == 1
    assert Ticket.objects.get().state == "LOCKED"


@pytest.mark.usefixtures("sandbox")
def test_the_worker_stays_while_more_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets, waited = paid_tickets(4), []
    held = Settled.objects.order_by("id").values_list("id", flat=True)[2:]
    late = list(Settled.objects.filter(id__in=list(held)).values_list("id", flat=True))
    Settled.objects.filter(id__in=late).update(applied_at=NOW)

    def come_later(seconds: float) -> None:
        """What was paid while the first lot was locked."""
        waited.append(seconds)
        Settled.objects.filter(id__in=late, bill__order=None).update(applied_at=None)

    monkeypatch.setattr("yinuo.jobs.tasks.time.sleep", come_later)
    tasks.follow_payments()
    assert waited == [tasks.GATHER_S] * 2
    assert Order.objects.count() == len(tickets)
    assert not Settled.objects.filter(applied_at=None).exists()


def test_a_nudge_that_goes_alone_waits_for_the_one_before() -> None:
    outbox.nudge("payments.follow", alone=True)
    outbox.nudge("payments.follow", alone=True)
    outbox.nudge("notices.send")
    jobs = dict(ProcrastinateJob.objects.values_list("queueing_lock", "lock"))
    assert jobs == {"payments.follow": "payments.follow", "notices.send": None}
