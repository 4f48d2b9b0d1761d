"""Recording why an order leaves the order of its line."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.queries.queue import is_closed
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


class ReasonTooLate(Refusal):
    """The week in which the car went to the order is closed; a reason must be there before."""

    code = "reason_too_late"
    zh = "订单 {order} 拿到车的那一周已经结清，不能再补理由。"
    en = "The week in which {order} got its car is closed; a reason must be recorded before."


def note_exception(*, order_code: str, code: str, cause_ref: str, now: dt.datetime) -> bool:
    """Let an order go before earlier locks of its line; False when that was recorded before.

    Raises
    ------
    NoSuchOrder, NoSuchReason, ReasonTooLate
    """
    order_id = _find(order_code, code)
    if is_closed(order_id):
        raise ReasonTooLate(order=order_code)
    return bool(except_orders(order_ids=[order_id], code=code, cause_ref=cause_ref, now=now))


def _find(order_code: str, code: str) -> int:
    if code not in QUEUE_CODES:
        raise NoSuchReason(reason=code)
    order = Order.objects.filter(code=order_code).first()
    if order is None:
        raise NoSuchOrder(order=order_code)
    return order.id
