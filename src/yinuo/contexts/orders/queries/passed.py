"""Who got a car before an order that locked earlier, and for which public reason.

Reckoned by the same rule as the public figures: a car is judged when its batch is closed, an order
that came back may be passed for so many closed batches of its line. Cars from before the record are
judged by the moment at which their order left the line.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.ledger.queries.queue import (
    Allocated,
    find_allocations,
    find_closings,
    find_recorded,
    get_rule_of,
    list_rules,
)
from yinuo.contexts.ledger.rulebook import Figures
from yinuo.contexts.orders.models import Cancellation, LineMove, Order, QueueNote, Ticket
from yinuo.contexts.orders.rules import life
from yinuo.contexts.orders.rules.batches import CLOSED_AFTER, WEEK, week_of
from yinuo.contexts.orders.rules.passed import Given, Hold, Stay, find_reason, find_returns

# A car was given to these; where the record does not say when, only from the third on.
GIVEN = life.STATES[2:]
KNOWN_WITHOUT_RECORD = life.STATES[3:]
LATE = "RECORDED_LATE"


def count_passes(order: Order, now: dt.datetime) -> dict[str, int]:
    """How many passed this order by which recorded reason; the key is empty without one.

    A later order's own exception explains it; else a hold of this order, or that it had just come
    back. Whose lock we were told late stands behind this order in the public log and left before.
    """
    rows = Order.objects.filter(line=order.line_id, rank__gt=order.rank, state__in=GIVEN)
    later = {row[0]: (row[1], row[2]) for row in rows.values_list("id", "state", "state_at")}
    counts: Counter[str] = Counter()
    if later:
        counts.update(_reasons(order, later, now))
    if said := _told_late(order):
        counts[LATE] += said
    return dict(counts)


def _told_late(order: Order) -> int:
    """How many that left before it stand behind it in public: we heard of their locks after it."""
    rows = Order.objects.filter(line=order.line_id, rank__lt=order.rank, state__in=GIVEN)
    left = rows.filter(state_at__gte=order.locked_at).values_list("public_id", flat=True)
    late = recorded_keys([f"late:{public_id}" for public_id in left]) if left else set()
    if not late:
        return 0
    locks = find_recorded([own := f"lock:{order.public_id}", *(f"lock:{key[5:]}" for key in late)])
    mine = locks.pop(own, None)
    ticket_at = Ticket.objects.filter(order=order).values_list("taken_at", flat=True).first()
    if ticket_at:
        return sum(one.at > ticket_at for one in locks.values())
    return sum(mine is None or one.entry > mine.entry for one in locks.values())


def _reasons(
    order: Order, later: Mapping[int, tuple[str, dt.datetime]], now: dt.datetime
) -> list[str]:
    allocated = find_allocations([order.id, *later])
    stay = _stay(order, allocated.pop(order.id, None))
    weeks = {one.batch for one in allocated.values()} - {HISTORY}
    if stay.returns:
        weeks |= _weeks(stay.returns[0].at, now)
    closed = find_closings(_name(order), weeks)
    closings, numbers = list(closed.values()), {week: n for n, week in enumerate(closed)}
    excepted = dict(
        QueueNote.objects.filter(kind="EXCEPTION", order__in=list(later))
        .order_by("-id")
        .values_list("order_id", "code")
    )
    found = []
    for order_id, (state, state_at) in later.items():
        known = allocated.get(order_id)
        if known is None or known.batch == HISTORY:
            if state not in KNOWN_WITHOUT_RECORD:
                continue
            before = sum(at <= state_at for at in closings)
            given = Given(state_at, state_at, before)
        else:
            n = numbers.get(known.batch, len(closings))
            given = Given(known.at, closings[n] if n < len(closings) else now, n)
        reason = find_reason(stay, given, closings)
        if reason is not None:
            found.append(excepted.get(order_id) or reason)
    return found


def _stay(order: Order, own: Allocated | None) -> Stay:
    holds = [
        Hold(*row)
        for row in QueueNote.objects.filter(order=order, kind="HOLD")
        .order_by("id")
        .values_list("code", "from_at", "until_at")
    ]
    given_up = list(Cancellation.objects.filter(order=order).values_list("asked_at", "restored_at"))
    moved = [
        at
        for row in LineMove.objects.filter(order=order).values_list("asked_at", "undone_at")
        for at in row
        if at is not None
    ]
    rules = list_rules() if holds or given_up or moved else []
    back = [at for _, at in given_up if at is not None]
    # Whoever was told of late waits in the record from then on.
    told = find_recorded([lock := f"lock:{order.public_id}"]).get(lock)
    return Stay(
        since_at=max(told.at, order.locked_at) if told else order.locked_at,
        holds=holds,
        returns=find_returns(holds, back, moved, partial(_batches, rules)),
        away=given_up,
        left_at=own.at if own and own.batch != HISTORY else None,
    )


class Held(NamedTuple):
    """A hold that stands: for which public reason, since when, and what had caused it."""

    code: str
    from_at: dt.datetime
    key: str


def list_holds(order_id: int) -> list[Held]:
    """The holds that stand, oldest first; `key` is that of the fact that stated it first."""
    rows = QueueNote.objects.filter(order=order_id, kind="HOLD", until_at=None).order_by("id")
    return [
        Held(code, from_at, f"hold:{code}:{cause_ref}:{order_id}")
        for code, from_at, cause_ref in rows.values_list("code", "from_at", "cause_ref")
    ]


def get_return_batches(now: dt.datetime) -> int:
    """For how many closed batches of its line an order that comes back now may be passed."""
    return _batches(list_rules(), now)


def _batches(rules: list[dict[str, Any]], at: dt.datetime) -> int:
    """The same by the rule that bound in the newest week that was closed by that moment."""
    if not rules:
        return Figures().return_batches
    return int(get_rule_of(rules, week_of(at - CLOSED_AFTER - WEEK))["return_batches"])


def _weeks(since: dt.datetime, now: dt.datetime) -> set[str]:
    """Every week from that moment on, and the one before, which may have been closed behind it."""
    count = (now - since) // WEEK + 3
    return {week_of(since + (n - 1) * WEEK) for n in range(count)}


def _name(order: Order) -> str:
    line = order.line
    return f"{line.spec.code}@{line.centre.code}"
