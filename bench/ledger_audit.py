"""The full audit of a queue of 600,000 orders, and what one more leaf and one proof cost.

    python bench/ledger_audit.py [--orders N] [--json]

The log is made once into a folder for temporary files; making it is not measured. CPU is user and
system seconds of the verifier alone, run as anybody runs it: as a program of its own.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.verify.log_maker import RULE, START, LogMaker, canonical
from tests.verify.verifier import FILE, VERIFY
from yinuo.engines import tlog

ORDERS = 600_000
LINES = 30
WEEKS = 52
CHAIN = "A" * 43
WEEK = 7 * 86_400


@dataclass(frozen=True)
class Row:
    """One measured thing."""

    what: str
    count: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    unit: str


class Queue:
    """A year of locks, holds, exceptions, allocations and hand-overs, as leaves."""

    def __init__(self, orders: int) -> None:
        self.rng, self.orders = random.Random(7), orders
        self.n = [0] * orders
        self.tip = [""] * orders

    def say(self, order: int, kind: str, middle: str, tail: str = "") -> bytes:
        """The next leaf of an order; fields stand in order already."""
        sid = _id(order)
        n = self.n[order]
        before = f'"p":"{self.tip[order]}",' if n else ""
        text = f'{{{middle}"n":{n},{before}"s":"{sid}","t":"{kind}"{tail},"v":1}}'.encode()
        self.tip[order] = _b64(hashlib.sha256(b"\0" + text).digest())
        self.n[order] += 1
        return text

    def leaves(self) -> Iterator[bytes]:
        """Every leaf behind the first three, week by week."""
        for line in range(LINES):
            yield f'{{"line":"L{line:02d}","t":"line","v":1}}'.encode()
        waiting: list[list[int]] = [[] for _ in range(LINES)]
        built: list[int] = []
        order, share = 0, self.orders // WEEKS + 1
        for week in range(WEEKS):
            label = f"2026-W{week + 2:02d}"
            for _ in range(min(share, self.orders - order)):
                line = self.rng.randrange(LINES)
                waiting[line].append(order)
                yield self.say(order, "lock", f'"c":"{CHAIN}","line":"L{line:02d}",')
                order += 1
            yield from self.hand_over(built)
            built = []
            for line in range(LINES):
                yield from self.build(line, label, waiting, built)

    def build(
        self, line: int, label: str, waiting: list[list[int]], built: list[int]
    ) -> Iterator[bytes]:
        """The batch of a line in a week: mostly the first in turn."""
        rng, queue = self.rng, waiting[line]
        take = queue[: max(1, self.orders // WEEKS // LINES * 9 // 10)]
        waiting[line] = queue[len(take) :]
        for one in take:
            if rng.random() < 0.02:
                yield self.say(one, "hold", f'"c":"{CHAIN}","code":"QUALITY",')
                yield self.say(one, "release", f'"c":"{CHAIN}","code":"QUALITY",')
        chance = waiting[line][len(take) : len(take) + 2] if rng.random() < 0.5 else []
        for one in chance:
            waiting[line].remove(one)
            yield self.say(one, "except", f'"c":"{CHAIN}","code":"STOCK",')
        for one in [*take, *chance]:
            yield self.say(one, "alloc", f'"batch":"{label}","c":"{CHAIN}","line":"L{line:02d}",')
        built += [*take, *chance]
        count = len(take) + len(chance)
        yield (
            f'{{"batch":"{label}","count":{count},"line":"L{line:02d}","t":"batch","v":1}}'.encode()
        )

    def hand_over(self, built: list[int]) -> Iterator[bytes]:
        """Cars of the week before reach their owners, those of one week in four."""
        for one in built[::4]:
            yield self.say(one, "deliver", f'"c":"{CHAIN}",')


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw)[:43].decode()


def _id(order: int) -> str:
    return _b64(hashlib.sha256(b"stream %d" % order).digest())


def make(folder: Path, orders: int) -> int:
    """Write the log of a year with daily checkpoints; the number of leaves."""
    log = LogMaker()
    quota = {"STOCK": {"at_least": 90, "per_mille": 9}}
    log.leaves[0] = canonical({**RULE, "exceptions": quota}).encode()
    log.leaves += Queue(orders).leaves()
    size = len(log.leaves)
    hashes = tlog.leaf_hashes(log.leaves)
    edge, notes = tlog.EMPTY, []
    days = WEEKS * 7
    for day in range(1, days + 1):
        end = size * day // days
        edge = tlog.grow(edge, hashes[32 * edge.size : 32 * end])
        text = tlog.Checkpoint(log.log_signer.verifier.name, end, edge.root()).text()
        at = START + day * 86_400
        note = tlog.sign_note(text, [log.log_signer])
        notes.append(note + "".join(tlog.cosign(one, text, at) for one in log.witness_signers))
        _put(folder / "checkpoints" / f"{day:04d}", notes[-1].encode())
    levels = [hashes]
    for number in range((size + 255) // 256):
        part = log.leaves[256 * number : 256 * number + 256]
        tile = tlog.Tile(-1, number, len(part))
        _put(folder / tile.path(), tlog.encode_bundle(part))
    level = 0
    while levels[-1]:
        data = levels[-1]
        for number in range((len(data) // 32 + 255) // 256):
            part_of = data[8192 * number : 8192 * number + 8192]
            _put(folder / tlog.Tile(level, number, len(part_of) // 32).path(), part_of)
        whole = range(0, len(data) - 8191, 8192)
        levels.append(b"".join(tlog.tree_root(data[k : k + 8192]) for k in whole))
        level += 1
    _put(folder / "checkpoint", notes[-1].encode())
    _put(folder / "policy", log.policy().encode())
    return size


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _usage(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def full(folder: Path, size: int) -> Row:
    """The whole audit, as a program."""
    before, began = _usage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = [sys.executable, str(FILE), "queue", str(folder), "--lang", "en"]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
    wall = time.monotonic() - began
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    cpu = _usage(resource.RUSAGE_CHILDREN) - before
    return Row("full audit", size, wall, cpu, peak, "run")


def _timed(what: str, count: int, act: Callable[[], Any]) -> Row:
    began, cpu = time.monotonic(), time.process_time()
    act()
    return Row(what, count, time.monotonic() - began, time.process_time() - cpu, 0.0, "each")


def one_more(orders: int) -> Row:
    """What a leaf costs that comes to an audit which stands already: regular expressions, chains,
    hashes, the queue."""
    log = LogMaker()
    leaves = [*log.leaves, *Queue(orders).leaves()]
    half = len(leaves) // 512 * 256
    audit = VERIFY.Audit()
    audit.feed(leaves[:half], b"".join(map(VERIFY.leaf_hash, leaves[:half])))

    def rest() -> None:
        for at in range(half, len(leaves), 256):
            part = leaves[at : at + 256]
            hashes = b"".join(map(VERIFY.leaf_hash, part))
            VERIFY.tree_root(hashes)
            audit.feed(part, hashes)

    return _timed("one more leaf", len(leaves) - half, rest)


def proofs(rounds: int = 300) -> list[Row]:
    """A proof file with three witnesses, with the library for signatures and without."""
    log = LogMaker()
    log.leaves += Queue(4000).leaves()
    log.seal(START)
    proof, policy = log.proof(4321), VERIFY.Policy(log.policy())
    leaf = log.leaves[4321]

    def check() -> None:
        VERIFY.check_proof(proof, leaf, policy, VERIFY.Report())

    def repeat(times: int) -> None:
        for _ in range(times):
            check()

    rows = [_timed("proof, library", rounds, lambda: repeat(rounds))]
    library, VERIFY.Ed25519PublicKey = VERIFY.Ed25519PublicKey, None
    try:
        rows.append(_timed("proof, pure Python", 50, lambda: repeat(50)))
    finally:
        VERIFY.Ed25519PublicKey = library
    return rows


def measure(orders: int = ORDERS) -> list[Row]:
    """All rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = make(folder, orders)
        rows = [full(folder, size)]
    return [*rows, one_more(min(orders, 60_000)), *proofs()]


def print_rows(rows: list[Row]) -> None:
    """A table for people."""
    print(f"{'what':20}{'count':>10}{'wall s':>9}{'CPU s':>9}{'us each':>11}{'peak MB':>9}")
    for row in rows:
        each = row.cpu_s / row.count * 1e6
        print(
            f"{row.what:20}{row.count:>10}{row.wall_s:>9.2f}{row.cpu_s:>9.2f}"
            f"{each:>11.2f}{row.peak_mb:>9.0f}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    rows = measure(words.orders)
    if words.json:
        print(json.dumps([vars(row) for row in rows]))
    else:
        print_rows(rows)


if __name__ == "__main__":
    main()
