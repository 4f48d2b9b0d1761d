"""After an erasure, no row of any table leads from the person to a leaf of the log, or back.

Looked for in every table there is, whatever it is called: nobody has to think of this test when a
table is added.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tests import factories
from tests.factories import NOW
from tests.web.people import read, sign_in_staff
from tests.workflows.launch_story import agree, choose, make_launch, pay, row
from yinuo.contexts.ledger.models import Entry, StreamHead
from yinuo.contexts.ledger.operations import erasing
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.orders.models import Inquiry, Order, Ticket
from yinuo.contexts.orders.operations import records
from yinuo.contexts.payments.queries.books import check_books
from yinuo.contexts.people.models import LoginCode, Person
from yinuo.contexts.people.operations import login
from yinuo.platform import clock
from yinuo.platform.idempotency import keep_answer
from yinuo.platform.models import Attempt, RequestKey
from yinuo.platform.throttle import count_try
from yinuo.workflows import erasure, integrity, leaks, lock, transient

pytestmark = pytest.mark.django_db
YEAR, HOUR = dt.timedelta(days=366), dt.timedelta(hours=1)
AGREED, PAID = NOW + 10 * HOUR + dt.timedelta(seconds=7), NOW + 21 * HOUR + dt.timedelta(seconds=13)
KEYS = """
SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE contype = 'f' AND cardinality(conkey) = 1
"""
# Kept without a foreign key.
LOOSE = {
    ("notices_notice", "order_id", "orders_order"),
    ("notices_notice", "person_id", "people_person"),
    ("promises_choice", "order_id", "orders_order"),
    ("notices_delivery", "notice_id", "notices_notice"),
    *(
        (f"ledger_{name}", "subject_id", "orders_order")
        for name in ("entry", "secret", "streamhead", "erasure", "legalhold")
    ),
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
# Rows that may stay and lead to one person: what they are, and nothing in them leads to a leaf.
STAYS = {
    "ledger_erasure",
    "orders_order",
    "payments_bill",
    "payments_charge",
    "payments_posting",
    "payments_postingline",
    "payments_settled",
    "people_person",
    "production_build",
    "terms_clauseshown",
    "terms_contract",
    "terms_decision",
    "vehicles_assignment",
}


@dataclass(frozen=True)
class Story:
    """An order from a ticket, and what could lead to its leaves."""

    order: Order
    person: Person
    ticket: Ticket
    entry_ids: frozenset[int]
    streams: frozenset[str]
    seconds: frozenset[str]
    numbers: frozenset[str]


@pytest.fixture
def story() -> Story:
    """From a ticket to the keys, with a date that moved, a choice, notices, looks and links."""
    clock.set_test_clock(at=NOW, running=False)
    sale = make_launch()
    alice = sale.world.alice
    choose(sale, "other", sale.world.carol)
    ticket = choose(sale, "a", alice, at=NOW + HOUR)
    pay(agree(ticket, alice, now=AGREED), now=PAID)
    order_id = lock.deposit_paid(ticket_id=ticket.id, now=PAID)
    assert order_id is not None
    order = Order.objects.get(id=order_id)
    factories.make_promise(order)
    factories.move_promise(sale.world, order)
    factories.make_choice(order)
    records.share(person_id=alice.id, order_id=order.id, days=90, now=PAID)
    records.keep_issued(order_id=order.id, digests=[b"\1" * 32], entries=3, now=PAID)
    DirectMessage.objects.create(
        key=f"{ticket.code}:due",
        channel="SMS",
        address=alice.phone,
        text=f"{ticket.code} {ticket.number}",
        created_at=PAID,
        sent_at=PAID,
    )
    read(sign_in_staff(sale.world.dora), f"/staff/orders/{order.code}")
    delivered_at = NOW + 90 * HOUR
    Order.objects.filter(id=order.id).update(
        state="DELIVERED", state_at=delivered_at, delivered_at=delivered_at
    )
    return _story(order, alice, row(ticket))


def _story(order: Order, person: Person, ticket: Ticket) -> Story:
    entries = list(Entry.objects.filter(subject_id=order.id))
    moments = [*(one.recorded_at for one in entries), ticket.taken_at]
    assert len({f"{one:%Y-%m-%dT%H:%M:%S}" for one in moments}) > 2
    return Story(
        order,
        person,
        ticket,
        frozenset(one.id for one in entries),
        frozenset(StreamHead.objects.values_list("stream", flat=True).filter(subject_id=order.id)),
        frozenset(f"{one:%Y-%m-%dT%H:%M:%S}" for one in moments),
        frozenset({str(order.rank), str(int(ticket.taken_at.timestamp()))}),
    )


def list_rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as PostgreSQL writes it in JSON."""
    with connection.cursor() as cursor:
        found: dict[str, list[dict[str, Any]]] = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found[table] = [json.loads(line) for (line,) in cursor.fetchall()]
        return found


def list_links() -> set[tuple[str, str, str]]:
    """Every column that names a row of another table: (table, column, the other)."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        return {*cursor.fetchall(), *LOOSE}


def find_own(story: Story, rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, Any]]:
    """The rows of the order and its person: named by a chain of keys, or by what they say."""
    words = (story.order.code, story.order.public_id, story.person.phone, story.person.name)
    own: set[tuple[str, Any]] = {
        ("orders_order", story.order.id),
        ("people_person", story.person.id),
    }
    found: dict[int, tuple[str, Any]] = {}
    links = list_links()
    while True:
        before = len(found)
        for table, some in rows.items():
            columns = [(column, other) for one, column, other in links if one == table]
            for one in some:
                if id(one) in found:
                    continue
                named = any((other, one.get(column)) in own for column, other in columns)
                said = json.dumps(one, ensure_ascii=False)
                if named or (table, one.get("id")) in own or any(word in said for word in words):
                    found[id(one)] = (table, one)
                    own.add((table, one.get("id")))
        if len(found) == before:
            return list(found.values())


def leads_on(story: Story, table: str, one: dict[str, Any]) -> Iterator[str]:
    """By what a row leads to a leaf of this order."""
    names = {name for name in one if name.endswith("entry_id")}
    names |= {"id"} if table in ("ledger_entry", "notices_notice") else set()
    yield from (f"entry {one[name]}" for name in names if one[name] in story.entry_ids)
    if one.get("ticket_id") == story.ticket.id:
        yield "the ticket, and so its number"
    if (one.get("launch_id"), one.get("number")) == (story.ticket.launch_id, story.ticket.number):
        yield "the number of the ticket"
    said = json.dumps(one, ensure_ascii=False)
    yield from (f"stream {stream}" for stream in story.streams if stream in said)
    yield from (number for number in story.numbers if number in said)
    moments = {text.replace(" ", "T") for text in MOMENT.findall(said)}
    yield from (f"the moment {moment}" for moment in moments & story.seconds)


def find_joins(story: Story) -> list[str]:
    """Every row that holds both something of the person and a way to a leaf."""
    own = find_own(story, list_rows())
    return [
        f"{table} {one.get('id')}: {way}"
        for table, one in own
        for way in leads_on(story, table, one)
    ]


@pytest.mark.need(26)
def test_no_row_of_any_table_joins_the_person_to_a_leaf(story: Story) -> None:
    before = find_joins(story)
    ways = {line.split(" ")[0] for line in before}
    # The test sees what it has to see.
    assert ways >= {
        "orders_ticket",
        "orders_order",
        "terms_contract",
        "terms_decision",
        "payments_posting",
        "notices_notice",
        "notices_directmessage",
        "ledger_entry",
        "ledger_streamhead",
    }
    known = {table for table, _ in find_own(story, list_rows())}
    assert erasure.erase(code=story.order.code, reason="ASKED", now=NOW + 4 * YEAR)
    assert find_joins(story) == []
    assert leaks.find_left() == {}
    assert check_books() == []
    assert integrity.check() == []
    left = {table for table, _ in find_own(story, list_rows())}
    assert left <= STAYS
    assert known - left >= {"orders_ticket", "promises_promise", "orders_stafflook"}
    # The leaves are all there, and the number of the ticket is still used.
    assert Entry.objects.filter(id__in=story.entry_ids).count() == len(story.entry_ids)
    ticket = Ticket.objects.get(id=story.ticket.id)
    assert (ticket.number, ticket.chain) == (story.ticket.number, story.ticket.chain)
    assert (ticket.state, ticket.person_id, ticket.order_id) == ("ERASED", None, None)


def test_what_stays_says_the_day(story: Story) -> None:
    erasure.erase(code=story.order.code, reason="ASKED", now=NOW + 4 * YEAR)
    order = Order.objects.get(id=story.order.id)
    midnight = dt.datetime(2026, 2, 10, 16, tzinfo=dt.UTC)
    assert order.locked_at == midnight
    assert (order.rank, order.quote_ref, order.code) == (-order.id, "", story.order.code)
    moments = [
        value
        for table, one in find_own(story, list_rows())
        for name, value in one.items()
        if name.endswith("_at") and value and table != "ledger_erasure"
    ]
    assert moments
    assert {dt.datetime.fromisoformat(one).astimezone(dt.UTC).hour for one in moments} == {16}


REFUSED = (
    "UPDATE orders_ticket SET code = 'erased:' || id, request_key = 'erased:' || id,"
    " signature = '', state = 'ERASED', person_id = NULL, order_id = NULL",
    "UPDATE orders_order SET rank = -id, locked_at = date_trunc('day', locked_at, 'Asia/Shanghai')",
    "UPDATE payments_posting SET posted_at = date_trunc('day', posted_at, 'Asia/Shanghai')",
    "UPDATE terms_contract SET ticket_id = NULL",
    "UPDATE terms_decision SET ticket_id = NULL",
    "UPDATE terms_clauseshown SET shown_at = date_trunc('day', shown_at, 'Asia/Shanghai')",
)


ALSO_REFUSED = (
    "UPDATE payments_posting SET posted_at = posted_at + interval '1 day'",
    "UPDATE payments_posting SET kind = 'x'",
    "DELETE FROM payments_posting",
    "UPDATE terms_contract SET price_fen = 1",
    "DELETE FROM terms_clauseshown",
    "UPDATE orders_order SET rank = -1 - id",
    "UPDATE orders_ticket SET number = number + 1000",
)


def test_what_is_fixed_is_blurred_only_in_its_erasure_and_nothing_else_is_changed(
    story: Story,
) -> None:
    for statement in (*REFUSED, *ALSO_REFUSED):
        assert is_refused(statement), statement
    with transaction.atomic():
        erasing.ask(subject_id=story.order.id, reason="ASKED", now=NOW + 4 * YEAR)
        erasing.erase(subject_id=story.order.id, now=NOW + 4 * YEAR)
        for statement in ALSO_REFUSED:
            assert is_refused(statement), statement


def is_refused(statement: str) -> bool:
    """Whether a trigger says no."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as refused:
        return re.search("fixed|append-only|kept as it was", str(refused)) is not None
    return False


def test_the_scan_says_what_is_left_of_an_erased_order(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    erasure.erase(code=story.order.code, reason="ASKED", now=NOW + 4 * YEAR)
    call_command("privacy", "scan")
    Inquiry.objects.create(order=story.order, about="DATE", asked_at=NOW)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        call_command("privacy", "scan")
    assert "orders.Inquiry" in capsys.readouterr().err
    assert set(leaks.KEPT) <= {model._meta.label for model in apps.get_models()}


def test_what_served_its_turn_goes_each_in_its_time(story: Story) -> None:
    person = story.person
    login.create_code(phone=person.phone, now=PAID)
    keep_answer("x", "1", {"order": story.order.code}, now=PAID)
    count_try("code", person.phone, limit=1, period=HOUR, now=PAID)
    day = dt.timedelta(days=1)
    counted = {}
    for days in (0, 2, 40, 100):
        transient.every_night(now=PAID + days * day)
        transient.every_night(now=PAID + days * day)
        counted[days] = (
            LoginCode.objects.exists(),
            DirectMessage.objects.exclude(text="").exists(),
            RequestKey.objects.exists(),
        )
    assert counted == {
        0: (True, True, True),
        2: (False, True, True),
        40: (False, False, True),
        100: (False, False, False),
    }
    # Written once is written once: the key stays.
    assert DirectMessage.objects.get().key == f"{story.ticket.code}:due"
    assert not Attempt.objects.filter(scope="code").exists()
