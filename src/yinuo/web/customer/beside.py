"""The customer's own page as staff see it beside theirs: the same code, only to be read."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries import staff as staff_orders
from yinuo.contexts.people.queries import people
from yinuo.web.customer.access import Reader
from yinuo.web.customer.orders import show
from yinuo.web.kit.viewer import for_staff


@require_safe
@for_staff
def order(request: HttpRequest, staff: people.StaffSeen, code: str) -> HttpResponse:
    """What the person who ordered sees now. Opening the staff's page around it was kept."""
    known = staff_orders.get_for_staff(staff.id, code)
    person = people.get_person(known.person_id) if known else None
    own = orders.get_for_customer(person.id, code) if person else None
    if person is None or own is None:
        raise Http404
    return show(request, Reader(person, own))
