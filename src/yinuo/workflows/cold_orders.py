"""Who has waited past the cap is offered the way out, without asking and without any cost."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.orders.operations.exits import Cold, offer_exits
from yinuo.contexts.orders.queries.rights import list_cold
from yinuo.contexts.people.queries.staff import answerers, list_staff
from yinuo.contexts.promises.rules import answer_by_at
from yinuo.platform.spoken import local_date

CHUNK = 2000


def run(*, now: dt.datetime) -> int:
    """Offer it to everybody who passed the cap since the last look; returns how many.

    Safe to repeat: an order is offered it once. Those wait on whom nobody could answer.
    """
    answerer = answerers(list_staff())
    offered = 0
    while cold := list_cold(now, CHUNK):
        orders = {}
        for one in cold:
            card = answerer(one.centre_code, one.owner_id)
            if card is not None:
                days = (local_date(now) - local_date(one.locked_at)).days
                orders[one.order_id] = Cold(one.code, days, card.public_id)
        done = offer_exits(orders=orders, answer_by_at=answer_by_at(now), now=now)
        offered += done
        if not done:
            break
    return offered
