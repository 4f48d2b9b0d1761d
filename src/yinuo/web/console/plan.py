"""S4, plans: uploaded, shown as what they do to people, committed with a cause and evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.wording import Parts
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.production.queries import planning
from yinuo.contexts.production.queries import staff as production
from yinuo.platform import clock
from yinuo.platform.records.problems import RowProblem
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import PLANNERS, language_of, refuse, show
from yinuo.web.kit.viewer import for_staff
from yinuo.web.kit.wording import say
from yinuo.workflows import delivery_by, explain, notice, replan
from yinuo.workflows.intake import Report, run_feed

PLAN_CAUSES = [cause for cause in CAUSES.values() if cause.evidence == "plan"]
# "Another reason" exists only with a manager's name under it.
MANAGER_CAUSES = [cause for cause in CAUSES.values() if cause.evidence == "manager"]
BYTES_MAX = 20 << 20
PROBLEMS_SHOWN = 100
WEEKS_SHOWN = 26


@require_http_methods(["GET", "POST"])
@for_staff
def plans(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """All plans; a POST uploads one and works out what it does to people."""
    if request.method == "GET":
        return _list(request, staff)
    if staff.role not in PLANNERS:
        return refuse(request, staff, PLANNERS)
    upload = request.FILES.get("plan")
    if upload is not None and not upload.size:
        return _list(request, staff, problem=say("staff.plan.empty_file", language_of(request)))
    if upload is None:
        return _list(request, staff, problem=say("staff.plan.no_file", language_of(request)))
    if (upload.size or 0) > BYTES_MAX:
        return _list(request, staff, problem=say("staff.plan.too_big", language_of(request)))
    now = clock.now()
    report = run_feed("plan", upload.read(), sender=f"staff:{staff.public_id}", now=now)
    if not report.ids:
        return _list(request, staff, report=report)
    plan = production.get_plan_for_staff(staff.id, report.ids[0])
    assert plan is not None
    if plan.state == "UPLOADED":
        replan.preview(plan_id=plan.id, now=now)
    return redirect(f"/staff/plan/{plan.public_id}/diff")


def _list(
    request: HttpRequest, staff: StaffSeen, *, report: Report | None = None, problem: str = ""
) -> HttpResponse:
    context: dict[str, object] = {
        "plans": production.list_plans_for_staff(staff.id),
        "may": staff.role in PLANNERS,
        "report": report,
        "problems": _alike(report.problems.kept)[:PROBLEMS_SHOWN] if report else (),
        "in_force": planning.find_plan_in_force(clock.now()),
        "agreed": delivery_by.list_kept(today=local_date(clock.now())),
        "problem": problem,
    }
    wrong = bool(problem) or (report is not None and not report.ok)
    return show(request, staff, "plans", context, tab="plan", status=400 if wrong else 200)


@dataclass(frozen=True)
class _Problems:
    """The same problem of `n` rows, from `line` to `last`; of one row where `last` is 0."""

    line: int
    last: int
    n: int
    field: str
    zh: str
    en: str


def _alike(problems: Sequence[RowProblem]) -> list[_Problems]:
    """Problems in the order of their first rows; what is wrong alike in many rows is said once."""
    rows: dict[tuple[str, str, str], list[int]] = {}
    for one in problems:
        rows.setdefault((one.field, one.zh, one.en), []).append(one.line)
    return [
        _Problems(lines[0], lines[-1] if lines[-1] > lines[0] else 0, len(lines), *what)
        for what, lines in rows.items()
    ]


@require_safe
@for_staff
def diff(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """What the plan does to people, before anybody commits it."""
    return _diff(request, staff, public_id)


@require_http_methods(["POST"])
@for_staff
def decide(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """Work the impact out again, or commit."""
    if staff.role not in PLANNERS:
        return refuse(request, staff, PLANNERS)
    plan = production.get_plan_for_staff(staff.id, public_id)
    if plan is None:
        raise Http404
    now = clock.now()
    if request.POST.get("do") == "again":
        replan.preview(plan_id=plan.id, now=now)
        return redirect(f"/staff/plan/{public_id}/diff")
    cause, evidence = request.POST.get("cause", ""), request.POST.get("evidence", "")
    try:
        replan.commit_plan(
            plan_id=plan.id, cause_code=cause, evidence=evidence, staff_id=staff.id, now=now
        )
    except Refusal as refused:
        problem = refused.message(language_of(request))
        return _diff(request, staff, public_id, problem=problem)
    return redirect(f"/staff/plan/{public_id}/diff")


def _diff(
    request: HttpRequest, staff: StaffSeen, public_id: str, *, problem: str = ""
) -> HttpResponse:
    now, language = clock.now(), language_of(request)
    plan = production.get_plan_for_staff(staff.id, public_id)
    if plan is None:
        raise Http404
    typed = request.POST if request.method == "POST" else request.GET
    cause = typed.get("cause", "")
    example = cause if cause in CAUSES else PLAN_CAUSES[0].code
    context: dict[str, object] = {
        "plan": plan,
        "impact": _shown(plan),
        "may": staff.role in PLANNERS,
        "causes": PLAN_CAUSES + (MANAGER_CAUSES if staff.role == "MANAGER" else []),
        "cause": cause,
        "example": CAUSES[example],
        "evidence": typed.get("evidence", ""),
        "samples": _samples(plan, example, language, now),
        "explained": explain.summary_of(plan.public_id),
        **_weeks(staff, plan, now),
        "problem": problem,
    }
    return show(request, staff, "diff", context, tab="plan", status=409 if problem else 200)


def _shown(plan: production.PlanSeen) -> dict[str, Any] | None:
    """The impact with the number of people who are counted and not named."""
    impact = plan.impact
    if impact is None:
        return None
    # Who loses the date hears of it as who gets another one does.
    impact = {**impact, "told": impact.get("moved", 0) + (impact.get("lost_range") or 0)}
    if "missed" not in impact:
        return impact
    return {**impact, "missed_more": impact["missed_deadlines"] - len(impact["missed"])}


def _weeks(staff: StaffSeen, plan: production.PlanSeen, now: dt.datetime) -> dict[str, object]:
    """The plan beside the one before it, and beside what was built."""
    today = local_date(now)
    since = local_date(plan.committed_at or now)
    monday = since - dt.timedelta(days=since.weekday())
    changed = planning.list_changed_weeks(staff.id, plan.id, since=monday)
    built = planning.list_built_weeks(staff.id, plan.id, until=today)
    return {"changed": changed[:WEEKS_SHOWN], "built": built}


def _samples(
    plan: production.PlanSeen, cause_code: str, language: str, now: dt.datetime
) -> list[tuple[dict[str, Any], Parts]]:
    """Three orders with their notices as they would read."""
    return [
        (one, notice.draft(one, cause_code=cause_code, language=language, now=now))
        for one in (plan.impact or {}).get("samples", ())
    ]
