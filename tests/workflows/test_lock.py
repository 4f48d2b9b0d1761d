"""Ticket first, order after: what comes behind the ticket never costs the place."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.contexts.orders.launch_worlds import HOUR, take
from tests.factories import NOW, make_person
from tests.workflows.launch_story import TEMPLATE, agree, choose, make_launch, pay, row, shown_all
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.orders.models import Order, SalesCell, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.queries import tickets as queries
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.contexts.orders.queries.tickets import get_by_id
from yinuo.contexts.orders.rules import rank_of
from yinuo.contexts.payments.models import Bill, Refund
from yinuo.contexts.terms.models import Contract, Decision, Ruling, Template, VoidClause
from yinuo.contexts.terms.operations.contracts import ClauseNotAllowed
from yinuo.workflows import confirm, launch, lock
from yinuo.workflows.law import decide_and_keep

pytestmark = pytest.mark.django_db


@pytest.mark.need(126, 160)
def test_a_paid_deposit_makes_the_order_with_the_rank_of_the_ticket() -> None:
    sale = make_launch()
    ticket = choose(sale, "a", sale.world.alice)
    agreed_at, paid_at = NOW + 10 * HOUR, NOW + 21 * HOUR
    bill = agree(ticket, sale.world.alice, now=agreed_at)
    assert pay(bill, now=paid_at) == "PAID"
    order_id = lock.deposit_paid(ticket_id=ticket.id, now=paid_at)
    assert order_id is not None
    order = Order.objects.get(id=order_id)
    assert order.rank == rank_of(ticket.taken_at)
    assert (order.locked_at, order.person) == (ticket.taken_at, sale.world.alice)
    locked = row(ticket)
    assert (locked.state, locked.order) == ("LOCKED", order)
    assert locked.undo_until_at == paid_at + 72 * HOUR
    contract = Contract.objects.get(order=order_id)
    assert contract.facts["promises"] == list(confirm.PROMISES)
    assert order.quote_ref == contract.facts["quote"]
    assert Bill.objects.get(order=order_id).paid_fen == 500_000
    kinds = set(Entry.objects.filter(subject_id=order_id).values_list("kind", flat=True))
    assert {"order.locked_by_ticket", "contract.agreed", "decision.recorded"} <= kinds
    assert lock.deposit_paid(ticket_id=ticket.id, now=paid_at + HOUR) == order_id
    assert Order.objects.count() == 1


def test_a_lock_asks_the_database_only_so_many_questions(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    sale = make_launch()
    for key, who in (("a", sale.world.alice), ("b", sale.world.carol)):
        ticket = choose(sale, key, who)
        pay(agree(ticket, who))
        with django_assert_max_num_queries(56):
            assert lock.deposit_paid(ticket_id=ticket.id, now=NOW) is not None


def test_who_took_the_earlier_ticket_stands_before_who_paid_first() -> None:
    sale = make_launch()
    first = choose(sale, "a", sale.world.alice)
    second = choose(sale, "b", sale.world.carol, at=NOW + HOUR)
    bills = {
        one.id: agree(one, who)
        for one, who in ((first, sale.world.alice), (second, sale.world.carol))
    }
    made = []
    for later, one in enumerate((second, first)):
        pay(bills[one.id], now=NOW + (2 + later) * HOUR)
        made.append(lock.deposit_paid(ticket_id=one.id, now=NOW + (2 + later) * HOUR))
    assert made[0] is not None
    assert made[1] is not None
    assert get_place_in_line(made[1], NOW + 5 * HOUR).ahead == 0
    assert get_place_in_line(made[0], NOW + 5 * HOUR).ahead == 1


@pytest.mark.need(126)
def test_a_contract_is_formed_by_agreeing_and_the_seller_cannot_cancel_it() -> None:
    sale = make_launch()
    ticket = choose(sale, "a", sale.world.alice)
    agree(ticket, sale.world.alice)
    contract = Contract.objects.get(ticket=ticket.id)
    assert contract.person == sale.world.alice
    facts = {
        "order": {
            "page_definite": True,
            "submitted": True,
            "seller_cancels": True,
            "formation_agreed_otherwise": False,
            "seller_may_rescind": False,
        }
    }
    decision, _ = decide_and_keep(
        at="cancel", facts=facts, ticket_id=ticket.id, on=NOW.date(), now=NOW
    )
    assert "contract.formed" in {one.rule_id for one in decision.having("stop")}


def test_agreeing_twice_is_agreeing_once() -> None:
    sale = make_launch()
    ticket = choose(sale, "a", sale.world.alice)
    assert agree(ticket, sale.world.alice) == agree(ticket, sale.world.alice, now=NOW + HOUR)
    assert Contract.objects.count() == Bill.objects.count() == 1


@pytest.mark.need(160)
def test_without_a_date_there_is_no_contract_and_the_lost_time_is_ours() -> None:
    """From 12 February 2026 a car's contract has to name when it is delivered."""
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    assert confirm.show(ticket, now=NOW).answer.asked.window is None
    with pytest.raises(confirm.NoDateYet):
        confirm.show(ticket, now=NOW + 24 * HOUR)
    launch.run(now=NOW + 30 * HOUR)
    launch.run(now=NOW + 48 * HOUR)
    kept = row(ticket)
    assert (kept.state, kept.due_at, kept.reminded_at) == ("TAKEN", NOW + 96 * HOUR, None)


@pytest.mark.need(159)
def test_a_clause_that_was_not_shown_forms_no_contract_and_costs_no_place() -> None:
    sale = make_launch()
    ticket = choose(sale, "a", sale.world.alice)
    offer = confirm.show(ticket, now=NOW)
    for shown in ([], shown_all(offer, NOW)[:1]):
        with pytest.raises((ClauseNotAllowed, confirm.NotAllowedYet)):
            confirm.agree(
                offer=offer, person_id=sale.world.alice.id, language="zh", shown=shown, now=NOW
            )
    assert row(ticket).state == "TAKEN"
    assert not Contract.objects.exists()
    assert not Bill.objects.exists()


def test_without_a_contract_to_show_the_ticket_waits() -> None:
    sale = make_launch()
    Template.objects.filter(code=TEMPLATE).update(
        state="WITHDRAWN", withdrawn_at=NOW, withdrawn_why="换新版"
    )
    ticket = choose(sale, "a", sale.world.alice)
    with pytest.raises(confirm.NothingToAgree):
        confirm.show(ticket, now=NOW)
    assert row(ticket).state == "TAKEN"


def test_each_check_that_fails_keeps_the_ticket() -> None:
    sale = make_launch()
    alice, carol, spec = sale.world.alice, sale.world.carol, sale.world.line.spec_id
    one, other = take("a"), take("b")
    buying.claim(ticket_id=one.id, person_id=alice.id)
    assert not buying.claim(ticket_id=one.id, person_id=alice.id)
    centre = sale.world.centre.id
    with pytest.raises(buying.TicketOfAnother):
        buying.claim(ticket_id=one.id, person_id=carol.id)
    with pytest.raises(buying.OneTicketEach) as refused:
        buying.claim(ticket_id=other.id, person_id=alice.id)
    assert "1 号" in refused.value.message("zh")
    with pytest.raises(buying.NotInGroup):
        buying.choose(ticket_id=one.id, person_id=alice.id, spec_id=spec + 99, centre_id=centre)
    with pytest.raises(buying.TicketOfAnother):
        buying.choose(ticket_id=one.id, person_id=carol.id, spec_id=spec, centre_id=centre)
    with pytest.raises(buying.StillMissing):
        buying.order(ticket_id=one.id, person_id=alice.id, now=NOW)
    assert set(Ticket.objects.values_list("state", flat=True)) == {"TAKEN"}
    assert SalesCell.objects.get().taken == 2


def test_who_waits_cannot_agree_yet() -> None:
    sale = make_launch(1)
    take("a")
    ticket = choose(sale, "b", sale.world.carol)
    with pytest.raises(buying.NoPlaceYet):
        agree(ticket, sale.world.carol)


def test_a_reminder_comes_before_the_end_and_the_place_goes_to_the_next() -> None:
    sale = make_launch(1)
    ticket = get_by_id(take("a").id)
    buying.claim(ticket_id=ticket.id, person_id=sale.world.alice.id)
    waiting = take("b")
    assert launch.run(now=NOW + 23 * HOUR) == 0
    assert launch.run(now=NOW + 25 * HOUR) == 1
    [message] = DirectMessage.objects.filter(key=f"ticket:{ticket.code}:due")
    assert message.address == sale.world.alice.phone
    assert "还差：配置、交车地点、看合同并确认、定金" in message.text
    assert "2月13日 09:20" in message.text
    assert launch.run(now=NOW + 47 * HOUR) == 0
    assert launch.run(now=NOW + 48 * HOUR) == 1
    assert row(ticket).state == "LAPSED"
    assert Ticket.objects.get(id=waiting.id).state == "TAKEN"
    assert launch.run(now=NOW + 48 * HOUR) == 0


def test_nobody_lapses_who_was_not_told_in_good_time() -> None:
    sale = make_launch(1)
    ticket = get_by_id(take("a").id)
    buying.claim(ticket_id=ticket.id, person_id=sale.world.alice.id)
    late = NOW + 47 * HOUR
    assert launch.run(now=late) == 1
    assert launch.run(now=late + 11 * HOUR) == 0
    assert row(ticket).state == "TAKEN"
    assert launch.run(now=late + 12 * HOUR) == 1
    assert row(ticket).state == "LAPSED"


def test_the_money_of_a_lapsed_ticket_goes_back() -> None:
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    bill = agree(ticket, sale.world.alice)
    launch.run(now=NOW + 30 * HOUR)
    launch.run(now=NOW + 48 * HOUR)
    assert Bill.objects.get(id=bill).state == "VOID"
    assert pay(bill, now=NOW + 49 * HOUR) == "PAID_AFTER_END"
    assert lock.deposit_paid(ticket_id=ticket.id, now=NOW + 49 * HOUR) is None
    assert not Order.objects.exists()


def test_a_ticket_whose_deposit_came_in_time_is_locked_and_not_ended() -> None:
    """The provider's word was taken and the lock was lost: the clock makes it up."""
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    pay(agree(ticket, sale.world.alice))
    launch.run(now=NOW + 30 * HOUR)
    launch.run(now=NOW + 48 * HOUR)
    assert row(ticket).state == "LOCKED"


def test_giving_a_ticket_back_gives_back_what_was_paid() -> None:
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    pay(agree(ticket, sale.world.alice))
    assert launch.give_back(ticket_id=ticket.id, now=NOW + HOUR)
    assert not launch.give_back(ticket_id=ticket.id, now=NOW + HOUR)
    assert Refund.objects.get().amount_fen == 500_000
    assert SalesCell.objects.get().taken == 0


def test_a_ruling_between_agreeing_and_paying_stops_the_lock_and_not_the_ticket() -> None:
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    pay(agree(ticket, sale.world.alice))
    place = Contract.objects.get().template.places.first()
    assert place is not None
    ruling = Ruling.objects.create(
        public_id="rul_1",
        court="某市中级人民法院",
        case_no="(2026)某民终1号",
        ruled_date=NOW.date(),
        source="公开判决",
        summary_zh="该条款无效",
        summary_en="void",
        recorded_at=NOW,
    )
    Template.objects.update(state="WITHDRAWN", withdrawn_at=NOW, withdrawn_why="判决")
    VoidClause.objects.create(ruling=ruling, clause_version=place.clause_version)
    assert lock.deposit_paid(ticket_id=ticket.id, now=NOW + HOUR) is None
    assert row(ticket).state == "ORDERED"
    assert Decision.objects.get(at="lock").clearance == "stop"
    assert Bill.objects.get().paid_fen == 500_000


def test_a_known_customer_keeps_the_name_and_a_new_one_can_log_in() -> None:
    sale = make_launch(1)
    launch.know_buyer(phone=sale.world.alice.phone, name="别人", language="zh")
    launch.know_buyer(phone="13900000009", name="新客", language="zh")
    sale.world.alice.refresh_from_db()
    assert sale.world.alice.name == "陈安"
    assert make_person("x", "13900000010").id
    assert queries.list_for_customer(sale.world.alice.id) == []
