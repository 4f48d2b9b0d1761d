"""A carrier reports that cars come later: dates are worked out again and everybody is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from yinuo.contexts.notices.operations.alert import alert_staff
from yinuo.contexts.orders.operations.holds import hold_orders
from yinuo.contexts.orders.queries.forecasting import list_lines_of
from yinuo.contexts.places.queries import get_place
from yinuo.contexts.promises.operations.forecasting import Why
from yinuo.contexts.promises.rules import Flags
from yinuo.contexts.transit.operations import delays
from yinuo.platform import outbox
from yinuo.workflows import disclosure
from yinuo.workflows.dates import commit
from yinuo.workflows.outlook import Outlook, work_out_built


def apply(*, event_id: int, now: dt.datetime) -> int:
    """Carry one delaying event to its end; returns how many promises moved.

    The event is marked as applied last, so a kill at any moment leaves it to be found again, and
    each step before is safe to repeat: the shipment's state, the recorded reason for being passed,
    one ledger entry per order, one alert.
    """
    delay = delays.take_delay(event_id=event_id)
    if delay is None:
        return 0
    moved = 0
    if delay.order_ids:
        code = "DAMAGE_REPAIR" if delay.cause_code == "TRANSIT_DAMAGE" else "TRANSIT_DELAYED"
        hold_orders(order_ids=delay.order_ids, code=code, cause_ref=delay.ref, now=now)
        place = get_place(delay.place_id) if delay.place_id is not None else None
        why = Why(
            delay.cause_code,
            delay.ref,
            delay.known_at,
            place.name_zh if place else "",
            place.name_en if place else "",
            delay.car_state,
        )
        moved = commit(
            lambda: outlook_of_built(delay.order_ids, now), why=why, routine=False, now=now
        )
        if delay.cause_code == "TRANSIT_DAMAGE":
            disclosure.from_carrier(order_ids=delay.order_ids, ref=delay.ref, now=now)
        alert_staff(ref=delay.ref, cause_code=delay.cause_code, orders_count=moved, now=now)
        outbox.nudge("notices.issue")
    delays.finish_event(event_id=event_id, now=now)
    return moved


def outlook_of_built(order_ids: tuple[int, ...], now: dt.datetime) -> tuple[Outlook, Flags]:
    """The outlook for all cars that left the plant, with a mark on the cars in question.

    Cars of other lines take places at the same centres, so they are worked out along; only the
    lines of the cars in question are compared.
    """
    outlook = work_out_built(now)
    lines = np.array(list_lines_of(order_ids), np.int64)
    near = np.isin(outlook.orders.line_ids, lines)
    orders = outlook.orders.pick(near)
    windows = type(outlook.windows)(*(column[near] for column in outlook.windows.table().T))
    part = replace(
        outlook,
        orders=orders,
        windows=windows,
        dots=outlook.dots[near],
        missing=outlook.missing[near],
    )
    return part, np.isin(orders.order_ids, np.array(order_ids, np.int64))
