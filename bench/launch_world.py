"""Launches to be sold out: makes the world of `orders.py` and looks at it afterwards."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time

from django.db import connection

import bench.apps_ready  # noqa: F401  first: Django's apps must be ready before any table
from bench.burst import spread
from tests.contexts.terms.drafts import make_clause, make_template
from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.orders.models import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.launches import offer, open_launch
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many
from yinuo.contexts.orders.queries.tickets import get_by_id, get_launch, list_miscounts
from yinuo.contexts.payments.models import Charge
from yinuo.contexts.payments.operations import settle
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.places.models import Place
from yinuo.contexts.terms.rules import Shown
from yinuo.platform import clock
from yinuo.workflows import confirm, lock

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


def left(code: str) -> dict[str, object]:
    """Milliseconds of the question what is left, as the API and the page ask it."""
    now, took = clock.now(), []
    for _ in range(200):
        begun = time.perf_counter()
        assert get_launch(code, now) is not None
        took.append(1e3 * (time.perf_counter() - begun))
    return spread(took)


def orders(code: str, count: int) -> dict[str, object]:
    """Tickets made into orders one after the other, as it is done behind the burst.

    Name, car, contract with its evidence and the law, bill, deposit, rank, ledger. The moment is
    one before contracts have to name a date, as no forecast is worked out here.
    """
    now = dt.datetime(2026, 2, 10, 2, tzinfo=dt.UTC)
    start(code, count)
    Launch.objects.filter(code=code).update(template_code="bench", opens_at=now - HOUR)
    make_template("bench", [make_clause("deposit", "定金按法律办。", now - HOUR)], now - HOUR)
    spec, centre = Spec.objects.get(code="B1-A"), Place.objects.get(code="BC")
    people = find_or_create(Customer(f"139{n:08}", "客", "", "zh") for n in range(count))
    took, used = [], time.process_time()
    begun = time.perf_counter()
    for number, person_id in enumerate(people.values()):
        at = time.perf_counter()
        one = Wanted(f"o{number}", now + number * HOUR / 3600, "", spec.id, centre.id)
        [taken] = take_many(launch_code=code, wanted=[one], signing_key="k")
        assert isinstance(taken, Taken)
        _make_order(taken.id, person_id, now + HOUR)
        took.append(1e3 * (time.perf_counter() - at))
    wall = time.perf_counter() - begun
    made = Ticket.objects.filter(launch__code=code, state="LOCKED", order__isnull=False).count()
    assert made == count, f"{made} of {count}"
    used = time.process_time() - used
    return {
        "count": count,
        "per_s": round(count / wall, 1),
        **spread(took),
        "cpu_ms": round(1e3 * used / count, 1),
    }


def _make_order(ticket_id: int, person_id: int, now: dt.datetime) -> None:
    buying.claim(ticket_id=ticket_id, person_id=person_id)
    offered = confirm.show(get_by_id(ticket_id), now=now)
    shown = [
        Shown(one.code, "/confirm", frozenset({"highlight"}), 20, 20, 1500, now)
        for one in offered.clauses
    ]
    bill = confirm.agree(offer=offered, person_id=person_id, language="zh", shown=shown, now=now)
    charge = Charge.objects.create(
        number=f"C{bill.id}",
        bill_id=bill.id,
        provider="SANDBOX",
        request_key=f"c{bill.id}",
        amount_fen=bill.amount_fen,
        started_at=now,
        expires_at=now + HOUR,
    )
    settle.charge_paid(
        provider="SANDBOX",
        number=charge.number,
        ref=charge.number,
        amount_fen=bill.amount_fen,
        now=now,
    )
    assert lock.deposit_paid(ticket_id=ticket_id, now=now) is not None


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
        steps = {"start": start, "fill": fill, "orders": orders, "left": lambda code, _: left(code)}
        found = steps[words[0]](words[1], int(words[2]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
