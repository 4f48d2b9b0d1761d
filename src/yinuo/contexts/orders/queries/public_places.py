"""Where orders stand in their line by the public log, whatever the moment of their lock says."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection

from yinuo.contexts.ledger.queries.queue import NEXT, find_places, list_counted
from yinuo.contexts.orders.models import Draw, LineMove, Order, Ticket

# The number of an entry, and the place among those that share it.
PublicPlace = tuple[int, int]


def list_public_places(order_ids: Collection[int]) -> dict[int, PublicPlace]:
    """The public place of these orders, smaller before larger; undrawn ones have none yet.

    It is that of the newest move that counts anew, else that of the ticket or its draw, else that
    of the lock.
    """
    keys: dict[int, tuple[str, int]] = {
        order_id: (f"lock:{public_id}", 0)
        for order_id, public_id in Order.objects.filter(id__in=order_ids).values_list(
            "id", "public_id"
        )
    }
    by_ticket: dict[int, tuple[str, int]] = {}
    rows = Ticket.objects.filter(order__in=order_ids).values_list(
        "order_id", "launch_id", "launch__code", "number", "drawn__place"
    )
    tickets = list(rows)
    draws = {row.launch_id: row for row in Draw.objects.filter(launch__in={t[1] for t in tickets})}
    for order_id, launch_id, launch, number, place in tickets:
        draw = draws.get(launch_id)
        del keys[order_id]
        if draw is None or (draw.number is not None and number > draw.number):
            by_ticket[order_id] = (launch, number)
        elif draw.ended_at is not None:
            keys[order_id] = (f"window:{launch}", place or number)
    anew = LineMove.objects.filter(
        order__in=order_ids, undone_at=None, kind=LineMove.Kind.CONFIGURATION
    )
    for order_id, public_id in anew.order_by("id").values_list("order_id", "public_id"):
        by_ticket.pop(order_id, None)
        keys[order_id] = (f"order.moved:{public_id}", 0)
    places = find_places({key for key, _ in keys.values()})
    counted = {launch: list_counted(launch) for launch in {one for one, _ in by_ticket.values()}}
    found = {row: (places[key], tie) for row, (key, tie) in keys.items() if key in places}
    for order_id, (launch, number) in by_ticket.items():
        at = bisect_left(counted[launch], (number, 0))
        known = counted[launch][at : at + 1]
        found[order_id] = (known[0][1] if known else NEXT, number)
    return found
