"""The log inside PostgreSQL, each piece in a process of its own; started by `ledger.py`.

python -m bench.ledger_parts prepare | integrate LEAVES | locks SECONDS | recorded SECONDS
                           | grouped SECONDS | delay RATE SECONDS

Seconds of processor are those of our own processes and of all of PostgreSQL's, told apart.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import sys
import threading
import time
from multiprocessing import get_context
from typing import Any, Final

import psycopg
from django.db import connection, transaction

from bench import apps_ready  # noqa: F401 -- before anything that has tables
from bench.database_work import database_seconds
from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.engines.tlog import tree_root
from yinuo.platform import schema

NOW: Final = dt.datetime(2026, 2, 11, 1, 20, tzinfo=dt.UTC)
CLIENTS, PROCESSES = 32, 4
ALIKE = get_context("fork")
BODY: Final = (
    '{{"c":"{0:043d}","line":"YE","n":0,"s":"{0:043d}","t":"lock","v":1,"x":"' + "y" * 60 + '"}}'
)
ONE: Final = """WITH fresh AS (
    INSERT INTO ledger_entry (kind, letter, body, change_key, recorded_at)
    VALUES ('order.locked', '', %s, %s, now()) RETURNING id)
INSERT INTO ledger_opening (entry_id, parts) SELECT id, %s FROM fresh RETURNING entry_id"""


def a_lock(number: int) -> Fact:
    """The place in the queue of one order."""
    private = {"order": f"B{number}", "locked_at": "2026-02-11T01:20:00Z"}
    return Fact("order.locked", f"b:{number}", {"line": "YE"}, private, number, f"B{number}")


def measure_integration(leaves: int) -> dict[str, Any]:
    """Leaves that wait are given their numbers, 65,536 in a transaction.

    One goes before them: what is compiled at first use is compiled then.
    """
    with transaction.atomic():
        record_many([a_lock(1)], now=NOW)
    integrate(now=NOW)
    for first in range(0, leaves, 50_000):
        with transaction.atomic():
            numbers = range(10**9 + first, 10**9 + min(first + 50_000, leaves))
            record_many([a_lock(number) for number in numbers], now=NOW)
    server = database_seconds()
    wall, own, count = time.perf_counter(), time.process_time(), 0
    while (done := integrate(now=NOW)).count:
        count += done.count
    wall, own = time.perf_counter() - wall, time.process_time() - own
    return _said(count, wall, own, database_seconds() - server)


def _said(count: int, wall_s: float, cpu_s: float, server_cpu_s: float) -> dict[str, Any]:
    return {
        "count": count,
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "server_cpu_s": round(server_cpu_s, 2),
    }


def client(seconds: float, start: int, rate: float, told: Any) -> None:
    """One entry in each transaction, with its opening, on the disk before the next one begins.

    With a `rate`, so many of them a second; what is told is the entry's id and when it was there.
    """
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as line:
        begun = time.monotonic()
        done: list[tuple[int, float]] = []
        while (now := time.monotonic()) < begun + seconds:
            due = begun + len(done) / rate if rate else now
            if due > now:
                time.sleep(due - now)
            number = start + len(done)
            row = line.execute(
                ONE, [BODY.format(number), f"{os.getpid()}:{number}", BODY.format(number)]
            )
            found = row.fetchone()
            assert found is not None
            done.append((found[0], time.monotonic()))
        told.extend(done)


def recorder(seconds: float, start: int, _rate: float, told: Any, group: int = 1) -> None:
    """The same through the product's own `record_many`, which keeps streams, seals and secrets."""
    begun, count = time.monotonic(), 0
    while time.monotonic() < begun + seconds:
        with transaction.atomic():
            record_many([a_lock(start + count + one) for one in range(group)], now=NOW)
        count += group
        told.extend([(0, time.monotonic())] * group)
    connection.close()


def grouper(seconds: float, start: int, rate: float, told: Any) -> None:
    """Fifty in each transaction, as a launch writes them."""
    recorder(seconds, start + 500_000, rate, told, group=50)


def many(target: Any, seconds: float, rate: float = 0.0) -> tuple[list[tuple[int, float]], float]:
    """All clients at once: what they told, and the seconds of processor of their processes."""
    connection.close()
    # A process made by fork cannot go on with its parent's connections.
    connection.close_pool()  # type: ignore[attr-defined]
    pipes = []
    for process in range(PROCESSES):
        mine, theirs = ALIKE.Pipe(duplex=False)
        words = (target, seconds, 10**6 * (1 + process * CLIENTS), rate / CLIENTS, theirs)
        ALIKE.Process(target=_process, args=words).start()
        pipes.append(mine)
    told: list[tuple[int, float]] = []
    cpu = 0.0
    for pipe in pipes:
        part, worked = pipe.recv()
        told += part
        cpu += worked
    if not told:
        raise SystemExit("no client came to anything; see above")
    return told, cpu


def _process(target: Any, seconds: float, start: int, rate: float, pipe: Any) -> None:
    told: list[tuple[int, float]] = []
    begun = time.process_time()
    threads = [
        threading.Thread(target=target, args=(seconds, start + 10**6 * number, rate, told))
        for number in range(CLIENTS // PROCESSES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((told, time.process_time() - begun))


def measure_locks(target: Any, seconds: float) -> dict[str, Any]:
    """Entries a second, each in a durable transaction of its own, from 32 clients at once."""
    before = database_seconds()
    told, cpu = many(target, seconds)
    return _said(len(told), seconds, cpu, database_seconds() - before)


def measure_delay(rate: float, seconds: float) -> dict[str, Any]:
    """Milliseconds from an entry's commit to the commit that gave it its number."""
    results: list[list[tuple[int, float]]] = []
    writing = threading.Thread(target=lambda: results.append(many(client, seconds, rate)[0]))
    while integrate(now=NOW).count:
        pass
    given: list[tuple[int, float]] = []
    writing.start()
    own, server = time.process_time(), database_seconds()
    # The loop of `yinuo log run`: at once while there is work, else it waits a little longer.
    pause = 0.05
    while writing.is_alive() or pause < 0.2:
        done = integrate(now=NOW)
        if done.count:
            given.append((done.size, time.monotonic()))
        pause = 0.05 if done.count else min(0.2, pause * 1.5)
        time.sleep(pause)
    own = time.process_time() - own
    writing.join()
    server = database_seconds() - server
    ids = dict(results[0])
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id, idx FROM ledger_leaf WHERE entry_id >= %s", [min(ids)])
        numbers = dict(cursor.fetchall())
    assert ids.keys() <= numbers.keys()
    waits = []
    for entry_id, at in ids.items():
        known = next(when for size, when in given if size > numbers[entry_id])
        waits.append(1e3 * max(0.0, known - at))
    waits.sort()
    spread = {f"p{share}_ms": round(waits[len(waits) * share // 100], 1) for share in (50, 95, 99)}
    said = _said(len(waits), seconds, own, server)
    return said | spread | {"transactions": len(given)}


def check_root() -> None:
    """The root in the database is that of its leaves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sha256('\\x00'::bytea || convert_to(e.body, 'UTF8')) FROM ledger_leaf l"
            " JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.idx"
        )
        hashes = b"".join(bytes(row[0]) for row in cursor.fetchall())
        cursor.execute("SELECT root FROM ledger_tree")
        assert bytes(cursor.fetchone()[0]) == tree_root(hashes)


def main() -> None:
    """Measure what the first word says and print JSON."""
    doing, *words = sys.argv[1:]
    result: dict[str, Any] = {}
    if doing == "prepare":
        schema.ensure_schema()
        with connection.cursor() as cursor:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                cursor.execute(f"SHOW {setting}")
                assert cursor.fetchone() == ("on",), f"{setting} is off: nothing would be durable"
    elif doing == "integrate":
        result = measure_integration(int(words[0]))
        check_root()
    elif doing == "delay":
        result = measure_delay(float(words[0]), float(words[1]))
    else:
        targets = {"locks": client, "recorded": recorder, "grouped": grouper}
        result = measure_locks(targets[doing], float(words[0]))
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main()
