"""Declaring a time unusual, and ending it: with evidence, on the record."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.models import UnusualPeriod
from yinuo.contexts.promises.rules import explains_itself
from yinuo.contexts.promises.rules.unusual import (
    FACTOR_PERCENT_MAX,
    FACTOR_PERCENT_MIN,
    PERIOD_DAYS_MAX,
)
from yinuo.platform import locks
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date

DAY = dt.timedelta(days=1)


class UnusualNeedsEvidence(Refusal):
    """A wider range without a reason and evidence cannot be explained to those who get it."""

    code = "unusual_needs_evidence"
    zh = "请写明两种语言的原因，再写依据。只写节假日不算。"
    en = "Give the reason in both languages, and what shows it. A holiday alone is none."


class BadPeriod(Refusal):
    """The days are not in order, lie in the past, or are more than a year."""

    code = "bad_period"
    zh = "请改日期：结束那天要晚于开始那天，不能已经过去，最长一年。"
    en = "Check the days: in order, not over yet, a year at most."


class BadFactor(Refusal):
    """The factor does not widen, or widens beyond sense."""

    code = "bad_factor"
    zh = "放宽到百分之几：{low} 到 {high} 之间的整数。"
    en = "Widen to a whole percentage between {low} and {high}."


class NoSuchPlace(Refusal):
    """Neither a plant nor a delivery centre."""

    code = "no_such_place"
    zh = "没有“{place}”这个工厂或交付中心。"
    en = "There is no plant or delivery centre {place!r}."


@dataclass(frozen=True)
class Declared:
    """What staff declare; `place_id` None stands for everywhere. Days are half-open."""

    place_id: int | None
    from_date: dt.date
    until_date: dt.date
    factor_percent: int
    reason_zh: str
    reason_en: str
    evidence: str


def declare_unusual(*, what: Declared, staff_id: int, now: dt.datetime) -> str:
    """Ranges made from now on are wider in this period; returns its public id.

    Ranges that stand are not touched: they were promised. Declared twice the same, it is one.

    Raises
    ------
    UnusualNeedsEvidence, BadPeriod, BadFactor, NoSuchPlace, NotStaff
    """
    require_staff(staff_id)
    _check(what, local_date(now))
    said_so = {
        "place_id": what.place_id,
        "from_date": what.from_date,
        "until_date": what.until_date,
        "factor_percent": what.factor_percent,
        "reason_zh": what.reason_zh.strip(" 。."),
        "reason_en": what.reason_en.strip(" 。."),
        "evidence": what.evidence.strip(),
    }
    with transaction.atomic():
        locks.hold("unusual")
        row, fresh = UnusualPeriod.objects.get_or_create(
            **said_so,
            ended_at=None,
            defaults={
                "public_id": new_id("unp"), "declared_at": now, "declared_by_id": staff_id,
            },
        )  # fmt: skip
        if not fresh:
            return row.public_id
        said = "\n".join(
            [str(row.from_date), str(row.until_date), row.reason_zh, row.reason_en, row.evidence]
        )
        record(
            Fact(
                kind="unusual.declared",
                change_key=row.public_id,
                public={
                    "period": row.public_id,
                    "factor_percent": row.factor_percent,
                    "digest": hashlib.sha256(said.encode()).hexdigest(),
                },
            ),
            now=now,
        )
    return row.public_id


def end_unusual(*, period_id: int, staff_id: int, now: dt.datetime) -> None:
    """The period is over: what moves from now on moves by the ordinary rules. Safe to repeat.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        row = UnusualPeriod.objects.select_for_update().get(id=period_id)
        if row.ended_at is not None:
            return
        row.ended_at, row.ended_by_id = now, staff_id
        row.save(update_fields=["ended_at", "ended_by"])
        record(Fact("unusual.ended", f"{row.public_id}:ended", {"period": row.public_id}), now=now)


def _check(what: Declared, today: dt.date) -> None:
    if not all(explains_itself(text) for text in (what.reason_zh, what.reason_en, what.evidence)):
        raise UnusualNeedsEvidence
    length = what.until_date - what.from_date
    if not DAY <= length <= PERIOD_DAYS_MAX * DAY or what.until_date <= today:
        raise BadPeriod
    if not FACTOR_PERCENT_MIN <= what.factor_percent <= FACTOR_PERCENT_MAX:
        raise BadFactor(low=FACTOR_PERCENT_MIN, high=FACTOR_PERCENT_MAX)
    place = get_places().get(what.place_id) if what.place_id is not None else None
    if what.place_id is not None and (place is None or place.kind not in ("PLANT", "CENTRE")):
        raise NoSuchPlace(place=what.place_id)
