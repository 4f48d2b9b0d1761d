"""Releasing notices whose time has come: each is written out per channel, exactly as it is sent."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.visit_kinds import SAME_DAY_KINDS
from yinuo.contexts.notices import rules
from yinuo.contexts.notices.models import Delivery, Notice, NoticeEntry
from yinuo.platform.ids import new_codes, new_ids
from yinuo.platform.spoken import write_instant
from yinuo.platform.text import digest

CODE_LENGTH = 6
PREFIX = "ntc"


@dataclass(frozen=True)
class Due:
    """A notice to release, with the entries it tells."""

    notice_id: int
    code: str
    kind: str
    order_id: int
    language: str
    entry_ids: tuple[int, ...]


@dataclass(frozen=True)
class Letter:
    """A notice written out: the SMS with its variable parts, the mail, and who gets it."""

    notice_id: int
    kinds: frozenset[str]
    phone: str
    email: str
    subject: str
    mail_text: str
    sms_text: str
    sms_params: Mapping[str, str]


def take_due(*, now: dt.datetime, limit: int) -> list[Due]:
    """Waiting notices whose time has come, each with a new code; they wait no longer.

    Those another worker holds are passed over. In the quiet hours only what changes a visit of
    that day, also where a notice should have left before they began. The caller writes them out in
    the same transaction.
    """
    due = Notice.objects.filter(state=Notice.State.WAITING, send_at__lte=now)
    if rules.is_quiet(now):
        due = due.filter(kind__in=SAME_DAY_KINDS)
    rows = list(due.select_for_update(skip_locked=True).order_by("send_at", "id")[:limit])
    codes = _give_codes([row.id for row in rows])
    entries: dict[int, list[int]] = {row.id: [] for row in rows}
    for notice_id, entry_id in (
        NoticeEntry.objects.filter(notice_id__in=entries)
        .order_by("entry_id")
        .values_list("notice_id", "entry_id")
    ):
        entries[notice_id].append(entry_id)
    return [
        Due(row.id, codes[row.id], row.kind, row.order_id, row.language, tuple(entries[row.id]))
        for row in rows
    ]


def _give_codes(notice_ids: Sequence[int]) -> dict[int, str]:
    """A code for each of these notices, which are locked and leave now."""
    given: dict[int, str] = {}
    while len(given) < len(notice_ids):
        left = [notice_id for notice_id in notice_ids if notice_id not in given]
        drawn = dict(zip(left, _draw(len(left)), strict=False))
        try:
            with transaction.atomic():
                _write_codes(drawn)
        except IntegrityError:
            # Another worker drew one of these at the same moment.
            continue
        given |= drawn
    return given


def _draw(count: int) -> list[str]:
    """At most so many new codes: none twice, and none that a notice has."""
    drawn = set(new_codes(count, CODE_LENGTH))
    with connection.cursor() as cursor:
        # Codes have only letters and digits: nothing in them needs to be quoted.
        cursor.execute(
            "SELECT code FROM notices_notice WHERE code = ANY(%s::text[])",
            ["{" + ",".join(drawn) + "}"],
        )
        return list(drawn - {row[0] for row in cursor.fetchall()})


def _write_codes(code_of: Mapping[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_notice n SET code = x.code, state = 'SENT',"
            " public_id = coalesce(n.public_id, x.public_id)"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS x(id, code, public_id)"
            " WHERE n.id = x.id",
            [list(code_of), list(code_of.values()), new_ids(PREFIX, len(code_of))],
        )


def name_notices(entry_ids: Sequence[int]) -> dict[int, str]:
    """The public id of the notice that tells each of these entries; untold ones are left out.

    One that still waits is given its public id here, because something refers to it.
    """
    rows = list(
        Notice.objects.filter(told_entries__entry_id__in=list(entry_ids), public_id=None)
        .order_by("id")
        .values_list("id", flat=True)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_notice n SET public_id = x.public_id"
            " FROM unnest(%s::bigint[], %s::text[]) AS x(id, public_id)"
            " WHERE n.id = x.id AND n.public_id IS NULL",
            [rows, new_ids(PREFIX, len(rows))],
        )
        cursor.execute(
            "SELECT e.entry_id, n.public_id FROM notices_noticeentry e"
            " JOIN notices_notice n ON n.id = e.notice_id WHERE e.entry_id = ANY(%s)",
            [list(entry_ids)],
        )
        return dict(cursor.fetchall())


def release(*, letters: Sequence[Letter], providers: Mapping[str, str], now: dt.datetime) -> int:
    """Write one delivery per channel of notices that `take_due` took; returns how many.

    Runs in the caller's transaction, which has taken the notices. `providers` names the
    gateway of each configured channel. A channel without one has the outbox: the delivery is
    complete here and now, and a page shows exactly what would have gone out.
    """
    deliveries = [
        _delivery(letter, channel, providers, now)
        for letter in letters
        for channel in rules.channels_for(set(letter.kinds), phone=letter.phone, email=letter.email)
    ]
    _write(deliveries)
    complete = [d.notice_id for d in deliveries if d.state != Delivery.State.QUEUED]
    Notice.objects.filter(id__in=complete, sent_at=None).update(sent_at=now)
    record_sent([d.notice_id for d in deliveries if d.sent_at is not None], now=now)
    return len(deliveries)


def _write(deliveries: Sequence[Delivery]) -> None:
    """Nobody else makes deliveries and each notice is released once, so there is no conflict."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY notices_delivery (notice_id, channel, address, subject, text, params, provider,"
            " provider_id, state, attempts, next_try_at, sent_at, problem) FROM STDIN"
        ) as copy,
    ):
        for one in deliveries:
            params = json.dumps(one.params, ensure_ascii=False)
            copy.write_row(
                (one.notice_id, one.channel, one.address, one.subject, one.text, params,
                 one.provider, "", one.state, 0, one.next_try_at, one.sent_at, "")
            )  # fmt: skip


def _delivery(
    letter: Letter, channel: str, providers: Mapping[str, str], now: dt.datetime
) -> Delivery:
    provider = "PAGE" if channel == "PAGE" else providers.get(channel, "OUTBOX")
    at_once = provider in ("PAGE", "OUTBOX")
    sms = channel == "SMS"
    return Delivery(
        notice_id=letter.notice_id,
        channel=channel,
        address={"SMS": letter.phone, "MAIL": letter.email}.get(channel, ""),
        subject="" if sms else letter.subject,
        text=letter.sms_text if sms else letter.mail_text,
        params=dict(letter.sms_params) if sms else {},
        provider=provider,
        state=Delivery.State.SENT if at_once else Delivery.State.QUEUED,
        next_try_at=now,
        sent_at=now if at_once else None,
    )


def record_sent(notice_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Put into the ledger that these notices' deliveries went out. Safe to repeat."""
    rows = (
        Delivery.objects.filter(notice_id__in=list(notice_ids), sent_at__isnull=False)
        .select_related("notice__order")
        .order_by("id")
    )
    record_many(
        [
            Fact(
                kind="notice.sent",
                change_key=f"sent:{row.notice.told_id}:{row.channel}",
                public={"code": row.notice.kind, "channel": row.channel},
                private={
                    "order": row.notice.order.code,
                    "notice": row.notice.told_id,
                    "text_sha256": digest(row.text),
                    "sent_at": write_instant(row.sent_at or now),
                    "known_at": write_instant(row.notice.known_at),
                },
                subject_id=row.notice.order_id,
                subject_code=row.notice.order.code,
            )
            for row in rows
        ],
        now=now,
    )
