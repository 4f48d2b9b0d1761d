"""Who answers for an order, when the person who did is away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.orders.models import Amendment, Order
from yinuo.contexts.people.queries.people import get_staff
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.platform import outbox
from yinuo.platform.spoken import write_instant


def give_orders(
    *,
    order_ids: Sequence[int],
    from_staff_id: int | None,
    staff_id: int,
    code: Literal["AWAY", "TAKEN_OVER", "WAYS_LATE"],
    cause_ref: str,
    answer_by_at: dt.datetime,
    now: dt.datetime,
) -> int:
    """These orders have another named person; each customer is told once. Returns how many.

    Orders that are in somebody else's hands by now stay there; `from_staff_id` is None for those
    in nobody's. Safe to repeat.

    Raises
    ------
    NotStaff
    """
    person = get_staff(staff_id)
    if person is None:
        raise NotStaff
    with transaction.atomic():
        rows = list(
            Order.objects.select_for_update(of=("self",))
            .filter(id__in=list(order_ids), owner=from_staff_id)
            .order_by("id")
        )
        Order.objects.filter(id__in=[row.id for row in rows]).update(owner=staff_id)
        record_many(
            [
                Fact(
                    kind="owner.changed",
                    change_key=f"owner.changed:{cause_ref}:{row.code}:{person.public_id}",
                    public={"code": code},
                    private={
                        "order": row.code,
                        "answerer": person.public_id,
                        "answer_by_at": write_instant(answer_by_at),
                        "known_at": write_instant(now),
                    },
                    subject_id=row.id,
                    subject_code=row.code,
                )
                for row in rows
            ],
            now=now,
        )
    if rows:
        outbox.nudge("notices.issue")
    return len(rows)


def give_amendments(*, amendment_ids: Sequence[int], staff_id: int) -> int:
    """This person decides these running changes now; their times stay. Returns how many."""
    rows = Amendment.objects.filter(id__in=list(amendment_ids), state__in=Amendment.RUNNING)
    return rows.update(owner=staff_id)
