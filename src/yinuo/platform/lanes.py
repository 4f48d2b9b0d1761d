"""Parts of one long piece of work side by side, so that the database and Python work at once."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, connections

LANES = 2
Part = TypeVar("Part")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Part], Result], parts: Sequence[Part], *, lanes: int = LANES
) -> list[Result]:
    """`work` of each part, in the order of the parts; a few at a time, each in a thread.

    Threads have connections of their own, so a part must be a transaction of its own. Inside a
    caller's transaction, whose rows no other connection sees, and for a single part everything is
    done here. The first failure is raised when the parts under way have ended; later ones are not
    begun.
    """
    if len(parts) < 2 or lanes < 2 or connection.in_atomic_block:
        return [work(part) for part in parts]

    def run(part: Part) -> Result:
        try:
            with connection.cursor() as cursor:
                # A statement of one lane does not take the other's core.
                cursor.execute("SET max_parallel_workers_per_gather = 0")
            return work(part)
        finally:
            connections.close_all()

    with _uncollected(), ThreadPoolExecutor(lanes, "lane") as pool:
        futures = [pool.submit(run, part) for part in parts]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles meanwhile: there are none in rows, and each search walks all of them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
