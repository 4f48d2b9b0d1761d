"""Answering what a customer chose: finally, or with who finds out and by when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.answers import check_answer
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.staff import StaffCard, get_staff, require_staff
from yinuo.contexts.promises.models import Choice
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant


class NothingToAnswer(Refusal):
    """Nothing was chosen, or it was answered already."""

    code = "nothing_to_answer"
    zh = "这一条已经答复过了。"
    en = "This was answered already."


class TimeToCome(Refusal):
    """Who answers by when needs both: an active member of staff and a time to come."""

    code = "time_to_come"
    zh = "请选谁负责，再写一个还没到的时间。"
    en = "Pick who answers, and a time that has not passed."


@dataclass(frozen=True)
class Next:
    """Who answers further, and by when."""

    staff_id: int
    by_at: dt.datetime


def answer_choice(
    *, choice_id: int, staff_id: int, text: str, further: Next | None, now: dt.datetime
) -> int:
    """Answer a customer's choice and have the customer told; returns the order's row.

    With `further` the answer is not the last one: that person answers by that time.

    Raises
    ------
    NothingToAnswer, AnswerNeeded, SayWhoAndWhen, TimeToCome, NotStaff
    """
    require_staff(staff_id)
    check_answer(text, promised=further is not None)
    card = get_staff(further.staff_id if further else staff_id)
    if card is None or (further is not None and further.by_at <= now):
        raise TimeToCome
    with transaction.atomic():
        row = (
            Choice.objects.select_for_update(of=("self",))
            .select_related("order")
            .filter(entry_id=choice_id, answered_at=None)
            .first()
        )
        if row is None:
            raise NothingToAnswer
        if further is None:
            row.answered_at = now
        else:
            row.answerer_id, row.answer_by_at = further.staff_id, further.by_at
        row.save(update_fields=["answered_at", "answerer", "answer_by_at"])
        _record(row, card, text.strip(), further, now)
        outbox.nudge("notices.issue")
    return row.order_id


def _record(
    row: Choice, card: StaffCard, text: str, further: Next | None, now: dt.datetime
) -> None:
    record(
        Fact(
            kind="choice.answered",
            change_key=f"answer:{row.entry_id}:{write_instant(now)}:{row.order.code}",
            public={"code": "ANSWERED"},
            private={
                "order": row.order.code,
                "chosen": row.chosen,
                "answer": text.rstrip(" 。."),
                "answerer": card.public_id,
                "further_by": write_instant(further.by_at) if further else "",
                "known_at": write_instant(now),
            },
            subject_id=row.order_id,
            subject_code=row.order.code,
        ),
        now=now,
    )


def take_over_choice(*, choice_id: int, staff_id: int) -> None:
    """This person answers now; the time stays. The customer's page names the new person.

    Raises
    ------
    NothingToAnswer, NotStaff
    """
    require_staff(staff_id)
    waiting = Choice.objects.filter(entry_id=choice_id, answered_at=None)
    if not waiting.update(answerer_id=staff_id):
        raise NothingToAnswer
