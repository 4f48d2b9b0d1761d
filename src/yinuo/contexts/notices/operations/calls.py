"""Telephone calls that follow from a message that bounced or was not read in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from yinuo.contexts.notices.models import CallTask, Notice
from yinuo.contexts.notices.rules import after_quiet_hours
from yinuo.platform.refusals import Refusal

CALL_WITHIN = dt.timedelta(hours=4)


class CallNeedsOutcome(Refusal):
    """A call ends with what was said or who answers by when."""

    code = "call_needs_outcome"
    zh = "请写明电话结果：说了什么，或谁在几点前答复。"
    en = "Say how the call ended: what was said, or who answers by when."


def open_call(*, notice_id: int, reason: str, due_at: dt.datetime | None, now: dt.datetime) -> None:
    """Ask somebody to telephone about this notice; once, for whatever reason comes first.

    Without a given time it is due within four hours of the day.
    """
    due = due_at or after_quiet_hours(now + CALL_WITHIN)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_calltask (notice_id, reason, due_at, opened_at, owner_id, outcome)"
            " SELECT n.id, %s, %s, %s, o.owner_id, '' FROM notices_notice n"
            " JOIN orders_order o ON o.id = n.order_id WHERE n.id = %s ON CONFLICT DO NOTHING",
            [reason, due, now, notice_id],
        )


def open_unread_calls(*, closing: Mapping[int, dt.datetime], now: dt.datetime) -> int:
    """Open a call for each notice that tells one of these entries and was not read.

    `closing` gives the moment until which a choice stays open, by the entry that opened it.
    """
    rows = (
        Notice.objects.filter(told_entries__entry_id__in=list(closing), read_at=None)
        .filter(call_task=None)
        .values_list("id", "told_entries__entry_id")
        .order_by("id")
    )
    opened = 0
    for notice_id, entry_id in rows:
        open_call(notice_id=notice_id, reason="UNREAD", due_at=closing[entry_id], now=now)
        opened += 1
    return opened


def finish_call(*, call_id: int, outcome: str, now: dt.datetime) -> None:
    """Close a call with its outcome.

    Raises
    ------
    CallNeedsOutcome
        Nothing, or next to nothing, was written.
    """
    if len(outcome.strip()) < 4:
        raise CallNeedsOutcome
    with transaction.atomic():
        CallTask.objects.filter(id=call_id, done_at=None).update(
            outcome=outcome.strip(), done_at=now
        )


def take_over(*, call_ids: Sequence[int], staff_id: int) -> int:
    """These open calls are this person's now; returns how many."""
    return CallTask.objects.filter(id__in=list(call_ids), done_at=None).update(owner_id=staff_id)
