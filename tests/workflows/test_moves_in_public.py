"""Moves between lines and the ways back: the product, its figures and the verifier agree."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random

import pytest
from django.db import connection

from tests.verify.verifier import VERIFY
from tests.workflows.feeds import NOW, make_catalogue, make_network, order
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.ledger import rulebook
from yinuo.contexts.ledger.operations import Fact
from yinuo.contexts.ledger.operations.rulebook import key_fact
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.ledger.passing import TYPES, Passing
from yinuo.contexts.ledger.rulebook import Figures
from yinuo.contexts.orders.models import LineMove, Order
from yinuo.contexts.orders.operations import line_moves
from yinuo.contexts.orders.operations.allocating import close_batches
from yinuo.contexts.orders.operations.line_moves import Target, TooLateToUndo
from yinuo.contexts.places.models import Place
from yinuo.engines.tlog import new_signer
from yinuo.workflows import progress
from yinuo.workflows.intake import run_feed

VKEY = new_signer("log.yunfan.example/log", bytes(32)).verifier.vkey()
MINUTE = dt.timedelta(minutes=1)
LINES = [("S7-A", "NC"), ("S7-B", "NC"), ("S7-A", "TJ")]
Pairs = set[tuple[int, int]]


@pytest.fixture(autouse=True)
def maker(db: None) -> None:
    make_catalogue()
    make_network()


def target(spec: str, centre: str) -> Target:
    spec_id, centre_id = Spec.objects.get(code=spec).id, Place.objects.get(code=centre).id
    return Target(spec_id, centre_id, f"{spec}@{centre}", spec, spec)


def lock(count: int) -> list[Order]:
    """So many orders in the three lines in turn."""
    records = []
    for n in range(count):
        spec, centre = LINES[n % 3]
        records.append(order(n, code=f"ORD{n}", spec=spec, centre=centre))
    assert run_feed("orders", records, sender="sales", now=NOW).ok
    return list(Order.objects.order_by("rank"))


def begin(return_batches: int) -> None:
    """A log whose rule gives so many batches to those who come back."""
    fields = rulebook.rule_fields(1, Figures(return_batches=return_batches), rulebook.AT_ONCE)
    rule = Fact("rule.stated", "rule:1", fields)
    integrate(first=[rule, key_fact("log", VKEY), key_fact("receipt", VKEY)], now=NOW)


def move(one: Order, spec: str, centre: str, now: dt.datetime) -> str:
    made = line_moves.move(
        person_id=one.person_id, order_id=one.id, target=target(spec, centre), now=now
    )
    line_moves.finish(public_id=made, now=now)
    return made


def undo(one: Order, made: str, now: dt.datetime) -> None:
    source = LineMove.objects.get(public_id=made).from_line
    back = target(source.spec.code, source.centre.code)
    line_moves.undo(person_id=one.person_id, public_id=made, back=back, now=now)
    line_moves.finish(public_id=made, now=now)


def place(one: Order) -> tuple[int, int]:
    line, rank = Order.objects.values_list("line_id", "rank").get(id=one.id)
    return line, rank


def start(orders: list[Order], now: dt.datetime) -> None:
    records = [
        {"id": f"s{one.code}", "order": one.code, "kind": "STARTED", "at": now.isoformat()}
        for one in orders
    ]
    assert run_feed("builds", records, sender="plant", now=now).ok
    progress.apply_builds(now=now)


def read_log() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id ORDER BY idx"
        )
        return [body.encode() for (body,) in cursor.fetchall()]


def by_product(leaves: list[bytes]) -> Pairs:
    """Whoever was begun, with each who waits before it in its line, as locks in the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, l.idx FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
            " JOIN orders_order o ON e.change_key = 'lock:' || o.public_id"
        )
        lock_of = dict(cursor.fetchall())
    begun = Order.objects.filter(state="IN_BUILD")
    return {
        (lock_of[one.id], lock_of[earlier])
        for one in begun
        for earlier in Order.objects.filter(
            line=one.line_id, rank__lt=one.rank, state="LOCKED"
        ).values_list("id", flat=True)
    }


def by_figures(leaves: list[bytes]) -> Pairs:
    read = [(i, json.loads(leaf)) for i, leaf in enumerate(leaves)]
    weeks = Passing().read([one for one in read if one[1]["t"] in TYPES]).weeks
    return {pair for week in weeks for pair in week.unexplained}


def by_verifier(leaves: list[bytes]) -> Pairs:
    audit = VERIFY.Audit()
    audit.feed(leaves, b"".join(hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves))
    refused = [one for one in audit.findings if "passer" not in one]
    assert not refused
    return {(one["passer"], lock) for one in audit.findings for lock in one["passed"]}


@pytest.mark.need(24, 25)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_moves_and_ways_back_all_three_name_the_same_pairs(seed: int) -> None:
    rng = random.Random(seed)
    orders = lock(15)
    begin(return_batches=0)
    now, told = NOW, dict.fromkeys(("moved", "back"), 0)
    stacks: dict[int, list[tuple[str, tuple[int, int]]]] = {one.id: [] for one in orders}
    for _ in range(25):
        now += MINUTE
        one = rng.choice(orders[:8])
        one.refresh_from_db()
        stack = stacks[one.id]
        if stack and rng.random() < 0.45:
            made, before = stack.pop()
            undo(one, made, now)
            assert place(one) == before, "the way back leads to the place before that move"
            told["back"] += 1
            continue
        here = (one.line.spec.code, one.line.centre.code)
        there = rng.choice([line for line in LINES if line != here])
        before = place(one)
        stack.append((move(one, *there, now), before))
        told["moved"] += 1
    assert min(told.values()) > 3
    start(rng.sample(orders, 6), now)
    close_batches(now=now + dt.timedelta(days=7))
    integrate(now=now + dt.timedelta(days=7))
    leaves = read_log()
    found = by_product(leaves)
    assert found, "somebody was passed"
    assert by_figures(leaves) == found
    assert by_verifier(leaves) == found


@pytest.mark.need(24)
def test_a_move_behind_the_way_back_keeps_what_it_says() -> None:
    """There (behind all), back (to the old place), there again (behind all), to another centre."""
    one, *_ = lock(6)
    begin(return_batches=8)
    first = move(one, "S7-B", "NC", NOW + MINUTE)
    undo(one, first, NOW + 2 * MINUTE)
    again = move(one, "S7-B", "NC", NOW + 3 * MINUTE)
    one.refresh_from_db()
    rank = one.rank
    move(one, "S7-B", "TJ", NOW + 4 * MINUTE)
    one.refresh_from_db()
    assert one.rank == rank
    integrate(now=NOW + 5 * MINUTE)
    said = [json.loads(leaf) for leaf in read_log()]
    assert [leaf["kept"] for leaf in said if leaf["t"] == "move"] == ["no", "back", "no", "yes"]
    # The way back is that of the newest move; an older one has to wait until that is undone.
    with pytest.raises(TooLateToUndo):
        undo(one, again, NOW + 6 * MINUTE)


@pytest.mark.need(24)
def test_a_circle_of_moves_is_not_undone_in_its_middle() -> None:
    """The order stands where its first move led, by later moves: its way back is theirs."""
    one, *_ = lock(6)
    first = move(one, "S7-A", "TJ", NOW + MINUTE)
    second = move(one, "S7-A", "NC", NOW + 2 * MINUTE)
    third = move(one, "S7-A", "TJ", NOW + 3 * MINUTE)
    for wrong in (first, second):
        with pytest.raises(TooLateToUndo):
            undo(one, wrong, NOW + 4 * MINUTE)
    for made in (third, second, first):
        undo(one, made, NOW + 5 * MINUTE)
    assert place(one) == (one.line_id, one.rank)
