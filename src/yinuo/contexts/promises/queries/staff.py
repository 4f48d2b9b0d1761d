"""Promises and choices that staff must look after."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.promises.models import Choice, Promise
from yinuo.platform.spoken import at_local, local_date

DAY = dt.timedelta(days=1)
ENDED = ("DELIVERED", "CANCELLED")


@dataclass(frozen=True)
class ChoiceTask:
    """A customer decided and waits for an answer."""

    id: int
    order_id: int
    order_code: str
    chosen: str
    chosen_at: dt.datetime
    answer_by_at: dt.datetime
    answerer_id: int
    answerer_zh: str
    answerer_en: str


@dataclass(frozen=True)
class PromiseTask:
    """A promise that is broken or about to be; `due_at` is the end of its latest day."""

    order_id: int
    order_code: str
    latest_date: dt.date
    due_at: dt.datetime
    broken: bool


def _choice_task(row: Choice) -> ChoiceTask:
    return ChoiceTask(
        row.entry_id,
        row.order_id,
        row.order.code,
        row.chosen,
        row.chosen_at,
        row.answer_by_at,
        row.answerer_id,
        row.answerer.name_zh,
        row.answerer.name_en,
    )


def list_choices_for_staff(
    staff_id: int, *, limit: int = 200, order_id: int | None = None
) -> list[ChoiceTask]:
    """Choices that wait for an answer, the most urgent first; of one order when given.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Choice.objects.filter(answered_at=None)
    if order_id is not None:
        rows = rows.filter(order=order_id)
    rows = rows.select_related("order", "answerer").order_by("answer_by_at", "entry_id")
    return [_choice_task(row) for row in rows[:limit]]


def get_choice_for_staff(staff_id: int, choice_id: int) -> ChoiceTask | None:
    """One choice that waits for an answer, or None.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Choice.objects.filter(answered_at=None, entry_id=choice_id)
    row = rows.select_related("order", "answerer").first()
    return _choice_task(row) if row else None


def list_promises_for_staff(
    staff_id: int,
    *,
    until_date: dt.date,
    limit: int = 200,
    owner_id: int | None = None,
    centre_id: int | None = None,
) -> list[PromiseTask]:
    """Running orders whose promise is broken, or ends on a day up to `until_date`; oldest first.

    Only those in this person's charge, or of this centre, where given.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = (
        Promise.objects.filter(
            state__in=[Promise.State.ACTIVE, Promise.State.BROKEN], latest_date__lte=until_date
        )
        .exclude(order__state__in=ENDED)
        .select_related("order")
        .order_by("latest_date", "order_id")
    )
    if owner_id is not None:
        rows = rows.filter(order__owner=owner_id)
    if centre_id is not None:
        rows = rows.filter(
            Q(order__handover_place=centre_id)
            | Q(order__handover_place=None, order__line__centre=centre_id)
        )
    return [
        PromiseTask(
            row.order_id,
            row.order.code,
            row.latest_date,
            at_local(row.latest_date + DAY, 0),
            row.state == Promise.State.BROKEN,
        )
        for row in rows[:limit]
    ]


@dataclass(frozen=True)
class Due:
    """Something owed at a time: a PROMISE of a car, or an ANSWER to a choice."""

    order_code: str
    kind: str
    due_at: dt.datetime


def list_due(*, until: dt.datetime, limit: int = 1000) -> list[Due]:
    """What is owed up to `until`, the oldest first, for whoever runs the installation."""
    promises = (
        Promise.objects.filter(state__in=[Promise.State.ACTIVE, Promise.State.BROKEN])
        .filter(latest_date__lt=local_date(until))
        .exclude(order__state__in=ENDED)
        .order_by("latest_date", "order_id")
        .values_list("order__code", "latest_date")
    )
    answers = (
        Choice.objects.filter(answered_at=None, answer_by_at__lte=until)
        .order_by("answer_by_at", "entry_id")
        .values_list("order__code", "answer_by_at")
    )
    found = [Due(code, "PROMISE", at_local(day + DAY, 0)) for code, day in promises[:limit]]
    found += [Due(code, "ANSWER", at) for code, at in answers[:limit]]
    return sorted(found, key=lambda one: (one.due_at, one.order_code))[:limit]
