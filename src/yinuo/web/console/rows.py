"""The one list of S1: everything that breaks a promise if nobody does it, the next one first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from yinuo.contexts.claims.queries.tasks import list_tasks
from yinuo.contexts.handover.queries.refused import list_late_for_staff
from yinuo.contexts.notices.queries import staff as notices
from yinuo.contexts.orders.queries import amendments
from yinuo.contexts.orders.queries.staff import StaffOrder, list_for_staff
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.production.queries import quarantine as plant_reports
from yinuo.contexts.production.queries.staff import list_plans_for_staff
from yinuo.contexts.promises.queries import staff as promises
from yinuo.contexts.transit.queries import quarantine as carrier_reports
from yinuo.platform.spoken import local_date
from yinuo.web.kit.entry_numbers import window_numbers

DAYS_AHEAD = 2
# A report that nobody looks at keeps dates wrong: half a working day, and a plan one day.
REPORT_WITHIN = dt.timedelta(hours=4)
PLAN_WITHIN = dt.timedelta(days=1)
SILENT_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """One thing to do. `thing` is what its `kind` is about; `takes` can be taken over.

    `number` is that of the entry which states a promise's range, where the log has it.
    """

    kind: str
    due_at: dt.datetime
    href: str
    thing: object
    order: StaffOrder | None
    owner_id: int | None
    owner_zh: str
    owner_en: str
    takes: str
    late: bool
    number: int | None = None


@dataclass(frozen=True)
class _Draft:
    kind: str
    due_at: dt.datetime
    href: str
    thing: object
    order_id: int | None = None
    owner: tuple[int | None, str, str] | None = None
    takes: str = ""


def list_rows(staff: StaffSeen, now: dt.datetime) -> list[Row]:
    """Everything open, by due time."""
    drafts = [*_people(staff, now), *_said(staff, now), *_reports(), *_plans(staff)]
    orders = list_for_staff(staff.id, [one.order_id for one in drafts if one.order_id is not None])
    numbers = window_numbers([one.order_id or 0 for one in drafts if one.kind == "promise"])
    rows = [_row(one, orders, numbers, now) for one in drafts]
    return sorted(rows, key=lambda row: (row.due_at, row.kind, row.href))


def _row(
    one: _Draft, orders: dict[int, StaffOrder], numbers: dict[int, int | None], now: dt.datetime
) -> Row:
    order = orders.get(one.order_id) if one.order_id is not None else None
    owner = one.owner
    if owner is None and order is not None:
        owner = (order.owner_id, order.owner_zh, order.owner_en)
    owner_id, owner_zh, owner_en = owner or (None, "", "")
    return Row(
        one.kind,
        one.due_at,
        one.href,
        one.thing,
        order,
        owner_id,
        owner_zh,
        owner_en,
        one.takes,
        one.due_at <= now,
        numbers.get(one.order_id or 0) if one.kind == "promise" else None,
    )


def _people(staff: StaffSeen, now: dt.datetime) -> Iterator[_Draft]:
    for choice in promises.list_choices_for_staff(staff.id):
        href = f"/staff/choices/{choice.id}"
        owner = (choice.answerer_id, choice.answerer_zh, choice.answerer_en)
        yield _Draft(
            "choice", choice.answer_by_at, href, choice, choice.order_id, owner, f"{href}/take"
        )
    for call in notices.list_calls_for_staff(staff.id):
        href = f"/staff/calls/{call.id}"
        owner_of_call = (call.owner_id, call.owner_zh, call.owner_en)
        yield _Draft("call", call.due_at, href, call, call.order_id, owner_of_call, f"{href}/take")
    for one_asked in amendments.list_for_staff(staff.id):
        assert one_asked.answer_by_at is not None
        href = f"/staff/amendments/{one_asked.public_id}"
        holder = (one_asked.owner_id, one_asked.owner_zh, one_asked.owner_en)
        due_at, order_id = one_asked.answer_by_at, one_asked.order_id
        yield _Draft("amendment", due_at, href, one_asked, order_id, holder)
    for refused in list_late_for_staff(staff.id):
        href = f"/staff/orders/{refused.order_code}/handover"
        yield _Draft("refused", refused.answer_by_at, href, refused, refused.order_id)
    until = local_date(now) + dt.timedelta(days=DAYS_AHEAD)
    for one in promises.list_promises_for_staff(staff.id, until_date=until):
        href = f"/staff/orders/{one.order_code}"
        yield _Draft("promise", one.due_at, href, one, one.order_id)
    for waiting in notices.list_overdue_for_staff(staff.id, now=now):
        href = f"/staff/orders/{waiting.order_code}"
        yield _Draft("waiting", waiting.send_at, href, waiting, waiting.order_id)


def _said(staff: StaffSeen, now: dt.datetime) -> Iterator[_Draft]:
    """What was said in public and has to be kept, mended, renewed or decided."""
    at = {"commitment": "/staff/commitments", "appeal": "/staff/moderation"}
    for one in list_tasks(staff.id, now=now):
        href = at.get(one.kind, f"/staff/claims/{one.code}")
        owner = (one.owner_id, one.owner_zh, one.owner_en)
        yield _Draft(one.kind, one.due_at, href, one, None, owner)


def _reports() -> Iterator[_Draft]:
    for event in carrier_reports.list_quarantined():
        due_at = event.received_at + REPORT_WITHIN
        yield _Draft("carrier", due_at, f"/staff/reports/carrier/{event.id}", event)
    for one in plant_reports.list_quarantined():
        due_at = one.received_at + REPORT_WITHIN
        yield _Draft("plant", due_at, f"/staff/reports/{one.kind.lower()}/{one.id}", one)


def _plans(staff: StaffSeen) -> Iterator[_Draft]:
    """Plans newer than the last one in force: refused ones, and those nobody has decided about."""
    newest = list_plans_for_staff(staff.id)
    for plan in takewhile(lambda one: one.state != "COMMITTED", newest):
        due_at = plan.uploaded_at + PLAN_WITHIN
        yield _Draft("plan", due_at, f"/staff/plan/{plan.public_id}/diff", plan)


def split_by_day(rows: Sequence[Row], now: dt.datetime) -> tuple[list[Row], list[Row]]:
    """Rows due by the end of today, and those after it."""
    today = local_date(now)
    due = [row for row in rows if local_date(row.due_at) <= today]
    return due, [row for row in rows if local_date(row.due_at) > today]
