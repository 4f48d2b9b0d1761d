"""From a ticket to an order, step by step, for tests."""

from __future__ import annotations

import datetime as dt

from tests.contexts.orders.launch_worlds import HOUR, Sale, make_sale, take
from tests.contexts.terms.drafts import make_clause, make_template
from tests.factories import NOW
from yinuo.contexts.orders.models import Launch, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.queries.tickets import TicketSeen, get_by_id
from yinuo.contexts.payments.models import Charge
from yinuo.contexts.payments.operations import settle
from yinuo.contexts.people.models import Person
from yinuo.contexts.terms.rules import Shown
from yinuo.workflows import confirm

TEMPLATE = "retail"
YEAR = 365 * 24 * HOUR


def make_launch(for_sale: int = 3) -> Sale:
    """A launch with an issued contract of two clauses."""
    sale = make_sale(for_sale)
    Launch.objects.filter(id=sale.launch_id).update(template_code=TEMPLATE)
    clauses = [
        make_clause("deposit", "定金按法律办，72 小时内取消全退。", NOW - YEAR),
        make_clause("inspect", "先验车，再付尾款。", NOW - YEAR),
    ]
    make_template(TEMPLATE, clauses, NOW - YEAR)
    return sale


def choose(sale: Sale, key: str, person: Person, *, at: dt.datetime = NOW) -> TicketSeen:
    """A ticket of this person with car and centre."""
    row = take(key, at=at)
    buying.claim(ticket_id=row.id, person_id=person.id)
    buying.choose(
        ticket_id=row.id,
        person_id=person.id,
        spec_id=sale.world.line.spec_id,
        centre_id=sale.world.centre.id,
    )
    return get_by_id(row.id)


def shown_all(offer: confirm.Offer, now: dt.datetime) -> list[Shown]:
    """Every clause, shown as the page shows it."""
    return [
        Shown(clause.code, "/t/x/confirm", frozenset({"highlight"}), 20, 20, 1500, now)
        for clause in offer.clauses
    ]


def agree(ticket: TicketSeen, person: Person, *, now: dt.datetime = NOW) -> int:
    """Agree to the contract; the row of the deposit's bill."""
    offer = confirm.show(ticket, now=now)
    bill = confirm.agree(
        offer=offer,
        person_id=person.id,
        language="zh",
        shown=shown_all(offer, now),
        now=now,
    )
    return bill.id


def pay(bill_id: int, *, now: dt.datetime = NOW) -> str:
    """The provider says that it has the money."""
    charge = Charge.objects.create(
        number=f"C{bill_id}",
        bill_id=bill_id,
        provider="SANDBOX",
        request_key=f"pay-{bill_id}",
        amount_fen=500_000,
        started_at=now,
        expires_at=now + HOUR,
    )
    return settle.charge_paid(
        provider="SANDBOX", number=charge.number, ref=f"r{bill_id}", amount_fen=500_000, now=now
    )


def row(ticket: TicketSeen) -> Ticket:
    """The ticket's row as it stands."""
    return Ticket.objects.select_related("order").get(id=ticket.id)
