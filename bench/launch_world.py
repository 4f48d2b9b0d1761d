"""Launches to be sold out: makes the world of `orders.py` and looks at it afterwards."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable

from django.db import connection

import bench.apps_ready  # noqa: F401  first: Django's apps must be ready before any table
from bench.burst import spread
from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.orders.models import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.operations.launches import offer, open_launch
from yinuo.contexts.orders.queries.tickets import get_launch, list_miscounts
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.places.models import Place
from yinuo.platform import clock

HOUR = dt.timedelta(hours=1)


def make() -> dict[str, object]:
    """A car, a centre, and a key for the API."""
    now = clock.now()
    car = CarModel.objects.create(code="B1", name_zh="云帆 B1", name_en="B1")
    Spec.objects.create(
        code="B1-A", car_model=car, name_zh="标准", name_en="Standard", price_fen=24_590_000
    )
    Place.objects.create(
        code="BC",
        kind="CENTRE",
        name_zh="中心",
        name_en="Centre",
        city_zh="城",
        city_en="City",
        latitude=30.0,
        longitude=115.0,
    )
    key = create_key(sender="bench", feeds=["tickets"], signed=False, now=now)
    return {"key": key.key}


def start(code: str, for_sale: int) -> dict[str, object]:
    """One launch that is open."""
    now = clock.now()
    spec = Spec.objects.get(code="B1-A")
    launch_id = open_launch(code=code, car_model_id=spec.car_model_id, opens_at=now - HOUR, now=now)
    offer(launch_id=launch_id, group_code="B1", spec_ids=[spec.id], for_sale=for_sale, now=now)
    return {"launch": code}


def fill(code: str, count: int) -> dict[str, object]:
    """`count` tickets that hold places, written by the database in one go."""
    launch = Launch.objects.get(code=code)
    group = SalesGroup.objects.get(launch=launch)
    cell = SalesCell.objects.get(group=group)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_ticket (launch_id, group_id, cell_id, number, code, request_key,"
            " taken_at, chain, signature, state, due_at) SELECT %s, %s, %s, %s + i, 'F' || %s || i,"
            " 'fill' || i || '.' || %s, now(), '', '', 'TAKEN', now() + interval '48 hours'"
            " FROM generate_series(1, %s) i",
            [
                *(launch.id, group.id, cell.id, launch.numbers_given, launch.numbers_given),
                launch.numbers_given,
                count,
            ],
        )
    SalesCell.objects.filter(id=cell.id).update(taken=cell.taken + count)
    Launch.objects.filter(id=launch.id).update(numbers_given=launch.numbers_given + count)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_ticket")
    return {"sold": cell.taken + count}


def look(prefix: str) -> dict[str, object]:
    """What became of the launches with this prefix: sold, held, numbers without gaps."""
    launches = Launch.objects.filter(code__startswith=prefix)
    cells = SalesCell.objects.filter(group__launch__in=launches)
    tickets = Ticket.objects.filter(launch__in=launches)
    holding = tickets.filter(cell__isnull=False)
    gaps = sum(one.numbers_given != Ticket.objects.filter(launch=one).count() for one in launches)
    return {
        "for_sale": sum(cells.values_list("for_sale", flat=True)),
        "taken": sum(cells.values_list("taken", flat=True)),
        "holding": holding.count(),
        "tickets": tickets.count(),
        "codes": list(tickets.values_list("code", flat=True)),
        "gaps": gaps,
        "miscounts": len(list_miscounts()),
    }


def left(code: str, _count: int) -> dict[str, object]:
    """Milliseconds of the question what is left, as the API and the page ask it."""
    now, took = clock.now(), []
    for _ in range(200):
        begun = time.perf_counter()
        assert get_launch(code, now) is not None
        took.append(1e3 * (time.perf_counter() - begun))
    return {**spread(took)}


STEPS: dict[str, Callable[[str, int], dict[str, object]]] = {
    "start": start,
    "fill": fill,
    "left": left,
}


def main() -> None:
    """`make`, `start CODE COUNT`, `fill CODE COUNT` or `look PREFIX`; prints JSON."""
    words = sys.argv[1:]
    if words[0] == "make":
        found = make()
    elif words[0] == "look":
        found = look(words[1])
    elif words[0] == "starts":
        for number in range(int(words[2])):
            start(f"{words[1]}{number}", int(words[3]))
        found = {}
    else:
        found = STEPS[words[0]](words[1], int(words[2]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
