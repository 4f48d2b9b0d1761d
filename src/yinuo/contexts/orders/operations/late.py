"""Who goes before another by the moment of its lock and stands behind it in public, says so.

A lock that is told late stands behind a ticket that was counted before it was told, long before
that ticket becomes an order of the line. So it is looked at whenever an order comes into a line
with a place of before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Max, Q

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.queries.queue import has_numbers
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.public_places import PublicPlace, list_public_places
from yinuo.contexts.orders.rules.life import WAITING

# The public reason of an order that goes before others because we heard of it after them.
LATE = "RECORDED_LATE"


def late_fact(row_id: int, public_id: str, code: str, cause_ref: str) -> Fact:
    """Its place is that of its lock, in public it stands behind: it will go before some.

    This is no exception of the planner's: the order waits in its turn like all others.
    """
    private = {"order": code, "cause_ref": cause_ref}
    return Fact("queue.excepted", f"late:{public_id}", {"code": LATE}, private, row_id, code)


def note_behind_tickets(order_ids: Collection[int], *, cause_ref: str, now: dt.datetime) -> None:
    """These came from tickets of one launch: others of their lines that they went behind say so.

    Those of the same launch stand as their tickets do, here and in public.
    """
    mine = Order.objects.filter(id__in=order_ids)
    others: set[int] = set()
    lines = mine.values("line_id", "ticket__launch_id").annotate(last=Max("rank")).order_by()
    for line_id, launch_id, last in lines.values_list("line_id", "ticket__launch_id", "last"):
        earlier = Order.objects.filter(line=line_id, rank__lt=last, state__in=WAITING)
        others.update(earlier.exclude(ticket__launch=launch_id).values_list("id", flat=True))
    others -= set(order_ids)
    if others:
        _note({*order_ids, *others}, cause_ref, now)


def note_in_line(line_id: int, *, cause_ref: str, now: dt.datetime) -> None:
    """An order came into this line with a place of before: it, or others, may have to say so."""
    waiting = Order.objects.filter(line=line_id, state__in=WAITING)
    _note(set(waiting.values_list("id", flat=True)), cause_ref, now)


@transaction.atomic
def note_backlog(*, now: dt.datetime) -> None:
    """The log has begun over orders that were there: lines with tickets or moves are looked at."""
    waiting = Order.objects.filter(state__in=WAITING)
    mixed = waiting.filter(Q(ticket__isnull=False) | Q(line_moves__isnull=False))
    for line_id in sorted(set(mixed.values_list("line_id", flat=True))):
        note_in_line(line_id, cause_ref="log", now=now)


def _note(order_ids: set[int], cause_ref: str, now: dt.datetime) -> None:
    # What was locked before there was a log is put into it in the order in which it was recorded.
    if not has_numbers():
        return
    places = list_public_places(order_ids)
    rows = Order.objects.filter(id__in=places).exclude(queue_notes__kind="EXCEPTION")
    named = {row.id: row for row in rows.only("id", "line_id", "rank", "public_id", "code")}
    facts = []
    for line_id in sorted({row.line_id for row in named.values()}):
        of_line = [row for row in named.values() if row.line_id == line_id]
        for order_id in find_behind((row.rank, places[row.id], row.id) for row in of_line):
            row = named[order_id]
            facts.append(late_fact(row.id, row.public_id, row.code, cause_ref))
    record_many(facts, now=now)


def find_behind(stands: Iterable[tuple[int, PublicPlace, int]]) -> list[int]:
    """Of (rank, public place, id): who stands behind somebody of a later rank in public."""
    found = []
    first: PublicPlace | None = None
    for _, place, row in sorted(stands, reverse=True):
        if first is not None and place > first:
            found.append(row)
        first = place if first is None else min(first, place)
    return sorted(found)
