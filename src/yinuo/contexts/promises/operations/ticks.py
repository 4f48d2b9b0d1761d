"""What time alone does to promises: broken ones, weekly notes, deadlines that slip out of reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Deadline, Promise
from yinuo.contexts.promises.operations.forecasting import Named
from yinuo.contexts.promises.queries.work import NoDate, list_no_date, unknown_key
from yinuo.platform.spoken import local_date, write_instant


def break_promises(*, names: Mapping[int, Named], now: dt.datetime) -> int:
    """Say of these orders that their promised date has passed. Safe to repeat.

    `names` holds the orders to look at; those whose promise holds or was told already are left.
    """
    today = local_date(now)
    with transaction.atomic():
        rows = list(
            Promise.objects.select_for_update()
            .filter(order_id__in=list(names), state=Promise.State.ACTIVE, latest_date__lt=today)
            .order_by("order_id")
        )
        facts = [
            Fact(
                kind="promise.broken",
                change_key=f"broken:{row.order_id}:{row.latest_date}",
                public={"weeks": [rules.iso_week(row.latest_date.toordinal())], "code": "BROKEN"},
                private={
                    "order": names[row.order_id].code,
                    "latest": row.latest_date.isoformat(),
                    "answerer": names[row.order_id].answerer,
                    "answer_by_at": write_instant(rules.answer_by_at(now)),
                    "choices": ["WAIT", "OTHER_CAR", "CANCEL"],
                    "choose_by_at": write_instant(rules.choose_by_at(now)),
                    "known_at": write_instant(now),
                },
                subject_id=row.order_id,
                subject_code=names[row.order_id].code,
            )
            for row in rows
        ]
        record_many(facts, now=now)
        Promise.objects.filter(order_id__in=[row.order_id for row in rows]).update(
            state=Promise.State.BROKEN, stage=rules.BROKEN
        )
    return len(rows)


def pass_over_notes(*, until: dt.datetime) -> int:
    """Weekly notes that fell due by then are not sent any more: the next one is that after it.

    For the time before the system was in use; returns how many promises that concerns.
    """
    due = Promise.objects.filter(next_update_at__lte=until)
    return due.update(next_update_at=rules.next_update_at(until))


def keep_in_touch_undated(
    *, names: Mapping[int, Named], since: Mapping[int, dt.datetime], now: dt.datetime
) -> int:
    """Tell of these orders that no date holds, and why. Safe to repeat.

    `since` says for each order when that word fell due.
    """
    next_update = rules.next_update_at(now)
    no_date = list_no_date(list(names))
    nothing_known = NoDate("", "")
    with transaction.atomic():
        Promise.objects.filter(
            order_id__in=list(names), state=Promise.State.BROKEN, next_update_at__lte=now
        ).update(next_update_at=next_update)
        entry_ids = record_many(
            [
                Fact(
                    kind="promise.unknown",
                    change_key=unknown_key(order_id, since[order_id]),
                    public={"code": "UNKNOWN"},
                    private={
                        "order": named.code,
                        **no_date.get(order_id, nothing_known)._asdict(),
                        "next_update_at": write_instant(next_update),
                        "answerer": named.answerer,
                        "known_at": write_instant(now),
                    },
                    subject_id=order_id,
                    subject_code=named.code,
                )
                for order_id, named in sorted(names.items())
            ],
            now=now,
        )
    return sum(entry_id is not None for entry_id in entry_ids)


def warn_of_deadlines(*, names: Mapping[int, Named], now: dt.datetime) -> int:
    """Tell these customers that their own day is less likely than not. Safe to repeat."""
    with transaction.atomic():
        rows = list(
            Deadline.objects.select_for_update(of=("self",))
            .filter(order_id__in=list(names), told_at=None)
            .order_by("order_id")
        )
        promises = Promise.objects.in_bulk([row.order_id for row in rows])
        facts = [
            Fact(
                kind="deadline.at_risk",
                change_key=f"deadline:{row.order_id}:{row.date}:{write_instant(row.saved_at)}",
                public={"code": "DEADLINE"},
                private={
                    "order": names[row.order_id].code,
                    "deadline": row.date.isoformat(),
                    "dots": sum(dot <= row.date for dot in promises[row.order_id].dot_dates),
                    "answerer": names[row.order_id].answerer,
                    "answer_by_at": write_instant(rules.answer_by_at(now)),
                    "known_at": write_instant(now),
                },
                subject_id=row.order_id,
                subject_code=names[row.order_id].code,
            )
            for row in rows
        ]
        record_many(facts, now=now)
        Deadline.objects.filter(order_id__in=[row.order_id for row in rows]).update(told_at=now)
    return len(rows)
