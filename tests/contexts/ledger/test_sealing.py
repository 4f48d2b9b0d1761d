"""Numbers in the log: every entry gets one, whatever writes at once and whoever is killed."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
import time

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from tests.contexts.ledger.samples import sample
from tests.logs import fork_apart, kill
from yinuo.contexts.ledger.models import Entry, Inbox, Leaf, Tree
from yinuo.contexts.ledger.operations import record, record_many
from yinuo.contexts.ledger.operations.sealing import integrate, is_anything_waiting
from yinuo.contexts.ledger.queries.sealed import (
    get_bracket,
    get_head,
    get_leaf,
    get_numbers,
    oldest_waiting,
)

WRITERS, COMMITS = 32, 12


def recount() -> tuple[int, bytes]:
    """Size and root of the log by the definition of RFC 6962, from the rows alone."""
    bodies = [
        leaf.entry.body if leaf.entry else leaf.body
        for leaf in Leaf.objects.select_related("entry").order_by("idx")
    ]
    assert list(Leaf.objects.order_by("idx").values_list("idx", flat=True)) == list(
        range(len(bodies))
    )
    return len(bodies), root_of([(body or "").encode() for body in bodies])


def root_of(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962 defines it, slowly."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:half]) + root_of(leaves[half:])).digest()


def check_tree() -> int:
    """The tree's row says what the leaves say; how many there are."""
    tree = Tree.objects.get()
    size, root = recount()
    assert (tree.size, bytes(tree.root)) == (size, root)
    return size


def write(codes: list[tuple[int, str]], now: dt.datetime) -> None:
    """One lock of each of these orders, in one transaction."""
    with transaction.atomic():
        record_many(
            [sample("order.locked", f"lock:{code}", subject, code) for subject, code in codes],
            now=now,
        )


@pytest.mark.django_db
def test_numbers_follow_the_order_of_ids(now: dt.datetime) -> None:
    write([(1, "AAAA22"), (2, "BBBB22"), (3, "CCCC22")], now)
    assert is_anything_waiting()
    assert oldest_waiting() == (3, now)
    done = integrate(limit=2, now=now)
    assert (done.size, done.count, done.locks) == (2, 2, 2)
    assert integrate(now=now).size == 3
    assert not is_anything_waiting()
    assert oldest_waiting() == (0, None)
    ids = list(Entry.objects.order_by("id").values_list("id", flat=True))
    assert get_numbers(ids) == {entry: idx for idx, entry in enumerate(ids)}
    assert get_numbers([ids[-1] + 1]) == {}
    assert check_tree() == 3


@pytest.mark.django_db
def test_nothing_to_do_changes_nothing(now: dt.datetime) -> None:
    before = get_head()
    assert integrate(now=now) == integrate(now=now)
    assert get_head() == before
    assert (before.size, before.note, before.root) == (0, "", hashlib.sha256().digest())


@pytest.mark.django_db
def test_what_comes_first_stands_before_what_waited(now: dt.datetime) -> None:
    write([(1, "AAAA22"), (2, "BBBB22")], now)
    leading = [sample("plan.committed", "plan:b"), sample("plan.committed", "plan:a")]
    done = integrate(first=leading, now=now)
    assert (done.size, done.count, done.locks) == (4, 4, 2)
    keys = [leaf.entry.change_key for leaf in Leaf.objects.order_by("idx") if leaf.entry]
    assert keys == ["plan:b", "plan:a", "lock:AAAA22", "lock:BBBB22"]
    # Said once for ever: a second time it adds nothing.
    assert integrate(first=leading, now=now).count == 0
    assert check_tree() == 4


@pytest.mark.django_db
def test_a_leaf_is_read_as_it_was_hashed(now: dt.datetime) -> None:
    write([(1, "AAAA22")], now)
    integrate(now=now)
    entry = Entry.objects.get()
    leaf = get_leaf(0)
    assert leaf is not None
    assert (leaf.index, leaf.body, leaf.entry_id, leaf.kind) == (
        0,
        entry.body,
        entry.id,
        "order.locked",
    )
    assert leaf.leaf_hash == hashlib.sha256(b"\x00" + entry.body.encode()).digest()
    assert get_leaf(1) is None
    assert get_leaf(-1) is None
    assert get_leaf(2**70) is None
    assert get_bracket(0) == (None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "order",
    [
        "UPDATE ledger_leaf SET idx = 7",
        "DELETE FROM ledger_leaf",
        "TRUNCATE ledger_leaf",
        "INSERT INTO ledger_leaf (idx, entry_id, body) VALUES (1, NULL, NULL)",
        "INSERT INTO ledger_leaf (idx, entry_id, body) VALUES (1, 77, '{}')",
    ],
)
def test_the_database_refuses_to_change_leaves(order: str, now: dt.datetime) -> None:
    write([(1, "AAAA22")], now)
    integrate(now=now)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(order)
    assert check_tree() == 1


@pytest.mark.django_db
def test_no_entry_gets_past_the_inbox(now: dt.datetime) -> None:
    record(sample("plan.committed", "one"), now=now)
    columns = "id, kind, letter, body, change_key, recorded_at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_entry ({columns}) SELECT 900 + i, 'x', '', '{{}}', 'k' || i, now()"
            " FROM generate_series(1, 3) i"
        )
        with cursor.copy(f"COPY ledger_entry ({columns}) FROM STDIN") as copy:
            copy.write(b"990\tx\t\t{}\tcopied\t2026-02-11\n")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO ledger_entry ({columns}) VALUES (991, 'x', '', '{{}}', 'r', now())"
        )
    waiting = set(Inbox.objects.values_list("entry_id", flat=True))
    assert waiting == set(Entry.objects.values_list("id", flat=True))
    assert {901, 902, 903, 990, 991} <= waiting


def _writer(number: int, now: dt.datetime) -> None:
    for turn in range(COMMITS):
        subject = number * COMMITS + turn + 1
        write([(subject, f"W{subject:05d}")], now)


def _integrator(now: dt.datetime) -> None:
    while True:
        integrate(limit=7, now=now)
        time.sleep(0.001)


@pytest.mark.usefixtures("fresh_database")
def test_two_integrators_and_many_writers_and_a_kill(now: dt.datetime) -> None:
    integrators = [fork_apart(_integrator, now) for _ in range(2)]
    writers = [fork_apart(_writer, number, now) for number in range(WRITERS)]
    time.sleep(0.3)
    kill(integrators[0])
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    kill(integrators[1])
    while integrate(now=now).count:
        pass
    # One leaf for each commit, and the tree is the one that RFC 6962 makes of them.
    assert check_tree() == WRITERS * COMMITS == Entry.objects.count()
    assert Tree.objects.get().locks == WRITERS * COMMITS
    assert not Inbox.objects.exists()


def test_who_is_killed_while_integrating_has_done_nothing(
    fresh_database: str, now: dt.datetime
) -> None:
    write([(1, "AAAA22")], now)

    def stop_short(now: dt.datetime) -> None:
        with transaction.atomic():
            integrate(now=now)
            os.kill(os.getpid(), signal.SIGKILL)

    process = fork_apart(stop_short, now)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    process.close()
    with psycopg.connect(fresh_database) as asking:
        row = asking.execute("SELECT (SELECT count(*) FROM ledger_leaf), size FROM ledger_tree")
        assert row.fetchone() == (0, 0)
    assert integrate(now=now).size == 1
    assert check_tree() == 1
