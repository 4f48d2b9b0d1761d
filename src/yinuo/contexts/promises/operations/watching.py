"""Saying that a promise is in danger, or safe again, and keeping what the routine looks saw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.operations.forecasting import Named, Run, Why
from yinuo.contexts.promises.rules import Ints
from yinuo.platform.spoken import local_date, write_instant

DOTS = 20
CHOICES = ("WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL")


@dataclass(frozen=True)
class Word:
    """What one customer is told: `dots` times in twenty in time, and what is expected now.

    Both are None where no date can be worked out; the dots are then those of the promise. Where
    the turn comes after the last day that can be worked out, `beyond` is that month (2028-03).
    `version` is the promise's that was looked at.
    """

    order_id: int
    version: int
    dots: int | None
    expected: tuple[dt.date, dt.date] | None
    beyond: str = ""


def keep_memory(*, order_ids: Ints, outside: Ints, risk: Ints, run: Run) -> None:
    """Keep what this run saw of these orders, for the next one. Safe to repeat."""
    ids = order_ids.tolist()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM promises_promise WHERE order_id = ANY(%s) ORDER BY order_id FOR UPDATE",
            [ids],
        )
        cursor.execute(
            "UPDATE promises_promise p SET outside_count = o, risk_count = r, watched_run_id = %s"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS x(i, o, r)"
            " WHERE p.order_id = x.i AND p.state = 'ACTIVE'",
            [run.id, ids, outside.tolist(), risk.tolist()],
        )


def warn(
    *, words: Sequence[Word], names: Mapping[int, Named], why: Why, run: Run, now: dt.datetime
) -> int:
    """Tell these customers that their promised date is in danger, why, and what they can do.

    Returns how many were told. Safe to repeat: one cause warns an order once, and an order that
    was moved or warned meanwhile is left alone.
    """
    with transaction.atomic():
        told = _lock(words, rules.CALM)
        facts = [_warning(row, word, names, why, run.public_id, now) for row, word in told]
        return _record_warnings([row.order_id for row, _ in told], facts, now)


def give_all_clear(
    *, words: Sequence[Word], names: Mapping[int, Named], why: Why, run: Run, now: dt.datetime
) -> int:
    """Tell these customers that their promised date is likely again. Safe to repeat."""
    with transaction.atomic():
        told = _lock(words, frozenset({rules.AT_RISK}))
        record_many([_clear(row, word, names, why, run, now) for row, word in told], now=now)
        _set_stage([row.order_id for row, _ in told], rules.RECOVERED)
    return len(told)


def warn_on_last_day(*, names: Mapping[int, Named], now: dt.datetime) -> int:
    """Tell these customers that their date is here and the car is not. Safe to repeat."""
    today = local_date(now)
    why = Why("", f"last-day:{today}", now)
    with transaction.atomic():
        rows = _lock_rows(names, rules.CALM)
        words = [Word(row.order_id, row.version, None, None) for row in rows]
        facts = [
            _warning(row, word, names, why, "", now) for row, word in zip(rows, words, strict=True)
        ]
        return _record_warnings([row.order_id for row in rows], facts, now)


def _record_warnings(order_ids: Sequence[int], facts: Sequence[Fact], now: dt.datetime) -> int:
    entry_ids = record_many(facts, now=now)
    fresh = [
        order_id
        for order_id, entry_id in zip(order_ids, entry_ids, strict=True)
        if entry_id is not None
    ]
    _set_stage(fresh, rules.AT_RISK)
    return len(fresh)


def _dots(row: Promise, word: Word, today: dt.date) -> int:
    """Times in twenty in time: as worked out, or as the promise's own days that are left say."""
    if word.dots is not None:
        return word.dots
    left = [dot for dot in row.dot_dates if dot >= today]
    good = sum(dot <= row.latest_date for dot in left)
    return DOTS * good // len(left) if left else 0


def _lock(words: Sequence[Word], stages: frozenset[str]) -> list[tuple[Promise, Word]]:
    """The promises that are as they were looked at, each with its word."""
    by_order = {word.order_id: word for word in words}
    return [
        (row, by_order[row.order_id])
        for row in _lock_rows(by_order, stages)
        if row.version == by_order[row.order_id].version
    ]


def _lock_rows(order_ids: Mapping[int, object], stages: frozenset[str]) -> list[Promise]:
    return list(
        Promise.objects.select_for_update()
        .filter(order_id__in=list(order_ids), state=Promise.State.ACTIVE, stage__in=stages)
        .order_by("order_id")
    )


def _set_stage(order_ids: Sequence[int], stage: str) -> None:
    Promise.objects.filter(order_id__in=order_ids).update(stage=stage, risk_count=0)


def _standing(row: Promise) -> dict[str, str | int]:
    """The promise as it stands, which a warning does not change."""
    return {
        "window_from": row.from_date.isoformat(),
        "window_until": row.until_date.isoformat(),
        "latest": row.latest_date.isoformat(),
        "odds_percent": row.odds_percent,
        "next_update_at": write_instant(row.next_update_at),
    }


def _warning(
    row: Promise, word: Word, names: Mapping[int, Named], why: Why, run: str, now: dt.datetime
) -> Fact:
    named = names[row.order_id]
    first, last = word.expected or ("", "")
    return Fact(
        kind="promise.at_risk",
        change_key=f"risk:{why.ref}:{row.order_id}:{row.version}",
        public={
            "weeks": [rules.iso_week(row.latest_date.toordinal())],
            "code": "AT_RISK" if why.code else "LAST_DAY",
        },
        private={
            "order": named.code,
            **_standing(row),
            "dots": _dots(row, word, local_date(now)),
            "expect_from": str(first),
            "expect_until": str(last),
            "expect_after": word.beyond,
            "cause": why.code,
            "cause_ref": why.ref,
            "known_at": write_instant(why.known_at),
            "choose_by_at": write_instant(rules.choose_by_at(now)),
            "choices": list(CHOICES),
            "answerer": named.answerer,
            "answer_by_at": write_instant(rules.answer_by_at(now)),
            "run": run,
        },
        subject_id=row.order_id,
        subject_code=named.code,
    )


def _clear(
    row: Promise, word: Word, names: Mapping[int, Named], why: Why, run: Run, now: dt.datetime
) -> Fact:
    named = names[row.order_id]
    return Fact(
        kind="promise.recovered",
        change_key=f"clear:{why.ref}:{row.order_id}:{row.version}",
        public={
            "weeks": [rules.iso_week(row.latest_date.toordinal())],
            "code": "RECOVERED",
        },
        private={
            "order": named.code,
            **_standing(row),
            "dots": _dots(row, word, local_date(now)),
            "cause": why.code,
            "cause_ref": why.ref,
            "known_at": write_instant(why.known_at),
            "answerer": named.answerer,
            "run": run.public_id,
        },
        subject_id=row.order_id,
        subject_code=named.code,
    )
