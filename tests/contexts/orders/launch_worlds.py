"""Launches for tests: a car of which few are for sale."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tests.factories import NOW, World, make_world
from yinuo.contexts.orders.models import SalesCell, Ticket
from yinuo.contexts.orders.operations.launches import offer, open_launch
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many

KEY = "a key of the tests, kept by nobody"
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Sale:
    """A launch that is open at `NOW`, of one group."""

    world: World
    launch_id: int
    code: str = "S7-2026"


def make_sale(
    for_sale: int = 3, *, opens_at: dt.datetime = NOW - HOUR, closes_at: dt.datetime | None = None
) -> Sale:
    """`for_sale` cars of the small maker's only spec."""
    world = make_world()
    spec = world.line.spec
    launch_id = open_launch(
        code="S7-2026",
        car_model_id=spec.car_model_id,
        opens_at=opens_at,
        closes_at=closes_at,
        now=NOW - 2 * HOUR,
    )
    offer(
        launch_id=launch_id,
        group_code="S7",
        spec_ids=[spec.id],
        for_sale=for_sale,
        now=NOW - 2 * HOUR,
    )
    return Sale(world, launch_id)


def ask(
    *keys: str, at: dt.datetime = NOW, launch: str = "S7-2026", group: str = ""
) -> list[object]:
    """What requests with these keys are answered, all at once."""
    wanted = [Wanted(key, at, group) for key in keys]
    return list(take_many(launch_code=launch, wanted=wanted, signing_key=KEY))


def take(key: str, *, at: dt.datetime = NOW) -> Taken:
    """One ticket."""
    (taken,) = ask(key, at=at)
    assert isinstance(taken, Taken)
    return taken


def take_row(key: str, *, at: dt.datetime = NOW) -> Ticket:
    """One ticket's row."""
    return Ticket.objects.get(id=take(key, at=at).id)


def taken_of(sale: Sale) -> int:
    """What the rows of the launch's cells count."""
    return sum(
        SalesCell.objects.filter(group__launch=sale.launch_id).values_list("taken", flat=True)
    )
