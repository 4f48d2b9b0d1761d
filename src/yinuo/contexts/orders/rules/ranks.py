"""What a locked order is told with, and its rank in its line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence, Set
from typing import NamedTuple

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


class OrderRecord(NamedTuple):
    """A locked order as its sender tells it; `line_code` is "<spec>@<centre>".

    `code` is empty when one is to be made; `days_told` is what was promised at the lock;
    `quote_ref` names the quote that the order was made from, and is empty for none. An order that
    comes from a ticket names its `launch` and the `ticket`'s number, which fixed its place.
    `quote_ref` names the quote that the order was made from, and is empty for none. `rank` is the
    place that was drawn; None where it is the moment of the lock.
    """

    external_id: str
    digest: str
    locked_at: dt.datetime
    spec_id: int
    centre_id: int
    line_code: str
    phone: str
    name: str
    email: str
    language: str
    code: str
    days_told: int | None
    owner_id: int | None
    quote_ref: str = ""
    launch: str = ""
    ticket: int = 0
    rank: int | None = None


def rank_of(locked_at: dt.datetime) -> int:
    """Microseconds since 1970 at which an order was locked."""
    return (locked_at - EPOCH) // MICROSECOND


def assign_ranks(
    wanted: Sequence[tuple[int, int]], taken: Set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The first free rank in its line for each wanted (line, rank), in the order given.

    Two orders of one line that were locked in the same microsecond get ranks that follow each
    other; no rank in `taken` is given.
    """
    given: set[tuple[int, int]] = set()
    ranks = []
    for line, rank in wanted:
        while (line, rank) in taken or (line, rank) in given:
            rank += 1
        given.add((line, rank))
        ranks.append((line, rank))
    return ranks
