"""My data: who I am here, my orders, and the way out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries.ending import list_for_person
from yinuo.contexts.orders.queries.tickets import list_for_customer
from yinuo.contexts.people.queries.people import PersonSeen
from yinuo.web.kit.viewer import for_customer


@require_safe
@for_customer
def me(request: HttpRequest, person: PersonSeen) -> HttpResponse:
    """The customer's own page."""
    own = orders.list_for_customer(person.id)
    context = {"person": person, "orders": own, "tickets": list_for_customer(person.id)}
    return render(request, "customer/me.html", context)


@require_safe
@for_customer
def erase(request: HttpRequest, person: PersonSeen) -> HttpResponse:
    """The ended orders whose record the customer may have erased."""
    return render(request, "customer/erase_which.html", {"orders": list_for_person(person.id)})
