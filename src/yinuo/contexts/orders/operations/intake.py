"""Recording locked orders: their customer, their line, and their rank for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.orders import rules
from yinuo.contexts.orders.operations.late import late_fact
from yinuo.contexts.orders.operations.lines import open_lines
from yinuo.contexts.orders.queries.intake import get_taken_codes
from yinuo.contexts.orders.rules import OrderRecord
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.platform import ids
from yinuo.platform.spoken import write_instant

COLUMNS = (
    "id, public_id, code, sender, external_id, digest, person_id, line_id, owner_id, locked_at,"
    " rank, state, state_at, days_told_at_lock, quote_ref"
)


def record_orders(records: Sequence[OrderRecord], *, sender: str, now: dt.datetime) -> list[str]:
    """Record orders that are not recorded yet, in the caller's transaction.

    The caller holds the intake of orders, so nobody else gives ranks meanwhile. Ties of lock
    time are ordered by the sender's id. Returns the code of each order, as `records` stand.
    """
    people = find_or_create(
        Customer(one.phone, one.name, one.email, one.language) for one in records
    )
    lines = open_lines({(one.spec_id, one.centre_id): one.line_code for one in records}, now=now)
    line_of = [lines[one.spec_id, one.centre_id] for one in records]
    ranks = _give_ranks(records, line_of)
    late = _behind_their_turn(records, line_of, ranks)
    codes = _give_codes([one.code for one in records])
    row_ids = _new_row_ids(len(records))
    public_ids = ids.new_ids("ord", len(records))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY orders_order ({COLUMNS}) FROM STDIN") as copy,
    ):
        for i, one in enumerate(records):
            copy.write_row(
                (
                    row_ids[i],
                    public_ids[i],
                    codes[i],
                    sender,
                    one.external_id,
                    one.digest,
                    people[one.phone],
                    line_of[i],
                    one.owner_id,
                    one.locked_at,
                    ranks[i],
                    "LOCKED",
                    one.locked_at,
                    one.days_told,
                    one.quote_ref,
                )
            )
    # In the order of their ranks: a place in the public log then is a place in the line.
    turn = sorted(range(len(records)), key=lambda i: (ranks[i], records[i].external_id))
    facts = [_lock_fact(records[i], row_ids[i], public_ids[i], codes[i]) for i in turn]
    facts += [late_fact(row_ids[i], public_ids[i], codes[i], sender) for i in turn if i in late]
    record_many(facts, now=now)
    return codes


def _lock_fact(one: OrderRecord, row_id: int, public_id: str, code: str) -> Fact:
    kind = "order.locked"
    public: dict[str, str | int] = {"line": one.line_code}
    if one.launch:
        kind = "order.locked_by_ticket"
        public |= {"launch": one.launch, "ticket": one.ticket}
    private = {"order": code, "locked_at": write_instant(one.locked_at)}
    return Fact(kind, f"lock:{public_id}", public, private, row_id, code)


NEWEST = """
SELECT w.id, (SELECT o.rank FROM orders_order o WHERE o.line_id = w.id ORDER BY o.rank DESC LIMIT 1)
FROM unnest(%s::bigint[]) AS w(id)
"""


def _behind_their_turn(
    records: Sequence[OrderRecord], line_of: Sequence[int], ranks: Sequence[int]
) -> set[int]:
    """Those of the records that are told after somebody who locked later; tickets cannot be."""
    lines = {line for line, one in zip(line_of, records, strict=True) if not one.launch}
    if not lines:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [sorted(lines)])
        newest = {line: rank for line, rank in cursor.fetchall() if rank is not None}
    return {
        i
        for i, one in enumerate(records)
        if not one.launch and ranks[i] < newest.get(line_of[i], ranks[i])
    }


def _give_ranks(records: Sequence[OrderRecord], line_of: Sequence[int]) -> list[int]:
    order = sorted(
        range(len(records)), key=lambda i: (_wanted_rank(records[i]), records[i].external_id)
    )
    wanted = [(line_of[i], _wanted_rank(records[i])) for i in order]
    taken: set[tuple[int, int]] = set()
    asked: set[tuple[int, int]] = set()
    given = rules.assign_ranks(wanted, taken)
    # A rank that was moved on may meet another one that stands already, so it is asked again.
    while fresh := set(given) - asked:
        asked |= fresh
        taken |= _taken_ranks(fresh)
        given = rules.assign_ranks(wanted, taken)
    ranks = [0] * len(records)
    for i, (_, rank) in zip(order, given, strict=True):
        ranks[i] = rank
    return ranks


def _wanted_rank(record: OrderRecord) -> int:
    return rules.rank_of(record.locked_at) if record.rank is None else record.rank


def _taken_ranks(pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.line_id, o.rank FROM orders_order o JOIN unnest(%s::bigint[], %s::bigint[])"
            " AS x(line_id, rank) ON o.line_id = x.line_id AND o.rank = x.rank",
            [[line for line, _ in pairs], [rank for _, rank in pairs]],
        )
        return {(row[0], row[1]) for row in cursor.fetchall()}


def _give_codes(given: Sequence[str]) -> list[str]:
    """The code of each order; those without one get a code that no order has."""
    codes = list(given)
    used = set(codes)
    while missing := [i for i, code in enumerate(codes) if not code]:
        drawn = ids.new_codes(len(missing))
        taken = get_taken_codes(drawn) | used
        for i, code in zip(missing, drawn, strict=True):
            if code not in taken:
                codes[i] = code
                taken.add(code)
                used.add(code)
    return codes


def _new_row_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orders_order', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]
