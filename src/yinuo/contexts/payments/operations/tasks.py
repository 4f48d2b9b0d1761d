"""What a member of staff must look at about money."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.payments.models import MoneyTask
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform.refusals import Refusal


class AlreadyDone(Refusal):
    """Somebody else closed it first."""

    code = "already_done"
    zh = "同事已经办了这一条。您填的内容没有提交。"
    en = "A colleague has dealt with this already. What you typed was not sent."


class SayWhatYouDid(Refusal):
    """A task is closed with words."""

    code = "say_what_you_did"
    zh = "写一句怎么处理的。"
    en = "Say in a sentence what you did."


def open_task(
    *,
    key: str,
    kind: str,
    about: str,
    amount_fen: int,
    now: dt.datetime,
    bill_id: int | None = None,
    refund_id: int | None = None,
) -> None:
    """Put it on the list of the finance page; once for each `key`."""
    MoneyTask.objects.bulk_create(
        [
            MoneyTask(
                key=key,
                kind=kind,
                about=about,
                amount_fen=amount_fen,
                bill_id=bill_id,
                refund_id=refund_id,
                opened_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def close_task(*, task_id: int, staff_id: int, outcome: str, now: dt.datetime) -> None:
    """Close a task with words, in one's own name.

    Raises
    ------
    NotStaff, SayWhatYouDid, AlreadyDone
    """
    require_staff(staff_id)
    if not outcome.strip():
        raise SayWhatYouDid
    with transaction.atomic():
        closed = MoneyTask.objects.filter(id=task_id, done_at=None).update(
            done_at=now, done_by=staff_id, outcome=outcome.strip()
        )
    if not closed:
        raise AlreadyDone


def finish_tasks(key: str, outcome: str, now: dt.datetime) -> None:
    """The reason for a task is gone: nobody needs to look any more."""
    MoneyTask.objects.filter(key=key, done_at=None).update(done_at=now, outcome=outcome)
