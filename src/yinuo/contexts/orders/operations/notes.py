"""Recording why an order leaves the order of its line."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations.holds import except_orders
from yinuo.platform.refusals import Refusal


class NoSuchOrder(Refusal):
    """Nobody has an order with this code."""

    code = "no_such_order"
    zh = "没有订单 {order}。"
    en = "There is no order {order}."


class NoSuchReason(Refusal):
    """The reason is not on the public list; being paid for is not on it and cannot be."""

    code = "no_such_reason"
    zh = "“{reason}”不在公开的原因清单上。"
    en = "{reason!r} is not on the public list of reasons."


def note_exception(*, order_code: str, code: str, cause_ref: str, now: dt.datetime) -> bool:
    """Let an order go before earlier locks of its line; False when that was recorded before."""
    order_ids = [_find(order_code, code)]
    return bool(except_orders(order_ids=order_ids, code=code, cause_ref=cause_ref, now=now))


def _find(order_code: str, code: str) -> int:
    if code not in QUEUE_CODES:
        raise NoSuchReason(reason=code)
    order = Order.objects.filter(code=order_code).first()
    if order is None:
        raise NoSuchOrder(order=order_code)
    return order.id
