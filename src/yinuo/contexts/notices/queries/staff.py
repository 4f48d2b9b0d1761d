"""What was said to customers, as staff see it: calls, deliveries, counts, silence, the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from yinuo.contexts.notices.models import CallTask, Delivery, DirectMessage, Notice
from yinuo.contexts.notices.queries.outbox import Kept, list_outbox
from yinuo.contexts.people.queries.staff import require_staff

SILENT_DAYS_MAX = 8
# A notice that should be out for longer than this was forgotten by the machinery.
RELEASE_WITHIN = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Call:
    """Somebody must telephone. `said` is what an earlier call brought; `owner_id` may be None."""

    id: int
    order_id: int
    order_code: str
    notice_code: str
    person_name: str
    phone: str
    reason: str
    due_at: dt.datetime
    owner_id: int | None
    owner_zh: str
    owner_en: str
    said: str


@dataclass(frozen=True)
class Waiting:
    """A notice that should be out already."""

    notice_id: int
    order_id: int
    order_code: str
    send_at: dt.datetime


@dataclass(frozen=True)
class Silent:
    """An open order whose customer heard nothing of us since `since_at`."""

    order_id: int
    order_code: str
    since_at: dt.datetime


@dataclass(frozen=True)
class Sent:
    """One notice of an order on one channel, and what became of it."""

    notice_code: str
    kind: str
    channel: str
    text: str
    provider: str
    state: str
    sent_at: dt.datetime | None
    delivered_at: dt.datetime | None
    bounced_at: dt.datetime | None
    read_at: dt.datetime | None
    problem: str


@dataclass(frozen=True)
class Tally:
    """What became of the notices of one event, counted by notice; `problems` says why some bounced.

    A notice is bounced when any of its messages is, delivered when any is and none bounced.
    """

    notices: int
    waiting: int
    delivered: int
    bounced: int
    unread: int
    problems: tuple[tuple[str, int], ...]


def _calls() -> QuerySet[CallTask]:
    rows = CallTask.objects.filter(done_at=None)
    return rows.select_related("notice__order", "notice__person", "owner")


def _call(row: CallTask) -> Call:
    notice, owner = row.notice, row.owner
    return Call(
        row.id,
        notice.order_id,
        notice.order.code,
        notice.code or "",
        notice.person.name,
        notice.person.phone,
        row.reason,
        row.due_at,
        row.owner_id,
        owner.name_zh if owner else "",
        owner.name_en if owner else "",
        row.outcome,
    )


def list_calls_for_staff(
    staff_id: int, *, limit: int = 200, order_id: int | None = None
) -> list[Call]:
    """Open calls, the most urgent first; of one order when given.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = _calls() if order_id is None else _calls().filter(notice__order=order_id)
    return [_call(row) for row in rows.order_by("due_at", "id")[:limit]]


def get_call_for_staff(staff_id: int, call_id: int) -> Call | None:
    """One open call, or None.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = _calls().filter(id=call_id).first()
    return _call(row) if row else None


def list_overdue_for_staff(staff_id: int, *, now: dt.datetime, limit: int = 50) -> list[Waiting]:
    """Notices that should be out and are not; there should be none.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Notice.objects.filter(state=Notice.State.WAITING, send_at__lte=now - RELEASE_WITHIN)
    rows = rows.select_related("order").order_by("send_at", "id")
    return [Waiting(row.id, row.order_id, row.order.code, row.send_at) for row in rows[:limit]]


def list_silent_for_staff(staff_id: int, *, now: dt.datetime, limit: int = 50) -> list[Silent]:
    """Open orders whose customer was told nothing for more than eight days, longest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    since = now - dt.timedelta(days=SILENT_DAYS_MAX)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.id, o.code, coalesce(
                     (SELECT max(n.sent_at) FROM notices_notice n WHERE n.order_id = o.id),
                     o.locked_at) AS last_at
            FROM orders_order o
            WHERE o.state NOT IN ('DELIVERED', 'CANCELLED') AND o.locked_at < %s
              AND NOT EXISTS (SELECT 1 FROM notices_notice n
                              WHERE n.order_id = o.id AND n.sent_at >= %s)
            ORDER BY last_at, o.id LIMIT %s
            """,
            [since, since, limit],
        )
        return [Silent(*row) for row in cursor.fetchall()]


def list_sent_for_staff(staff_id: int, order_id: int, limit: int = 60) -> list[Sent]:
    """What was sent about an order, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = (
        Delivery.objects.filter(notice__order=order_id)
        .select_related("notice")
        .order_by("-notice__created_at", "-notice_id", "channel")
    )
    return [
        Sent(
            row.notice.code or "",
            row.notice.kind,
            row.channel,
            row.text,
            row.provider,
            row.state,
            row.sent_at,
            row.delivered_at,
            row.bounced_at,
            row.notice.read_at,
            row.problem,
        )
        for row in rows[:limit]
    ]


def tally_for_staff(staff_id: int, entry_ids: Sequence[int]) -> Tally:
    """What became of the notices that tell these entries.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH told AS (SELECT DISTINCT n.id, n.state, n.read_at FROM notices_noticeentry e
                          JOIN notices_notice n ON n.id = e.notice_id
                          WHERE e.entry_id = ANY(%s)),
            sent AS (SELECT d.notice_id, bool_or(d.bounced_at IS NOT NULL) AS bounced,
                            bool_or(d.delivered_at IS NOT NULL) AS delivered
                     FROM notices_delivery d WHERE d.notice_id IN (SELECT id FROM told)
                     GROUP BY 1)
            SELECT count(*), count(*) FILTER (WHERE t.state = 'WAITING'),
                   count(*) FILTER (WHERE s.delivered AND NOT s.bounced),
                   count(*) FILTER (WHERE s.bounced),
                   count(*) FILTER (WHERE t.state = 'SENT' AND t.read_at IS NULL)
            FROM told t LEFT JOIN sent s ON s.notice_id = t.id
            """,
            [list(entry_ids)],
        )
        notices, waiting, delivered, bounced, unread = cursor.fetchone()
        cursor.execute(
            "SELECT d.problem, count(*) FROM notices_delivery d WHERE d.bounced_at IS NOT NULL"
            " AND d.notice_id IN (SELECT notice_id FROM notices_noticeentry"
            " WHERE entry_id = ANY(%s)) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
            [list(entry_ids)],
        )
        problems = tuple((problem, count) for problem, count in cursor.fetchall())
    return Tally(notices, waiting, delivered, bounced, unread, problems)


def list_outbox_for_staff(staff_id: int, *, before_id: int | None, limit: int) -> list[Kept]:
    """Messages that no gateway was there for, newest first; those older than `before_id`.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return list_outbox(limit=limit, before_id=before_id)


def list_direct_for_staff(
    staff_id: int, *, channel: str, before_id: int | None, limit: int
) -> list[Kept]:
    """Login codes (`SMS`) or alerts to staff (`CHAT`) that no gateway took, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = DirectMessage.objects.filter(channel=channel, provider__in=["", "OUTBOX"])
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return [
        Kept(row.id, "", "", row.channel, row.address, "", row.text, row.sent_at or row.created_at)
        for row in rows.order_by("-id")[:limit]
    ]
