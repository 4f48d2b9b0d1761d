"""S8, claims: writing what is said in public, its evidence, two signatures, and out it goes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import IO, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.operations import drafting, evidence, holds, publishing
from yinuo.contexts.claims.queries import bundle
from yinuo.contexts.claims.queries.drafts import DraftSeen, get_newest
from yinuo.contexts.claims.queries.promised import list_commitments
from yinuo.contexts.claims.queries.register import get_for_staff, list_for_staff
from yinuo.contexts.ledger.claims_codes import ENDED
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.people.queries.staff import list_with_roles
from yinuo.platform import clock, uploads
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import for_roles, language_of, read_date, refuse, show
from yinuo.web.console.claim_forms import EQUAL, FIELDS, read_wording, staff_row
from yinuo.web.console.forms import give_once, typed_in
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import claims as story

WRITERS = ("LEGAL", "MANAGER", "EXECUTIVE", "QUALITY")
# Whoever lets something out, ends it or keeps it for a court.
PUBLISHERS = ("LEGAL", "MANAGER")
OWNERS = ("LEGAL", "MANAGER", "EXECUTIVE", "QUALITY", "PLANNER")
MEGABYTES = 1 << 20


@require_safe
@for_staff
def claims(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The register, and what we said we would do."""
    today = local_date(clock.now())
    context: dict[str, object] = {
        "rows": list_for_staff(staff.id, today=today),
        "late": [one for one in list_commitments(today=today) if one.late],
        "may": staff.role in WRITERS,
    }
    return show(request, staff, "claims", context, tab="claims")


@require_http_methods(["GET", "POST"])
@for_roles(*WRITERS)
def new(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Register a statement with its first wording."""
    if request.method == "GET":
        return _show_new(request, staff)
    sent = typed_in(request)

    def register() -> str:
        speaker = sent.get("speaker", "")
        return drafting.open_claim(
            code=sent.get("code", "").strip(),
            topic=sent.get("topic", ""),
            speaker_id=staff_row(speaker) if speaker else None,
            owner_id=staff_row(sent.get("owner", "")),
            wording=read_wording(sent),
            staff_id=staff.id,
            now=clock.now(),
        ).code

    try:
        code = give_once(request, staff, register)
    except Refusal as refused:
        return _show_new(request, staff, refused.message(language_of(request)))
    return redirect(f"/staff/claims/{code}")


@require_http_methods(["GET", "POST"])
@for_staff
def claim(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """One statement; a POST does one of `ACTS` with it."""
    if get_for_staff(staff.id, code, today=local_date(clock.now())) is None:
        raise Http404
    if request.method == "GET":
        return _show(request, staff, code)
    roles, act = ACTS.get(request.POST.get("do", ""), (WRITERS, _nothing))
    if staff.role not in roles:
        return refuse(request, staff, roles)
    try:
        give_once(request, staff, lambda: act(request, staff, code))
    except Refusal as refused:
        return _show(request, staff, code, refused.message(language_of(request)))
    return redirect(f"/staff/claims/{code}")


@require_safe
@for_roles(*WRITERS)
def download(_request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """All that is kept of a statement, for a court."""
    # Closed by the answer when the last byte has gone out.
    file = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=MEGABYTES))  # noqa: SIM115
    if not bundle.write(staff.id, code, file, now=clock.now()):
        raise Http404
    file.seek(0)
    answer = FileResponse(file, as_attachment=True, filename=f"{code}.zip")
    answer.headers["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, answer)


@require_safe
@for_staff
def piece(_request: HttpRequest, staff: StaffSeen, code: str, public_id: str) -> HttpResponse:
    """The file of a piece of evidence, public or not."""
    found = get_for_staff(staff.id, code, today=local_date(clock.now()))
    pieces = found.seen.evidence if found else ()
    one = next((each for each in pieces if each.public_id == public_id), None)
    if one is None:
        raise Http404
    try:
        return uploads.response(
            room=rules.ROOM, digest=one.sha256, media_type=one.media_type, name=one.public_id
        )
    except FileNotFoundError:
        raise Http404 from None


def _draft(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    wording = read_wording(request.POST.dict())
    drafting.write_draft(code=code, wording=wording, staff_id=staff.id, now=clock.now())


def _evidence(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    made = read_date(request.POST.get("made", ""))
    until = request.POST.get("until", "")
    valid = read_date(until)
    if made is None or (until and valid is None):
        raise evidence.EvidenceNotReadable
    pieces, claimed = uploads.sent(request, "file")
    evidence.add(
        code=code,
        title=request.POST.get("title", ""),
        stored=uploads.keep(
            pieces, claimed=claimed, room=rules.ROOM, takes=uploads.PAPERS | uploads.EVIDENCE
        ),
        made_date=made,
        valid_until_date=valid,
        staff_id=staff.id,
        now=clock.now(),
    )


def _open(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    evidence.publish(
        code=code,
        public_id=request.POST.get("evidence", ""),
        looked_through=request.POST.get("looked") == "yes",
        staff_id=staff.id,
        now=clock.now(),
    )


def _drop(request: HttpRequest, _staff: StaffSeen, code: str) -> None:
    evidence.drop(code=code, public_id=request.POST.get("evidence", ""), now=clock.now())


def _sign(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    side = request.POST.get("side", "")
    publishing.sign(code=code, side=side, staff_id=staff.id, now=clock.now())


def _publish(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    corrects = request.POST.get("corrects") == "yes"
    story.publish(code=code, corrects=corrects, staff_id=staff.id, now=clock.now())


def _archive(_request: HttpRequest, staff: StaffSeen, code: str) -> None:
    story.archive(code=code, staff_id=staff.id, now=clock.now())


def _end(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    story.end(
        code=code,
        why_code=request.POST.get("why_code", ""),
        why=request.POST.get("why", ""),
        staff_id=staff.id,
        now=clock.now(),
    )


def _hold(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    order = holds.lift if request.POST.get("lift") else holds.place
    order(code=code, why=request.POST.get("why", ""), staff_id=staff.id, now=clock.now())


def _owner(request: HttpRequest, _staff: StaffSeen, code: str) -> None:
    drafting.hand_over(code=code, owner_id=staff_row(request.POST.get("owner", "")))


def _nothing(_request: HttpRequest, _staff: StaffSeen, _code: str) -> None:
    raise Http404


Act = Callable[[HttpRequest, StaffSeen, str], None]
ACTS: Mapping[str, tuple[tuple[str, ...], Act]] = {
    "draft": (WRITERS, _draft),
    "evidence": (WRITERS, _evidence),
    "open": (PUBLISHERS, _open),
    "drop": (PUBLISHERS, _drop),
    "sign": (("QUALITY", "LEGAL"), _sign),
    "publish": (PUBLISHERS, _publish),
    "archive": (PUBLISHERS, _archive),
    "end": (PUBLISHERS, _end),
    "hold": (PUBLISHERS, _hold),
    "owner": (PUBLISHERS, _owner),
}


def _show_new(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    context: dict[str, object] = {
        **_choices(),
        "typed": {**EQUAL, **typed_in(request)},
        "problem": problem,
    }
    return show(request, staff, "claim_new", context, tab="claims", status=409 if problem else 200)


def _show(request: HttpRequest, staff: StaffSeen, code: str, problem: str = "") -> HttpResponse:
    today = local_date(clock.now())
    newest = get_newest(staff.id, code, today=today)
    assert newest is not None
    sent = request.POST.dict() if problem else {}
    context: dict[str, object] = {
        **_choices(),
        "one": get_for_staff(staff.id, code, today=today),
        "newest": newest,
        "watch": story.look_at_words(f"{newest.text}\n{newest.condition}", on=today),
        "typed": sent if sent.get("do") == "draft" else _as_typed(newest),
        "sent": sent,
        "ends": list(ENDED),
        "may": staff.role in WRITERS,
        "may_publish": staff.role in PUBLISHERS,
        "side": next((side for side, roles in rules.SIDES.items() if staff.role in roles), ""),
        "problem": problem,
    }
    return show(request, staff, "claim", context, tab="claims", status=409 if problem else 200)


def _choices() -> dict[str, object]:
    return {
        "topics": list(rules.TOPICS),
        "channels": list(rules.CHANNELS),
        "owners": list_with_roles(OWNERS),
        "speakers": list_with_roles(("EXECUTIVE",)),
    }


def _as_typed(newest: DraftSeen) -> dict[str, object]:
    """A version as its form holds it."""
    fields = {name: getattr(newest, name) for name in FIELDS}
    until = newest.expires_date
    return {**fields, **vars(newest.layout), "expires": until.isoformat() if until else ""}
