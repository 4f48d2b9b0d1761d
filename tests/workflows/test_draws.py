"""The first places of a launch by a public draw: stated and sealed before, checked by all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from tests.contexts.orders.launch_worlds import HOUR, Sale
from tests.factories import NOW, make_person
from tests.web.people import read, sign_in
from tests.workflows.launch_story import agree, choose, make_launch, pay
from yinuo.contexts.ledger.models import Checkpoint, Entry
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.orders.models import Draw, DrawnPlace, Launch, Order, Ticket
from yinuo.contexts.orders.operations import draws
from yinuo.contexts.orders.operations.line_moves import NotDrawnYet, Target, move
from yinuo.contexts.orders.queries.draws import list_undrawn
from yinuo.contexts.orders.queries.tickets import get_by_id
from yinuo.contexts.orders.rules import rank_of
from yinuo.contexts.orders.rules.draws import drawn_order, read_value
from yinuo.contexts.promises.models import Undated
from yinuo.platform import clock
from yinuo.workflows import first_promise, lock
from yinuo.workflows.draws import BadValue, draw

pytestmark = pytest.mark.django_db

CODE, SOURCE, VALUE = "S7-2026", "drand quicknet 7121800", "9f" * 32
OPENS, UNTIL, DRAWN = NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def sale() -> Sale:
    """A launch in an hour, whose first hour is drawn for."""
    sale = make_launch(for_sale=9)
    Launch.objects.filter(id=sale.launch_id).update(opens_at=OPENS)
    state(sale)
    return sale


def state(sale: Sale, *, source: str = SOURCE, now: dt.datetime = NOW) -> None:
    draws.state_draw(
        launch_id=sale.launch_id, source=source, until_at=UNTIL, drawn_at=DRAWN, now=now
    )


def take_part(sale: Sale, count: int) -> list[Ticket]:
    """Tickets of the window, one minute after the other, each with car and name."""
    people = [make_person(f"抽签{n}", f"1390000{n:04}") for n in range(count)]
    rows = [
        choose(sale, f"draw-{n}", person, at=OPENS + n * MINUTE) for n, person in enumerate(people)
    ]
    return [Ticket.objects.get(id=one.id) for one in rows]


def become_order(ticket: Ticket, at: dt.datetime) -> Order:
    """Contract and deposit; the order."""
    assert ticket.person is not None
    pay(agree(get_by_id(ticket.id), ticket.person, now=at), now=at)
    order_id = lock.deposit_paid(ticket_id=ticket.id, now=at)
    assert order_id is not None
    return Order.objects.get(id=order_id)


def seal(at: dt.datetime) -> int:
    """All that was recorded so far stands under a checkpoint that a quorum saw at `at`."""
    size = integrate(now=at).size
    Checkpoint.objects.create(size=size, root=b"", note="", locks=0, published_at=at, quorum_at=at)
    return size


def expected(count: int) -> list[int]:
    """Ticket numbers as anybody works them out from the published value."""

    def lot(number: int) -> str:
        return hashlib.sha256(f"{VALUE}/{CODE}/{number}".encode()).hexdigest()

    return sorted(range(1, count + 1), key=lot)


def public_of(kind: str) -> dict[str, object]:
    return {
        key: value
        for key, value in json.loads(Entry.objects.get(kind=kind).body).items()
        if key not in ("v", "t")
    }


@pytest.mark.need(24, 25)
def test_a_sealed_draw_decides_the_places_of_its_window_and_of_nobody_else(sale: Sale) -> None:
    tickets = take_part(sale, 6)
    early = [become_order(one, OPENS + 30 * MINUTE) for one in tickets[:4]]
    after = choose(sale, "after", make_person("后来", "13911110000"), at=UNTIL + MINUTE)
    assert draws.close_windows(now=UNTIL) == 0
    assert draws.close_windows(now=UNTIL + 2 * MINUTE) == 1
    assert draws.close_windows(now=UNTIL + 3 * MINUTE) == 0
    size = seal(UNTIL + 10 * MINUTE)
    assert draw(launch=CODE, value=f" {VALUE} ", now=DRAWN) == "DRAWN"
    assert draw(launch=CODE, value=VALUE, now=DRAWN + HOUR) == "DRAWN"
    places = dict(DrawnPlace.objects.values_list("place", "ticket__number"))
    assert [places[n] for n in range(1, 7)] == expected(6)
    moments = [rank_of(one.taken_at) for one in tickets]
    for order in early:
        order.refresh_from_db()
        assert order.rank == moments[expected(6).index(order.ticket.number)]
    late = become_order(tickets[5], DRAWN + HOUR)
    assert late.rank == moments[expected(6).index(6)]
    assert late.locked_at == tickets[5].taken_at
    outside = become_order(Ticket.objects.get(id=after.id), DRAWN + HOUR)
    assert outside.rank == rank_of(UNTIL + MINUTE)
    assert public_of("window.opened") == {
        "window": CODE,
        "launch": CODE,
        "source": SOURCE,
        "until": UNTIL.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "drawn": DRAWN.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert public_of("window.closed")["number"] == 6
    assert public_of("window.closed")["chain"] == tickets[5].chain
    assert public_of("draw.made") == {
        "window": CODE,
        "source": SOURCE,
        "value": VALUE,
        "size": size,
    }


def test_what_no_witness_sealed_before_is_not_drawn(sale: Sale) -> None:
    tickets = take_part(sale, 3)
    order = become_order(tickets[2], OPENS + 30 * MINUTE)
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    seal(DRAWN)
    assert draw(launch=CODE, value=VALUE, now=DRAWN + HOUR) == "NOT_SEALED"
    order.refresh_from_db()
    assert order.rank == rank_of(tickets[2].taken_at)
    assert public_of("draw.void") == {"window": CODE, "code": "NOT_SEALED"}
    assert not DrawnPlace.objects.exists()


def test_a_draw_is_refused_before_its_time_and_cannot_be_made_twice(sale: Sale) -> None:
    take_part(sale, 2)
    with pytest.raises(draws.NoDraw):
        draw(launch=CODE, value=VALUE, now=UNTIL)
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    seal(UNTIL + 10 * MINUTE)
    with pytest.raises(draws.NotDrawnBefore):
        draw(launch=CODE, value=VALUE, now=DRAWN - MINUTE)
    for bad in ("", "  ", "号码", 'a"b', "1" * 300):
        with pytest.raises(BadValue):
            draw(launch=CODE, value=bad, now=DRAWN)
    draw(launch=CODE, value=VALUE, now=DRAWN)
    with pytest.raises(draws.NoDraw):
        draw(launch=CODE, value="another", now=DRAWN)
    with pytest.raises(draws.NoDraw):
        draw(launch="NONE", value=VALUE, now=DRAWN)


def test_a_draw_is_stated_before_the_launch_and_stays(sale: Sale) -> None:
    state(sale, now=OPENS + HOUR)
    with pytest.raises(draws.DrawStated):
        state(sale, source="lottery ssq 2026024")
    Launch.objects.create(
        code="OPEN", car_model_id=sale.world.line.spec.car_model_id, opens_at=NOW, created_at=NOW
    )
    with pytest.raises(draws.DrawTooLate):
        draws.state_draw(
            launch_id=Launch.objects.get(code="OPEN").id,
            source=SOURCE,
            until_at=UNTIL,
            drawn_at=DRAWN,
            now=NOW,
        )


@pytest.mark.parametrize(
    "change",
    [
        {"source": "another"},
        {"drawn_at": DRAWN + HOUR},
        {"number": 1},
    ],
)
def test_the_database_refuses_another_draw(sale: Sale, change: dict[str, object]) -> None:
    take_part(sale, 2)
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    with pytest.raises(DatabaseError, match="stated in public"), transaction.atomic():
        Draw.objects.update(**change)


def test_the_database_lets_a_rank_follow_the_draw_only(sale: Sale) -> None:
    order = become_order(take_part(sale, 2)[0], OPENS + 30 * MINUTE)
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    seal(UNTIL + 10 * MINUTE)
    for moment in ("before", "after"):
        for rank in (order.rank - 1, -order.rank):
            with pytest.raises(DatabaseError, match="are fixed"), transaction.atomic():
                Order.objects.filter(id=order.id).update(rank=rank)
        if moment == "before":
            draw(launch=CODE, value=VALUE, now=DRAWN)
            order.refresh_from_db()
    with pytest.raises(DatabaseError, match="stated in public"), transaction.atomic():
        DrawnPlace.objects.update(place=9)


@pytest.mark.need(104)
def test_nobody_is_promised_a_date_before_the_draw(sale: Sale) -> None:
    order = become_order(take_part(sale, 2)[0], OPENS + 30 * MINUTE)
    assert list_undrawn() == [order.id]
    assert first_promise.run(now=OPENS + HOUR) == 0
    why = Undated.objects.get(order=order).why
    assert why in {"NOT_DRAWN", "NOT_PLANNED", "NO_LANE", "NO_SUPPLY", "NO_OUTPUT"}
    with pytest.raises(NotDrawnYet):
        move(
            person_id=order.person_id,
            order_id=order.id,
            target=Target(999, sale.world.centre.id, "X@Y", "别的", "another"),
            now=OPENS + HOUR,
        )
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    assert list_undrawn() == [order.id]
    seal(UNTIL + 10 * MINUTE)
    draw(launch=CODE, value=VALUE, now=DRAWN)
    assert list_undrawn() == []


def test_an_empty_window_is_drawn_for_nobody(sale: Sale) -> None:
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    assert draw(launch=CODE, value=VALUE, now=DRAWN) == "NOT_SEALED"
    assert not Entry.objects.filter(kind__in=["window.closed", "draw.void"]).exists()


def test_the_pages_say_how_places_are_drawn_and_what_came_out(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = take_part(sale, 2)
    monkeypatch.setattr(clock, "now", lambda: UNTIL)
    person = tickets[0].person
    assert person is not None
    page = read(Client(), f"/launch/{CODE}")
    assert SOURCE in page
    assert "一起抽签" in page
    assert "一起抽签" in read(sign_in(person), f"/t/{tickets[0].code}")
    draws.close_windows(now=UNTIL + 2 * MINUTE)
    seal(UNTIL + 10 * MINUTE)
    monkeypatch.setattr(clock, "now", lambda: DRAWN)
    call_command("launch", "draw", CODE, "--value", VALUE)
    assert VALUE in read(Client(), f"/launch/{CODE}")
    place = expected(2).index(1) + 1
    assert f"抽签排在第 {place} 位，一共 2 个号" in read(sign_in(person), f"/t/{tickets[0].code}")
    with pytest.raises(CommandError):
        call_command("launch", "draw", CODE, "--value", "another")


def test_the_command_states_a_draw_with_a_launch(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    words = ["open", "S8", "--spec", "S7-A", "--count", "4", "--opens", OPENS.isoformat()]
    with pytest.raises(CommandError, match="--until"):
        call_command("launch", *words, "--draw", SOURCE)
    times = ["--until", UNTIL.isoformat(), "--drawn", DRAWN.isoformat()]
    call_command("launch", *words, "--draw", SOURCE, *times)
    assert Draw.objects.get(launch__code="S8").source == SOURCE


def test_places_follow_from_the_value_alone() -> None:
    assert drawn_order(VALUE, CODE, 400) == expected(400)
    assert drawn_order(VALUE, CODE, 0) == []
    assert read_value(" 03 08  12 + 07 ") == "03 08 12 + 07"
