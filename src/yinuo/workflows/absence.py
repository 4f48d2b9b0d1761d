"""Somebody is away: what falls due meanwhile is taken over, and nothing is left with nobody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.handover.operations.absences import rescue_visit, take_over_visit
from yinuo.contexts.handover.queries.yard import AbsenceSeen, list_absences, list_visits_of
from yinuo.contexts.handover.rules.visits import is_for_manager
from yinuo.contexts.notices.operations.calls import take_over
from yinuo.contexts.notices.queries.staff import list_calls_for_staff
from yinuo.contexts.orders.operations.owners import give_amendments, give_orders
from yinuo.contexts.orders.queries.owners import list_amendments_of
from yinuo.contexts.people.queries.staff import StaffCard, list_staff
from yinuo.contexts.promises.operations.answers import NothingToAnswer, take_over_choice
from yinuo.contexts.promises.queries.staff import (
    list_choices_for_staff,
    list_promises_for_staff,
)
from yinuo.contexts.promises.rules import answer_by_at
from yinuo.platform.spoken import local_date

# Of somebody who is away until further notice, what falls due in that time.
AHEAD = dt.timedelta(days=14)
MANY = 5000


@dataclass(frozen=True)
class Left:
    """One thing that falls due while its person is away; `id` is the row of its `kind`.

    VISIT, CHOICE, AMENDMENT, CALL, PROMISE.
    """

    kind: str
    id: int
    order_id: int
    due_at: dt.datetime


def list_left(absence: AbsenceSeen, *, viewer_id: int, now: dt.datetime) -> list[Left]:
    """Everything that falls due in the absence and is still in this person's hands, by time.

    Raises
    ------
    NotStaff
    """
    away, until = absence.staff_id, absence.until_at or max(now, absence.from_at) + AHEAD
    left = [
        Left("VISIT", one.id, one.order_id, one.from_at)
        for one in list_visits_of(away, absence.from_at, absence.until_at)
    ]
    left += [
        Left("CHOICE", one.id, one.order_id, one.answer_by_at)
        for one in list_choices_for_staff(viewer_id, limit=MANY)
        if one.answerer_id == away and one.answer_by_at < until
    ]
    left += [
        Left("AMENDMENT", one.id, one.order_id, one.answer_by_at)
        for one in list_amendments_of(away)
        if one.answer_by_at < until
    ]
    left += [
        Left("CALL", one.id, one.order_id, one.due_at)
        for one in list_calls_for_staff(viewer_id, limit=MANY)
        if one.owner_id == away and one.due_at < until
    ]
    left += [
        Left("PROMISE", one.order_id, one.order_id, one.due_at)
        for one in list_promises_for_staff(
            viewer_id, until_date=local_date(until), limit=MANY, owner_id=away
        )
    ]
    return sorted(left, key=lambda one: (one.due_at, one.kind, one.id))


def take(
    absence: AbsenceSeen, left: Left, *, staff_id: int, code: str = "TAKEN_OVER", now: dt.datetime
) -> None:
    """This person does it now, and is the order's named person; the customer is told once.

    Raises
    ------
    NobodyFree, NotStaff
    """
    if left.kind == "VISIT":
        if code == "AWAY":
            rescue_visit(visit_id=left.id, manager_id=staff_id, now=now)
        else:
            take_over_visit(visit_id=left.id, staff_id=staff_id)
    elif left.kind == "CHOICE":
        try:
            take_over_choice(choice_id=left.id, staff_id=staff_id)
        except NothingToAnswer:
            # It was answered a moment ago.
            return
    elif left.kind == "AMENDMENT":
        give_amendments(amendment_ids=[left.id], staff_id=staff_id)
    elif left.kind == "CALL":
        take_over(call_ids=[left.id], staff_id=staff_id)
    give_orders(
        order_ids=[left.order_id],
        from_staff_id=absence.staff_id,
        staff_id=staff_id,
        code="AWAY",
        cause_ref=absence.public_id,
        answer_by_at=answer_by_at(now),
        now=now,
    )


def run(*, now: dt.datetime) -> int:
    """Give what nobody took over in time to the manager; returns how much. Safe to repeat."""
    given = 0
    absences = list_absences(now, ahead=AHEAD)
    away = {one.staff_id for one in absences if one.from_at <= now}
    for absence in absences:
        manager = manager_of(absence, list_staff(), away)
        if manager is None:
            continue
        for left in list_left(absence, viewer_id=manager.id, now=now):
            if is_for_manager(left.due_at, absence.take_over_by_at, now):
                take(absence, left, staff_id=manager.id, code="AWAY", now=now)
                given += 1
    return given


def manager_of(absence: AbsenceSeen, cards: list[StaffCard], away: set[int]) -> StaffCard | None:
    """Who gets what is left: a manager of the centre, else any manager, else any colleague there.

    Nobody who is away gets anything.
    """
    here = [card for card in cards if card.id not in away and card.id != absence.staff_id]
    at_centre = [card for card in here if card.centre_code == absence.centre_code]
    for group in (
        [card for card in at_centre if card.role == "MANAGER"],
        [card for card in here if card.role == "MANAGER"],
        at_centre,
        here,
    ):
        if group:
            return group[0]
    return None
