"""Two at the same moment: how a shop that counts rows oversells, and why this one cannot.

The interleaving is one measured in a well-known ticket shop at concurrency 8: it counts orders,
then reservations, in two statements that each see what is committed when they begin. A reservation
that becomes an order between the two is counted in neither.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connections

from tests.contexts.orders.launch_worlds import make_sale, take
from tests.factories import NOW
from yinuo.contexts.orders.models import SalesCell, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.places import withdraw
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many
from yinuo.contexts.orders.queries.tickets import list_miscounts

pytestmark = pytest.mark.usefixtures("fresh_database")
QUOTA = 1


@pytest.fixture
def two_clerks(fresh_database: str) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two connections to the test's database, each in READ COMMITTED as everywhere."""
    with psycopg.connect(fresh_database) as one, psycopg.connect(fresh_database) as other:
        yield one, other


def count(clerk: psycopg.Connection, table: str) -> int:
    """How many rows `table` has, in a statement of its own."""
    row = clerk.execute(f"SELECT count(*) FROM naive_{table}").fetchone()
    assert row is not None
    return int(row[0])


def turn_into_order(clerk: psycopg.Connection) -> None:
    """A reservation becomes an order: nothing new is sold, so nobody looks at the quota."""
    clerk.execute("DELETE FROM naive_cart")
    clerk.execute("INSERT INTO naive_order DEFAULT VALUES")
    clerk.commit()


def test_counting_two_tables_sells_one_too_many(
    two_clerks: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    one, other = two_clerks
    one.execute("CREATE TABLE naive_order (id serial)")
    one.execute("CREATE TABLE naive_cart (id serial)")
    one.execute("INSERT INTO naive_cart DEFAULT VALUES")
    one.commit()
    orders = count(other, "order")
    turn_into_order(one)
    if orders + count(other, "cart") < QUOTA:
        other.execute("INSERT INTO naive_order DEFAULT VALUES")
    other.commit()
    assert count(one, "order") == QUOTA + 1


def test_the_same_two_clerks_cannot_oversell_one_row(
    two_clerks: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    """Even without the launch's lock, by hand and in the worst order: the row has the last word."""
    one, other = two_clerks
    make_sale(QUOTA)
    claim = "UPDATE orders_salescell SET taken = taken + 1 WHERE taken < for_sale RETURNING taken"
    for clerk in two_clerks:
        assert clerk.execute("SELECT taken FROM orders_salescell").fetchone() == (0,)
    assert one.execute(claim).fetchone() == (1,)
    waits = threading.Thread(target=lambda: answers.append(other.execute(claim).fetchone()))
    answers: list[object] = []
    waits.start()
    one.commit()
    waits.join(timeout=10)
    other.commit()
    assert answers == [None]


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """All of `works`, each on a thread and a connection of its own, started together."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        gate.wait(timeout=20)
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(timeout=60) for one in [pool.submit(run, work) for work in works]]


def taking(name: str, keys: int) -> Callable[[], object]:
    """A worker that asks for tickets, a few at a time."""

    def work() -> object:
        found: list[object] = []
        for start in range(0, keys, 3):
            wanted = [Wanted(f"{name}-{i}", NOW) for i in range(start, min(start + 3, keys))]
            found += take_many(launch_code="S7-2026", wanted=wanted, signing_key="k")
        return found

    return work


@pytest.mark.need(126)
def test_eight_workers_sell_exactly_what_there_is() -> None:
    make_sale(20)
    found = at_once([taking(f"w{i}", 5) for i in range(8)])
    tickets = [one for some in found for one in some]  # type: ignore[attr-defined]
    assert all(isinstance(one, Taken) for one in tickets)
    assert sorted(one.number for one in tickets) == list(range(1, 41))
    assert sum(one.state == "TAKEN" for one in tickets) == 20
    assert SalesCell.objects.get().taken == 20
    assert not list_miscounts()


def test_the_same_request_at_the_same_moment_is_one_ticket() -> None:
    make_sale(20)
    found = at_once([taking("same", 4) for _ in range(6)])
    codes = [tuple(one.code for one in some) for some in found]  # type: ignore[attr-defined]
    assert len(set(codes)) == 1
    assert Ticket.objects.count() == SalesCell.objects.get().taken == 4


def test_taking_and_giving_back_at_once_keeps_the_count() -> None:
    make_sale(6)
    held = [take(f"h{i}") for i in range(8)]

    def giving_back(ids: list[int]) -> Callable[[], object]:
        return lambda: [withdraw(ticket_id=one, now=NOW) for one in ids]

    backs = [giving_back([one.id for one in held[i::2]]) for i in range(2)]
    at_once([*backs, taking("x", 6), taking("y", 6)])
    assert not list_miscounts()
    cell = SalesCell.objects.get()
    assert cell.taken == cell.for_sale == 6
    waiting = Ticket.objects.filter(state="WAITING").values_list("number", flat=True)
    holding = Ticket.objects.filter(state="TAKEN").values_list("number", flat=True)
    assert max(holding) < min(waiting)
    assert os.environ["DATABASE_URL"]


def test_one_person_claims_one_of_two_tickets_at_the_same_moment() -> None:
    person_id = make_sale(8).world.alice.id
    pairs = [(take(f"a{n}"), take(f"b{n}")) for n in range(4)]
    for pair in pairs:
        ready = threading.Barrier(2)

        def claim(ticket: Taken, ready: threading.Barrier = ready) -> bool:
            try:
                ready.wait(timeout=20)
                return buying.claim(ticket_id=ticket.id, person_id=person_id)
            except buying.OneTicketEach:
                return False
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(claim, pair)) == [False, True]
        for ticket in pair:
            withdraw(ticket_id=ticket.id, now=NOW)
