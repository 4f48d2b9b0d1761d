"""Who sits before an inspection, and where its pages are: the customer, or a named helper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from yinuo.contexts.handover.operations.evidence import Sender
from yinuo.contexts.handover.operations.inspecting import Inspector
from yinuo.contexts.handover.queries import customer as handovers
from yinuo.contexts.handover.queries import staff as handovers_of_staff
from yinuo.contexts.handover.queries.seen import EvidenceSeen, HandoverSeen
from yinuo.platform import clock
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit.viewer import viewer_of

P = ParamSpec("P")
HELPER = "helper_code"


@dataclass(frozen=True)
class Sitting:
    """A reader of one inspection. `place` is where its pages are; `frame` what surrounds them."""

    seen: HandoverSeen
    order_code: str
    place: str
    by: Inspector
    sender: Sender
    may_act: bool
    frame: dict[str, object]
    find: Callable[[str], EvidenceSeen | None]


SittingView = Callable[Concatenate[HttpRequest, Sitting, P], HttpResponse]


def of_customer(reader: Reader, request: HttpRequest) -> Sitting:
    """The order's own customer, the household, or staff beside them, who only read."""
    staff = viewer_of(request).staff if not reader.order.may_act else None
    order_id = reader.order.id

    def find(ref: str) -> EvidenceSeen | None:
        if staff is not None:
            return handovers_of_staff.find_evidence_for_staff(staff.id, order_id, ref)
        return handovers.find_evidence(reader.person.id, order_id, ref)

    return Sitting(
        handovers.get_for_customer(reader.person.id, order_id),
        reader.order.code,
        f"/o/{reader.order.code}/handover",
        Inspector(person_id=reader.person.id),
        Sender(person_id=reader.person.id),
        reader.order.may_act,
        {**frame(reader, "do"), "surround": "customer/frame.html"},
        find,
    )


def of_helper(helper: handovers.Helper) -> Sitting:
    """Somebody whom the customer gave a code: the checks of this car, nothing else."""
    return Sitting(
        handovers.get_for_helper(helper),
        helper.order_code,
        "/i",
        Inspector(helper=helper.name),
        Sender(helper=helper.name),
        True,
        {"helper": helper, "surround": "kit/base.html", "order": None},
        lambda ref: handovers.find_evidence_of_helper(helper, ref),
    )


def for_sitting(view: SittingView[P]) -> Callable[..., HttpResponse]:
    """A page that the customer opens under `/o/<code>/handover` and a helper under `/i`."""

    @for_order
    def own(
        request: HttpRequest, reader: Reader, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        return view(request, of_customer(reader, request), *args, **kwargs)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if "code" in kwargs:
            return own(request, *args, **kwargs)
        helper = handovers.get_helper(request.session.get(HELPER, ""), clock.now())
        if helper is None:
            if request.method == "GET":
                return redirect("/i")
            raise Http404
        return view(request, of_helper(helper), *args, **kwargs)

    return wrapped
