"""S4, what if: who would be earlier and who later, read off a form that writes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.production.queries.planning import get_resource_names
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import language_of, read_date, show
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import whatif
from yinuo.workflows.supposed import Change, ClosedWeek, Growth, Moved, NotANumber

ROWS = ("1", "2", "3")


@require_safe
@for_staff
def suppose(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The form, and the answer when something was supposed."""
    typed = request.GET.dict()
    names = get_resource_names()
    context: dict[str, object] = {
        "typed": typed,
        "rows": [(row, typed.get(f"g{row}", ""), typed.get(f"p{row}", "")) for row in ROWS],
        "resources": list(names.values()),
        "centres": [one for one in names.values() if one.kind == "CENTRE"],
    }
    status = 200
    if any(typed.get(name) for name in ("g1", "g2", "g3", "close", "from", "asked")):
        try:
            context["answer"] = whatif.ask(read_changes(typed), now=clock.now())
        except Refusal as refused:
            context["problem"], status = refused.message(language_of(request)), 409
    return show(request, staff, "whatif", context, tab="plan", status=status)


def read_changes(typed: Mapping[str, str]) -> list[Change]:
    """The changes that a form supposes; fields left empty suppose nothing.

    Raises
    ------
    NotANumber
        What was typed is none.
    """
    changes: list[Change] = []
    for row in ROWS:
        if code := typed.get(f"g{row}"):
            changes.append(Growth(code, read_percent(code, typed.get(f"p{row}", ""))))
    day = read_date(typed.get("week", ""))
    if (code := typed.get("close")) and day is not None:
        changes.append(ClosedWeek(code, day))
    if (start := typed.get("from")) and (goal := typed.get("to")):
        changes.append(Moved(start, goal))
    return changes


def read_percent(code: str, typed: str) -> float:
    """A percentage as people write it: 5, +5, -10 or 5%.

    Raises
    ------
    NotANumber
    """
    try:
        number = float(typed.strip().rstrip("%％"))
    except ValueError:
        raise NotANumber(code=code, typed=typed.strip()) from None
    if not math.isfinite(number):
        raise NotANumber(code=code, typed=typed.strip())
    return number
