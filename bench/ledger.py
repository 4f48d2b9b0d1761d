"""The log under load: hashing, numbering in PostgreSQL, durable entries, the wait for a number.

    python bench/ledger.py [--leaves 150000] [--seconds 8] [--entries 1000000] [--json]

Each piece of the database runs in a process of its own on a server of its own that writes to the
disk as in service. `durable entries` are sent by 32 clients in four processes, each entry in a
transaction of its own; then locks through the product's `record_many` (secret, head of the stream,
commitment and news as well), and with fifty in each transaction. The clients share the cores with
PostgreSQL: `us each` is the processor time of both for one. The last is the wait from an entry's
commit to the commit that gave it its number, while 1,100 come in each second. The full audit of a
queue has a bench of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench import ledger_hashing
from bench.own_server import measure_apart, own_server

RATE: Final = 1_100

Row = dict[str, Any]


def measure(leaves: int, seconds: float) -> list[Row]:
    """The pieces in the database; the first makes the tables."""
    pieces: tuple[tuple[str, str, list[float], Row], ...] = (
        ("numbered in PostgreSQL", "integrate", [leaves], {"goal_per_s": 30_000}),
        ("durable entries of 32 clients", "locks", [seconds], {"goal_per_s": 3_000}),
        ("locks of record_many(), one in each", "recorded", [seconds], {"goal_per_s": 3_000}),
        ("the same, 50 in each", "grouped", [seconds], {"goal_per_s": 3_000}),
        (f"number given at {RATE:,}/s", "delay", [RATE, seconds], {"goal_p99_ms": 1_000}),
    )
    rows = []
    with own_server() as environment:
        measure_apart("bench.ledger_parts", "prepare", environment=environment)
        for what, doing, words, goal in pieces:
            told = list(map(str, words))
            said = measure_apart("bench.ledger_parts", doing, *told, environment=environment)
            per_second = round(said["count"] / said["wall_s"])
            rows.append({"what": what, **said, "per_s": per_second, **goal})
    return rows


def print_rows(rows: Sequence[Row]) -> None:
    """A line for each piece: wall, processor of our own processes and PostgreSQL's, a second."""
    print(f"{'':38}{'count':>10}{'wall s':>8}{'CPU s':>8}{'server':>8}{'us each':>9}{'per s':>10}")
    known = ("what", "count", "wall_s", "cpu_s", "server_cpu_s", "per_s")
    for one in rows:
        rest = ", ".join(f"{name} {value}" for name, value in one.items() if name not in known)
        each = 1e6 * (one["cpu_s"] + one["server_cpu_s"]) / max(one["count"], 1)
        print(
            f"{one['what']:38}{one['count']:>10,}{one['wall_s']:>8}{one['cpu_s']:>8}"
            f"{one['server_cpu_s']:>8}{each:>9.0f}{one['per_s']:>10,}  {rest}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leaves", type=int, default=150_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    hashing = ledger_hashing.measure(options.entries)
    peak = ledger_hashing.peak_mb()
    database = measure(options.leaves, options.seconds)
    if options.json:
        print(
            json.dumps(
                {"hashing": hashing, "hashing_peak_mb": peak, "database": database}, indent=1
            )
        )
        return
    ledger_hashing.print_rows(hashing)
    print(f"peak of memory, entries and tiles included: {peak} MB\n")
    print_rows(database)


if __name__ == "__main__":
    main()
