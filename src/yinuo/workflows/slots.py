"""“Ask for a slot whenever you like”: nothing is built before the buyer asks, and no place is lost.

The side term is what was agreed; the queue sees it as a hold of its own reason. What the plant
reports of such an order waits for staff, with the rule that stops it, until the buyer has asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.progress import Standing
from yinuo.contexts.orders.queries.customer import may_act
from yinuo.contexts.production.operations.progress import Report, put_in_quarantine
from yinuo.contexts.terms.operations import side_terms
from yinuo.contexts.terms.queries.contracts import HeldSlot, list_held_slots
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows.law import decide_and_keep

# The public reason of the queue.
REASON = "CUSTOMER_WAITS"
# Why a report of the plant waits for staff.
PROBLEM = "SLOT_NOT_ASKED"


class NotYourOrder(Refusal):
    """Only the buyer asks for the slot."""

    code = "not_your_order"
    zh = "这不是您的订单，不能替人申请排产。"
    en = "This is not your order; only its buyer asks for a slot."


class NothingToAsk(Refusal):
    """No agreement makes the buyer ask; the order is scheduled in its turn."""

    code = "nothing_to_ask"
    zh = "这个订单按排队顺序排产，不用申请。"
    en = "This order is scheduled in its turn; there is nothing to ask for."


@dataclass(frozen=True)
class Agreed:
    """A side term that was agreed: its row and its public id."""

    term_id: int
    public_id: str


def agree_side_term(
    *, order_id: int, term: NewSideTerm, person_id: int, now: dt.datetime
) -> Agreed:
    """Agree on something beside the contract; the queue sees a scheduling hold at once.

    Raises
    ------
    NoContract, TermNotComplete, PriceBelowDeposit, PriceAboveMarked
    """
    with transaction.atomic():
        agreed = side_terms.agree_term(order_id=order_id, term=term, person_id=person_id, now=now)
        if term.kind == "SCHEDULE_HOLD":
            hold_orders(order_ids=[order_id], code=REASON, cause_ref=agreed.public_id, now=now)
    return Agreed(agreed.id, agreed.public_id)


def ask_for_slot(*, person_id: int, order_id: int, now: dt.datetime) -> None:
    """The buyer asks to be scheduled: the hold ends and the order moves on from its old place.

    Raises
    ------
    NotYourOrder, NothingToAsk
    """
    if not may_act(person_id, order_id):
        raise NotYourOrder
    with transaction.atomic():
        ended = side_terms.end_hold(order_id=order_id, now=now)
        if not ended:
            raise NothingToAsk
        for term in ended:
            release_orders(cause_ref=term, now=now)


def run(*, now: dt.datetime) -> int:
    """By the clock: terms whose last day is over end, and the queue sees every one that holds.

    Returns how many orders that changed. Safe to repeat.
    """
    changed = 0
    with transaction.atomic():
        for _, term in side_terms.lapse(today=local_date(now), now=now):
            changed += len(release_orders(cause_ref=term, now=now))
        for held in list_held_slots():
            changed += len(
                hold_orders(order_ids=[held.order_id], code=REASON, cause_ref=held.term, now=now)
            )
    return changed


def withhold(
    reports: Sequence[Report], standings: Mapping[int, Standing], *, now: dt.datetime
) -> list[Report]:
    """Those of these reports that may be applied; the others wait for staff with their reason.

    A report that schedules, begins or finishes the car of an order whose buyer has yet to ask is
    put to the law of the day. Called in the transaction that applies them.
    """
    waiting = {one.order_id for one in reports if standings[one.order_id].state == "LOCKED"}
    held = {one.order_id: one for one in list_held_slots(waiting)} if waiting else {}
    stopped = {order_id for order_id, slot in held.items() if not _may_schedule(slot, now)}
    put_in_quarantine([one.id for one in reports if one.order_id in stopped], problem=PROBLEM)
    return [one for one in reports if one.order_id not in stopped]


def _may_schedule(slot: HeldSlot, now: dt.datetime) -> bool:
    """Whether the law lets this order be scheduled today; what it says is kept."""
    today = local_date(now)
    decision, _ = decide_and_keep(
        at="schedule",
        facts={
            "schedule": {
                "planned": True,
                "buyer_asks_term": True,
                "buyer_asked": False,
                "term_until_date": slot.until_date.isoformat(),
            },
            "clause": {
                "standard": True,
                "two_readings": False,
                "conflicts_with_side_term": slot.beats,
            },
            "ask": {"today_date": today.isoformat()},
        },
        order_id=slot.order_id,
        on=today,
        now=now,
    )
    return decision.clearance == "go"
