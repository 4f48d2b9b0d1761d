"""Recording why an order leaves the order of its line."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.kinds import QUEUE_CODES
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.models import Order, QueueNote
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
    return _note("EXCEPTION", "queue.excepted", order_code, code, cause_ref, now)


def note_hold(*, order_code: str, code: str, cause_ref: str, now: dt.datetime) -> bool:
    """Let later locks go before this order, which keeps its place; False when recorded before."""
    return _note("HOLD", "queue.held", order_code, code, cause_ref, now)


def _note(
    kind: str, fact: str, order_code: str, code: str, cause_ref: str, now: dt.datetime
) -> bool:
    if code not in QUEUE_CODES:
        raise NoSuchReason(reason=code)
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(code=order_code).first()
        if order is None:
            raise NoSuchOrder(order=order_code)
        _, made = QueueNote.objects.get_or_create(
            order=order,
            kind=kind,
            code=code,
            cause_ref=cause_ref,
            defaults={"from_at": now},
        )
        if made:
            record(
                Fact(
                    fact,
                    f"{kind.lower()}:{cause_ref}:{code}:{order_code}",
                    {"code": code},
                    {"order": order_code, "cause_ref": cause_ref},
                    order.id,
                    order_code,
                ),
                now=now,
            )
    return made
