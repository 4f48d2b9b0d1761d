"""C8, the checks: one form for each group, so that a bad line loses one group at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.handover.operations import evidence
from yinuo.contexts.handover.operations.inspecting import Said
from yinuo.contexts.handover.queries import customer as handovers
from yinuo.contexts.handover.queries.seen import CheckSeen, GroupSeen, InspectionSeen
from yinuo.contexts.handover.rules import checking
from yinuo.platform import clock, uploads
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader
from yinuo.web.customer.sitting import HELPER, Sitting, for_sitting, of_customer
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.web.kit.wording import say
from yinuo.workflows import inspecting


@dataclass(frozen=True)
class Row:
    """A check with what stands in its fields: what was typed, else what is kept."""

    seen: CheckSeen
    verdict: str
    words: str


@require_http_methods(["GET", "POST"])
@for_sitting
def group(request: HttpRequest, sitting: Sitting, group: str) -> HttpResponse:
    """The checks of one group; a POST keeps them and leads to the next group."""
    inspection = sitting.seen.inspection
    found = (
        next((one for one in inspection.groups if one.code == group), None) if inspection else None
    )
    if inspection is None or found is None:
        raise Http404
    if request.method == "GET":
        return _show(request, sitting, inspection, found, take_typed(request), "", 200)
    if not sitting.may_act:
        return errors.forbidden(request)
    problems = _keep(request, sitting, inspection, found)
    if problems:
        return _show(request, sitting, inspection, found, request.POST, " ".join(problems), 409)
    return redirect(_onward(sitting, inspection, found))


def _keep(
    request: HttpRequest, sitting: Sitting, inspection: InspectionSeen, found: GroupSeen
) -> list[str]:
    """Keep the files, then the answers; a file that is refused takes no answer with it."""
    language = request.language  # type: ignore[attr-defined]
    problems: list[str] = []
    for check in found.checks:
        try:
            _keep_file(request, sitting, inspection, check.code)
        except Refusal as refused:
            name = check.zh if language == "zh" else check.en
            text = refused.message(language)
            problems.append(say("handover.file_problem", language, check=name, why=text))
    try:
        inspecting.answer(
            inspection_id=inspection.id,
            group=found.code,
            answers=_answers(request.POST, found),
            by=sitting.by,
            now=clock.now(),
        )
    except Refusal as refused:
        problems.append(refused.message(language))
    return problems


def _keep_file(
    request: HttpRequest, sitting: Sitting, inspection: InspectionSeen, code: str
) -> None:
    field = f"file-{code}"
    try:
        pieces, claimed = uploads.sent(request, field)
    except uploads.NothingSent:
        return
    evidence.keep_file(
        pieces,
        claimed=claimed,
        about=evidence.About(sitting.seen.order_id, inspection.id, None, code),
        sender=sitting.sender,
        now=clock.now(),
    )


def _answers(typed: Mapping[str, str], found: GroupSeen) -> dict[str, Said]:
    """The answers that were given; a check without one stays without."""
    return {
        one.code: Said(typed[one.code], typed.get(f"words-{one.code}", ""))
        for one in found.checks
        if typed.get(one.code)
    }


def _onward(sitting: Sitting, inspection: InspectionSeen, found: GroupSeen) -> str:
    """The next group that is not answered; the decision when there is none."""
    verdicts = {**inspection.verdicts, **{one.code: "GOOD" for one in found.checks}}
    following = checking.next_group(inspection.plan, verdicts, found.code)
    if following:
        return f"{sitting.place}/check/{following}"
    return f"{sitting.place}/decide" if sitting.by.person_id else f"{sitting.place}/done"


def due_now(request: HttpRequest, reader: Reader) -> dict[str, object]:
    """The form of the group that is due, for the order's own page; empty where none is."""
    sitting = of_customer(reader, request)
    inspection = sitting.seen.inspection
    if inspection is None or inspection.state != "OPEN" or not sitting.may_act:
        return {}
    code = checking.next_group(inspection.plan, inspection.verdicts, "")
    found = next((one for one in inspection.groups if one.code == code), None)
    return _form(sitting, inspection, found, {}, "") if found else {}


def _form(
    sitting: Sitting,
    inspection: InspectionSeen,
    found: GroupSeen,
    typed: Mapping[str, str],
    problem: str,
) -> dict[str, object]:
    rows = [
        Row(one, typed.get(one.code, one.verdict), typed.get(f"words-{one.code}", one.words))
        for one in found.checks
    ]
    return {
        "sitting": sitting,
        "inspection": inspection,
        "group": found,
        "number": inspection.groups.index(found) + 1,
        "rows": rows,
        "verdicts": checking.VERDICTS,
        "open": inspection.state == "OPEN" and sitting.may_act,
        "problem": problem,
    }


def _show(
    request: HttpRequest,
    sitting: Sitting,
    inspection: InspectionSeen,
    found: GroupSeen,
    typed: Mapping[str, str],
    problem: str,
    status: int,
) -> HttpResponse:
    context = {**sitting.frame, **_form(sitting, inspection, found, typed, problem)}
    return render(request, "customer/check.html", context, status=status)


@require_http_methods(["GET", "POST"])
def enter_pass(request: HttpRequest) -> HttpResponse:
    """Somebody who inspects for a customer types the code once."""
    problem = ""
    if request.method == "POST":
        helper = handovers.get_helper(request.POST.get("code", ""), clock.now())
        if helper is not None:
            request.session[HELPER] = request.POST["code"]
            return redirect("/i/list")
        problem = say("handover.pass_wrong", request.language)  # type: ignore[attr-defined]
    context = {"problem": problem, "surround": "kit/base.html"}
    return render(request, "customer/pass.html", context, status=409 if problem else 200)


@require_http_methods(["GET"])
@for_sitting
def listed(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """The groups of checks, for a helper; the customer's page has them too."""
    context = {**sitting.frame, "sitting": sitting, "inspection": sitting.seen.inspection}
    return render(request, "customer/helper.html", context)
