"""Leaving an order, coming back to it, and saying afterwards why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.models import Cancellation, Order
from yinuo.contexts.orders.operations.holds import end_holds, state_again
from yinuo.contexts.orders.operations.progress import NotNow, move
from yinuo.contexts.orders.rules import life, remedies
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

WHYS = ("WAIT", "PRICE", "OTHER_CAR", "TRUST", "PLANS", "OTHER")


class NotYours(Refusal):
    """Only the person who ordered does this."""

    code = "not_yours"
    zh = "这一步只有下单的人能办。您可以看，不能替他办。"
    en = "Only the person who ordered can do this. You can read, not decide."


class TooLateToReturn(Refusal):
    """The time in which the place was kept is over."""

    code = "too_late_to_return"
    zh = "位置留到 {until}，现在已经过了。想要车，可以重新下单。"
    en = "Your place was kept until {until}, which has passed. You can order again."


@dataclass(frozen=True)
class Terms:
    """What somebody who leaves gets, as it was shown: amounts in fen, and by when."""

    ground: str
    paid_fen: int
    interest_fen: int
    penalty_fen: int
    refund_by_date: dt.date
    decide_by_at: dt.datetime | None = None
    decider_id: int | None = None


@dataclass(frozen=True)
class Cancelled:
    """A cancellation that stands; `fresh` is False where it stood before."""

    id: int
    public_id: str
    order_id: int
    state_before: str
    fresh: bool


def cancel(
    *, person_id: int, order_id: int, terms: Terms, request_key: str, now: dt.datetime
) -> Cancelled:
    """End an order by its customer's wish; asking twice gives the first answer again.

    Where no car was begun the place is kept for 72 hours: see `restore`.

    Raises
    ------
    NotYours, NotNow, Frozen
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        if order.person_id != person_id:
            raise NotYours
        standing = Cancellation.objects.filter(order=order, restored_at=None).first()
        again = (
            standing or Cancellation.objects.filter(order=order, request_key=request_key).first()
        )
        if again is not None:
            return _cancelled(again, fresh=False)
        moved = move(order_id=order_id, verb="cancel", now=now)
        public_id = new_id("can")
        end_holds(order_id=order_id, ref=public_id, now=now)
        row = Cancellation.objects.create(
            public_id=public_id,
            request_key=request_key,
            order=order,
            asked_by_id=person_id,
            asked_at=now,
            state_before=moved.before,
            ground=terms.ground,
            paid_fen=terms.paid_fen,
            interest_fen=terms.interest_fen,
            penalty_fen=terms.penalty_fen,
            refund_by_date=terms.refund_by_date,
            back_until_at=back_until(moved.before, now),
            decide_by_at=terms.decide_by_at,
            decider_id=terms.decider_id,
        )
        _record(
            order,
            "order.cancelled",
            row,
            {
                "refund": terms.paid_fen + terms.interest_fen + terms.penalty_fen,
                "unit": "CNY",
                "refund_by": terms.refund_by_date.isoformat(),
            },
            now,
        )
    return _cancelled(row, fresh=True)


def back_until(state_before: str, now: dt.datetime) -> dt.datetime | None:
    """Until when an order that is left now may take its place again; None where a car is begun."""
    return now + remedies.UNDO_TIME if state_before in life.WAITING else None


def _cancelled(row: Cancellation, *, fresh: bool) -> Cancelled:
    return Cancelled(row.id, row.public_id, row.order_id, row.state_before, fresh)


def restore(*, order_id: int, now: dt.datetime, paid_at: dt.datetime | None = None) -> bool:
    """Let an order stand again where it stood; False when it was never left, or is back already.

    `paid_at` is when the deposit came again, where one had been paid; else `now` counts.

    Raises
    ------
    TooLateToReturn, NotNow, Frozen
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        row = Cancellation.objects.filter(order=order, restored_at=None).first()
        if row is None:
            return False
        if row.back_until_at is None:
            raise NotNow(state=order.state, verb="restore")
        if (paid_at or now) >= row.back_until_at:
            raise TooLateToReturn(until=write_instant(row.back_until_at))
        move(order_id=order_id, verb="restore", now=now)
        row.restored_at = now
        row.save(update_fields=["restored_at"])
        _record(order, "order.restored", row, {}, now)
        state_again(order_id=order_id, ref=row.public_id, now=now)
    return True


def mark_settled(*, cancellation_id: int, now: dt.datetime) -> bool:
    """What comes back was ordered to be paid; False when it was before."""
    rows = Cancellation.objects.filter(id=cancellation_id, settled_at=None)
    return bool(rows.update(settled_at=now))


def say_why(*, person_id: int, order_id: int, why: str) -> None:
    """Keep why somebody left; asked afterwards, never needed, and it changes nothing.

    Raises
    ------
    NotYours
    """
    rows = Cancellation.objects.filter(order=order_id, order__person=person_id, restored_at=None)
    if why not in WHYS or not rows.update(why=why):
        raise NotYours


def _record(
    order: Order, kind: str, row: Cancellation, private: dict[str, str | int], now: dt.datetime
) -> None:
    record(
        Fact(
            kind=kind,
            change_key=f"{kind}:{row.public_id}",
            public={"code": row.ground} if kind == "order.cancelled" else {},
            private={"order": order.code, **private, "at": write_instant(now)},
            subject_id=order.id,
            subject_code=order.code,
        ),
        now=now,
    )
