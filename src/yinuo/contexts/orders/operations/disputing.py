"""Disagreeing: until a named person has answered, money and cancellation stand still."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.models import Dispute, Order
from yinuo.contexts.orders.operations.cancelling import NotYours
from yinuo.contexts.orders.operations.looks import record_look
from yinuo.contexts.orders.operations.progress import begin_condition, end_condition
from yinuo.contexts.orders.rules import life
from yinuo.contexts.people.queries.staff import get_staff
from yinuo.platform.ids import new_codes, new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

ABOUT = ("KEPT", "REFUND", "CANCELLATION", "RECORD", "PLACE")
WORDS_MAX = 2000
CODE_LENGTH = 6


class AlreadySettled(Refusal):
    """Somebody else answered first."""

    code = "already_settled"
    zh = "同事已经答复了这一条。"
    en = "A colleague has answered this already."


class SayTheAnswer(Refusal):
    """An answer has words."""

    code = "say_the_answer"
    zh = "请写明结果和理由，客户会看到。"
    en = "Write the result and why; the customer reads it."


@dataclass(frozen=True)
class Opened:
    """A dispute that is open, as its customer reads it."""

    id: int
    public_id: str
    code: str
    answer_by_at: dt.datetime


def open_dispute(
    *,
    person_id: int,
    order_id: int,
    about: str,
    words: str,
    answerer_id: int,
    answer_by_at: dt.datetime,
    request_key: str,
    now: dt.datetime,
) -> Opened:
    """Freeze money and cancellation of an order until its objection is answered.

    One is open at a time: who disagrees again, or twice at once, is given the one that is open.

    Raises
    ------
    NotYours, NotNow
    """
    assert about in ABOUT, about
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        if order.person_id != person_id:
            raise NotYours
        row = Dispute.objects.filter(order=order, settled_at=None).first()
        row = row or Dispute.objects.filter(order=order, request_key=request_key).first()
        if row is None:
            row = Dispute.objects.create(
                public_id=new_id("dsp"),
                request_key=request_key,
                code=_new_code(),
                order=order,
                about=about,
                words=words.strip()[:WORDS_MAX],
                opened_by_id=person_id,
                opened_at=now,
                answerer_id=answerer_id,
                answer_by_at=answer_by_at,
            )
            begin_condition(order_id=order_id, name=life.DISPUTED, cause_ref=row.public_id, now=now)
            _record_opened(order, row, now)
    return Opened(row.id, row.public_id, row.code, row.answer_by_at)


def _new_code() -> str:
    return next(
        code
        for code in (one for _ in range(100) for one in new_codes(1))
        if not Dispute.objects.filter(code=code).exists()
    )


def _record_opened(order: Order, row: Dispute, now: dt.datetime) -> None:
    record(
        Fact(
            kind="dispute.opened",
            change_key=f"dispute.opened:{row.public_id}",
            public={},
            private={
                "order": order.code,
                "dispute": row.code,
                "at": write_instant(now),
                "answerer": row.answerer.public_id,
                "answer_by_at": write_instant(row.answer_by_at),
            },
            subject_id=order.id,
            subject_code=order.code,
        ),
        now=now,
    )


def settle_dispute(*, dispute_id: int, staff_id: int, outcome: str, now: dt.datetime) -> int:
    """A named person answers; what stood still goes on. Returns the order.

    Raises
    ------
    NotStaff, AlreadySettled, SayTheAnswer
    """
    if not outcome.strip():
        raise SayTheAnswer
    with transaction.atomic():
        row = Dispute.objects.select_for_update(of=("self",)).get(id=dispute_id)
        record_look(staff_id=staff_id, order_id=row.order_id, action="ANSWERED", now=now)
        if row.settled_at is not None:
            raise AlreadySettled
        row.settled_at, row.settled_by_id, row.outcome = now, staff_id, outcome.strip()
        row.save(update_fields=["settled_at", "settled_by", "outcome"])
        end_condition(order_id=row.order_id, name=life.DISPUTED, cause_ref=row.public_id, now=now)
        order, staff = Order.objects.get(id=row.order_id), get_staff(staff_id)
        assert staff is not None
        record(
            Fact(
                kind="dispute.settled",
                change_key=f"dispute.settled:{row.public_id}",
                public={"code": row.about},
                private={
                    "order": order.code,
                    "dispute": row.code,
                    "answer": row.outcome.rstrip("。."),
                    "answerer": staff.public_id,
                    "known_at": write_instant(now),
                },
                subject_id=order.id,
                subject_code=order.code,
            ),
            now=now,
        )
    return row.order_id
