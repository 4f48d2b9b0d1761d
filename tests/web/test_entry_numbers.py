"""Dates, amounts and statements on pages are named with the entry that states them."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.contexts.claims.statements import Signers, make_signers, open_one, prove, sign_both
from tests.contexts.promises.test_owed_rules import table
from tests.contexts.terms.drafts import make_clause, make_template, shown
from tests.factories import (
    NOW,
    World,
    make_order,
    make_promise,
    make_world,
    move_promise,
    record_of,
)
from tests.web.people import read, sign_in, sign_in_staff
from tests.web.test_terms_pages import HOLD
from tests.workflows.test_owed import DAY, FIRST, MORNING, make_late, move
from yinuo.contexts.claims.queries import live
from yinuo.contexts.ledger.models import Entry, Leaf
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.contexts.terms.operations import contracts
from yinuo.platform import clock
from yinuo.web.kit.entry_numbers import EntryNumbers, window_numbers
from yinuo.workflows import claims, owed, slots

pytestmark = pytest.mark.django_db
WAITS = "正在写入公开记录"


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return make_world()


def no(kind: str) -> int:
    """The number of the newest entry of a kind."""
    return Leaf.objects.filter(entry__kind=kind).latest("idx").idx


def link(n: int, words: str = "第 {n} 条") -> str:
    """How a page names an entry."""
    return f'<a class="no" href="/log/{n}">{words.format(n=n)}</a>'


def test_the_newest_entry_about_a_thing_is_found_and_no_other(world: World) -> None:
    mine = make_order(world, "NC26LU")
    other = make_order(world, "EX26AA", line=world.other_line)
    money = {"amount": 500_000, "unit": "FEN", "answerer": "stf_x", "known_at": "2026-02-11T00:50Z"}
    due = {**money, "answer_by_at": "2026-02-12T04:00:00Z", "due_at": "2026-02-16T10:00:00Z"}
    record_of(mine, "refund.ordered", {**due, "refund_ref": "rfd_a"}, code="DUE")
    assert EntryNumbers(mine.id).of("refund_ref", "rfd_a") == (True, None)
    record_of(mine, "refund.ordered", {**due, "refund_ref": "rfd_b"}, code="DUE")
    record_of(mine, "refund.late", {**due, "refund_ref": "rfd_a"}, code="LATE")
    record_of(other, "refund.late", {**due, "refund_ref": "rfd_b"}, code="LATE")
    integrate(now=NOW)
    numbers = EntryNumbers(mine.id)
    first, second, late, strange = Leaf.objects.order_by("idx").values_list("idx", flat=True)
    assert numbers.of("refund_ref", "rfd_a") == (True, late)
    assert numbers.of("refund_ref", "rfd_b") == (True, second)
    assert numbers.of("kind", "refund.ordered") == (True, second)
    assert numbers.of("leaf", "money") == (True, late)
    assert numbers.of("refund_ref", "rfd_c") == (False, None)
    assert numbers.of("window") == (False, None)
    assert EntryNumbers(other.id).of("refund_ref", "rfd_b") == (True, strange)
    assert first < second
    assert window_numbers([mine.id, other.id]) == {}


def test_staff_read_the_number_that_the_customer_reads(world: World) -> None:
    order = make_order(world, "NC26LU", state="IN_TRANSIT")
    make_promise(order)
    move_promise(world, order)
    dora = sign_in_staff(world.dora)
    assert WAITS in read(dora, "/staff/orders/NC26LU")
    integrate(now=NOW)
    n = no("promise.revised")
    assert window_numbers([order.id]) == {order.id: n}
    page = read(dora, "/staff/orders/NC26LU")
    seen = page[page.index("客户看到的日期") :]
    assert seen[: seen.index("</p>")].endswith(link(n))
    happenings = page[page.index('id="events"') :]
    assert link(n) in happenings
    assert link(no("promise.made")) in happenings
    english = read(sign_in_staff(world.dora, **{"accept-language": "en"}), "/staff/orders/NC26LU")
    assert link(n, "entry {n}") in english[english.index("The customer sees") :]
    assert link(n) in read(sign_in(world.alice), "/o/NC26LU")


def test_what_we_owe_names_the_entry_that_counts_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: MORNING + 4 * DAY)
    order = make_late(world, "LA26TE")
    move(order, FIRST, FIRST + 2 * DAY, "WEATHER")
    move(order, FIRST + 2 * DAY, FIRST + 4 * DAY, "PLANT_STOPPED")
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING + 4 * DAY)
    integrate(now=NOW)
    text = read(sign_in(world.alice), "/o/LA26TE/by")
    after = text[text.index("一共 300 元") :]
    assert after.index(link(no("credit.given"))) < after.index("比第一次承诺的")


def _contract(order: Order, world: World) -> None:
    contracts.agree(
        order_id=order.id,
        template_code="fair-sale",
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        shown=[shown("deposit", NOW)],
        person_id=world.alice.id,
        facts={},
        now=NOW,
    )
    slots.agree_side_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)


@pytest.mark.need(48, 142)
def test_what_was_advertised_and_binds_is_named_with_its_entry(world: World) -> None:
    people: Signers = make_signers(world.manager)
    open_one(people, topic="BALANCE")
    prove(people, public=True)
    sign_both(people)
    claims.publish(code="hood-duct", corrects=False, staff_id=people.lawyer.id, now=NOW)
    make_template("fair-sale", [make_clause("deposit", "定金抵作车款。", NOW)], NOW)
    order = make_order(world, "HK24LI")
    _contract(order, world)
    assert live.list_numbers({"hood-duct", "pay-after"}) == {"hood-duct": None}
    integrate(now=NOW)
    n = no("claim.published")
    assert live.list_numbers({"hood-duct", "hood-duct-2"}) == {"hood-duct": n}
    for client, words in (
        (sign_in(world.alice), "第 {n} 条"),
        (sign_in(world.alice, **{"accept-language": "en"}), "entry {n}"),
    ):
        page = read(client, "/o/HK24LI/record")
        promised = page[page.index('id="promised"') :]
        for kind in ("claim.published", "contract.agreed", "side_term.agreed"):
            assert link(no(kind), words) in promised, kind
    assert link(n) not in read(Client(), "/public")
    assert Entry.objects.filter(kind="claim.published").count() == 1
