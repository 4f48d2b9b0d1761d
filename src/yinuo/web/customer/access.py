"""Pages of one order: for its customer and the household, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from yinuo.contexts.ledger.queries.erasures import ErasureSeen, get_erasure
from yinuo.contexts.orders.operations.looks import record_look
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.orders.queries import staff as staff_orders
from yinuo.contexts.people.queries import people
from yinuo.platform import clock
from yinuo.platform.ids import clean_code
from yinuo.web.kit.entry_numbers import EntryNumbers
from yinuo.web.kit.viewer import for_customer, viewer_of
from yinuo.workflows import legal_holds

P = ParamSpec("P")


@dataclass(frozen=True)
class Reader:
    """A signed-in customer with an order that the customer may read."""

    person: people.PersonSeen
    order: orders.CustomerOrder


OrderView = Callable[Concatenate[HttpRequest, Reader, P], HttpResponse]


def for_order(view: OrderView[P]) -> Callable[..., HttpResponse]:
    """A page of the order with this code; a stranger gets the same 404 as for no order.

    A code typed in lower case or with blanks leads to the address with the code as it stands.
    Staff read the same pages and can do nothing on them; the order keeps that they looked.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, code: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        def answer(request: HttpRequest, reader: Reader | None) -> HttpResponse:
            if reader is None:
                raise Http404
            if reader.order.code != code and request.method == "GET":
                return redirect(request.get_full_path().replace(code, reader.order.code, 1))
            if (erased := erasure_of(reader)) is not None:
                return say_erased(request, reader, erased)
            return view(request, reader, *args, **kwargs)

        @for_customer
        def signed_in(request: HttpRequest, person: people.PersonSeen) -> HttpResponse:
            order = orders.get_for_customer(person.id, clean_code(code))
            return answer(request, Reader(person, order) if order else None)

        viewer = viewer_of(request)
        if viewer.customer is None and viewer.staff and request.method in ("GET", "HEAD"):
            return answer(request, beside(viewer.staff, clean_code(code)))
        return signed_in(request)

    return wrapped


def erasure_of(reader: Reader) -> ErasureSeen | None:
    """The erasure of the order's record, where it is done; a running order has none."""
    if reader.order.ended_date is None:
        return None
    seen = get_erasure(reader.order.id)
    return seen if seen is not None and seen.done_at is not None else None


def say_erased(request: HttpRequest, reader: Reader, erased: ErasureSeen) -> HttpResponse:
    """Every page of an order whose record was erased: that it was, and what still proves."""
    language = str(request.language)  # type: ignore[attr-defined]
    holds = legal_holds.list_holds(reader.order.code, language)
    context = {**frame(reader, ""), "erased": erased, "holds": holds}
    status = 200 if request.method in ("GET", "HEAD") else 410
    return render(request, "customer/erased.html", context, status=status)


def beside(staff: people.StaffSeen, code: str) -> Reader | None:
    """The order as the person who ordered reads it, for staff, who may not act on it."""
    known = staff_orders.get_for_staff(staff.id, code)
    person = people.get_person(known.person_id) if known else None
    own = orders.get_for_customer(person.id, code) if person else None
    if person is None or own is None:
        return None
    record_look(staff_id=staff.id, order_id=own.id, action="VIEW", now=clock.now())
    return Reader(person, replace(own, may_act=False))


def in_charge(order: orders.CustomerOrder) -> people.StaffSeen | None:
    """Who answers for this order: the named person with a telephone number."""
    return people.get_person_in_charge(order.owner_id, order.centre_code)


def frame(reader: Reader, tab: str) -> dict[str, object]:
    """What every page of an order shows around its own content."""
    return {
        "order": reader.order,
        "person": reader.person,
        "charge": in_charge(reader.order),
        "tab": tab,
        "dispute": rights.get_dispute(reader.order.id),
        "entries": EntryNumbers(reader.order.id),
    }
