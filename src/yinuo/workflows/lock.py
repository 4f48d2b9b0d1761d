"""The lock: a ticket whose contract was agreed and whose deposit was paid becomes an order.

Its rank is the moment in which the ticket was taken, however long the checks behind it took.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from yinuo.contexts.catalogue.queries import get_spec_code
from yinuo.contexts.ledger.operations import gathered
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.intake import record_orders
from yinuo.contexts.orders.operations.places import hold_ticket
from yinuo.contexts.orders.queries.intake import find_order
from yinuo.contexts.orders.queries.tickets import TicketSeen, get_by_id
from yinuo.contexts.orders.rules import OrderRecord
from yinuo.contexts.payments.operations import bills, refunds, stopping
from yinuo.contexts.payments.queries.customer import get_refundable_of_ticket
from yinuo.contexts.people.queries.people import get_person
from yinuo.contexts.places.queries import get_place
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.queries.clauses import list_versions
from yinuo.contexts.terms.queries.contracts import get_current_of_ticket
from yinuo.contexts.terms.rules import CurrentContract
from yinuo.platform.spoken import local_date
from yinuo.workflows.confirm import order_facts
from yinuo.workflows.law import decide_and_keep

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
    with transaction.atomic(), gathered():
        hold_ticket(ticket_id)
        ticket = get_by_id(ticket_id)
        if ticket.order_id is not None:
            return ticket.order_id
        contract = get_current_of_ticket(ticket_id)
        if ticket.state != "ORDERED" or contract is None:
            _give_back(ticket, now)
            _end(ticket, look, "GIVEN_BACK", now)
            return None
        clearance = _clearance(ticket, contract, now)
        if clearance != "go" and (clearance != "person" or look is None or not look.decides):
            stopping.open_stopped(ticket_id=ticket_id, now=now)
            return None
        _end(ticket, look, "LOCKED", now)
        order_id = _record(ticket, contract, now)
        buying.bind(ticket_id=ticket_id, order_id=order_id, now=now)
        contracts.bind_order(ticket_id=ticket_id, order_id=order_id, now=now)
        bills.bind_order(ticket_id=ticket_id, order_id=order_id, now=now)
    return order_id


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


def _end(ticket: TicketSeen, look: Look | None, outcome: str, now: dt.datetime) -> None:
    """Nobody has to look at this ticket any more."""
    stopping.end_stopped(
        ticket_id=ticket.id,
        outcome=look.words if look else outcome,
        staff_id=look.staff_id if look else None,
        now=now,
    )


def _clearance(ticket: TicketSeen, contract: CurrentContract, now: dt.datetime) -> str:
    decision, _ = decide_and_keep(
        at="lock",
        facts=order_facts(
            price_fen=contract.price_fen,
            deposit_fen=contract.deposit_fen,
            clauses=list_versions(contract.clause_version_ids),
            # Whether the contract was allowed to name none was decided when it was agreed.
            has_date=True,
        ),
        ticket_id=ticket.id,
        on=local_date(now),
        now=now,
    )
    return decision.clearance


def _record(ticket: TicketSeen, contract: CurrentContract, now: dt.datetime) -> int:
    assert ticket.person_id, "an agreed ticket has a name"
    assert ticket.spec_id, "and a car"
    assert ticket.centre_id, "and a place of hand-over"
    person, centre = get_person(ticket.person_id), get_place(ticket.centre_id)
    assert person is not None
    spec_code = get_spec_code(ticket.spec_id)
    record = OrderRecord(
        external_id=f"{ticket.launch_code}-{ticket.number:09}",
        digest=ticket.chain,
        locked_at=ticket.taken_at,
        spec_id=ticket.spec_id,
        centre_id=ticket.centre_id,
        line_code=f"{spec_code}@{centre.code}",
        phone=person.phone,
        name=person.name,
        email=person.email,
        language=person.language,
        code="",
        days_told=None,
        owner_id=None,
        quote_ref=str(contract.facts.get("quote", "")),
    )
    # A rank of the same microsecond that a sender's order takes meanwhile is seen the second time.
    for last in (False, False, True):
        try:
            with transaction.atomic(), gathered():
                [code] = record_orders([record], sender=SENDER, now=now)
            break
        except IntegrityError:
            if last:
                raise
    found = find_order(code)
    assert found is not None, "it was recorded just now"
    return found[0]
