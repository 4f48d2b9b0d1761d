"""Requests that come at the same moment are done together: one transaction, one wait for the disk.

No thread of its own: the first who comes does the work of all who wait meanwhile, and hands on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Given = TypeVar("Given")


@dataclass(eq=False)
class _Slot(Generic[Asked, Given]):
    """One request; `turn` is released when it is done, or when its thread is to do the next lot."""

    asked: Asked
    turn: threading.Lock = field(default_factory=threading.Lock)
    given: Given | None = None
    problem: BaseException | None = None
    done: bool = False


class Batcher(Generic[Asked, Given]):
    """Gathers calls of `submit` from many threads into calls of `run`, one after the other.

    `run` gets at most `most` requests and answers each of them, in order; it does all of its work
    durably before it returns. When it fails, each request is run by itself, so that one request
    that nobody can do takes no other with it.
    """

    def __init__(self, run: Callable[[Sequence[Asked]], Sequence[Given]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._guard = threading.Lock()
        self._waiting: list[_Slot[Asked, Given]] = []
        self._busy = False

    def submit(self, asked: Asked) -> Given:
        """What `run` gives for `asked`; raises what `run` raised for it."""
        slot: _Slot[Asked, Given] = _Slot(asked)
        slot.turn.acquire()
        with self._guard:
            self._waiting.append(slot)
            leads, self._busy = not self._busy, True
        if not leads:
            slot.turn.acquire()
        if not slot.done:
            self._lead()
        if slot.problem is not None:
            raise slot.problem
        return slot.given  # type: ignore[return-value]

    def _lead(self) -> None:
        with self._guard:
            lot, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._work(lot)
        finally:
            with self._guard:
                after = self._waiting[0] if self._waiting else None
                self._busy = after is not None
            if after is not None:
                after.turn.release()
            for slot in lot:
                slot.done = True
                slot.turn.release()

    def _work(self, lot: Sequence[_Slot[Asked, Given]]) -> None:
        try:
            answers = self._run([slot.asked for slot in lot])
        except Exception as problem:  # noqa: BLE001 -- each of them is asked by itself next
            if len(lot) == 1:
                lot[0].problem = problem
                return
            for slot in lot:
                self._work([slot])
            return
        for slot, given in zip(lot, answers, strict=True):
            slot.given = given
