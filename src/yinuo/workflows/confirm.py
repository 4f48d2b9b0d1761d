"""What a customer agrees to, and agreeing: contract, ticket and bill of the deposit together."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from yinuo.contexts.catalogue.queries import SpecSeen
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.contexts.payments.operations.bills import OpenedBill, open_bill
from yinuo.contexts.places.queries import PlaceFacts
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.queries.clauses import Wording, list_to_show
from yinuo.contexts.terms.rules import Shown, whole_facts
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows import law
from yinuo.workflows.etas import agreed
from yinuo.workflows.promised import promised_with
from yinuo.workflows.quote import Answer, ask_rows, give

# What we promise with every order, beside the contract's clauses: each is a sentence of the page
# and is kept with the contract.
PROMISES = ("window", "queue", "undo", "inspect", "refund", "late")


class NothingToAgree(Refusal):
    """No issued template, or no car and place to agree on."""

    code = "nothing_to_agree"
    zh = "合同还没有准备好，现在不能签。您的号还在，我们准备好就接着办。"
    en = "There is no contract to agree to yet. You keep your ticket; we go on once there is one."


class NotAllowedYet(Refusal):
    """The law stops it, or does not say yes yet; a person looks."""

    code = "law_says_no"
    zh = "按规定现在还不能签，我们的同事正在看。您的号还在，耽误的时间不算您的。"
    en = "The rules do not allow it yet; a colleague is looking. You keep ticket and time."


class NoDateYet(NotAllowedYet):
    """A contract has to name the date of delivery, and none can be named now."""

    code = "no_date_yet"
    zh = "现在说不出交车日期。没有日期，合同不能签。您的号还在，耽误的时间不算您的。"
    en = "We cannot name a date now, and no contract is made without one. You keep ticket and time."


@dataclass(frozen=True)
class Offer:
    """Everything a customer agrees to, as it is shown."""

    ticket: TicketSeen
    spec: SpecSeen
    centre: PlaceFacts
    answer: Answer
    clauses: tuple[Wording, ...]
    template_code: str
    price_fen: int
    deposit_fen: int

    def digest(self) -> str:
        """SHA-256 of what would be agreed to: who agrees to one page gets no other."""
        body = [
            *(self.spec.id, self.centre.id, self.price_fen, self.deposit_fen, self.template_code),
            [clause.id for clause in self.clauses],
            self.promised,
            self.window_days,
        ]
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()

    @property
    def window_days(self) -> list[str]:
        """First, last and latest day as they are agreed to; none where no date is named."""
        window = self.answer.asked.window
        if window is None:
            return []
        return [str(day) for day in (window.from_date, window.until_date, window.latest_date)]

    @property
    def promised(self) -> dict[str, Any]:
        """Configuration, options and features: shown here, and kept in the contract."""
        return promised_with(self.spec)

    def facts(self) -> Mapping[str, Any]:
        """As the rules ask of it."""
        return order_facts(
            price_fen=self.price_fen,
            deposit_fen=self.deposit_fen,
            clauses=self.clauses,
            has_date=self.answer.asked.window is not None,
        )


def show(ticket: TicketSeen, *, now: dt.datetime) -> Offer:
    """What the holder of a ticket would agree to now.

    Raises
    ------
    StillMissing
        Car or centre were not chosen.
    NothingToAgree
        The launch has no issued contract template.
    NotAllowedYet
        The law does not let the maker sell it so today.
    """
    if ticket.spec_id is None or ticket.centre_id is None:
        raise buying.StillMissing(what="SPEC" if ticket.spec_id is None else "CENTRE")
    clauses = list_to_show(ticket.template_code)
    if not clauses:
        raise NothingToAgree
    answer = agreed(ask_rows(spec_id=ticket.spec_id, centre_id=ticket.centre_id, now=now))
    offer = Offer(
        ticket,
        answer.asked.spec,
        answer.asked.centre,
        answer,
        tuple(clauses),
        ticket.template_code,
        answer.asked.spec.price_fen,
        ticket.deposit_fen,
    )
    if law.ask(at="order", facts=offer.facts(), on=local_date(now)).clearance != "go":
        raise NotAllowedYet if offer.answer.asked.window else NoDateYet
    return offer


def agree(
    *,
    offer: Offer,
    person_id: int,
    language: str,
    shown: Sequence[Shown],
    now: dt.datetime,
) -> OpenedBill:
    """Agree: the contract is formed, its window kept as a quote, and the deposit asked for.

    Safe to repeat: a second time gives the first bill. Contract, ticket and bill stand or fall
    together, and the ticket's place is not touched by a refusal.

    Raises
    ------
    TicketOfAnother, TicketOver, NoPlaceYet, StillMissing, NotAllowedYet
        And what `contracts.agree` and `bills.open_bill` refuse.
    """
    ticket_id = offer.ticket.id
    require_shown(offer, shown)
    with transaction.atomic():
        ordered = buying.order(ticket_id=ticket_id, person_id=person_id, now=now)
        if ordered.fresh:
            law.decide_and_keep(
                at="order", facts=offer.facts(), ticket_id=ticket_id, on=local_date(now), now=now
            )
            quote = give(answer=offer.answer, now=now)
            contracts.agree(
                ticket_id=ticket_id,
                template_code=offer.template_code,
                language=language,
                price_fen=offer.price_fen,
                deposit_fen=offer.deposit_fen,
                shown=shown,
                person_id=person_id,
                facts={
                    "quote": quote.public_id,
                    "window": offer.window_days,
                    "promises": list(PROMISES),
                    **offer.promised,
                },
                now=now,
            )
        return open_bill(
            kind="DEPOSIT",
            amount_fen=offer.deposit_fen,
            contract_amount_fen=offer.deposit_fen,
            price_fen=offer.price_fen,
            ticket_id=ticket_id,
            due_at=ordered.due_at,
            request_key=f"deposit:{offer.ticket.code}",
            now=now,
        )


def require_shown(offer: Offer, shown: Sequence[Shown]) -> None:
    """Each clause that matters to the buyer was shown.

    Raises
    ------
    NotAllowedYet
    """
    named = {one.clause_code for one in shown}
    if any(clause.material and clause.code not in named for clause in offer.clauses):
        raise NotAllowedYet


# What our own page makes true of every order from it.
OF_EVERY_ORDER: Final = {
    "car": {"condition": "new"},
    "balance": {"demanded": False},
    "inspection": {"offered": False},
    "terms": {"seller_changes_alone": False, "against_public_promise": False},
    "claim": {"definite": True, "shown_before_order": True, "weighed": True, "in_snapshot": True},
    "prepay": {
        "taken": True,
        "contract_written": True,
        "contract_names_goods": True,
        "contract_names_price": True,
        "contract_names_refund": True,
        "contract_names_liability": True,
    },
}


def order_facts(
    *, price_fen: int, deposit_fen: int, clauses: Sequence[Wording], has_date: bool
) -> Mapping[str, Any]:
    """The facts of a new car ordered from our own page, as the rules ask of an order and a lock.

    The page names car, price, window, refund and what we owe; the price charged is the one marked;
    nobody cancels. That each clause was shown as it has to be is proved when it is agreed.
    """
    whole = whole_facts(
        [
            {
                "clause.conflicts_with_side_term": False,
                **clause.for_rules().named(),
                "clause.prompt_conspicuous": True,
                "clause.prompt_means": frozenset({"highlight"}),
                "clause.explanation_asked": False,
            }
            for clause in clauses
        ]
    )
    return {
        **{
            name: sorted(fact) if isinstance(fact, frozenset) else fact
            for name, fact in whole.items()
        },
        "order": {
            "price_fen": price_fen,
            "page_definite": True,
            "submitted": True,
            "seller_cancels": False,
            "seller_mistake": False,
            "main_terms_agreed": True,
            "later_contract_agreed": False,
            "performance_accepted": False,
        },
        "deposit": {"as_earnest": True, "amount_fen": deposit_fen},
        **OF_EVERY_ORDER,
        "price": {
            "charged_fen": price_fen,
            "marked_fen": price_fen,
            "condition_hidden": False,
            "unmarked_fee": False,
            "promise_refused": False,
            "bad_terms_hidden": False,
            "rules_differ": False,
            "coupon_refused": False,
            "below_full_cost": False,
            "to_exclude_rivals": False,
            "options_marked": True,
            "delivery_in_contract": has_date,
            "paid_unlock": False,
            "forced_add_on": False,
        },
    }
