"""From the decision to the keys: decide, sign, and only then pay.

Nothing here asks for money before a signature, and no order ends for not being paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.handover.operations import deciding
from yinuo.contexts.handover.operations.deciding import Decided, Signed
from yinuo.contexts.handover.operations.inspecting import NotOpen
from yinuo.contexts.handover.operations.locking import lock_order
from yinuo.contexts.handover.queries.work import InspectionFacts, get_facts, list_signed
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.operations.progress import Frozen, NotNow, get_standing, move
from yinuo.contexts.orders.queries.handover import HandoverOrder, get_for_handover
from yinuo.contexts.orders.rules import life
from yinuo.contexts.payments.operations.bills import OpenedBill, open_bill
from yinuo.contexts.payments.operations.refunds import order_refund
from yinuo.contexts.payments.queries.customer import get_refundable
from yinuo.contexts.payments.queries.leaving import list_asked, list_paid_balances
from yinuo.contexts.people.queries.staff import answerer_for, list_staff, require_staff
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.terms.operations.delivered import record_enabled
from yinuo.contexts.terms.queries.clauses import whole_of
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.engines.rules import Decision
from yinuo.platform.spoken import local_date, write_instant
from yinuo.workflows import handover_facts
from yinuo.workflows.law import Refused, all_or_nothing, decide_and_keep

# What staff confirm when they give the keys.
CONFIRMED = (
    "documents_given",
    "invoice_given",
    "tools_given",
    "guarantee_explained",
    "safety_pointed_out",
)


class LawSaysNo(Refused):
    """A rule forbids this step, or a fact that it needs is missing."""

    code = "law_says_no"
    zh = "按规定现在还不能办：{reason}"
    en = "The rules do not allow this yet: {reason_en}"


@dataclass(frozen=True)
class Payable:
    """What is due after the signature: a bill, or why there is none yet.

    `why` is empty, "no_contract" (nothing says what is owed), "law" or "amount" (blocked).
    """

    bill: OpenedBill | None
    why: str = ""
    decision_id: int | None = None


def decide(
    *,
    order_id: int,
    version: int,
    taken: str,
    words: str,
    person_id: int,
    now: dt.datetime,
) -> Decided:
    """Take the car, take it with a repair, or refuse it; the law's answer is kept with it.

    A refusal is always possible, costs nothing and asks for nothing.

    Raises
    ------
    NotOpen, Outdated, Unchecked, Held, NothingToFix, LawSaysNo, NotNow, Frozen
    """
    with all_or_nothing(now):
        lock_order(order_id)
        facts = _facts(order_id)
        order = get_for_handover(order_id)
        deciding.check_decision(inspection_id=facts.id, version=version, taken=taken)
        decision, decision_id = decide_and_keep(
            at="handover",
            facts=handover_facts.of_decision(order_id, facts),
            order_id=order_id,
            on=local_date(now),
            now=now,
        )
        if taken != checking.REFUSE and decision.clearance == "stop":
            raise _no(decision).by(decision, "handover", order_id)
        decided = deciding.decide(
            inspection_id=facts.id,
            version=version,
            taken=taken,
            words=words,
            person_id=person_id,
            answerer=_answerer(order),
            decision_id=decision_id,
            now=now,
        )
        _follow(order, taken, now)
    return decided


def _follow(order: HandoverOrder, taken: str, now: dt.datetime) -> None:
    """The order's state after a decision: inspected once it is taken, back when it is refused."""
    if taken == checking.REFUSE:
        if order.state == life.INSPECTED:
            move(order_id=order.id, verb="inspect_again", now=now)
    elif order.state == life.AT_CENTRE:
        move(order_id=order.id, verb="inspect", now=now)
    elif order.state != life.INSPECTED:
        raise NotNow(state=order.state, verb="inspect")


def _facts(order_id: int) -> InspectionFacts:
    facts = get_facts(order_id)
    if facts is None:
        raise NotOpen
    return facts


def _answerer(order: HandoverOrder) -> tuple[int, str] | None:
    card = answerer_for(list_staff(), order.centre_code, order.owner_id)
    return (card.id, card.public_id) if card else None


def _no(decision: Decision) -> LawSaysNo:
    """The first rule that stands in the way, in its own words."""
    first = next(one for one in decision.findings if one.action in ("stop", "ask", "person"))
    return LawSaysNo(reason=first.title.said("zh"), reason_en=first.title.said("en"))


def sign(
    *,
    order_id: int,
    version: int,
    document_sha256: str,
    name: str,
    drawing: str,
    person_id: int,
    now: dt.datetime,
) -> tuple[Signed, Payable]:
    """Sign what was read; then, and only then, the balance may be paid. Safe to repeat.

    Raises
    ------
    Outdated, NothingDecided, NoName, NotOpen, NotNow, Frozen
    """
    with transaction.atomic():
        lock_order(order_id)
        facts = _facts(order_id)
        signed = deciding.sign(
            inspection_id=facts.id,
            version=version,
            document_sha256=document_sha256,
            name=name,
            drawing=drawing,
            person_id=person_id,
            now=now,
        )
        if signed.first:
            move(order_id=order_id, verb="sign", now=now)
        payable = open_balance(order_id=order_id, signature_id=signed.signature_id, now=now)
    return signed, payable


def open_balance(*, order_id: int, signature_id: int, now: dt.datetime) -> Payable:
    """The bill of the balance, from the contract alone; nothing without it or against the law.

    What is asked for is the price less what was paid. Where that is not what the contract leaves,
    the bill is blocked and a person looks. Safe to repeat.
    """
    contract = get_current(order_id)
    if contract is None:
        return Payable(None, "no_contract")
    today = local_date(now)
    decision, decision_id = decide_and_keep(
        at="balance",
        facts={
            **whole_of(list(contract.clause_version_ids)),
            "balance.demanded": True,
            "inspection.offered": True,
            "schedule.planned": False,
            "terms.seller_changes_alone": False,
            "terms.against_public_promise": False,
            "price.charged_fen": contract.price_fen,
            # A price agreed on singly may be lower than the contract's own, never higher.
            "price.marked_fen": contract.marked_fen,
            "price.unmarked_fee": False,
            "price.condition_hidden": False,
            "ask.today_date": today.isoformat(),
        },
        order_id=order_id,
        on=today,
        now=now,
    )
    if decision.clearance != "go":
        return Payable(None, "law", decision_id)
    bill = open_bill(
        kind="BALANCE",
        amount_fen=contract.price_fen - get_refundable(order_id),
        contract_amount_fen=contract.price_fen - contract.deposit_fen,
        order_id=order_id,
        signature_id=signature_id,
        price_fen=contract.price_fen,
        request_key=f"balance:{signature_id}",
        now=now,
    )
    return Payable(bill, "amount" if bill.state == "BLOCKED" else "", decision_id)


def ask_again(*, now: dt.datetime) -> int:
    """Open the balance of those who signed and could not be asked then; returns how many could.

    Nobody is asked while something about the order stands open. Safe to repeat.
    """
    signed = list_signed()
    asked = list_asked([signature_id for _, signature_id in signed])
    opened = 0
    for order_id, signature_id in signed:
        if signature_id in asked:
            continue
        with transaction.atomic():
            lock_order(order_id)
            state = get_for_handover(order_id).state
            if state == life.SIGNED and not life.stopped_by("pay", get_standing(order_id)):
                payable = open_balance(order_id=order_id, signature_id=signature_id, now=now)
                opened += payable.bill is not None
    return opened


def balance_paid(*, order_id: int, now: dt.datetime) -> bool:
    """The balance was paid in full; False where that was known, or no car is signed for any more.

    What came for an order that was left meanwhile, or whose car is looked at again, goes back.
    Safe to repeat.

    Raises
    ------
    Frozen
    """
    with transaction.atomic():
        lock_order(order_id)
        state = get_for_handover(order_id).state
        if state in (life.PAID, life.DELIVERED):
            return False
        if state == life.SIGNED:
            move(order_id=order_id, verb="pay", now=now)
            return True
        if stopped := life.stopped_by("pay", get_standing(order_id)):
            raise Frozen(state=state, verb="pay", condition=stopped)
        for public_id, fen in list_paid_balances(order_id):
            order_refund(
                order_id=order_id,
                amount_fen=fen,
                reason="surplus.paid_after_end",
                request_key=f"surplus:{public_id}",
                now=now,
            )
    return False


def give_keys(*, order_id: int, staff_id: int, confirmed: Collection[str], now: dt.datetime) -> int:
    """The keys are given and the order is over; the row of the law's decision.

    `confirmed` are what staff say was given and explained, of `CONFIRMED`.

    Raises
    ------
    LawSaysNo
        Something that belongs to a hand-over is missing.
    NotNow, Frozen, NotOpen, NotStaff
    """
    require_staff(staff_id)
    said = {name: name in confirmed for name in CONFIRMED}
    with all_or_nothing(now):
        lock_order(order_id)
        facts = _facts(order_id)
        decision, decision_id = decide_and_keep(
            at="handover",
            facts=handover_facts.of_keys(order_id, facts, said, local_date(now)),
            order_id=order_id,
            on=local_date(now),
            now=now,
        )
        if decision.clearance in ("stop", "cannot_tell"):
            raise _no(decision).by(decision, "handover", order_id)
        moved = move(order_id=order_id, verb="hand_over", now=now)
        deciding.close(inspection_id=facts.id, staff_id=staff_id, decision_id=decision_id, now=now)
        record(
            Fact(
                kind="car.handed_over",
                change_key=f"car.handed_over:keys:{order_id}",
                private={"order": moved.code, "at": write_instant(now)},
                subject_id=order_id,
                subject_code=moved.code,
            ),
            now=now,
        )
        end_promises(order_ids=[order_id], now=now)
        if get_current(order_id) is not None:
            working = checking.features_working(facts.plan, facts.verdicts, facts.stated)
            record_enabled(
                order_id=order_id,
                cause="HANDOVER",
                source=facts.public_id,
                features=working,
                limits={},
                now=now,
            )
    return decision_id
