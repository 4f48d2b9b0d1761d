"""Customers before the page of their contract, and the worker behind them; for `orders.py`.

The installation's clock is set to a moment before contracts have to name a date, as no forecast is
worked out here.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from importlib import import_module
from typing import Final

from django.conf import settings
from django.core import signing

import bench.apps_ready  # noqa: F401  first: Django's apps must be ready before any table
from bench.launch_world import HOUR, start
from tests.contexts.terms.drafts import make_clause, make_template
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.orders.models import Launch, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many
from yinuo.contexts.orders.queries.tickets import get_by_id
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.places.models import Place
from yinuo.contexts.terms.models import Template
from yinuo.jobs.tasks import follow_payments
from yinuo.platform import clock
from yinuo.platform.spoken import write_instant
from yinuo.web.customer.confirm import SALT
from yinuo.workflows import confirm

MOMENT: Final = dt.datetime(2026, 2, 10, 2, tzinfo=dt.UTC)
IDLE_S: Final = 0.02


def seat(code: str, count: int) -> dict[str, object]:
    """`count` customers, signed in, each with a ticket and the contract's page open."""
    clock.set_test_clock(at=MOMENT, running=True)
    now = clock.now()
    start(code, count)
    Launch.objects.filter(code=code).update(template_code="bench", opens_at=now - HOUR)
    if not Template.objects.filter(code="bench").exists():
        make_template("bench", [make_clause("deposit", "定金按法律办。", now - HOUR)], now - HOUR)
    spec, centre = Spec.objects.get(code="B1-A"), Place.objects.get(code="BC")
    base = Ticket.objects.count() + 10_000_000
    people = find_or_create(Customer(f"139{base + n:08}", "客", "", "zh") for n in range(count))
    wanted = [
        Wanted(f"{code}{n}", now + n * HOUR / 3_600_000, "", spec.id, centre.id)
        for n in range(count)
    ]
    taken = take_many(launch_code=code, wanted=wanted, signing_key="k")
    return {"seats": [_sit(one, who) for one, who in zip(taken, people.values(), strict=True)]}


def _sit(taken: object, person_id: int) -> list[str]:
    assert isinstance(taken, Taken)
    buying.claim(ticket_id=taken.id, person_id=person_id)
    now = clock.now()
    page = {
        "digest": confirm.show(get_by_id(taken.id), now=now).digest(),
        "at": write_instant(now),
    }
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["person_id"], session["staff_id"] = person_id, None
    session.create()
    return [taken.code, session.session_key, signing.dumps(page, salt=SALT)]


def settle(code: str, count: int) -> dict[str, object]:
    """The worker: what was paid becomes orders, until `count` of the launch are locked.

    Says `ready` as soon as it can begin. Returns the CPU seconds of this process.
    """
    locked = Ticket.objects.filter(launch__code=code, state="LOCKED", order__isnull=False)
    follow_payments()
    print("ready", flush=True)
    used, until = time.process_time(), time.monotonic() + 300
    while time.monotonic() < until:
        follow_payments()
        if locked.count() >= count:
            break
        time.sleep(IDLE_S)
    return {"locked": locked.count(), "cpu_s": time.process_time() - used}


def main() -> None:
    """`seat CODE COUNT` or `settle CODE COUNT`; prints JSON."""
    step, code, count = sys.argv[1:]
    print(json.dumps({"seat": seat, "settle": settle}[step](code, int(count))))


if __name__ == "__main__":
    main()
