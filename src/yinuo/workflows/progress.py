"""What the plant and the carriers reported moves orders on, and becomes facts of the ledger.

A batch is one transaction: reports taken, orders locked, states and facts written, reports marked.
A crash leaves the reports as they were; two workers take different ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from django.db import transaction

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.orders.operations.allocating import BUILT, Left, allocate
from yinuo.contexts.orders.operations.progress import Standing, Step, advance, lock_orders
from yinuo.contexts.orders.rules.life import WAITING
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.production.operations.progress import save_builds, take_builds
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.transit.operations.progress import apply_moves as save_moves
from yinuo.contexts.transit.operations.progress import take_moves
from yinuo.contexts.transit.rules import OrderFacts
from yinuo.platform.spoken import write_instant
from yinuo.workflows import slots

# A step that is reported later than this is recorded, and told to nobody as news.
STEP_IS_NEWS = dt.timedelta(days=3)
# The fact that a state is, and its code in the entry.
FACTS = {
    "BUILT": ("car.built", "BUILT"),
    "IN_TRANSIT": ("car.left_plant", "LEFT_PLANT"),
    "AT_CENTRE": ("car.arrived", "ARRIVED"),
    "DELIVERED": ("car.handed_over", ""),
}


class Reached(Protocol):
    """A state that a report says an order has reached."""

    @property
    def ref(self) -> str: ...

    @property
    def order_id(self) -> int: ...

    @property
    def state(self) -> str: ...

    @property
    def at(self) -> dt.datetime: ...


def run(*, now: dt.datetime) -> int:
    """Apply everything that waits, batch by batch; returns how many reports were dealt with."""
    done = 0
    for apply in (apply_builds, apply_moves):
        while count := apply(now=now):
            done += count
    return done


def apply_builds(*, now: dt.datetime, limit: int = 5000) -> int:
    """Apply up to `limit` reports of the plant; returns how many were dealt with."""
    with transaction.atomic():
        reports = take_builds(limit)
        if not reports:
            return 0
        standings = lock_orders({report.order_id for report in reports})
        good = save_builds(slots.withhold(reports, standings, now=now), now=now)
        _record(good, [report.received_at for report in good], standings, now)
        return len(reports)


def apply_moves(*, now: dt.datetime, limit: int = 500) -> int:
    """Apply up to `limit` reports of moves (each may move a train full of cars).

    Returns how many were dealt with. Delays, cancellations and damage are not touched.
    """
    with transaction.atomic():
        taken = take_moves(limit)
        if not taken.events:
            return 0
        standings = lock_orders(taken.order_ids)
        orders = {
            order_id: OrderFacts(standing.state, standing.centre_id)
            for order_id, standing in standings.items()
        }
        moves = save_moves(taken, orders, now=now)
        _record(moves, [move.known_at for move in moves], standings, now)
        return len(taken.events)


def _record(
    reports: Sequence[Reached],
    known_at: Sequence[dt.datetime],
    standings: Mapping[int, Standing],
    now: dt.datetime,
) -> None:
    """Move the orders on; each step that did so is a fact of its order."""
    waited = {order_id for order_id, one in standings.items() if one.state in WAITING}
    moved = advance([Step(one.order_id, one.state, one.at) for one in reports], standings)
    allocate(_left(reports, waited, standings), now=now)
    places = get_places()
    facts = []
    for report, known, forward in zip(reports, known_at, moved, strict=True):
        if not forward or report.state not in FACTS:
            continue
        kind, code = FACTS[report.state]
        standing = standings[report.order_id]
        if code and now - report.at > STEP_IS_NEWS:
            code = HISTORY
        private: dict[str, str] = {"order": standing.code, "at": write_instant(report.at)}
        if code:
            private["known_at"] = write_instant(known)
        if kind == "car.arrived":
            centre = places[standing.centre_id]
            private |= {"place_zh": centre.name_zh, "place_en": centre.name_en}
        facts.append(
            Fact(
                kind,
                f"{report.ref}:{standing.code}",
                {"code": code} if code else {},
                private,
                report.order_id,
                standing.code,
            )
        )
    record_many(facts, now=now)
    ended = {one.order_id for one in reports if standings[one.order_id].state == "DELIVERED"}
    if ended:
        end_promises(order_ids=ended, now=now)


def _left(
    reports: Sequence[Reached], waited: set[int], standings: Mapping[int, Standing]
) -> list[Left]:
    """The orders of these reports that waited in line and do so no more, with what said it."""
    left: dict[int, Left] = {}
    for one in reports:
        gone = one.order_id in waited and standings[one.order_id].state not in WAITING
        if gone and one.state not in WAITING and one.order_id not in left:
            left[one.order_id] = Left(one.order_id, BUILT, one.ref, one.at)
    return [left[order_id] for order_id in sorted(left)]
