"""S4, what dates rest on: earlier launches and what came of their lines, and the slow guard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.production.operations.reference import (
    BadReference,
    Reference,
    state_reference,
)
from yinuo.contexts.production.queries.planning import ResourceName, get_resource_names
from yinuo.contexts.production.queries.vintages import Stated, list_references
from yinuo.contexts.promises.queries.guard import list_guard_for_staff
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import PLANNERS, language_of, read_date, refuse, show
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows.levels import describe_learned

FIELDS = (
    "plant", "from", "launches", "percent", "spread",
    "note_zh", "note_en", "source", "second_source",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@for_staff
def grounds(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """What is stated of each plant beside what it taught; a POST states a reference."""
    if request.method == "GET":
        return _show(request, staff)
    if staff.role not in PLANNERS:
        return refuse(request, staff, PLANNERS)
    try:
        state_reference(what=_read(request), staff_id=staff.id, now=clock.now())
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)))
    return redirect("/staff/plan/grounds")


def _read(request: HttpRequest) -> Reference:
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    first = read_date(typed["from"])
    counts = [typed[name] for name in ("percent", "spread", "launches")]
    if first is None or not all(one.isascii() and one.isdigit() and len(one) < 6 for one in counts):
        raise BadReference
    percent, spread, launches = map(int, counts)
    return Reference(
        resource_code=typed["plant"],
        from_date=first,
        percent=percent,
        spread=spread,
        launches=launches,
        note_zh=typed["note_zh"],
        note_en=typed["note_en"],
        sources=(typed["source"], typed["second_source"]),
    )


def _show(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    today = local_date(clock.now())
    monday = today - dt.timedelta(days=today.weekday())
    learned, stated, names = describe_learned(monday), list_references(), get_resource_names()
    chosen = next((one for one in stated if str(one.id) == request.GET.get("edit")), None)
    context: dict[str, object] = {
        "references": [
            (one, round(100 * (1 + one.mean - one.sd)), round(100 * (1 + one.mean + one.sd)),
             learned.get(one.code) if _newest(one, stated, monday) else None)
            for one in stated
        ],
        "guard": [
            (one, _cell_words(one.cell, names, language_of(request)))
            for one in list_guard_for_staff(staff.id)
        ],
        "plants": [one for one in names.values() if one.kind == "PLANT"],
        "may": staff.role in PLANNERS,
        "typed": _fields(chosen, monday)
        if request.method == "GET"
        else {name: request.POST.get(name, "") for name in FIELDS},
        "problem": problem,
    }  # fmt: skip
    return show(request, staff, "grounds", context, tab="plan", status=409 if problem else 200)


def _cell_words(cell: str, names: Mapping[str, ResourceName], language: str) -> str:
    """What the cars of a cell have in common, in names where they have one."""
    codes = cell.split(" + ")
    named = [str(getattr(names[code], f"name_{language}", code)) if code in names else code
             for code in codes]  # fmt: skip
    return " + ".join(named)


def _newest(one: Stated, stated: list[Stated], monday: dt.date) -> bool:
    """Whether this reference is the one in force: the last of its plant that has begun."""
    begun = [other for other in stated if other.code == one.code and other.from_date <= monday]
    return bool(begun) and begun[-1] == one


def _fields(chosen: Stated | None, monday: dt.date) -> dict[str, object]:
    """The form as it opens: empty but for the day, or filled in with what is stated."""
    if chosen is None:
        return {"from": monday.isoformat()}
    return {
        "plant": chosen.code,
        "from": chosen.from_date.isoformat(),
        "launches": chosen.launches,
        "percent": round(100 * (1 + chosen.mean)),
        "spread": round(100 * chosen.sd),
        "note_zh": chosen.note_zh,
        "note_en": chosen.note_en,
        "source": chosen.source,
        "second_source": chosen.second_source,
    }
