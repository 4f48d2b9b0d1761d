"""The door of tickets: who comes at the same moment is let in together, in the order of arrival."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from yinuo.contexts.catalogue.queries import get_spec_ids
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many
from yinuo.contexts.places.queries import get_place_ids
from yinuo.platform import clock
from yinuo.platform.batching import Batcher
from yinuo.platform.refusals import Refusal

# More would make the first of them wait for the last.
LOT = 256


@dataclass(frozen=True)
class Asked:
    """One request for a ticket of a launch as it came through the door, by the machine's clock."""

    launch: str
    key: str
    arrived_at: dt.datetime
    group: str
    spec: str
    centre: str


def take(*, launch: str, key: str, group: str, spec: str, centre: str) -> Taken | Refusal:
    """A ticket, or why there is none; it is on the disk when this returns.

    A car or a centre that does not exist costs nobody the ticket: it is asked for again later.
    """
    asked = Asked(launch, key, clock.machine_now(), group, spec, centre)
    # Who waits holds no connection: the one who works for all of them needs one to be free.
    let_go()
    return _door.submit(asked)


def let_go() -> None:
    """Give this thread's connection back, unless a transaction is open on it."""
    if not connection.in_atomic_block:
        connection.close()


def _run(lot: Sequence[Asked]) -> list[Taken | Refusal]:
    try:
        return _take_all(lot)
    finally:
        let_go()


def _take_all(lot: Sequence[Asked]) -> list[Taken | Refusal]:
    # The installation's clock may be a test clock: one reading of both serves all who came.
    ahead = clock.now() - clock.machine_now()
    specs, centres = get_spec_ids(), get_place_ids("CENTRE")
    by_launch: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(lot):
        by_launch[one.launch].append(place)
    answers: dict[int, Taken | Refusal] = {}
    for launch, places in by_launch.items():
        wanted = [
            Wanted(
                one.key,
                one.arrived_at + ahead,
                one.group,
                specs.get(one.spec),
                centres.get(one.centre),
            )
            for one in (lot[place] for place in places)
        ]
        found = take_many(launch_code=launch, wanted=wanted, signing_key=settings.TICKET_KEY)
        answers |= dict(zip(places, found, strict=True))
    return [answers[place] for place in range(len(lot))]


_door: Batcher[Asked, Taken | Refusal] = Batcher(_run, most=LOT)
