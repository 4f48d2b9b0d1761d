"""An open launch of the demo maker: sold out since this morning, two people in the waiting list."""

from __future__ import annotations

import csv
import datetime as dt

from django.conf import settings

from yinuo.contexts.catalogue.queries import get_model_ids, list_specs
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.launches import offer, open_launch
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.places.queries import get_place_ids
from yinuo.workflows.demo import cast
from yinuo.workflows.demo.world import DATA

CODE = "A7-2027"
TEMPLATE = "car-sale"
FOR_SALE, TAKEN = 12, 14
OPENED_BEFORE = dt.timedelta(minutes=80)
# The ticket that stands in the name of one of the cast.
NAMED = 3


def begin(*, now: dt.datetime) -> int:
    """The launch with its tickets; returns how many were taken."""
    with (DATA / "catalogue.csv").open(encoding="utf-8") as file:
        code = next(csv.DictReader(file))["spec"]
    spec = next(one for one in list_specs() if one.code == code)
    opened_at = now - OPENED_BEFORE
    launch_id = open_launch(
        code=CODE,
        car_model_id=get_model_ids()[spec.model_code],
        opens_at=opened_at,
        template_code=TEMPLATE,
        now=opened_at,
    )
    offer(
        launch_id=launch_id,
        group_code=spec.code,
        spec_ids=[spec.id],
        for_sale=FOR_SALE,
        now=opened_at,
    )
    centres = sorted(get_place_ids("CENTRE").values())
    wanted = [
        Wanted(f"demo|{n}", opened_at + n * dt.timedelta(seconds=7), "", spec.id, centres[n % 2])
        for n in range(TAKEN)
    ]
    found = take_many(launch_code=CODE, wanted=wanted, signing_key=settings.TICKET_KEY)
    customer = Customer(cast.HOUSEHOLD_PHONE, cast.HOUSEHOLD_NAME, "", "zh")
    named = found[NAMED - 1]
    assert isinstance(named, Taken)
    buying.claim(ticket_id=named.id, person_id=find_or_create([customer])[cast.HOUSEHOLD_PHONE])
    return len(found)
