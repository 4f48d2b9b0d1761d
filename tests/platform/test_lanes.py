"""Work side by side, and many rows at once."""

from __future__ import annotations

import gc
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from yinuo.platform.copying import Hexed, Same, array_of, copy_in, fresh_ids, staged
from yinuo.platform.durability import commit_soon
from yinuo.platform.lanes import side_by_side


def test_parts_run_at_the_same_time_and_come_back_in_order(fresh_database: str) -> None:
    both = threading.Barrier(2, timeout=20)

    def work(part: int) -> tuple[int, int]:
        both.wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return part, cursor.fetchone()[0]

    done = side_by_side(work, [1, 2, 3, 4])
    assert [part for part, _ in done] == [1, 2, 3, 4]
    assert len({pid for _, pid in done}) >= 2


def test_a_failure_is_raised_and_later_parts_are_not_begun(fresh_database: str) -> None:
    begun = []

    def work(part: int) -> None:
        begun.append(part)
        if part == 0:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side(work, range(1000))
    assert 0 in begun
    assert len(begun) < 1000


def test_no_cycles_are_looked_for_meanwhile(fresh_database: str) -> None:
    assert gc.isenabled()
    assert side_by_side(lambda _: gc.isenabled(), [1, 2, 3]) == [False] * 3
    assert gc.isenabled()


@pytest.mark.django_db
def test_in_a_transaction_everything_is_done_here() -> None:
    here = threading.get_ident()
    assert side_by_side(lambda _: threading.get_ident(), [1, 2, 3]) == [here] * 3


@pytest.mark.django_db
def test_rows_are_copied_as_they_are() -> None:
    odd = ["plain", "back\\slash", "tab\tline\n\r", "100%", "\\N", "钥匙"]
    with (
        staged(
            "odd",
            "n int, said text, same text, nothing text",
            [range(6), odd, Same("%s\t"), Same(None)],
        ),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT n, said, same, nothing FROM odd ORDER BY n")
        assert cursor.fetchall() == [(n, said, "%s\t", None) for n, said in enumerate(odd)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('odd')")
        assert cursor.fetchone() == (None,)


@pytest.mark.django_db
def test_numbers_and_bytes_arrive_and_ids_rise() -> None:
    raw = bytes(range(8))
    with (
        staged("packed", "n bigint, raw bytea", [[1, 2], Hexed(raw, 4)]),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT raw FROM packed WHERE n = ANY(%s::bigint[]) ORDER BY n", [array_of([2, 1, 7])]
        )
        assert [bytes(row[0]) for row in cursor.fetchall()] == [raw[:4], raw[4:]]
    first, second = fresh_ids("ledger_entry", 3), fresh_ids("ledger_entry", 2)
    assert first == sorted(first)
    assert first[-1] < second[0]
    assert fresh_ids("ledger_entry", 0) == []


@pytest.mark.django_db
def test_a_row_that_is_there_already_is_refused_as_django_says_it() -> None:
    with staged("once", "n int primary key", [[1]]):
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_in("once (n)", [[2, 1]])
        with pytest.raises(ValueError, match="1 texts for 2 rows"):
            copy_in("once (n)", [[2], [3, 4]])


def test_a_commit_that_does_not_wait_holds_for_one_transaction(fresh_database: str) -> None:
    def waits() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return str(cursor.fetchone()[0])

    before = waits()
    with transaction.atomic():
        commit_soon()
        assert waits() == "off"
    assert waits() == before
    with pytest.raises(RuntimeError, match="one transaction"):
        commit_soon()
