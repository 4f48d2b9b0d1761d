"""Whether everybody was told, once, in time and in full; worked out from what was sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.notices.models import Delivery, Notice, NoticeEntry

# Within this time the same words to the same person are a repetition, not a weekly note.
REPEATED_WITHIN_HOURS = 24
# Headline, the five parts, and the two lines that name order and page.
MAIL_PARAGRAPHS = 8
GONE_OUT = ("SENT", "DELIVERED", "BOUNCED")


@dataclass(frozen=True)
class Told:
    """A notice and when it went out; `sent_at` is None while it has not."""

    notice_id: int
    order_id: int
    known_at: dt.datetime
    send_at: dt.datetime
    sent_at: dt.datetime | None


def list_told(since: dt.datetime) -> list[Told]:
    """Notices made from `since` on, by the time when their cause was known."""
    rows = Notice.objects.filter(created_at__gte=since).order_by("known_at", "id")
    return [
        Told(*row) for row in rows.values_list("id", "order_id", "known_at", "send_at", "sent_at")
    ]


def count_sent(since: dt.datetime) -> int:
    """Notices made from `since` on of which a message went out."""
    rows = Notice.objects.filter(created_at__gte=since, deliveries__state__in=GONE_OUT)
    return rows.distinct().count()


def list_not_told(entry_ids: Collection[int], *, due: dt.datetime) -> list[int]:
    """Those entries that no notice tells, or whose notice was due by `due` and has not gone out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id FROM unnest(%s::bigint[]) AS e(id)
            LEFT JOIN notices_noticeentry t ON t.entry_id = e.id
            LEFT JOIN notices_notice n ON n.id = t.notice_id
            WHERE t.entry_id IS NULL OR (n.send_at <= %s AND NOT EXISTS (
                SELECT 1 FROM notices_delivery d WHERE d.notice_id = n.id AND d.state = ANY(%s)))
            ORDER BY e.id
            """,
            [list(entry_ids), due, list(GONE_OUT)],
        )
        return [row[0] for row in cursor.fetchall()]


def count_duplicates() -> int:
    """How often somebody was told the same thing again.

    An entry told in more than one notice, a notice with more than one delivery on a channel, or
    the same words about one order to the same address within a day. The database refuses the
    first two as well; this counts them all the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT coalesce(sum(times - 1), 0) FROM (
                        SELECT count(*) AS times FROM notices_noticeentry GROUP BY entry_id) e)
                 + (SELECT coalesce(sum(times - 1), 0) FROM (
                        SELECT count(*) AS times FROM notices_delivery
                        GROUP BY notice_id, channel) d)
                 + (SELECT count(*) FROM (
                        SELECT d.sent_at - lag(d.sent_at) OVER (
                            PARTITION BY n.order_id, d.channel, d.address, v.words
                            ORDER BY d.sent_at, d.id) AS apart
                        FROM notices_delivery d
                        JOIN notices_notice n ON n.id = d.notice_id
                        CROSS JOIN LATERAL (SELECT replace(d.text, n.code, '') AS words) v
                        WHERE d.sent_at IS NOT NULL) again
                    WHERE apart < make_interval(hours => %s))
            """,
            [REPEATED_WITHIN_HOURS],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def list_short_mails(since: dt.datetime) -> set[int]:
    """Notices with a mail that went out and in which a part is missing."""
    rows = Delivery.objects.filter(
        notice__created_at__gte=since, channel="MAIL", state__in=GONE_OUT
    ).values_list("notice_id", "text")
    return {
        notice_id
        for notice_id, text in rows.iterator()
        if sum(bool(part.strip()) for part in text.split("\n\n")) < MAIL_PARAGRAPHS
    }


@dataclass(frozen=True)
class ToldEntries:
    """A notice that went out, with its language and the entries it tells."""

    notice_id: int
    order_id: int
    language: str
    entry_ids: tuple[int, ...]


def list_sent_entries(since: dt.datetime) -> list[ToldEntries]:
    """What each notice that went out tells."""
    entries: dict[int, list[int]] = {}
    rows = NoticeEntry.objects.filter(notice__created_at__gte=since).order_by("entry_id")
    for notice_id, entry_id in rows.values_list("notice_id", "entry_id"):
        entries.setdefault(notice_id, []).append(entry_id)
    sent = Notice.objects.filter(created_at__gte=since, deliveries__state__in=GONE_OUT)
    return [
        ToldEntries(*row, tuple(entries.get(row[0], ())))
        for row in sent.distinct().order_by("id").values_list("id", "order_id", "language")
    ]
