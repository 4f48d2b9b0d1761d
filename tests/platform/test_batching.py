"""Requests that come together are done together, each with its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from yinuo.platform.batching import Batcher


class Door:
    """A run that stays shut until it is opened, and notes what it was given."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.lots: list[list[int]] = []

    def run(self, asked: Sequence[int]) -> list[int]:
        self.lots.append(list(asked))
        assert self.opened.wait(timeout=20)
        if 13 in asked:
            raise ValueError(f"13 among {len(asked)}")
        return [2 * one for one in asked]


def together(batcher: Batcher[int, int], door: Door, asked: list[int]) -> list[object]:
    """Submit the first, then the others while it is being done; what each got."""

    def submit(one: int) -> object:
        try:
            return batcher.submit(one)
        except ValueError as problem:
            return str(problem)

    with ThreadPoolExecutor(len(asked)) as pool:
        first = pool.submit(submit, asked[0])
        while not door.lots:
            pass
        rest = [pool.submit(submit, one) for one in asked[1:]]
        while len(batcher._waiting) < len(rest):
            pass
        door.opened.set()
        return [first.result(timeout=20), *(one.result(timeout=20) for one in rest)]


def test_those_who_come_meanwhile_are_done_at_once() -> None:
    door = Door()
    assert together(Batcher(door.run, most=100), door, [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert door.lots[0] == [1]
    assert [sorted(lot) for lot in door.lots[1:]] == [[2, 3, 4]]


def test_a_lot_is_no_larger_than_may_be() -> None:
    door = Door()
    assert together(Batcher(door.run, most=2), door, [1, 2, 3, 4, 5, 6]) == [2, 4, 6, 8, 10, 12]
    assert [len(lot) for lot in door.lots] == [1, 2, 2, 1]


def test_one_that_cannot_be_done_takes_no_other_with_it() -> None:
    door = Door()
    found = together(Batcher(door.run, most=100), door, [1, 2, 13, 4])
    assert found == [2, 4, "13 among 1", 8]


def test_after_a_failure_the_next_is_done() -> None:
    door = Door()
    door.opened.set()
    batcher = Batcher(door.run, most=10)
    with pytest.raises(ValueError, match="13"):
        batcher.submit(13)
    assert batcher.submit(5) == 10


def test_everybody_is_answered_however_they_come() -> None:
    door = Door()
    door.opened.set()
    batcher = Batcher(door.run, most=7)
    asked = [one for one in range(400) if one != 13]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(batcher.submit, asked)) == [2 * one for one in asked]
    assert sorted(one for lot in door.lots for one in lot) == asked
