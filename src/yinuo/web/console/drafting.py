"""Writing clauses, putting templates together, and issuing one with the law's answer beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.terms.operations import templates
from yinuo.contexts.terms.queries import drafting
from yinuo.contexts.terms.queries.clauses import Wording
from yinuo.contexts.terms.queries.drafting import AS_SHOWN, FactAsked
from yinuo.contexts.terms.rules import PAGE_PX, PROMPT_PX
from yinuo.engines.rules import Finding
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import for_roles, language_of, read_date, refuse, show
from yinuo.web.console.forms import NotANumber, give_once, read_fen, typed_in
from yinuo.web.console.terms import LAWYERS
from yinuo.web.kit.viewer import for_staff

# A place in a template is a number of at most so many digits.
PLACE_DIGITS = 3


@require_http_methods(["GET", "POST"])
@for_roles(*LAWYERS)
def new_clause(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """A clause under a new code."""
    return _clause_form(request, staff, None)


@require_http_methods(["GET", "POST"])
@for_roles(*LAWYERS)
def new_version(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """Other words of a clause, as its next version."""
    newest = drafting.get_newest(code)
    if newest is None:
        raise Http404
    return _clause_form(request, staff, newest)


@require_http_methods(["GET", "POST"])
@for_roles(*LAWYERS)
def new_template(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """A template put together from clauses; another version starts from the one named `from`."""
    if request.method == "GET":
        return _show_template_form(request, staff)
    try:
        made = give_once(request, staff, lambda: _draft(request))
    except Refusal as refused:
        return _show_template_form(request, staff, refused.message(language_of(request)))
    return redirect(f"/staff/terms/templates/{made}")


@require_http_methods(["GET", "POST"])
@for_staff
def template(request: HttpRequest, staff: StaffSeen, template_id: int) -> HttpResponse:
    """A template with what the law says of it today; a POST issues it."""
    problem = ""
    if request.method == "POST":
        if staff.role not in LAWYERS:
            return refuse(request, staff, LAWYERS)
        if drafting.get_draft(template_id, local_date(clock.now())) is None:
            raise Http404
        try:
            give_once(
                request,
                staff,
                lambda: (
                    templates.issue(template_id=template_id, staff_id=staff.id, now=clock.now()).id
                ),
            )
        except Refusal as refused:
            problem = refused.message(language_of(request))
        else:
            return redirect(f"/staff/terms/templates/{template_id}")
    return _show_template(request, staff, template_id, problem)


def _clause_form(request: HttpRequest, staff: StaffSeen, newest: Wording | None) -> HttpResponse:
    if request.method == "GET":
        return _show_clause_form(request, staff, newest)
    try:
        code = give_once(request, staff, lambda: _write(request, staff, newest))
    except Refusal as refused:
        return _show_clause_form(request, staff, newest, refused.message(language_of(request)))
    return redirect(f"/staff/terms/{code}")


def _write(request: HttpRequest, staff: StaffSeen, newest: Wording | None) -> str:
    sent, asked = typed_in(request), drafting.clause_facts(local_date(clock.now()))
    code = newest.code if newest else sent.get("code", "").strip()
    for name in ("from", "until"):
        if sent.get(name) and read_date(sent[name]) is None:
            raise templates.ClauseNotComplete
    templates.write_clause(
        code=code,
        title_zh=newest.title_zh if newest else sent.get("title_zh", ""),
        title_en=newest.title_en if newest else sent.get("title_en", ""),
        text_zh=sent.get("zh", ""),
        text_en=sent.get("en", ""),
        facts={**(newest.facts if newest else {}), **AS_SHOWN, **_facts(request, asked, sent)},
        effective_from=read_date(sent.get("from", "")),
        effective_until=read_date(sent.get("until", "")),
        staff_id=staff.id,
        first=newest is None,
        now=clock.now(),
    )
    return code


def _draft(request: HttpRequest) -> int:
    sent, asked = typed_in(request), drafting.template_facts(local_date(clock.now()))
    places = {
        one.code: int(sent[f"place.{one.code}"])
        for one in drafting.list_to_choose()
        if sent.get(f"place.{one.code}", "").strip().isdecimal()
        and len(sent[f"place.{one.code}"].strip()) <= PLACE_DIGITS
    }
    sizes = {code: sent.get(f"size.{code}", "") for code in places}
    return templates.draft_template(
        code=sent.get("code", "").strip(),
        title_zh=sent.get("title_zh", "").strip(),
        title_en=sent.get("title_en", "").strip(),
        clause_codes=sorted(places, key=lambda code: (places[code], code)),
        whole={
            name: value for name, value in _facts(request, asked, sent).items() if value is not None
        },
        prompt_px={code: int(px) for code, px in sizes.items() if px.isdecimal()},
        now=clock.now(),
    ).id


def _facts(
    request: HttpRequest, asked: Sequence[FactAsked], sent: Mapping[str, str]
) -> dict[str, Any]:
    """What was answered to the facts that are asked for; None where it was left open."""
    pick = "meaning_zh" if language_of(request) == "zh" else "meaning_en"
    found: dict[str, Any] = {}
    for one in asked:
        typed = sent.get(f"f.{one.name}", "").strip()
        if one.kind == "yes_no":
            found[one.name] = {"yes": True, "no": False}.get(typed)
        elif one.kind == "number" and typed:
            number = read_fen(typed) if one.unit == "fen" else None
            if number is None and typed.isascii() and typed.isdigit() and one.unit != "fen":
                number = int(typed[:12])
            if number is None:
                raise NotANumber(field=getattr(one, pick), typed=typed)
            found[one.name] = number
        elif one.kind == "some_of":
            found[one.name] = [word for word in one.words if sent.get(f"f.{one.name}.{word}")]
        else:
            found[one.name] = typed or None
    return found


def _show_clause_form(
    request: HttpRequest, staff: StaffSeen, newest: Wording | None, problem: str = ""
) -> HttpResponse:
    sent, asked = typed_in(request), drafting.clause_facts(local_date(clock.now()))
    typed = dict(sent)
    if newest and not sent:
        typed = {"zh": newest.text_zh, "en": newest.text_en, **_answers(asked, newest.facts)}
    context: dict[str, object] = {
        "newest": newest,
        "facts": [(one, typed.get(f"f.{one.name}", "")) for one in asked],
        "typed": typed,
        "problem": problem,
    }
    return show(request, staff, "clause_new", context, tab="terms", status=409 if problem else 200)


def _show_template_form(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    today = local_date(clock.now())
    sent, asked = typed_in(request), drafting.template_facts(today)
    typed = dict(sent) or _from_earlier(request, asked, today)
    rows = [
        (
            one,
            typed.get(f"place.{one.code}", ""),
            typed.get(f"size.{one.code}", str(PAGE_PX)),
            one.in_force(today),
        )
        for one in drafting.list_to_choose()
    ]
    context: dict[str, object] = {
        # What stands in the template already comes first, in its order.
        "clauses": sorted(rows, key=lambda row: (not row[1], row[1].zfill(PLACE_DIGITS))),
        "sizes": [str(px) for px in PROMPT_PX],
        "facts": [(one, typed.get(f"f.{one.name}", "")) for one in asked],
        "typed": typed,
        "problem": problem,
    }
    status = 409 if problem else 200
    return show(request, staff, "template_new", context, tab="terms", status=status)


def _from_earlier(
    request: HttpRequest, asked: Sequence[FactAsked], today: dt.date
) -> dict[str, str]:
    """The form filled in like an earlier version, where the address names one."""
    wanted = request.GET.get("from", "")
    earlier = drafting.get_draft(int(wanted), today) if wanted[:9].isdecimal() else None
    if earlier is None:
        return {}
    return {
        "code": earlier.seen.code,
        "title_zh": earlier.seen.title_zh,
        "title_en": earlier.seen.title_en,
        **{f"place.{one.code}": str(place) for place, one in enumerate(earlier.wordings, 1)},
        **{f"size.{one.code}": str(one.prompt_px) for one in earlier.wordings},
        **_answers(asked, earlier.whole),
    }


def _answers(asked: Sequence[FactAsked], facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as the form's fields hold them."""
    typed: dict[str, str] = {}
    for one in asked:
        value = facts.get(one.name)
        if isinstance(value, bool):
            typed[f"f.{one.name}"] = "yes" if value else "no"
        elif isinstance(value, int):
            yuan = f"{value / 100:.2f}".removesuffix(".00")
            typed[f"f.{one.name}"] = yuan if one.unit == "fen" else str(value)
        elif isinstance(value, str):
            typed[f"f.{one.name}"] = value
    return typed


def _show_template(
    request: HttpRequest, staff: StaffSeen, template_id: int, problem: str
) -> HttpResponse:
    found = drafting.get_draft(template_id, local_date(clock.now()))
    if found is None:
        raise Http404
    stopping = [
        (code, _said(finding, language_of(request))) for code, finding in found.verdict.problems()
    ]
    by_clause = [(one, [said for at, said in stopping if at == one.code]) for one in found.wordings]
    context: dict[str, object] = {
        "found": found,
        "by_clause": by_clause,
        "whole": [said for at, said in stopping if not at],
        "may": staff.role in LAWYERS,
        "problem": problem,
    }
    return show(request, staff, "template", context, tab="terms", status=409 if problem else 200)


def _said(finding: Finding, language: str) -> dict[str, str]:
    """What one rule says of a clause, in the page's language, with its articles."""
    return {
        "rule": finding.rule_id,
        "title": finding.title.said(language),
        "says": finding.says.said(language) if finding.answer == "holds" else "",
        "law": finding.law.said(language),
        "missing": finding.meaning.said(language) if finding.missing else "",
    }
