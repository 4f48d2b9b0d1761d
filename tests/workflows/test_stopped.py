"""Paid, and the law stopped the order: place and money are kept, and there is a way out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.contexts.orders.launch_worlds import HOUR
from tests.factories import NOW
from tests.workflows.launch_story import agree, choose, make_launch, pay, row, shown_all
from tests.workflows.stopped_story import Held, agreed, issue_again, make_held, overturn
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.orders.models import Order, Ticket
from yinuo.contexts.orders.operations.places import TicketOver
from yinuo.contexts.orders.queries.tickets import TicketSeen, get_by_id
from yinuo.contexts.orders.rules import rank_of
from yinuo.contexts.payments.models import Bill, MoneyTask, Refund, Settled
from yinuo.contexts.payments.operations.tasks import SayWhatYouDid
from yinuo.contexts.payments.queries.books import check_books
from yinuo.contexts.payments.queries.stopped import (
    get_stopped,
    list_stopped_for_staff,
    list_unfinished_for_staff,
)
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.contexts.terms.models import Contract, Decision
from yinuo.contexts.terms.operations.decisions import keep_for_tickets
from yinuo.contexts.terms.queries.decisions import explain_lock_of_ticket
from yinuo.engines import rules as law
from yinuo.rulepacks import load_pack
from yinuo.workflows import confirm, launch, lock, settled, stopped

pytestmark = pytest.mark.django_db
LATER = NOW + HOUR


@pytest.fixture
def held() -> Held:
    """Agreed, ruled void, paid."""
    return make_held()


@pytest.mark.need(126, 134)
def test_it_is_on_the_list_with_a_time_and_the_rules(held: Held) -> None:
    [one] = list_stopped_for_staff(held.manager_id, LATER)
    assert (one.ticket_code, one.amount_fen, one.late) == (held.ticket.code, 500_000, False)
    assert one.answer_by_at == NOW + 24 * HOUR
    assert list_stopped_for_staff(held.manager_id, NOW + 25 * HOUR)[0].late
    told = explain_lock_of_ticket(held.ticket.id)
    assert told is not None
    assert told.clearance == "stop"
    assert row(held.ticket).state == "ORDERED"
    assert Bill.objects.get().paid_fen == 500_000
    assert list_unfinished_for_staff(held.manager_id, NOW + 24 * HOUR) == []
    for ask in (list_stopped_for_staff, list_unfinished_for_staff):
        with pytest.raises(NotStaff):
            ask(0, NOW)


def test_looking_at_it_many_times_is_one_task(held: Held) -> None:
    for _ in range(3):
        launch.end(ticket_id=held.ticket.id, now=LATER)
    assert MoneyTask.objects.get().kind == "LAW_STOPPED"
    assert Decision.objects.filter(at="lock").count() == 1


def test_who_has_paid_is_not_asked_for_the_deposit(held: Held) -> None:
    launch.run(now=NOW + 30 * HOUR)
    launch.run(now=NOW + 60 * HOUR)
    assert not DirectMessage.objects.exists()
    assert row(held.ticket).state == "ORDERED", "nobody who paid loses the place to the clock"


def test_what_the_law_forbids_no_colleague_can_allow(held: Held) -> None:
    with pytest.raises(stopped.StillStopped):
        stopped.look_again(
            ticket_id=held.ticket.id, staff_id=held.manager_id, words="没关系", now=LATER
        )
    assert not Order.objects.exists()
    assert MoneyTask.objects.get().done_at is None


def test_once_the_ruling_is_overturned_the_order_is_made(held: Held) -> None:
    overturn(held)
    order_id = stopped.look_again(
        ticket_id=held.ticket.id, staff_id=held.manager_id, words="二审改判，条款有效", now=LATER
    )
    order = Order.objects.get(id=order_id)
    assert order.rank == rank_of(held.ticket.taken_at), "the place is that of the ticket"
    task = MoneyTask.objects.get()
    assert (task.done_by_id, task.outcome) == (held.manager_id, "二审改判，条款有效")
    assert get_stopped(held.ticket.id, LATER) is None
    with pytest.raises(stopped.NotStopped):
        stopped.look_again(
            ticket_id=held.ticket.id, staff_id=held.manager_id, words="再来", now=LATER
        )
    assert check_books() == []


@pytest.mark.need(126, 133)
def test_the_customer_agrees_to_the_contract_as_it_is_now_at_the_same_price(held: Held) -> None:
    alice = held.sale.world.alice
    assert not stopped.may_agree(held.ticket, now=LATER), "there is nothing to agree to yet"
    issue_again()
    assert stopped.may_agree(held.ticket, now=LATER)
    offer = stopped.show(row_seen(held), now=LATER)
    first = Contract.objects.get()
    stopped.agree(
        offer=offer,
        person_id=alice.id,
        language="zh",
        shown=shown_all(offer, LATER),
        now=LATER,
    )
    order = Order.objects.get()
    old, new = Contract.objects.order_by("version")
    assert (new.version, new.price_fen, new.deposit_fen) == (2, first.price_fen, 500_000)
    assert old.superseded_at == LATER
    assert new.facts == old.facts, "what was promised first goes on"
    assert (old.order_id, new.order_id) == (order.id, order.id)
    assert order.rank == rank_of(held.ticket.taken_at)
    assert MoneyTask.objects.get().outcome == "LOCKED"
    assert Bill.objects.get().order_id == order.id
    with pytest.raises(stopped.NotStopped):
        stopped.show(row_seen(held), now=LATER)
    assert check_books() == []


def row_seen(held: Held) -> TicketSeen:
    """The ticket as it stands now."""
    return get_by_id(held.ticket.id)


def test_a_clause_that_was_not_shown_forms_no_new_contract(held: Held) -> None:
    issue_again()
    offer = stopped.show(row_seen(held), now=LATER)
    with pytest.raises(confirm.NotAllowedYet):
        stopped.agree(
            offer=offer,
            person_id=held.sale.world.alice.id,
            language="zh",
            shown=shown_all(offer, LATER)[:1],
            now=LATER,
        )
    with pytest.raises(TicketOver):
        stopped.agree(
            offer=offer,
            person_id=held.sale.world.carol.id,
            language="zh",
            shown=shown_all(offer, LATER),
            now=LATER,
        )
    assert Contract.objects.count() == 1
    assert get_stopped(held.ticket.id, LATER) is not None


def test_a_customer_who_wants_out_gets_everything_and_is_told(held: Held) -> None:
    for words in ("", "  "):
        with pytest.raises(SayWhatYouDid):
            stopped.give_back(
                ticket_id=held.ticket.id, staff_id=held.manager_id, words=words, now=LATER
            )
    stopped.give_back(
        ticket_id=held.ticket.id, staff_id=held.manager_id, words="今早电话里说不要了", now=LATER
    )
    assert row(held.ticket).state == "WITHDRAWN"
    assert Refund.objects.get().amount_fen == 500_000
    assert MoneyTask.objects.get().outcome == "今早电话里说不要了"
    message = DirectMessage.objects.get()
    assert message.address == held.sale.world.alice.phone
    assert "定金 5,000 元全额退给您" in message.text
    with pytest.raises(stopped.NotStopped):
        stopped.give_back(
            ticket_id=held.ticket.id, staff_id=held.manager_id, words="再退", now=LATER
        )
    assert Refund.objects.count() == 1
    assert check_books() == []


def test_the_holder_gives_it_back_without_asking_anybody(held: Held) -> None:
    assert launch.give_back(ticket_id=held.ticket.id, now=LATER)
    assert MoneyTask.objects.get().outcome == "GIVEN_BACK"
    assert Refund.objects.get().amount_fen == 500_000
    assert list_stopped_for_staff(held.manager_id, LATER) == []


def test_what_the_law_leaves_to_a_person_needs_a_named_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = agreed()

    def leave_to_a_person(
        *, at: str, facts: Mapping[int, Mapping[str, Any]], on: dt.date, now: dt.datetime
    ) -> dict[int, law.Decision]:
        """The law as it would say with a rule that leaves the lock to a person."""
        pack = load_pack()
        said = {}
        for ticket_id, own in facts.items():
            found = law.decide(pack, pack.read_facts(own), on, at=at)
            first, *others = found.findings
            said[ticket_id] = replace(found, findings=(replace(first, action="person"), *others))
        keep_for_tickets(decisions=said, at=at, now=now)
        return said

    monkeypatch.setattr(lock, "decide_of_tickets", leave_to_a_person)
    pay(found.bill_id, now=NOW)
    settled.run(NOW)
    told = explain_lock_of_ticket(found.ticket.id)
    assert told is not None
    assert told.clearance == "person"
    assert not Order.objects.exists()
    specialist = found.sale.world.dora.id
    with pytest.raises(stopped.ManagersCall):
        stopped.look_again(
            ticket_id=found.ticket.id, staff_id=specialist, words="我看可以", now=LATER
        )
    order_id = stopped.look_again(
        ticket_id=found.ticket.id, staff_id=found.manager_id, words="法务看过，可以", now=LATER
    )
    assert Order.objects.get().id == order_id
    assert MoneyTask.objects.get().done_by_id == found.manager_id


def test_one_that_fails_holds_up_nobody_elses_money(monkeypatch: pytest.MonkeyPatch) -> None:
    sale = make_launch(2)
    one = choose(sale, "a", sale.world.alice)
    other = choose(sale, "b", sale.world.carol)
    for ticket, who in ((one, sale.world.alice), (other, sale.world.carol)):
        pay(agree(ticket, who))
    follow = lock.deposits_paid

    def broken(*, ticket_ids: Sequence[int], **named: Any) -> dict[int, int]:
        if one.id in ticket_ids:
            raise RuntimeError("a fault of ours")
        return follow(ticket_ids=ticket_ids, **named)

    monkeypatch.setattr(lock, "deposits_paid", broken)
    assert settled.run(LATER) == 1
    assert Ticket.objects.get(id=other.id).state == "LOCKED"
    [left] = list_unfinished_for_staff(sale.world.manager.id, LATER)
    assert (left.ticket_code, left.kind, left.late) == (one.code, "DEPOSIT_PAID", False)
    monkeypatch.undo()
    assert settled.finish(settled_id=left.id, now=LATER)
    assert Ticket.objects.get(id=one.id).state == "LOCKED"
    assert not Settled.objects.filter(applied_at=None).exists()
