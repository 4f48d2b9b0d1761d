"""What we said we would do, and appeals of authors: each ends with a reason everybody can read."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from yinuo.contexts.claims.operations import commitments, posts
from yinuo.contexts.claims.queries.posts import get_post, list_open_appeals, list_posts
from yinuo.contexts.claims.queries.promised import list_commitments
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.people.queries.staff import list_with_roles
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import for_roles, language_of, read_date, show
from yinuo.web.console.claim_forms import staff_row
from yinuo.web.console.claims import OWNERS, PUBLISHERS
from yinuo.web.console.forms import give_once, typed_in
from yinuo.web.kit.viewer import for_staff

SHOWN = 50


@require_safe
@for_staff
def all_commitments(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Open ones by day, those that are late first."""
    return _show(request, staff)


@require_POST
@for_roles(*PUBLISHERS)
def make(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Commit to something in public."""
    sent = typed_in(request)

    def commit() -> str:
        due = read_date(sent.get("due", ""))
        if due is None:
            raise commitments.CommitmentNotReadable
        return commitments.make(
            claim_code=sent.get("claim", "").strip(),
            owner_id=staff_row(sent.get("owner", "")),
            what_zh=sent.get("what_zh", ""),
            what_en=sent.get("what_en", ""),
            due_date=due,
            now=clock.now(),
        ).public_id

    try:
        give_once(request, staff, commit)
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)))
    return redirect("/staff/commitments")


@require_POST
@for_roles(*OWNERS)
def close(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """It is done and can be seen, or it is given up and why."""
    sent = typed_in(request)
    try:
        give_once(
            request,
            staff,
            lambda: (
                commitments.close(
                    public_id=public_id,
                    done=sent.get("how") == "DONE",
                    proof=sent.get("proof", ""),
                    staff_id=staff.id,
                    now=clock.now(),
                ).public_id
            ),
        )
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)))
    return redirect("/staff/commitments")


@require_safe
@for_staff
def moderation(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Appeals that wait, with what their authors wrote, and the newest hidden posts."""
    return _show_posts(request, staff)


@require_POST
@for_roles(*posts.DECIDERS)
def decide(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """Decide an appeal."""
    if get_post(public_id) is None:
        raise Http404
    sent = typed_in(request)
    try:
        give_once(
            request,
            staff,
            lambda: (
                posts.decide(
                    public_id=public_id,
                    restore=sent.get("outcome") == "RESTORED",
                    why=sent.get("why", ""),
                    staff_id=staff.id,
                    now=clock.now(),
                ).id
            ),
        )
    except Refusal as refused:
        return _show_posts(request, staff, refused.message(language_of(request)))
    return redirect("/staff/moderation")


def _show(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    context: dict[str, object] = {
        "rows": list_commitments(today=local_date(clock.now())),
        "owners": list_with_roles(OWNERS),
        "may": staff.role in PUBLISHERS,
        "may_close": staff.role in OWNERS,
        "typed": typed_in(request),
        "problem": problem,
    }
    status = 409 if problem else 200
    return show(request, staff, "commitments", context, tab="claims", status=status)


def _show_posts(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    context: dict[str, object] = {
        "appeals": list_open_appeals(staff.id),
        "posts": list_posts(SHOWN),
        "may": staff.role in posts.DECIDERS,
        "typed": typed_in(request),
        "problem": problem,
    }
    status = 409 if problem else 200
    return show(request, staff, "moderation", context, tab="claims", status=status)
