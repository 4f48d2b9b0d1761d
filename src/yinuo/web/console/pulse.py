"""Do we keep our word, and does trust keep up with growth?"""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.planning import queries as planning
from yinuo.contexts.promises.queries.owed import get_totals
from yinuo.platform import clock
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import show
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import care, leaving_costs

GATE_HOLDS = dt.timedelta(hours=27)


@require_GET
@for_staff
def pulse(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Each heading is a question; the figures answer it with what they are counted from."""
    now = clock.now()
    ages, oldest = care.ageing(now=now)
    gate = planning.get_growth_study_for_staff(staff.id)
    context: dict[str, object] = {
        "study": gate.result if gate else None,
        "gate_old": gate.made_at if gate and now - gate.made_at > GATE_HOLDS else None,
        "trust": care.trust(now=now),
        "prompt": care.promptness(now=now),
        "coverage": care.coverage(now=now),
        "intake": care.intake(now=now),
        "ages": ages,
        "past_first": sum(one.past_first_promise for one in ages),
        "owed": get_totals(local_date(now)),
        "oldest": oldest,
        "leaving": leaving_costs.look(staff_id=staff.id, now=now),
    }
    return show(request, staff, "pulse", context, tab="pulse")
