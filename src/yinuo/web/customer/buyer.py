"""C6, change the buyer: does it suit, papers in, both sides confirm, who answers by when."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.ledger.codes import GROUNDS
from yinuo.contexts.orders.operations import amendments as operations
from yinuo.contexts.orders.operations.amendments import Paper, Wish
from yinuo.contexts.orders.queries import amendments, customer
from yinuo.contexts.orders.rules import amendments as rules
from yinuo.contexts.people.queries.people import PersonSeen
from yinuo.contexts.people.rules import clean_digits
from yinuo.platform import clock, uploads
from yinuo.platform.ids import clean_code, new_id
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, beside, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import for_customer, take_typed, viewer_of
from yinuo.web.kit.wording import say
from yinuo.workflows import buyer_change
from yinuo.workflows.contract_again import clauses_of

SALT = "yinuo.licence"
SENT = ("company_name", "company_code", "to_name", "to_phone", "kind", "loan", "plate")


@dataclass(frozen=True)
class Looking:
    """Who looks: at the own order, at a change they are a side of, or both.

    The buyer of before keeps reading how the change ended, and nothing of the order since.
    """

    person: PersonSeen
    code: str
    reader: Reader | None
    change: amendments.AmendmentSeen | None


@require_http_methods(["GET", "POST"])
def buyer(request: HttpRequest, code: str) -> HttpResponse:
    """The page of the change for its two sides, the household and staff; 404 for anybody else."""
    viewer = viewer_of(request)
    if viewer.customer is None and viewer.staff and request.method == "GET":
        reader = beside(viewer.staff, clean_code(code))
        if reader is None:
            raise Http404
        change = amendments.get_newest_of_order(reader.order.id)
        return _show(request, Looking(reader.person, reader.order.code, reader, change))
    return _for_side(request, code)


@for_customer
def _for_side(request: HttpRequest, person: PersonSeen, code: str) -> HttpResponse:
    code = clean_code(code)
    order = customer.get_for_customer(person.id, code)
    change = amendments.get_for_side(person.id, code)
    if order is None and change is None:
        raise Http404
    if change is None and order is not None:
        change = amendments.get_newest_of_order(order.id)
    looking = Looking(person, code, Reader(person, order) if order else None, change)
    if request.method == "GET":
        return _show(request, looking)
    steps = {"confirm": _confirm, "code": _send_code, "withdraw": _withdraw}
    step = steps.get(request.POST.get("step", ""), _ask)
    try:
        return step(request, looking)
    except operations.NotYourOrder:
        return errors.forbidden(request)


def _ask(request: HttpRequest, looking: Looking) -> HttpResponse:
    """Everything at once: what it is, the papers, the other side."""
    if looking.reader is None:
        raise operations.NotYourOrder
    now, sent = clock.now(), {name: request.POST.get(name, "") for name in SENT}
    paper: Paper | None = None
    try:
        paper = _paper(request)
        public_id = buyer_change.ask(
            person_id=looking.person.id,
            order_id=looking.reader.order.id,
            wish=_wish(sent, paper),
            to_name=sent["to_name"],
            to_phone=sent["to_phone"],
            request_key=request.POST.get("request_key", ""),
            now=now,
        )
    except operations.NotYourOrder:
        raise
    except Refusal as refused:
        return _show(request, looking, refused=refused, typed=sent, paper=paper)
    return _after_asking(request, looking, public_id)


def _wish(sent: dict[str, str], paper: Paper | None) -> Wish:
    name, code = sent["company_name"], sent["company_code"]
    papers = (paper,) if paper else ()
    return Wish(sent["kind"], sent["loan"], sent["plate"], None, name, code, papers)


def _after_asking(request: HttpRequest, looking: Looking, public_id: str) -> HttpResponse:
    """The codes go out at once; one that went out a moment ago still holds."""
    now = clock.now()
    for person_id in amendments.list_sides(public_id):
        try:
            buyer_change.send_code(
                person_id=person_id, public_id=public_id, order_code=looking.code, now=now
            )
        except Refusal:
            continue
    return redirect(f"/o/{looking.code}/buyer")


def _paper(request: HttpRequest) -> Paper | None:
    """The licence: just sent, or kept from the last try of the same form."""
    kept = request.POST.get("paper", "")
    if "licence" in request.FILES or "yinuo.too_large" in request.META:
        pieces, claimed = uploads.sent(request, "licence")
        return buyer_change.keep_paper(pieces, claimed=claimed)
    if not kept:
        return None
    try:
        return Paper(*signing.loads(kept, salt=SALT))
    except signing.BadSignature:
        return None


def _send_code(request: HttpRequest, looking: Looking) -> HttpResponse:
    change = _running(looking)
    try:
        until = buyer_change.send_code(
            person_id=looking.person.id,
            public_id=change.public_id,
            order_code=looking.code,
            now=clock.now(),
        )
    except Refusal as refused:
        return _show(request, looking, refused=refused)
    return _show(request, looking, sent_until=until)


def _confirm(request: HttpRequest, looking: Looking) -> HttpResponse:
    change = _running(looking)
    try:
        buyer_change.confirm(
            person_id=looking.person.id,
            public_id=change.public_id,
            digits=clean_digits(request.POST.get("digits", "")),
            now=clock.now(),
        )
    except operations.NotYourOrder:
        raise
    except Refusal as refused:
        return _show(request, looking, refused=refused)
    return redirect(f"/o/{looking.code}/buyer")


def _withdraw(request: HttpRequest, looking: Looking) -> HttpResponse:
    change = _running(looking)
    try:
        operations.withdraw(
            person_id=looking.person.id, public_id=change.public_id, now=clock.now()
        )
    except operations.NotRunning as refused:
        return _show(request, looking, refused=refused)
    return redirect(f"/o/{looking.code}/buyer")


def _running(looking: Looking) -> amendments.AmendmentSeen:
    if looking.change is None or looking.change.side == "HOUSEHOLD":
        raise operations.NotYourOrder
    return looking.change


def _show(
    request: HttpRequest,
    looking: Looking,
    *,
    refused: Refusal | None = None,
    typed: dict[str, str] | None = None,
    paper: Paper | None = None,
    **more: object,
) -> HttpResponse:
    language = request.language  # type: ignore[attr-defined]
    reader = looking.reader
    asked = typed or {name: request.GET.get(name, "") for name in ("kind", "loan", "plate")}
    asked = {**asked, **{k: v for k, v in take_typed(request).items() if k in SENT}}
    context: dict[str, object] = {
        **_known(looking),
        "problem": refused.message(language) if refused else "",
        "typed": asked,
        "paper": signing.dumps(tuple(vars(paper).values()), salt=SALT) if paper else "",
        "request_key": request.POST.get("request_key") or new_id("req"),
        "takes": uploads.spoken_kinds(uploads.PAPERS),
        "megabytes": uploads.PAPER_BYTES_MAX // uploads.MEGABYTE,
        **(_check(reader, asked) if reader else {}),
        **more,
    }
    return render(request, "customer/buyer.html", context, status=409 if refused else 200)


def _known(looking: Looking) -> dict[str, object]:
    """The order and its change as far as the reader may know them."""
    reader, change = looking.reader, looking.change
    return {
        **(frame(reader, "do") if reader else {"order": None, "person": looking.person}),
        "code": looking.code,
        "change": change,
        "clauses": clauses_of(change.order_id) if change and change.mine_to_confirm else [],
        "ground": GROUNDS.get(change.ground) if change else None,
    }


def _check(reader: Reader, asked: dict[str, str]) -> dict[str, object]:
    """Does it suit: the step we know, the loan and the plate that were answered."""
    loan, plate = asked.get("loan", ""), asked.get("plate", "")
    suits = rules.suits(reader.order.state, loan, plate)
    now_buyer = amendments.get_buyer(reader.order.id)
    kinds = (
        (rules.TO_PERSON, rules.TO_COMPANY)
        if now_buyer.is_company
        else (
            rules.TO_COMPANY,
            rules.TRANSFER,
        )
    )
    answered = asked.get("kind") in kinds and loan in rules.LOANS and plate in rules.PLATES
    return {
        "suits": suits,
        "now_buyer": now_buyer,
        "kinds": kinds,
        "loans": rules.LOANS,
        "plates": rules.PLATES,
        "answered": answered,
        "half": bool(loan or plate or asked.get("kind")) and not answered,
    }


@require_safe
@for_customer
def paper(request: HttpRequest, person: PersonSeen, paper_id: int) -> HttpResponse:
    """A paper, for who sent it; nobody else learns that it exists."""
    found = amendments.get_paper_for_side(person.id, paper_id)
    if found is None:
        raise Http404
    name = say("change.paper_name", "en")
    digest, kind = found.digest, found.media_type
    return uploads.response(room=buyer_change.ROOM, digest=digest, media_type=kind, name=name)
