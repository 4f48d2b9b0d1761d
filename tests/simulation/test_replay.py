"""The same inputs give the same bytes: other databases, other threads, other timing (P8)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import _on_server

ROOT = Path(__file__).resolve().parents[2]
Told = dict[str, dict[str, list[list[Any]]]]
TellStory = Callable[..., Told]


@pytest.fixture(scope="module")
def tell(migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TellStory]:
    """Tells the story in an empty database of its own, in a process of its own."""
    names: list[str] = []

    def told(seed: int = 7, *, lanes: int = 1, batch: int = 10_000, threads: int = 2) -> Told:
        name = f"yinuo_test_replay_{os.getpid()}_{len(names)}"
        _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=migrated_template)
        names.append(name)
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.simulation.replay_run",
                str(seed),
                str(lanes),
                str(batch),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": make_conninfo(os.environ["DATABASE_URL"], dbname=name),
                "STATE_DIR": str(tmp_path_factory.mktemp(name)),
                "NUMBA_NUM_THREADS": str(threads),
                "PYTHONHASHSEED": str(seed + lanes + threads),
                "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            },
            check=True,
            stdout=subprocess.PIPE,
        )
        found: Told = json.loads(done.stdout)
        return found

    yield told
    for name in names:
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)


@pytest.fixture(scope="module")
def reference(tell: TellStory) -> Told:
    """The story as it is compared with all others."""
    return tell()


def same(one: dict[str, list[list[Any]]], other: dict[str, list[list[Any]]]) -> None:
    """Equal table by table; a difference is shown by its first row."""
    for name, rows in one.items():
        for mine, yours in zip(rows, other[name], strict=True):
            assert mine == yours, name


@pytest.mark.need(24)
def test_p8_told_again_from_the_same_seed_every_byte_is_the_same(
    tell: TellStory, reference: Told
) -> None:
    """P8: ledger bodies with their secrets and chains, windows, explanations, quotes."""
    said = reference["said"]
    kinds = {row[1] for row in said["facts"]}
    assert {"promise.made", "promise.revised", "promise.kept_as_is"} <= kinds
    assert min(len(rows) for rows in said.values()) > 0
    again = tell()
    same(said, again["said"])
    same(reference["sealed"], again["sealed"])


def test_p8_lanes_batches_and_threads_change_no_word(tell: TellStory, reference: Told) -> None:
    """P8: two lanes in an order of their own, small batches, one thread for the engines."""
    other = tell(lanes=2, batch=23, threads=1)
    same(reference["said"], other["said"])
