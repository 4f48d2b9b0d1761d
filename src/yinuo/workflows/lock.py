"""The lock: a ticket whose contract was agreed and whose deposit was paid becomes an order.

Its rank is the moment in which the ticket was taken, however long the checks behind it took.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from yinuo.contexts.catalogue.queries import get_specs
from yinuo.contexts.ledger.operations import gathered
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.intake import record_orders
from yinuo.contexts.orders.operations.places import hold_tickets
from yinuo.contexts.orders.queries.draws import list_drawn_ranks
from yinuo.contexts.orders.queries.intake import get_order_rows
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.contexts.orders.rules import OrderRecord
from yinuo.contexts.payments.operations import bills, refunds, stopping
from yinuo.contexts.payments.queries.customer import get_refundable_of_ticket
from yinuo.contexts.people.queries.people import PersonSeen, get_people
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.queries.clauses import list_versions
from yinuo.contexts.terms.queries.contracts import get_current_of_tickets
from yinuo.contexts.terms.rules import CurrentContract
from yinuo.platform.spoken import local_date
from yinuo.workflows.confirm import order_facts
from yinuo.workflows.law import decide_of_tickets

SENDER = "launch"


@dataclass(frozen=True)
class Look:
    """A named person looked at a ticket that the law stopped, and says in `words` why it goes on.

    Where the law leaves it to a person that is enough if they are one who `decides`; what it
    forbids nobody can allow.
    """

    staff_id: int
    words: str
    decides: bool


def deposit_paid(*, ticket_id: int, look: Look | None = None, now: dt.datetime) -> int | None:
    """The deposit of a ticket was paid: it becomes an order. Returns the order's row.

    Safe to repeat. None when it cannot be: the ticket was given back or has lapsed meanwhile, and
    the money goes back in full; or the law does not say yes, and the ticket stays as it is, paid,
    on the list of what a person looks at.
    """
    return deposits_paid(ticket_ids=[ticket_id], look=look, now=now).get(ticket_id)


def deposits_paid(
    *, ticket_ids: Sequence[int], look: Look | None = None, now: dt.datetime
) -> dict[int, int]:
    """The deposits of these tickets were paid: `deposit_paid` of all of them in one transaction.

    Returns the order's row of each ticket that is an order now.
    """
    with transaction.atomic(), gathered():
        tickets = hold_tickets(ticket_ids)
        orders = {one.id: one.order_id for one in tickets if one.order_id is not None}
        contracts_of = get_current_of_tickets([one.id for one in tickets if one.id not in orders])
        ready = []
        for ticket in tickets:
            if ticket.state == "ORDERED" and ticket.id in contracts_of:
                ready.append(ticket)
            elif ticket.id not in orders:
                _give_back(ticket, now)
                _end([ticket], look, "GIVEN_BACK", now)
        ready = _allowed(ready, contracts_of, look, now)
        if ready:
            _end(ready, look, "LOCKED", now)
            fresh = _record(ready, contracts_of, now)
            buying.bind(orders=fresh, now=now)
            contracts.bind_orders(orders=fresh, now=now)
            bills.bind_orders(orders=fresh, now=now)
            orders |= fresh
    return orders


def _give_back(ticket: TicketSeen, now: dt.datetime) -> None:
    paid = get_refundable_of_ticket(ticket.id)
    if paid:
        refunds.order_refund(
            ticket_id=ticket.id,
            amount_fen=paid,
            reason="TICKET_OVER",
            request_key=f"ticket-over:{ticket.code}",
            now=now,
        )


def _end(tickets: Sequence[TicketSeen], look: Look | None, outcome: str, now: dt.datetime) -> None:
    """Nobody has to look at these tickets any more."""
    stopping.end_stopped(
        ticket_ids=[one.id for one in tickets],
        outcome=look.words if look else outcome,
        staff_id=look.staff_id if look else None,
        now=now,
    )


def _allowed(
    tickets: Sequence[TicketSeen],
    found: Mapping[int, CurrentContract],
    look: Look | None,
    now: dt.datetime,
) -> list[TicketSeen]:
    """Those of these tickets that may become orders; the others are put before a person."""
    ids = {one for ticket in tickets for one in found[ticket.id].clause_version_ids}
    wordings = {one.id: one for one in list_versions(sorted(ids))} if ids else {}
    facts = {
        ticket.id: order_facts(
            price_fen=found[ticket.id].price_fen,
            deposit_fen=found[ticket.id].deposit_fen,
            clauses=[wordings[one] for one in found[ticket.id].clause_version_ids],
            # Whether the contract was allowed to name none was decided when it was agreed.
            has_date=True,
        )
        for ticket in tickets
    }
    said = decide_of_tickets(at="lock", facts=facts, on=local_date(now), now=now)
    allowed = []
    for ticket in tickets:
        clearance = said[ticket.id].clearance
        if clearance == "go" or (clearance == "person" and look is not None and look.decides):
            allowed.append(ticket)
        else:
            stopping.open_stopped(ticket_id=ticket.id, now=now)
    return allowed


def _record(
    tickets: Sequence[TicketSeen], found: Mapping[int, CurrentContract], now: dt.datetime
) -> dict[int, int]:
    """The orders of these tickets; the row of each by its ticket's."""
    people = get_people([one.person_id for one in tickets if one.person_id])
    specs, centres = get_specs(), get_places()
    drawn = list_drawn_ranks([ticket.id for ticket in tickets])
    records = []
    for ticket in tickets:
        assert ticket.person_id, "an agreed ticket has a name"
        assert ticket.spec_id, "and a car"
        assert ticket.centre_id, "and a place of hand-over"
        line_code = f"{specs[ticket.spec_id].code}@{centres[ticket.centre_id].code}"
        quote_ref = str(found[ticket.id].facts.get("quote", ""))
        record = _as_record(ticket, people[ticket.person_id], line_code, quote_ref)
        records.append(record._replace(rank=drawn.get(ticket.id)))
    # A rank of the same microsecond that a sender's order takes meanwhile is seen the second time.
    for last in (False, False, True):
        try:
            with transaction.atomic(), gathered():
                codes = record_orders(records, sender=SENDER, now=now)
            break
        except IntegrityError:
            if last:
                raise
    rows = get_order_rows(codes)
    return {ticket.id: rows[code] for ticket, code in zip(tickets, codes, strict=True)}


def _as_record(
    ticket: TicketSeen, person: PersonSeen, line_code: str, quote_ref: str
) -> OrderRecord:
    assert ticket.spec_id, "checked by the caller"
    assert ticket.centre_id, "checked by the caller"
    return OrderRecord(
        external_id=f"{ticket.launch_code}-{ticket.number:09}",
        digest=ticket.chain,
        locked_at=ticket.taken_at,
        spec_id=ticket.spec_id,
        centre_id=ticket.centre_id,
        line_code=line_code,
        phone=person.phone,
        name=person.name,
        email=person.email,
        language=person.language,
        code="",
        days_told=None,
        owner_id=None,
        quote_ref=quote_ref,
        launch=ticket.launch_code,
        ticket=ticket.number,
    )
