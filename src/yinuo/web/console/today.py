"""S1, today: what breaks next, and what has gone quiet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yinuo.contexts.ledger.queries import count_untold
from yinuo.contexts.notices.queries.staff import list_silent_for_staff
from yinuo.contexts.orders.queries.staff import list_for_staff
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.people.queries.staff import list_with_roles
from yinuo.contexts.transit.queries.staff import list_silent_feeds
from yinuo.platform import clock
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import show
from yinuo.web.console.rows import SILENT_SHOWN, list_rows, split_by_day
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import care

SHOWN = 200


@require_safe
@for_staff
def today(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The list, the next time something is due, silent feeds and silent orders."""
    now = clock.now()
    rows = list_rows(staff, now)
    due, later = split_by_day(rows, now)
    next_at = later[0].due_at if later else None
    silent = list_silent_for_staff(staff.id, now=now, limit=SILENT_SHOWN)
    orders = list_for_staff(staff.id, [one.order_id for one in silent])
    context: dict[str, object] = {
        "due": due[:SHOWN],
        "later": later[:SHOWN],
        "count": len(due),
        "late_count": sum(row.late for row in due),
        "next_at": next_at,
        "next_count": sum(local_date(row.due_at) == local_date(later[0].due_at) for row in later)
        if later
        else 0,
        "feeds": list_silent_feeds(staff.id, now),
        "silent": [(one, orders[one.order_id]) for one in silent],
        "managers": list_with_roles(("MANAGER",)),
        "untold": count_untold(),
    }
    return show(request, staff, "today", context, tab="today")


@require_safe
@for_staff
def people(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Who may give up, who has heard nothing for eight days, and how many heard from us."""
    now = clock.now()
    silent = list_silent_for_staff(staff.id, now=now)
    risky = care.list_at_risk(now=now)
    ids = [one.order_id for one in silent] + [one.card.order_id for one in risky]
    orders = list_for_staff(staff.id, ids)
    context: dict[str, object] = {
        "silent": [(one, orders[one.order_id]) for one in silent],
        "risky": [(one, orders[one.card.order_id]) for one in risky],
        "coverage": care.coverage(now=now),
        "managers": list_with_roles(("MANAGER",)),
    }
    return show(request, staff, "people", context, tab="people")
