"""Telephone calls that follow from a message that bounced or was not read in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from yinuo.contexts.ledger.answers import check_answer
from yinuo.contexts.notices.models import CallTask
from yinuo.contexts.notices.rules import after_quiet_hours
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform.copying import array_of
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
    entries_at: dict[dt.datetime, list[int]] = {}
    for entry_id, closes_at in closing.items():
        entries_at.setdefault(closes_at, []).append(entry_id)
    # The soonest first: a notice that tells two choices has one call.
    return sum(_open_unread(entries_at[at], at, now) for at in sorted(entries_at))


def _open_unread(entry_ids: Sequence[int], due_at: dt.datetime, now: dt.datetime) -> int:
    """As `open_call`, for very many at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_calltask (notice_id, reason, due_at, opened_at, owner_id, outcome)"
            " SELECT DISTINCT n.id, 'UNREAD', %s::timestamptz, %s::timestamptz, o.owner_id, ''"
            " FROM unnest(%s::bigint[]) AS closing (entry_id)"
            " JOIN notices_noticeentry t ON t.entry_id = closing.entry_id"
            " JOIN notices_notice n ON n.id = t.notice_id AND n.read_at IS NULL"
            " JOIN orders_order o ON o.id = n.order_id"
            " WHERE NOT EXISTS (SELECT FROM notices_calltask c WHERE c.notice_id = n.id)"
            " ORDER BY n.id ON CONFLICT DO NOTHING",
            [due_at, now, array_of(entry_ids)],
        )
        return int(cursor.rowcount)


class CallDone(Refusal):
    """Somebody has ended this call already."""

    code = "call_done"
    zh = "这个电话已经有人处理完了。"
    en = "Somebody has ended this call already."


class CallTimePassed(Refusal):
    """The time by which somebody answers lies in the past."""

    code = "call_time_passed"
    zh = "几点前答复？请写一个还没到的时间。"
    en = "Answer by when? Give a time that has not passed."


def finish_call(*, call_id: int, outcome: str, now: dt.datetime) -> int:
    """Close a call with its outcome; returns the order's row.

    Raises
    ------
    CallNeedsOutcome
        Nothing, or next to nothing, was written.
    SayWhoAndWhen
        The customer was put off; `pass_call_on` says who answers by when.
    CallDone
        It was ended before.
    """
    if len(outcome.strip()) < 4:
        raise CallNeedsOutcome
    check_answer(outcome, promised=False)
    with transaction.atomic():
        row = _open_call(call_id)
        row.outcome, row.done_at = outcome.strip(), now
        row.save(update_fields=["outcome", "done_at"])
    return row.notice.order_id


def pass_call_on(
    *, call_id: int, outcome: str, staff_id: int, by_at: dt.datetime, now: dt.datetime
) -> int:
    """Keep what was said and who answers by when; the call stays open until that person ends it.

    Returns the order's row.

    Raises
    ------
    CallNeedsOutcome, CallTimePassed, CallDone, NotStaff
    """
    require_staff(staff_id)
    if len(outcome.strip()) < 4:
        raise CallNeedsOutcome
    if by_at <= now:
        raise CallTimePassed
    with transaction.atomic():
        row = _open_call(call_id)
        row.outcome, row.owner_id, row.due_at = outcome.strip(), staff_id, by_at
        row.save(update_fields=["outcome", "owner", "due_at"])
    return row.notice.order_id


def _open_call(call_id: int) -> CallTask:
    row = (
        CallTask.objects.select_for_update(of=("self",))
        .select_related("notice")
        .filter(id=call_id, done_at=None)
        .first()
    )
    if row is None:
        raise CallDone
    return row


def take_over(*, call_ids: Sequence[int], staff_id: int) -> int:
    """These open calls are this person's now; returns how many."""
    return CallTask.objects.filter(id__in=list(call_ids), done_at=None).update(owner_id=staff_id)
