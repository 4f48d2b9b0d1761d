"""A ruling makes a clause void: templates go, and every open order that holds it is put right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, transaction

from yinuo.contexts.ledger.operations import Fact, Series, record, record_many, record_series
from yinuo.contexts.ledger.rules import Each
from yinuo.contexts.terms.models import ClauseVersion, Remedy, Ruling, VoidClause
from yinuo.contexts.terms.operations.templates import NoSuchClause, withdraw
from yinuo.contexts.terms.queries.exposure import list_places, versions_of
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.contexts.terms.queries.rulings import Waiting, list_waiting, titles_of
from yinuo.platform import ids, outbox
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant

# Everybody whose contract holds a void clause has their answer within this time.
REMEDY_TIME: Final = dt.timedelta(days=7)
# So many orders are entered into the ledger at once.
BATCH: Final = 25_000


class RulingNeedsSource(Refusal):
    """Court, number of the case and where it was read have to be named."""

    code = "ruling_needs_source"
    zh = "请写明法院或机关、案号和出处。"
    en = "Name the court or authority, the number of the case and where it was read."


class RulingInTheFuture(Refusal):
    """A ruling is recorded on its day at the earliest."""

    code = "ruling_in_the_future"
    zh = "判决日期不能晚于今天。"
    en = "A ruling cannot be of a day to come."


class RulingOverturned(Refusal):
    """A ruling that was overturned is not recorded a second time."""

    code = "ruling_overturned"
    zh = "这个案号已经登记过，后来被撤销，不能再登记。"
    en = "This case was recorded before and overturned since; it is not recorded again."


def record_ruling(
    *,
    court: str,
    case_no: str,
    ruled_date: dt.date,
    clause_code: str,
    source: str,
    summary_zh: str,
    summary_en: str,
    owner_staff_id: int,
    staff_id: int | None,
    now: dt.datetime,
) -> Ruling:
    """Record that a clause is void. Safe to repeat for the same court and case.

    In one transaction every wording the clause has today, also the same words under another name,
    is void; every template that holds one is withdrawn; every open order that holds one gets a
    remedy, its own person in charge and a time. `owner_staff_id` is in charge where an order has
    nobody. The customers are told by a job.

    Raises
    ------
    RulingNeedsSource, RulingInTheFuture, NoSuchClause, RulingOverturned
    """
    if not (court.strip() and case_no.strip() and source.strip()):
        raise RulingNeedsSource
    if ruled_date > local_date(now):
        raise RulingInTheFuture
    void = versions_of(clause_code)
    if not void:
        raise NoSuchClause(clause=clause_code)
    with transaction.atomic():
        ruling, fresh = Ruling.objects.get_or_create(
            court=court.strip(),
            case_no=case_no.strip(),
            defaults={
                "public_id": ids.new_id("rul"),
                "ruled_date": ruled_date,
                "source": source.strip(),
                "summary_zh": summary_zh.strip(),
                "summary_en": summary_en.strip(),
                "recorded_at": now,
                "recorded_by_id": staff_id,
            },
        )
        if ruling.overturned_at is not None:
            raise RulingOverturned
        for version_id in void:
            VoidClause.objects.get_or_create(ruling=ruling, clause_version_id=version_id)
        _withdraw_templates(void, ruling.case_no, now)
        if fresh:
            _record_ruling(ruling, clause_code, now)
        open_remedies(ruling_id=ruling.id, owner_staff_id=owner_staff_id, now=now)
    return ruling


def open_remedies(*, ruling_id: int, owner_staff_id: int, now: dt.datetime) -> int:
    """A remedy for each open order that holds a clause this ruling made void and has none yet.

    Returns how many were opened. Safe to repeat.
    """
    return _open(ruling_id, owner_staff_id, "o.state NOT IN ('DELIVERED', 'CANCELLED')", [], now)


def open_remedies_of(*, order_ids: Sequence[int], owner_staff_id: int, now: dt.datetime) -> int:
    """The same for these orders and every ruling that stands, whether they have ended or not.

    For those who lost something by the clause: an order that ended is not over for them.
    """
    standing = Ruling.objects.filter(overturned_at=None).order_by("id")
    return sum(
        _open(ruling_id, owner_staff_id, "o.id = ANY(%s::bigint[])", [list(order_ids)], now)
        for ruling_id in standing.values_list("id", flat=True)
    )


def _open(
    ruling_id: int,
    owner_staff_id: int,
    condition: str,
    parameters: list[Any],
    now: dt.datetime,
) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO terms_remedy
                (ruling_id, order_id, contract_id, owner_id, opened_at, due_at, outcome)
            SELECT %s, c.order_id, c.id, coalesce(o.owner_id, %s), %s, %s, ''
            FROM terms_contract c JOIN orders_order o ON o.id = c.order_id
            WHERE c.superseded_at IS NULL AND {condition}
              AND c.template_id = ANY(SELECT p.template_id FROM terms_templateclause p
                  JOIN terms_voidclause v ON v.clause_version_id = p.clause_version_id
                  WHERE v.ruling_id = %s)
            ORDER BY c.order_id
            ON CONFLICT DO NOTHING
            """,
            [ruling_id, owner_staff_id, now, now + REMEDY_TIME, *parameters, ruling_id],
        )
        opened = int(cursor.rowcount)
        if opened:
            outbox.nudge("terms.tell")
    return opened


def tell_exposed(*, now: dt.datetime) -> int:
    """Enter every remedy that its customer was not told of; notices follow from the entries.

    Returns how many were entered. Safe to repeat and to interrupt.
    """
    told = 0
    while waiting := list_waiting(BATCH):
        with transaction.atomic():
            _enter(waiting, now)
        told += len(waiting)
    if told:
        outbox.nudge("notices.issue")
    return told


def _enter(waiting: Sequence[Waiting], now: dt.datetime) -> None:
    """Entries for remedies of one ruling, and the remedies marked as entered."""
    ruling_id = waiting[0].ruling_id
    case_no, zh, en = titles_of(ruling_id)
    record_series(
        Series(
            kind="clause.voided",
            subject_ids=[one.order_id for one in waiting],
            subject_codes=[one.code for one in waiting],
            change_keys=[f"voided:{ruling_id}:{one.order_id}" for one in waiting],
            public={"ruling": case_no},
            private={
                "order": Each([one.code for one in waiting]),
                "clause_zh": zh,
                "clause_en": en,
                "answerer": Each([one.owner for one in waiting]),
                "answer_by_at": Each([write_instant(one.due_at) for one in waiting]),
                "known_at": Each([write_instant(one.opened_at) for one in waiting]),
            },
        ),
        now=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE terms_remedy SET entered_at = %s WHERE id = ANY(%s::bigint[])",
            [now, [one.id for one in waiting]],
        )


def settle(*, remedy_ids: Sequence[int], outcome: str, staff_id: int, now: dt.datetime) -> int:
    """The clause is struck from these orders, replaced, or what was kept by it is paid back.

    Returns how many were settled now; those settled before are left as they were.
    """
    with transaction.atomic():
        rows = list(
            Remedy.objects.select_for_update(of=("self",))
            .filter(id__in=list(remedy_ids), done_at=None)
            .order_by("order_id")
        )
        facts = []
        for row in rows:
            row.done_at, row.outcome, row.done_by_id = now, outcome, staff_id
            row.save(update_fields=["done_at", "outcome", "done_by"])
            code = code_of(row.order_id)
            case_no, zh, en = titles_of(row.ruling_id)
            facts.append(
                Fact(
                    "clause.put_right",
                    f"put_right:{row.ruling_id}:{row.order_id}",
                    {"code": outcome, "ruling": case_no},
                    {"order": code, "clause_zh": zh, "clause_en": en, "at": write_instant(now)},
                    row.order_id,
                    code,
                )
            )
        record_many(facts, now=now)
    return len(rows)


def _withdraw_templates(void: Sequence[int], case_no: str, now: dt.datetime) -> None:
    for place in list_places(void):
        withdraw(template_id=place.template_id, why=case_no, now=now)


def _record_ruling(ruling: Ruling, clause_code: str, now: dt.datetime) -> None:
    texts = ClauseVersion.objects.filter(void__ruling=ruling).order_by("id")
    record(
        Fact(
            "ruling.recorded",
            f"ruling:{ruling.public_id}",
            {
                "clause": clause_code,
                "court": ruling.court,
                "case": ruling.case_no,
                "ruled": ruling.ruled_date.isoformat(),
                "wordings": [row.wording_digest for row in texts[:8]],
            },
        ),
        now=now,
    )
