"""Erasure: one order's leaves stay and can be opened by nobody but the owner of a copy."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import threading
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from tests.contexts.ledger.samples import sample
from tests.contexts.ledger.test_record import ORDER_KINDS, b64, check_streams
from yinuo.contexts.ledger.models import (
    Entry,
    Erasure,
    Form,
    Opening,
    Secret,
    StreamHead,
    Untold,
)
from yinuo.contexts.ledger.operations import record, record_many
from yinuo.contexts.ledger.operations.erasing import (
    NotAsked,
    ask,
    erase,
    lift_hold,
    place_hold,
    take_back,
)
from yinuo.contexts.ledger.operations.streams import Erased
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.ledger.queries.erasures import get_erasure, get_hold, is_erased, list_waiting


def record_two(now: dt.datetime) -> None:
    """Every kind of fact of Alice's order (1) and of Carol's (2)."""
    for code, subject in (("NC26LU", 1), ("BJ24ZH", 2)):
        record_many(
            [sample(kind, f"{kind}:{code}", subject, code) for kind in ORDER_KINDS], now=now
        )


def every_value() -> list[str]:
    """Every value of every column of the ledger's tables, as text; bytes in hexadecimal."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in (one for one in connection.introspection.table_names() if "ledger_" in one):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                found += [
                    bytes(one).hex() if isinstance(one, (bytes, memoryview)) else str(one)
                    for one in row
                ]
    return found


@pytest.mark.django_db
@pytest.mark.need(26)
def test_what_stays_cannot_be_opened_and_names_nobody(now: dt.datetime) -> None:
    record_two(now)
    bodies = dict(Entry.objects.values_list("id", "body"))
    hers = list(Entry.objects.filter(subject_id=1).values_list("id", flat=True))
    payloads = [one.payload for one in Opening.objects.filter(entry_id__in=hers)]
    k = bytes(Secret.objects.get(subject_id=1).k)
    assert ask(subject_id=1, reason="ASKED", now=now)
    assert erase(subject_id=1, now=now)
    values = every_value()
    assert k.hex() not in values
    assert not set(payloads) & set(values)
    assert not [one for one in values if "NC26LU" in one]
    assert not Entry.objects.filter(subject_id=1).exists()
    assert not StreamHead.objects.filter(subject_id=1).exists()
    assert not Untold.objects.filter(entry_id__in=hers).exists()
    # Body, kind and moment are as they were, so every tree over the bodies is as it was.
    assert dict(Entry.objects.values_list("id", "body")) == bodies
    assert set(Entry.objects.filter(id__in=hers).values_list("subject_id", "letter", "n")) == {
        (None, "", None)
    }
    assert list_of_subject(1) == []
    # Carol's are untouched.
    assert check_streams({2: "BJ24ZH"}) == 3


@pytest.mark.django_db
def test_a_copy_of_the_secret_still_opens_the_leaves(now: dt.datetime) -> None:
    record_two(now)
    copy = [
        (one.body, one.opening.payload)
        for one in Entry.objects.filter(subject_id=1).select_related("opening__form")
    ]
    k = bytes(Secret.objects.get(subject_id=1).k)
    ask(subject_id=1, reason="ASKED", now=now)
    erase(subject_id=1, now=now)
    kept = set(Entry.objects.values_list("body", flat=True))
    for body, payload in copy:
        assert body in kept
        leaf = json.loads(body)
        k_n = hmac.digest(k, f"pl1/open/{leaf['s']}/{leaf['n']}".encode(), hashlib.sha256)
        assert leaf["c"] == b64(hmac.digest(k_n, payload.encode(), hashlib.sha256))


@pytest.mark.django_db
def test_nothing_is_recorded_of_an_erased_order(now: dt.datetime) -> None:
    record_two(now)
    ask(subject_id=1, reason="ORDERED_BY_LAW", now=now)
    erase(subject_id=1, now=now)
    with pytest.raises(Erased):
        record(sample("order.locked", "again", 1, "NC26LU"), now=now)
    with pytest.raises(IntegrityError, match="erased"), transaction.atomic():
        Secret.objects.create(subject_id=1, k=b"k" * 32)
    assert record(sample("order.locked", "again", 2, "BJ24ZH"), now=now)


@pytest.mark.django_db
def test_asked_taken_back_done_once(now: dt.datetime) -> None:
    record_two(now)
    with pytest.raises(NotAsked):
        erase(subject_id=1, now=now)
    assert ask(subject_id=1, reason="ASKED", now=now)
    assert not ask(subject_id=1, reason="PURPOSE_ENDED", now=now)
    assert list_waiting(9) == [1]
    take_back(subject_id=1)
    assert get_erasure(1) is None
    ask(subject_id=1, reason="ASKED", now=now)
    assert erase(subject_id=1, now=now)
    assert not erase(subject_id=1, now=now)
    assert is_erased(1)
    assert not is_erased(2)
    with pytest.raises(NotAsked):
        take_back(subject_id=1)
    with pytest.raises(ValueError, match="no reason"):
        ask(subject_id=2, reason="LIKE", now=now)


@pytest.mark.django_db
def test_a_legal_hold_stands_once_and_says_why(now: dt.datetime) -> None:
    assert place_hold(subject_id=1, why="(2026)沪01民初8号", staff_id=None, now=now)
    assert not place_hold(subject_id=1, why="other", staff_id=None, now=now)
    assert get_hold(1) == "(2026)沪01民初8号"
    assert lift_hold(subject_id=1, now=now)
    assert not lift_hold(subject_id=1, now=now)
    assert get_hold(1) == ""
    with pytest.raises(ValueError, match="why"):
        place_hold(subject_id=1, why=" ", staff_id=None, now=now)


MARK = "UPDATE ledger_erasure SET done_at = now() WHERE subject_id = 1"
REFUSED = [
    "DELETE FROM ledger_secret WHERE subject_id = {s}",
    "UPDATE ledger_secret SET k = 'x' WHERE subject_id = {s}",
    "DELETE FROM ledger_streamhead WHERE subject_id = {s}",
    "DELETE FROM ledger_opening WHERE entry_id IN"
    " (SELECT id FROM ledger_entry WHERE subject_id = {s})",
    "UPDATE ledger_opening SET parts = '' WHERE entry_id IN"
    " (SELECT id FROM ledger_entry WHERE subject_id = {s})",
    "UPDATE ledger_entry SET subject_id = NULL, letter = '', n = NULL,"
    " change_key = 'erased:' || id WHERE subject_id = {s}",
    "UPDATE ledger_entry SET body = '{{}}' WHERE subject_id = {s}",
    "DELETE FROM ledger_entry WHERE subject_id = {s}",
    "DELETE FROM ledger_form",
    "TRUNCATE ledger_streamhead",
]


@pytest.mark.django_db
def test_the_database_refuses_the_rest(now: dt.datetime) -> None:
    record_two(now)
    Form.objects.create(digest=b"d", pieces="p")

    def all_refused(subject: int) -> None:
        for statement in REFUSED:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(statement.format(s=subject))

    with connection.cursor() as cursor:
        all_refused(1)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE ledger_erasure")
        # Asked for is not yet done, and one that is done is of one order.
        ask(subject_id=1, reason="ASKED", now=now)
        all_refused(1)
        cursor.execute(MARK)
        all_refused(2)
        cursor.execute("SET LOCAL session_replication_role = replica")
        all_refused(2)


ALSO_REFUSED = [
    "UPDATE ledger_entry SET body = '{}' WHERE subject_id = 1",
    "UPDATE ledger_entry SET recorded_at = now() WHERE subject_id = 1",
    "UPDATE ledger_entry SET kind = 'order.locked', subject_id = NULL WHERE subject_id = 1",
    "UPDATE ledger_entry SET subject_id = 2 WHERE subject_id = 1",
    "UPDATE ledger_entry SET subject_id = NULL, letter = '', n = NULL WHERE subject_id = 1",
    "DELETE FROM ledger_entry WHERE subject_id = 1",
    "UPDATE ledger_opening SET parts = '' WHERE entry_id IN"
    " (SELECT id FROM ledger_entry WHERE subject_id = 1)",
    "UPDATE ledger_secret SET k = 'x' WHERE subject_id = 1",
    "UPDATE ledger_erasure SET done_at = NULL WHERE subject_id = 1",
    "DELETE FROM ledger_erasure WHERE subject_id = 1",
]


@pytest.mark.django_db
def test_an_erasure_lets_only_its_own_steps_through(now: dt.datetime) -> None:
    record_two(now)
    ask(subject_id=1, reason="ASKED", now=now)
    with connection.cursor() as cursor:
        cursor.execute(MARK)
        for statement in ALSO_REFUSED:
            with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
                cursor.execute(statement)
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            cursor.execute("UPDATE ledger_erasure SET subject_id = 2 WHERE subject_id = 1")


def test_the_way_is_closed_once_the_transaction_has_ended(
    fresh_database: str, now: dt.datetime
) -> None:
    with transaction.atomic():
        record_two(now)
    ask(subject_id=1, reason="ASKED", now=now)
    with connection.cursor() as cursor:
        cursor.execute(MARK)
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute("DELETE FROM ledger_secret WHERE subject_id = 1")
        # Nor can a client say in which transaction it is.
        cursor.execute("INSERT INTO ledger_erasure VALUES (2, now(), 'ASKED', NULL, now(), 4)")
        with transaction.atomic():
            cursor.execute("SELECT pg_current_xact_id()")
            with (
                pytest.raises(DatabaseError, match="an erasure that is done"),
                transaction.atomic(),
            ):
                cursor.execute(
                    "UPDATE ledger_erasure SET during = pg_current_xact_id()::text::bigint"
                )


def test_who_records_while_it_is_erased_waits_and_is_refused(
    fresh_database: str, now: dt.datetime
) -> None:
    with transaction.atomic():
        record_two(now)
    ask(subject_id=1, reason="ASKED", now=now)
    outcome: list[Any] = []

    def write() -> None:
        try:
            with transaction.atomic():
                record(sample("order.locked", "late", 1, "NC26LU"), now=now)
        except Exception as failure:  # noqa: BLE001 -- whatever it is, the test looks at it
            outcome.append(failure)
        finally:
            connections.close_all()

    with transaction.atomic():
        assert erase(subject_id=1, now=now)
        other = threading.Thread(target=write)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join(10)
    assert isinstance(outcome[0], Erased)
    assert not Secret.objects.filter(subject_id=1).exists()
    assert Erasure.objects.get(subject_id=1).done_at == now
