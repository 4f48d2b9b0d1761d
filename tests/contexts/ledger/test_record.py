"""Recording: streams without gaps, one entry per change, and nothing that can be undone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from tests.contexts.ledger.samples import PRIVATE, PUBLIC, sample
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.models import Entry, Form, Opening, Secret, StreamHead, Untold
from yinuo.contexts.ledger.operations import Fact, gathered, mark_told, record, record_many
from yinuo.contexts.ledger.operations.calls import Row, Written, write
from yinuo.contexts.ledger.operations.streams import Head
from yinuo.contexts.ledger.queries import list_of_subject, list_untold, recorded_keys

ORDER_KINDS = [kind.name for kind in KINDS.values() if kind.stream]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def check_streams(code_of: dict[int, str]) -> int:
    """Every stream checked by the published construction alone; returns how many there are.

    Numbers 0, 1, 2 ... without gaps, each leaf names the hash of the one before, the stream's id
    and every commitment open with the order's secret.
    """
    keys = {row.subject_id: bytes(row.k) for row in Secret.objects.all()}
    streams: dict[str, list[Entry]] = {}
    rows = Entry.objects.exclude(letter="").order_by("n").select_related("opening__form")
    for entry in rows:
        streams.setdefault(json.loads(entry.body)["s"], []).append(entry)
    for name, entries in streams.items():
        subject = entries[0].subject_id
        assert subject is not None
        k = keys[subject]
        letter = KINDS[entries[0].kind].stream
        label = f"pl1/stream/{letter}/{code_of[subject]}".encode()
        assert name == b64(hmac.new(k, label, hashlib.sha256).digest())
        previous = None
        for number, entry in enumerate(entries):
            leaf = json.loads(entry.body)
            assert (leaf["s"], leaf["n"], entry.n) == (name, number, number)
            assert leaf.get("p") == previous
            k_n = hmac.new(k, f"pl1/open/{name}/{number}".encode(), hashlib.sha256).digest()
            payload = entry.opening.payload.encode()
            assert leaf["c"] == b64(hmac.new(k_n, payload, hashlib.sha256).digest())
            assert json.loads(payload)["order"] == code_of[subject]
            previous = b64(hashlib.sha256(b"\x00" + entry.body.encode()).digest())
        head = StreamHead.objects.get(stream=name)
        assert (head.n, head.leaf_hash) == (len(entries) - 1, previous)
    return len(streams)


@pytest.mark.django_db
def test_every_kind_continues_its_stream_as_published(now: dt.datetime) -> None:
    for code, subject in (("NC26LU", 1), ("BJ24ZH", 2)):
        facts = [sample(kind, f"{kind}:{code}", subject, code) for kind in ORDER_KINDS]
        ids = record_many(facts, now=now)
        assert None not in ids
    assert check_streams({1: "NC26LU", 2: "BJ24ZH"}) == 6
    told = [kind.name for kind in KINDS.values() if kind.tells]
    assert Untold.objects.count() == 2 * len(told)


@pytest.mark.django_db
def test_a_batch_and_one_by_one_give_the_same_streams(now: dt.datetime) -> None:
    record_many([sample(kind, f"a:{kind}", 1, "AAAA22") for kind in ORDER_KINDS], now=now)
    for kind in ORDER_KINDS:
        record(sample(kind, f"b:{kind}", 2, "BBBB22"), now=now)
    check_streams({1: "AAAA22", 2: "BBBB22"})
    shapes = [
        list(Entry.objects.filter(subject_id=one).order_by("id").values_list("kind", "n"))
        for one in (1, 2)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.django_db
def test_samples_cover_every_kind_and_are_readable_again(now: dt.datetime) -> None:
    assert set(PUBLIC) == set(KINDS)
    record_many([sample(kind) for kind in KINDS], now=now)
    for one in list_of_subject(1):
        expected = {"kind": one.kind, "order": "NC26LU", **PRIVATE[one.kind]}
        assert one.payload == expected
        assert {key: one.public[key] for key in PUBLIC[one.kind]} == PUBLIC[one.kind]


# A clock time, a date, a telephone number, a plate, a mail address, a VIN.
TIME = re.compile(r"\d\d:\d\d|\d{4}-\d\d-\d\d|T\d\d")
PERSON = re.compile(r"1\d{10}|@[a-z]+\.|[\u4e00-\u9fff]{2,4}[A-Z]\w{5}|[A-HJ-NPR-Z0-9]{17}")


@pytest.mark.django_db
def test_no_leaf_carries_a_time_a_person_or_the_orders_code(now: dt.datetime) -> None:
    record_many([sample(kind) for kind in KINDS], now=now)
    for entry in Entry.objects.all():
        leaf = json.loads(entry.body)
        # The day of a court's ruling is public, the day by which we said we do something, and when
        # a draw was announced to be; so is the table of dates that anybody is shown.
        hidden = {"s", "p", "c", "digest", "ruled", "deadline", "root", "chain", "vkey"}
        hidden |= {"until", "drawn", "first_days", "last_days", "latest_days"}
        clear = {key: value for key, value in leaf.items() if key not in hidden}
        shown = json.dumps(clear, ensure_ascii=False)
        assert not TIME.search(shown), shown
        assert not PERSON.search(shown), shown
        assert "NC26LU" not in entry.body
        private = PRIVATE.get(entry.kind, {})
        for key in set(private) - {"code"}:
            assert key not in leaf
        assert len(entry.body.encode()) <= (65_535 if leaf["t"] == "rule" else 2048)


def test_the_scan_for_times_and_people_finds_them() -> None:
    for text in ("2026-02-11", "08:50", "10000000001", "a@example.cn", "陈安 13800001234"):
        assert TIME.search(text) or PERSON.search(text), text


@pytest.mark.django_db
def test_one_change_is_recorded_once(now: dt.datetime) -> None:
    first = record(sample("queue.held"), now=now)
    assert first is not None
    assert record(sample("queue.held"), now=now) is None
    twice = record_many([sample("car.built"), sample("car.built")], now=now)
    assert [one is None for one in twice] == [False, True]
    assert recorded_keys(["queue.held:NC26LU", "nothing"]) == {"queue.held:NC26LU"}
    check_streams({1: "NC26LU"})


@pytest.mark.django_db
def test_one_cause_twice_in_a_call_is_recorded_once(now: dt.datetime) -> None:
    ids = record_many([sample("queue.held"), sample("queue.held")], now=now)
    assert ids[0] is not None
    assert ids[1] is None
    assert record_many([], now=now) == []


@pytest.mark.django_db
@pytest.mark.parametrize("word", ['"', "\\", "\\x00", "NULL", "{a,b}", "\n\t'", "", "诺 ✓", "%s"])
def test_signs_with_a_meaning_arrive_as_they_are(now: dt.datetime, word: str) -> None:
    fact = sample("queue.held")
    private = dict.fromkeys(fact.private, word) | {"order": "NC26LU"}
    entry_id = record(replace(fact, private=private, change_key=f"{word}:1"), now=now)
    assert entry_id is not None
    entry = Entry.objects.get(id=entry_id)
    assert entry.change_key == f"{word}:1"
    assert json.loads(entry.opening.payload) == {**private, "kind": "queue.held"}
    assert entry.recorded_at == now
    check_streams({1: "NC26LU"})


@pytest.mark.django_db
def test_a_fact_costs_two_statements_and_a_stream_that_begins_later_one_more(
    now: dt.datetime, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        record(sample("order.locked"), now=now)
    with django_assert_num_queries(2):
        record(sample("queue.held"), now=now)
    # The secret under which the stream's id is made is not known before.
    with django_assert_num_queries(3):
        record(sample("promise.revised"), now=now)
    with django_assert_num_queries(1):
        assert record(sample("promise.revised"), now=now) is None
    assert check_streams({1: "NC26LU"}) == 2


@pytest.mark.django_db
def test_a_stream_that_is_moved_without_a_head_is_refused(now: dt.datetime) -> None:
    head = Head(7, "q", "s", 0, "h", b"k")
    row = Row("queue.held", 7, "q", 0, "{}", "k:1", "{}", False)
    with pytest.raises(DatabaseError, match="has a head"), transaction.atomic():
        write(Written([row], {(7, "q"): head}), now=now)
    assert not Entry.objects.filter(change_key="k:1").exists()


@pytest.mark.django_db
def test_what_is_gathered_is_written_at_the_end_in_its_order(now: dt.datetime) -> None:
    with gathered():
        assert record(sample("order.locked"), now=now) is None
        with pytest.raises(ZeroDivisionError), gathered():
            record(sample("car.built"), now=now)
            raise ZeroDivisionError
        with gathered():
            record_many([sample("queue.held"), sample("queue.held")], now=now)
        assert not Entry.objects.exists()
    kinds = Entry.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["order.locked", "queue.held"]
    check_streams({1: "NC26LU"})
    assert record(sample("car.built"), now=now) is not None


@pytest.mark.django_db
def test_nothing_gathered_is_written_after_an_error(now: dt.datetime) -> None:
    with pytest.raises(ZeroDivisionError), gathered():
        record(sample("queue.held"), now=now)
        raise ZeroDivisionError
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_fields_other_than_the_declared_ones_are_refused(now: dt.datetime) -> None:
    good = sample("queue.held")
    for public, private in (
        ({}, good.private),
        ({**good.public, "name": "陈安"}, good.private),
        (good.public, {"order": "NC26LU"}),
        (good.public, {**good.private, "phone": "10000000001"}),
    ):
        with pytest.raises(ValueError, match="missing"):
            record(Fact("queue.held", "k", public, private, 1, "NC26LU"), now=now)
    with pytest.raises(ValueError, match="names the order"):
        record(Fact("queue.held", "k", good.public, good.private), now=now)
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_what_was_told_is_no_longer_untold(now: dt.datetime) -> None:
    ids = record_many([sample("promise.revised", f"k{n}") for n in range(3)], now=now)
    assert [one.entry_id for one in list_untold(2)] == ids[:2]
    mark_told([one for one in ids[:2] if one])
    assert [one.entry_id for one in list_untold(9)] == ids[2:]


TABLES = ("ledger_entry", "ledger_form", "ledger_opening", "ledger_secret")
CHANGES = {
    "ledger_entry": "UPDATE ledger_entry SET kind = kind",
    "ledger_form": "UPDATE ledger_form SET pieces = pieces",
    "ledger_opening": "UPDATE ledger_opening SET parts = parts",
    "ledger_secret": "UPDATE ledger_secret SET k = k",
}


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["origin", "replica", "local"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_the_database_refuses_to_change_what_was_recorded(
    table: str, role: str, verb: str, now: dt.datetime
) -> None:
    record(sample("promise.revised"), now=now)
    Form.objects.create(digest=b"of the pieces", pieces="{}")
    statement = {
        "UPDATE": CHANGES[table],
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[verb]
    with connection.cursor() as cursor:
        # Constraint triggers that wait for the commit would stop TRUNCATE before ours does.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET LOCAL session_replication_role = {role}")
    with (
        pytest.raises(DatabaseError, match="append-only") as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.errors.RestrictViolation)
    assert Entry.objects.count() == Opening.objects.count() == 1


@pytest.mark.django_db
def test_the_orm_cannot_change_it_either(now: dt.datetime) -> None:
    record(sample("promise.revised"), now=now)
    entry = Entry.objects.get()
    entry.body = "{}"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.opening.delete()
    # The list of what is still to be told is no record: it empties.
    mark_told([entry.id])
    assert not Untold.objects.exists()


def test_facts_outside_a_transaction_are_refused(fresh_database: str, now: dt.datetime) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(sample("queue.held"), now=now)
    with transaction.atomic():
        assert record(sample("queue.held"), now=now)


def test_facts_vanish_with_the_transaction_that_made_them(
    fresh_database: str, now: dt.datetime
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(sample("queue.held"), now=now)
        raise ZeroDivisionError
    assert not Entry.objects.exists()
    assert not StreamHead.objects.exists()


def test_who_begins_the_streams_of_an_order_at_once_does_it_under_one_secret(
    fresh_database: str, now: dt.datetime
) -> None:
    """Each thread holds an order's first stream that the other waits for, or meets its secret."""
    failures: list[BaseException] = []
    ready = threading.Barrier(4)

    def write_first(worker: int) -> None:
        try:
            for order in range(1, 9):
                kind = ("queue.held", "promise.revised")[worker % 2]
                ready.wait(10)
                with transaction.atomic():
                    record(sample(kind, f"{worker}:{order}", order, f"AAAA2{order + 1}"), now=now)
        except BaseException as failure:  # noqa: BLE001 -- handed to the test's own thread
            failures.append(failure)
            ready.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write_first, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Secret.objects.count() == 8
    assert check_streams({order: f"AAAA2{order + 1}" for order in range(1, 9)}) == 16
    assert Entry.objects.count() == 32


def test_two_writers_of_one_stream_leave_no_gap(fresh_database: str, now: dt.datetime) -> None:
    """Four connections write to the same three orders at once, some of it the same changes."""
    failures: list[BaseException] = []
    ready = threading.Barrier(4)

    def write(worker: int) -> None:
        try:
            ready.wait(10)
            for turn in range(12):
                facts: list[Any] = []
                for order in (1, 2, 3):
                    code = f"AAAA2{order + 1}"
                    facts.append(sample("promise.revised", f"same:{turn}:{order}", order, code))
                    facts.append(sample("queue.held", f"own:{worker}:{turn}:{order}", order, code))
                if worker % 2:
                    facts.reverse()
                with transaction.atomic():
                    record_many(facts, now=now)
        except BaseException as failure:  # noqa: BLE001 -- handed to the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Entry.objects.filter(kind="promise.revised").count() == 12 * 3
    assert Entry.objects.filter(kind="queue.held").count() == 4 * 12 * 3
    assert check_streams({order: f"AAAA2{order + 1}" for order in (1, 2, 3)}) == 6
