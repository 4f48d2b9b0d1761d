"""A car was not taken, and nobody named three ways on in time: the manager has it from then on."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.handover.operations.refused import mark_late
from yinuo.contexts.handover.queries.refused import Refused, list_unanswered
from yinuo.contexts.orders.operations.owners import give_orders
from yinuo.contexts.orders.queries.handover import get_for_handover
from yinuo.contexts.people.queries.staff import StaffCard, list_staff
from yinuo.contexts.promises.rules import answer_by_at
from yinuo.contexts.vehicles.queries.cars import get_assigned


def run(*, now: dt.datetime) -> int:
    """Own up to three ways that did not come; returns how many customers are told.

    The order is in the manager's hands, it stands on the staff's page as late, and its customer
    hears who answers by when. Without anybody who could, it waits. Safe to repeat.
    """
    cards = list_staff()
    return sum(_own_up(one, cards, now) for one in list_unanswered(now))


def _own_up(one: Refused, cards: list[StaffCard], now: dt.datetime) -> bool:
    taken = get_assigned(one.order_id)
    if taken is not None and taken.assigned_at >= one.refused_at:
        # Its customer has another car: that was one of the ways.
        return False
    order = get_for_handover(one.order_id)
    manager = manager_of(order.centre_code, cards)
    if manager is None:
        return False
    with transaction.atomic():
        if not mark_late(inspection_id=one.inspection_id, now=now):
            return False
        give_orders(
            order_ids=[order.id],
            from_staff_id=order.owner_id,
            staff_id=manager.id,
            code="WAYS_LATE",
            cause_ref=one.public_id,
            answer_by_at=answer_by_at(now),
            now=now,
        )
    return True


def manager_of(centre_code: str, cards: list[StaffCard]) -> StaffCard | None:
    """A manager of the centre, else any manager."""
    managers = [card for card in cards if card.role == "MANAGER"]
    here = [card for card in managers if card.centre_code == centre_code]
    return next(iter((*here, *managers)), None)
