"""Who is told late, seen from every way in which another one comes to stand before it in public."""

from __future__ import annotations

import datetime as dt
import json
import random

import pytest
from django.db import transaction

from tests.contexts.orders.launch_worlds import HOUR, Sale
from tests.factories import NOW, make_person
from tests.workflows.launch_story import agree, choose, make_launch, pay
from tests.workflows.test_draws import DRAWN, OPENS, UNTIL, VALUE, become_order, seal, state
from tests.workflows.test_moves_in_public import VKEY, by_figures, by_verifier, read_log
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations import Fact
from yinuo.contexts.ledger.operations.rulebook import genesis_facts
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.orders.models import Launch, Line, Order, Ticket
from yinuo.contexts.orders.operations import draws, line_moves
from yinuo.contexts.orders.operations.allocating import BUILT, Left, allocate, close_batches
from yinuo.contexts.orders.operations.counting import counted_facts
from yinuo.contexts.orders.operations.intake import record_orders
from yinuo.contexts.orders.operations.late import find_behind
from yinuo.contexts.orders.operations.line_moves import Target
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.contexts.orders.rules import OrderRecord
from yinuo.workflows import lock
from yinuo.workflows.draws import draw
from yinuo.workflows.log import take_in

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


def turn(now: dt.datetime) -> None:
    """The log goes on; with its first turn it begins."""
    first = []
    if not Entry.objects.filter(kind="rule.stated").exists():
        names = [f"{line.spec.code}@{line.centre.code}" for line in Line.objects.all()]
        first = [Fact("line.opened", f"line:{name}", {"line": name}) for name in names]
        first = [*genesis_facts(VKEY, VKEY), *first]
    integrate(first=lambda: [*first, *counted_facts()], now=now)


def tell(
    sale: Sale, number: int, locked_at: dt.datetime, now: dt.datetime, line: str = ""
) -> Order:
    """A shop tells us `now` of a lock at `locked_at`."""
    here = sale.world.other_line if line else sale.world.line
    name = f"{here.spec.code}@{here.centre.code}"
    record = OrderRecord(
        external_id=f"o{number}",
        digest=f"{number}",
        locked_at=locked_at,
        spec_id=here.spec_id,
        centre_id=here.centre_id,
        line_code=name,
        phone=f"138{number:08d}",
        name=f"客户{number}",
        email="",
        language="zh",
        code=f"ORD{number}",
        days_told=None,
        owner_id=None,
        quote_ref="",
    )
    with transaction.atomic():
        [code] = record_orders([record], sender="shop", now=now)
    return Order.objects.get(code=code)


def pay_for(ticket: TicketSeen, sale: Sale, now: dt.datetime) -> Order:
    pay(agree(ticket, sale.world.alice, now=now), now=now)
    order_id = lock.deposit_paid(ticket_id=ticket.id, now=now)
    assert order_id is not None
    return Order.objects.get(id=order_id)


def late() -> set[str]:
    """The orders that say that they were told late."""
    ids = Entry.objects.filter(kind="queue.excepted").values_list("subject_id", flat=True)
    return set(Order.objects.filter(id__in=ids).values_list("code", flat=True))


def build(order: Order, now: dt.datetime) -> set[tuple[int, int]]:
    """Its car is begun, the week is closed; whom it passed without a reason, as both see it."""
    with transaction.atomic():
        allocate([Left(order.id, BUILT, "x", now)], now=now)
    Order.objects.filter(id=order.id).update(state="IN_BUILD", state_at=now)
    close_batches(now=now + WEEK)
    turn(now + WEEK)
    leaves = read_log()
    assert by_verifier(leaves) == by_figures(leaves)
    return by_figures(leaves)


@pytest.mark.need(24, 25)
def test_a_lock_told_after_a_ticket_says_so_when_the_ticket_becomes_an_order() -> None:
    sale = make_launch()
    tell(sale, 1, NOW - 3 * HOUR, NOW - HOUR)
    turn(NOW - HOUR)
    ticket = choose(sale, "a", sale.world.alice)
    turn(NOW)
    second = tell(sale, 2, NOW - 2 * HOUR, NOW + HOUR)
    tell(sale, 3, NOW + HOUR, NOW + 2 * HOUR)
    turn(NOW + 2 * HOUR)
    # In public it stands behind the ticket, but no order of the line does so yet.
    assert late() == set()
    mine = pay_for(ticket, sale, NOW + 10 * HOUR)
    assert late() == {"ORD2"}
    turn(NOW + 10 * HOUR)
    assert build(second, NOW + 11 * HOUR) == set()
    place = get_place_in_line(mine.id, NOW + 12 * HOUR)
    assert (place.overtakes, place.unexplained) == ({"RECORDED_LATE": 1}, 0)


@pytest.mark.need(24)
def test_who_was_built_before_the_ticket_became_an_order_needs_no_reason() -> None:
    sale = make_launch()
    turn(NOW)
    ticket = choose(sale, "a", sale.world.alice)
    turn(NOW)
    second = tell(sale, 2, NOW - 2 * HOUR, NOW + HOUR)
    with transaction.atomic():
        allocate([Left(second.id, BUILT, "x", NOW + 2 * HOUR)], now=NOW + 2 * HOUR)
    Order.objects.filter(id=second.id).update(state="IN_BUILD", state_at=NOW + 2 * HOUR)
    mine = pay_for(ticket, sale, NOW + 10 * HOUR)
    assert late() == set()
    close_batches(now=NOW + WEEK)
    turn(NOW + WEEK)
    assert by_verifier(read_log()) == by_figures(read_log()) == set()
    assert get_place_in_line(mine.id, NOW + WEEK).unexplained == 0


@pytest.mark.need(24)
def test_a_log_that_begins_later_puts_no_ticket_before_older_locks() -> None:
    """Only who locked between two tickets that are counted together has to say so."""
    sale = make_launch()
    old = tell(sale, 1, NOW - 3 * HOUR, NOW - 2 * HOUR)
    ticket = choose(sale, "a", sale.world.alice)
    tell(sale, 2, NOW - HOUR, NOW + HOUR / 2)
    pay_for(ticket, sale, NOW + HOUR)
    tell(sale, 3, NOW + 2 * HOUR, NOW + 2 * HOUR)
    second = choose(sale, "b", sale.world.alice, at=NOW + 3 * HOUR)
    pay_for(second, sale, NOW + 4 * HOUR)
    assert late() == set()
    names = [f"{line.spec.code}@{line.centre.code}" for line in Line.objects.all()]
    lines = [Fact("line.opened", f"line:{name}", {"line": name}) for name in names]
    integrate(first=[*genesis_facts(VKEY, VKEY), *lines], limit=0, now=NOW + 5 * HOUR)
    take_in(now=NOW + 5 * HOUR)
    said = [json.loads(leaf) for leaf in read_log()]
    kinds = [one["t"] for one in said if one["t"] in ("lock", "tickets")]
    assert kinds == ["lock", "lock", "tickets", "lock", "lock", "lock"]
    assert late() == {"ORD3"}
    take_in(now=NOW + 5 * HOUR)
    assert build(old, NOW + 6 * HOUR) == set()


def test_before_there_is_a_log_nothing_is_said_of_it() -> None:
    sale = make_launch()
    ticket = choose(sale, "a", sale.world.alice)
    tell(sale, 2, NOW - 2 * HOUR, NOW + HOUR)
    pay_for(ticket, sale, NOW + 10 * HOUR)
    assert late() == set()


@pytest.mark.need(24)
def test_a_lock_told_before_a_draw_says_so_once_places_are_drawn() -> None:
    """In public the drawn places stand where the draw was stated: before whatever came since."""
    sale = make_launch(for_sale=9)
    turn(NOW)
    Launch.objects.filter(id=sale.launch_id).update(opens_at=OPENS)
    state(sale)
    first = tell(sale, 1, NOW + HOUR / 2, NOW + HOUR)
    people = [make_person(f"抽签{n}", f"1390000{n:04}") for n in range(2)]
    tickets = [choose(sale, f"d{n}", one, at=OPENS) for n, one in enumerate(people)]
    turn(OPENS)
    early = become_order(Ticket.objects.get(id=tickets[0].id), OPENS + HOUR / 2)
    assert late() == set()
    draws.close_windows(now=UNTIL + HOUR / 2)
    seal(UNTIL + HOUR / 2)
    draw(launch="S7-2026", value=VALUE, now=DRAWN)
    assert late() == {"ORD1"}
    become_order(Ticket.objects.get(id=tickets[1].id), DRAWN + HOUR)
    turn(DRAWN + HOUR)
    assert early.state == "LOCKED"
    assert build(first, DRAWN + 2 * HOUR) == set()


@pytest.mark.need(24, 25)
def test_a_move_that_keeps_the_lock_time_says_so_on_either_side() -> None:
    """The centre changes: who was told late in one line meets, in the other, who was not."""
    sale = make_launch()
    turn(NOW)
    here, there = sale.world.line, sale.world.other_line
    other = tell(sale, 1, NOW - 2 * HOUR, NOW - HOUR, line="other")
    mover = tell(sale, 2, NOW - 3 * HOUR, NOW)
    third = tell(sale, 3, NOW - 4 * HOUR, NOW + HOUR, line="other")
    # The third was told late in its own line, and the second in its own was not.
    assert late() == {"ORD3"}
    name = f"{there.spec.code}@{there.centre.code}"
    target = Target(here.spec_id, there.centre_id, name, "x", "x")
    made = line_moves.move(
        person_id=mover.person_id, order_id=mover.id, target=target, now=NOW + 2 * HOUR
    )
    assert late() == {"ORD2", "ORD3"}
    line_moves.finish(public_id=made, now=NOW + 2 * HOUR)
    assert Order.objects.get(id=mover.id).rank < other.rank
    turn(NOW + 2 * HOUR)
    assert third.rank < mover.rank
    assert build(mover, NOW + 3 * HOUR) == set()


def test_who_stands_behind_is_found_as_by_asking_every_pair() -> None:
    rng = random.Random(3)
    for _ in range(300):
        count = rng.randint(0, 8)
        ranks = rng.sample(range(20), count)
        stands = [(rank, (rng.randint(0, 4), rng.randint(0, 2)), n) for n, rank in enumerate(ranks)]
        slow = {
            row
            for rank, place, row in stands
            if any(later > rank and other < place for later, other, _ in stands)
        }
        assert set(find_behind(stands)) == slow
