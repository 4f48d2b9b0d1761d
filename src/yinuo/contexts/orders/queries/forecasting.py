"""Open orders as arrays, for working out dates. Asked by workflows, never shown to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.orders.rules import AT_THE_CENTRE
from yinuo.platform.columns import fetch_columns, fetch_mixed
from yinuo.platform.copying import among, array_of

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

QUEUED = ("LOCKED", "SCHEDULED")
BUILT = ("IN_BUILD", "BUILT", "IN_TRANSIT", *AT_THE_CENTRE)


@dataclass(frozen=True)
class OpenOrders:
    """Open orders in lock order, one array element each.

    `built` marks cars that left the queue of the plant, `at_centre` those that have arrived;
    `held` and `excepted` carry the recorded reasons for leaving the order of their line; who came
    from another centre with its lock time stays `held` here, and pushes no promise of that line.
    """

    order_ids: Ints
    line_ids: Ints
    spec_ids: Ints
    centre_ids: Ints
    built: Flags
    at_centre: Flags
    held: Flags
    excepted: Flags

    def pick(self, wanted: Flags) -> OpenOrders:
        """The same arrays for the orders that `wanted` marks."""
        return OpenOrders(*(getattr(self, name)[wanted] for name in self.__dataclass_fields__))


def load_open(*, only_built: bool = False) -> OpenOrders:
    """All open orders, or those whose car left the queue of the plant, by lock time, then row.

    Who took a car from stock is not among them: it is handed over in what those who were promised
    a day leave free at the centre, so it takes no place there from anybody.
    """
    states = BUILT if only_built else (*QUEUED, *BUILT)
    columns = fetch_columns(
        """
        SELECT o.id, o.line_id, l.spec_id, l.centre_id, (o.state = ANY(%s))::int AS built,
               (o.state = ANY(%s))::int AS at_centre, (h.order_id IS NOT NULL)::int AS held,
               (e.order_id IS NOT NULL)::int AS excepted
        FROM orders_order o
        JOIN orders_line l ON l.id = o.line_id
        LEFT JOIN (SELECT order_id FROM orders_queuenote
                   WHERE kind = 'HOLD' AND until_at IS NULL
                   UNION SELECT order_id FROM orders_linemove
                   WHERE kind = 'CENTRE' AND undone_at IS NULL) h ON h.order_id = o.id
        LEFT JOIN (SELECT order_id, bool_or(code = 'STOCK_CAR') AS took_a_car
                   FROM orders_queuenote WHERE kind = 'EXCEPTION' GROUP BY order_id) e
            ON e.order_id = o.id
        WHERE o.state = ANY(%s) AND e.took_a_car IS NOT TRUE
        ORDER BY o.rank, o.id
        """,
        ("id", "line_id", "spec_id", "centre_id", "built", "at_centre", "held", "excepted"),
        [list(BUILT), list(AT_THE_CENTRE), list(states)],
    )
    numbers, flags = columns[:4], [column.astype(np.bool_) for column in columns[4:]]
    return OpenOrders(
        numbers[0], numbers[1], numbers[2], numbers[3], flags[0], flags[1], flags[2], flags[3]
    )


def list_held_for(code: str) -> list[int]:
    """Orders that are held for this reason now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT order_id FROM orders_queuenote"
            " WHERE kind = 'HOLD' AND code = %s AND until_at IS NULL ORDER BY 1",
            [code],
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class FromQuote:
    """An order that was made from a quote."""

    order_id: int
    quote_ref: str
    locked_at: dt.datetime


def list_from_quotes(order_ids: Sequence[int]) -> list[FromQuote]:
    """Those of these orders that were made from a quote."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, quote_ref, locked_at FROM orders_order"
            " WHERE id = ANY(%s::bigint[]) AND quote_ref <> '' ORDER BY id",
            [list(order_ids)],
        )
        return [FromQuote(*row) for row in cursor.fetchall()]


def last_before(order_id: int, moment: dt.datetime) -> int | None:
    """The last order of the same line that was locked by then and waits to be built."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id FROM orders_order mine JOIN orders_order o ON o.line_id = mine.line_id"
            " WHERE mine.id = %s AND o.id <> mine.id AND o.locked_at <= %s"
            " AND o.rank < mine.rank AND o.state IN ('LOCKED', 'SCHEDULED')"
            " ORDER BY o.rank DESC LIMIT 1",
            [order_id, moment],
        )
        row = cursor.fetchone()
        return row[0] if row else None


def list_lines_of(order_ids: Sequence[int]) -> list[int]:
    """The lines in which these orders stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT line_id FROM orders_order WHERE id = ANY(%s) ORDER BY 1",
            [list(order_ids)],
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Label:
    """What is needed to name an order in a fact: its code and who answers for it."""

    code: str
    owner_id: int | None
    centre_code: str
    locked_at: dt.datetime


def label_many(order_ids: Sequence[int]) -> dict[int, Label]:
    """Codes and owners of these orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, o.owner_id, p.code, o.locked_at FROM orders_order o"
            " JOIN orders_line l ON l.id = o.line_id JOIN places_place p ON p.id = l.centre_id"
            " WHERE o.id = ANY(%s)",
            [list(order_ids)],
        )
        return {row[0]: Label(*row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True)
class Labels:
    """`Label` and the person to tell of many orders, one element each; see `label_columns`.

    `locked_at` is in seconds since 1970: half a million dates would take longer to read than to
    compare.
    """

    codes: list[str]
    owner_ids: list[int | None]
    centre_codes: list[str]
    locked_at: list[float]
    person_ids: list[int]
    languages: list[str]


def label_columns(order_ids: Ints) -> Labels:
    """Codes, owners and persons of these orders, in their order; all of them exist."""
    condition, parameters = among("o.id", order_ids.tolist())
    (ids, owners, locked_at, people, centres), (codes,) = fetch_mixed(
        f"""
        SELECT o.id, o.code, coalesce(o.owner_id, 0) AS owner_id, l.centre_id,
               (extract(epoch FROM o.locked_at) * 1000000)::bigint AS locked_at, o.person_id
        FROM orders_order o JOIN orders_line l ON l.id = o.line_id
        WHERE {condition} ORDER BY o.id
        """,
        ("id", "owner_id", "locked_at", "person_id", "centre_id"),
        ("code",),
        parameters,
    )
    at = np.searchsorted(ids, order_ids)
    if not np.array_equal(ids[np.minimum(at, ids.size - 1)] if ids.size else ids, order_ids):
        raise LookupError("an order is not there")
    people, centres = people[at], centres[at]
    return Labels(
        [codes[place] for place in at.tolist()],
        [owner or None for owner in owners[at].tolist()],
        _word_of_each("places_place", "code", centres),
        (locked_at[at] / 1e6).tolist(),
        people.tolist(),
        _word_of_each("people_person", "language", people),
    )


def _word_of_each(table: str, column: str, ids: Ints) -> list[str]:
    """A word of each of these rows, which are there.

    Asked for by itself: joined, all people are read for each batch of orders.
    """
    condition, parameters = among("id", ids.tolist())
    (found,), (words,) = fetch_mixed(
        f"SELECT id, {column} FROM {table} WHERE {condition} ORDER BY id",
        ("id",),
        (column,),
        parameters,
    )
    return [words[place] for place in np.searchsorted(found, ids).tolist()]


@dataclass(frozen=True)
class Contact:
    """Whom to tell about an order, and how."""

    person_id: int
    language: str
    phone: str
    email: str


def contact_many(order_ids: Sequence[int]) -> dict[int, Contact]:
    """The owner of each order with the ways to reach them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, p.id, p.language, p.phone, p.email FROM orders_order o"
            " JOIN people_person p ON p.id = o.person_id WHERE o.id = ANY(%s)",
            [list(order_ids)],
        )
        return {row[0]: Contact(*row[1:]) for row in cursor.fetchall()}


def count_places(order_ids: Ints, since: dt.datetime) -> tuple[Ints, Ints]:
    """How many stand before each of these orders in its line, and how many left before it.

    Counts as the customer's own page does: an order waits until its car is built, and whoever got
    a car or was cancelled since then has left. Nobody stands before an order that does not wait.
    """
    columns = fetch_columns(
        """
        SELECT id, line_id, (state IN ('LOCKED', 'SCHEDULED', 'IN_BUILD'))::int AS waits,
               (state NOT IN ('LOCKED', 'SCHEDULED', 'IN_BUILD')
                AND state_at > %s)::int AS gone
        FROM orders_order
        WHERE line_id IN (SELECT line_id FROM orders_order WHERE id = ANY(%s::bigint[]))
              AND (state NOT IN ('DELIVERED', 'CANCELLED') OR state_at > %s)
        ORDER BY line_id, rank
        """,
        ("id", "line_id", "waits", "gone"),
        [since, array_of(order_ids.tolist()), since],
    )
    ids, lines, waits, gone = columns
    if not ids.size:
        return np.zeros_like(order_ids), np.zeros_like(order_ids)
    _, line_start = np.unique(lines, return_index=True)
    start = line_start[np.searchsorted(lines[line_start], lines)]
    by_id = np.argsort(ids)
    # Orders that ended meanwhile are in no row: nobody stands before them.
    at = by_id[np.minimum(np.searchsorted(ids[by_id], order_ids), ids.size - 1)]
    found = ids[at] == order_ids
    counted = []
    for flags in (waits, gone):
        before = np.cumsum(flags) - flags
        counted.append(np.where(found, (before - before[start])[at], 0))
    return np.where(waits[at] == 1, counted[0], 0), counted[1]
