"""A ticket first: numbered, signed, once a request, never more places than there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from tests.contexts.orders.launch_worlds import HOUR, KEY, ask, make_sale, take, take_row, taken_of
from tests.factories import NOW, make_order
from yinuo.contexts.orders.models import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.operations import buying, launches, places
from yinuo.contexts.orders.operations.tickets import (
    Closed,
    NoSuchLaunch,
    NotOpenYet,
    Taken,
    Wanted,
    take_many,
)
from yinuo.contexts.orders.queries import tickets as queries
from yinuo.contexts.orders.rules import tickets as rules

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_tickets_are_numbered_in_the_order_in_which_they_came() -> None:
    make_sale(3)
    wanted = [Wanted(f"k{i}", NOW + (5 - i) * dt.timedelta(milliseconds=1)) for i in range(5)]
    found = take_many(launch_code="S7-2026", wanted=wanted, signing_key=KEY)
    assert [one.number for one in found if isinstance(one, Taken)] == [5, 4, 3, 2, 1]
    assert [one.state for one in found if isinstance(one, Taken)] == [
        "WAITING", "WAITING", "TAKEN", "TAKEN", "TAKEN",
    ]  # fmt: skip
    assert list(Ticket.objects.order_by("number").values_list("number", flat=True)) == [
        *range(1, 6)
    ]


def test_number_and_moment_never_disagree() -> None:
    make_sale(5)
    late = take("late", at=NOW + HOUR)
    early = take("early", at=NOW)
    assert (late.number, early.number) == (1, 2)
    assert early.taken_at == late.taken_at + rules.MICROSECOND


@pytest.mark.need(126)
def test_the_same_request_gets_the_same_ticket() -> None:
    sale = make_sale(3)
    first = take("once")
    again = take("once", at=NOW + HOUR)
    assert again == replace(first, again=True)
    both = ask("twice", "twice")
    assert both[0] == both[1]
    assert Ticket.objects.count() == taken_of(sale) == 2


def test_what_is_sold_out_makes_a_waiting_list() -> None:
    sale = make_sale(2)
    found = [take(f"k{i}") for i in range(5)]
    assert [one.waiting_no for one in found] == [None, None, 1, 2, 3]
    assert taken_of(sale) == 2
    seen = queries.get_for_holder(found[4].code, None)
    assert seen is not None
    assert (seen.ahead_max, seen.due_at) == (2, None)


def test_a_place_that_comes_back_goes_to_the_next_number() -> None:
    sale = make_sale(2)
    found = [take(f"k{i}") for i in range(5)]
    later = NOW + 5 * HOUR
    assert places.withdraw(ticket_id=found[0].id, now=later)
    assert not places.withdraw(ticket_id=found[0].id, now=later)
    third = Ticket.objects.get(id=found[2].id)
    assert (third.state, third.due_at) == ("TAKEN", later + 48 * HOUR)
    assert taken_of(sale) == 2
    fourth = queries.get_for_holder(found[3].code, None)
    assert fourth is not None
    assert fourth.ahead_max == 0
    assert not queries.list_miscounts()


def test_who_leaves_the_waiting_list_frees_nothing() -> None:
    sale = make_sale(1)
    found = [take(f"k{i}") for i in range(3)]
    places.withdraw(ticket_id=found[1].id, now=NOW)
    assert taken_of(sale) == 1
    places.withdraw(ticket_id=found[0].id, now=NOW)
    assert Ticket.objects.get(id=found[2].id).state == "TAKEN"


def test_more_for_sale_goes_to_those_who_wait_before_anybody_new() -> None:
    sale = make_sale(1)
    found = [take(f"k{i}") for i in range(4)]
    spec = sale.world.line.spec_id
    given = launches.offer(
        launch_id=sale.launch_id, group_code="S7", spec_ids=[spec], for_sale=3, now=NOW
    )
    assert given == 2
    assert Ticket.objects.get(id=found[2].id).state == "TAKEN"
    assert Ticket.objects.get(id=found[3].id).state == "WAITING"
    assert take("new").state == "WAITING"
    assert not queries.list_miscounts()


@pytest.mark.need(104)
def test_capacity_of_days_is_filled_day_by_day() -> None:
    sale = make_sale(0)
    spec = sale.world.line.spec_id
    for number, count in enumerate((1, 2)):
        launches.offer(
            launch_id=sale.launch_id,
            group_code="S7",
            spec_ids=[spec],
            for_sale=count,
            day=NOW.date() + number * DAY,
            now=NOW,
        )
    found = ask("a", "b", "c", "d")
    days = [Ticket.objects.get(id=one.id).cell for one in found if isinstance(one, Taken)]
    assert [cell and cell.day for cell in days] == [
        NOW.date(), NOW.date() + DAY, NOW.date() + DAY, None,
    ]  # fmt: skip


def test_fewer_than_are_held_cannot_be_for_sale() -> None:
    sale = make_sale(2)
    take("a"), take("b")
    spec = sale.world.line.spec_id
    with pytest.raises(launches.TooFewForSale) as refused:
        launches.offer(
            launch_id=sale.launch_id, group_code="S7", spec_ids=[spec], for_sale=1, now=NOW
        )
    assert "2" in refused.value.message("zh")
    with pytest.raises(launches.LaunchRuns):
        launches.offer(launch_id=sale.launch_id, group_code="S7", spec_ids=[], for_sale=9, now=NOW)
    with pytest.raises(launches.LaunchRuns):
        launches.open_launch(
            code=sale.code,
            car_model_id=sale.world.line.spec.car_model_id,
            opens_at=NOW + DAY,
            now=NOW,
        )


def test_before_and_after_nobody_gets_a_ticket() -> None:
    sale = make_sale(3, opens_at=NOW, closes_at=NOW + HOUR)
    (early,) = ask("a", at=NOW - rules.MICROSECOND)
    (late,) = ask("a", at=NOW + HOUR)
    assert isinstance(early, NotOpenYet)
    assert "09:20" in early.message("zh")
    assert isinstance(late, Closed)
    assert take("a").number == 1
    assert isinstance(ask("b", launch="other")[0], NoSuchLaunch)
    assert isinstance(ask("b", group="other")[0], NoSuchLaunch)
    assert taken_of(sale) == 1


def test_one_that_came_too_early_costs_nobody_else_the_place() -> None:
    make_sale(3, opens_at=NOW)
    early = Wanted("early", NOW - HOUR)
    found = take_many(launch_code="S7-2026", wanted=[early, Wanted("x", NOW)], signing_key=KEY)
    assert isinstance(found[0], NotOpenYet)
    assert isinstance(found[1], Taken)
    assert found[1].number == 1


def test_the_database_refuses_to_oversell() -> None:
    sale = make_sale(1)
    take("a")
    cell = SalesCell.objects.get(group__launch=sale.launch_id)
    for wrong in ({"taken": F("taken") + 1}, {"taken": -1}, {"for_sale": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SalesCell.objects.filter(id=cell.id).update(**wrong)


def test_a_second_cell_for_the_same_capacity_is_refused() -> None:
    sale = make_sale(1)
    group = SalesGroup.objects.get(launch=sale.launch_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        SalesCell.objects.create(group=group, for_sale=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 9},
        {"taken_at": NOW},
        {"signature": "x"},
        {"chain": "x"},
        {"code": "x"},
        {"request_key": "x"},
        {"state": "WAITING"},
        {"cell": None},
        {"due_at": None},
        {"state": "LOCKED"},
    ],
)
def test_what_a_ticket_says_cannot_be_changed(wrong: dict[str, object]) -> None:
    make_sale(1)
    row = take_row("a", at=NOW + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(id=row.id).update(**wrong)


def test_a_ticket_cannot_be_removed() -> None:
    make_sale(1)
    row = take_row("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_each_ticket_is_signed_and_chained_to_the_one_before() -> None:
    sale = make_sale(2)
    for key in "abc":
        take(key)
    before = ""
    for row in Ticket.objects.select_related("group").order_by("number"):
        link = rules.link(
            before,
            launch=sale.code,
            number=row.number,
            group=row.group.code,
            code=row.code,
            taken_at=row.taken_at,
        )
        assert row.chain == link
        assert rules.is_signed(KEY, row.chain, row.signature)
        assert not rules.is_signed(KEY + "x", row.chain, row.signature)
        before = link
    assert Launch.objects.get(id=sale.launch_id).chain == before


def test_a_ticket_that_was_put_in_later_breaks_the_chain() -> None:
    facts = {"launch": "L", "group": "G", "code": "C", "taken_at": NOW}
    first = rules.link("", number=1, **facts)  # type: ignore[arg-type]
    honest = rules.link(first, number=2, **facts)  # type: ignore[arg-type]
    between = rules.link(first, number=2, **{**facts, "code": "X"})  # type: ignore[arg-type]
    assert rules.link(between, number=3, **facts) != honest  # type: ignore[arg-type]


def test_what_is_left_is_read_from_one_row() -> None:
    make_sale(3)
    take("a")
    seen = queries.get_launch("S7-2026", NOW)
    assert seen is not None
    assert (seen.stage, seen.numbers_given) == ("OPEN", 1)
    assert [(one.code, one.left, one.waiting) for one in seen.groups] == [("S7", 2, 0)]
    assert queries.get_launch("none", NOW) is None


def test_the_place_of_a_cancelled_order_goes_to_the_next() -> None:
    sale = make_sale(1)
    first, second = take("a"), take("b")
    person, spec = sale.world.alice, sale.world.line.spec
    buying.claim(ticket_id=first.id, person_id=person.id)
    buying.choose(
        ticket_id=first.id,
        person_id=person.id,
        spec_id=spec.id,
        centre_id=sale.world.centre.id,
    )
    buying.order(ticket_id=first.id, person_id=person.id, now=NOW)
    order = make_order(sale.world, "4K7P2M")
    buying.bind(orders={first.id: order.id}, now=NOW)
    assert queries.get_undo_until(order.id) == NOW + 72 * HOUR
    with pytest.raises(places.TicketOver):
        places.withdraw(ticket_id=first.id, now=NOW)
    assert places.return_place(order_id=order.id, now=NOW)
    assert not places.return_place(order_id=order.id, now=NOW)
    assert Ticket.objects.get(id=second.id).state == "TAKEN"
    other = make_order(sale.world, "8RTW3N")
    assert not places.return_place(order_id=other.id, now=NOW)
