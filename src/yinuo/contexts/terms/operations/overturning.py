"""A higher court overturned a ruling: the clause may stand again, and what was promised is kept."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, Series, record, record_series
from yinuo.contexts.ledger.rules import Each
from yinuo.contexts.terms.models import Remedy, Ruling
from yinuo.contexts.terms.queries.rulings import titles_of
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

# So many orders are written to at once.
BATCH: Final = 25_000


class NotStanding(Refusal):
    """This ruling was overturned before."""

    code = "ruling_not_standing"
    zh = "这个判决已经登记为撤销。"
    en = "This ruling was overturned already."


class OverturnNeedsSource(Refusal):
    """Who overturned it, in which case, and where that was read have to be named."""

    code = "overturn_needs_source"
    zh = "请写明由哪个法院、哪个案号撤销，以及出处。"
    en = "Name the court and case that overturned it, and where that was read."


def overturn(*, ruling_id: int, why: str, source: str, staff_id: int, now: dt.datetime) -> Ruling:
    """The clause is not void by this ruling any more; the member of staff answers for that.

    Its words may be written again, and a template that holds them may be drafted and issued again
    under the law of the day; none comes back by itself. From orders for which the clause was
    struck it stays struck. What was still open ends, and each of those customers is told by a
    job (`close_overturned`).

    Raises
    ------
    NotStanding, OverturnNeedsSource
    """
    if not why.strip() or not source.strip():
        raise OverturnNeedsSource
    with transaction.atomic():
        ruling = Ruling.objects.select_for_update().get(id=ruling_id)
        if ruling.overturned_at is not None:
            raise NotStanding
        ruling.overturned_at, ruling.overturned_by_id = now, staff_id
        ruling.overturned_why, ruling.overturned_source = why.strip(), source.strip()
        ruling.save(
            update_fields=[
                "overturned_at",
                "overturned_by",
                "overturned_why",
                "overturned_source",
            ]
        )
        record(
            Fact(
                "ruling.overturned",
                f"overturned:{ruling.public_id}",
                {"court": ruling.court, "case": ruling.case_no, "why": ruling.overturned_why},
            ),
            now=now,
        )
        outbox.nudge("terms.tell")
    return ruling


def close_overturned(*, now: dt.datetime) -> int:
    """End what is still open by rulings that were overturned, and enter it for who was told of it.

    Returns how many remedies ended. Safe to repeat and to interrupt.
    """
    closed = 0
    while rows := _next_batch():
        with transaction.atomic():
            _close(rows, now)
        closed += len(rows)
    if closed:
        outbox.nudge("notices.issue")
    return closed


def _next_batch() -> list[Remedy]:
    """Open remedies of one ruling that was overturned."""
    rows = Remedy.objects.filter(done_at=None, ruling__overturned_at__isnull=False)
    first = rows.order_by("ruling_id").values_list("ruling_id", flat=True).first()
    if first is None:
        return []
    rows = rows.filter(ruling_id=first).select_related("order", "owner", "ruling")
    return list(rows.order_by("order_id")[:BATCH])


def _close(rows: list[Remedy], now: dt.datetime) -> None:
    told = [row for row in rows if row.entered_at is not None]
    Remedy.objects.filter(id__in=[row.id for row in rows], done_at=None).update(
        done_at=now, done_by=rows[0].ruling.overturned_by_id, outcome=Remedy.Outcome.OVERTURNED
    )
    # Who was never told of the ruling is not told that it fell; nobody waits for an entry.
    never = [row.id for row in rows if row.entered_at is None]
    Remedy.objects.filter(id__in=never).update(entered_at=now)
    if not told:
        return
    case_no, zh, en = titles_of(rows[0].ruling_id)
    codes = [row.order.code for row in told]
    record_series(
        Series(
            kind="clause.restored",
            subject_ids=[row.order_id for row in told],
            subject_codes=codes,
            change_keys=[f"restored:{row.ruling_id}:{row.order_id}" for row in told],
            public={"ruling": case_no},
            private={
                "order": Each(codes),
                "clause_zh": zh,
                "clause_en": en,
                "answerer": Each([row.owner.public_id for row in told]),
                "answer_by_at": Each([write_instant(row.due_at) for row in told]),
                "at": write_instant(now),
            },
        ),
        now=now,
    )
