"""What becomes of a visit, as facts of its order's record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.handover.models import Visit
from yinuo.contexts.handover.rules import visits as rules
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.people import get_person_in_charge
from yinuo.contexts.places.queries import get_place
from yinuo.platform import outbox
from yinuo.platform.spoken import local_date, write_instant

SAME_DAY = frozenset({"visit.moved", "visit.called_off"})


@dataclass(frozen=True)
class OrderSeen:
    """What a visit needs to know of its order; the centre is where its car is handed over."""

    id: int
    code: str
    state: str
    person_id: int
    owner_id: int | None
    centre_id: int
    centre_code: str


def read_order(order_id: int, *, lock: bool = False) -> OrderSeen:
    """The order as it stands; with `lock` nobody changes its state before the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, o.state, o.person_id, o.owner_id, p.id, p.code"
            " FROM orders_order o JOIN orders_line l ON l.id = o.line_id"
            " JOIN places_place p ON p.id = coalesce(o.handover_place_id, l.centre_id)"
            " WHERE o.id = %s" + (" FOR SHARE OF o" if lock else ""),
            [order_id],
        )
        return OrderSeen(*cursor.fetchone())


def tell(
    visit: Visit,
    kind: str,
    *,
    code: str,
    old_at: dt.datetime | None = None,
    offers: Sequence[dt.datetime] = (),
    now: dt.datetime,
) -> None:
    """Record what became of this version of a visit, and have its customer told.

    What changes a visit of this very day is told at any hour.
    """
    order = read_order(visit.order_id)
    place = get_place(visit.centre_id)
    charge = get_person_in_charge(visit.staff_id, order.centre_code)
    days = {local_date(at) for at in (old_at, visit.during.lower) if at is not None}
    if kind in SAME_DAY and local_date(now) in days and code != "CUSTOMER":
        kind = f"{kind}_same_day"
    fields: dict[str, str | list[str]] = {
        "order": order.code,
        "visit": visit.public_id,
        "place_zh": place.name_zh,
        "place_en": place.name_en,
        "answerer": charge.public_id if charge else "",
        "answer_by_at": write_instant(rules.answer_by(now)),
        "known_at": write_instant(now),
    }
    if old_at is not None:
        fields["old_at"] = write_instant(old_at)
    if kind in ("visit.booked", "visit.tomorrow", "visit.moved", "visit.moved_same_day"):
        fields["visit_at"] = write_instant(visit.during.lower)
    else:
        fields["offers"] = [write_instant(at) for at in offers]
    record(
        Fact(
            kind=kind,
            change_key=f"{kind}:{visit.public_id}:{visit.version}",
            public={"code": code},
            private=fields,
            subject_id=order.id,
            subject_code=order.code,
        ),
        now=now,
    )
    outbox.nudge("notices.issue")
