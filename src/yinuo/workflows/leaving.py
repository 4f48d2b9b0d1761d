"""What somebody who leaves an order would get, by whom it is decided, and by which rules.

Read by the page before it asks, and by the cancellation that follows: what was shown is what is
done, unless the order moved in between.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from yinuo.contexts.handover.queries import rights as handover_rights
from yinuo.contexts.handover.queries.rights import CarGround
from yinuo.contexts.orders.operations.cancelling import Terms, back_until
from yinuo.contexts.orders.operations.progress import NotNow
from yinuo.contexts.orders.queries.rights import Leaving, get_leaving
from yinuo.contexts.orders.rules import remedies
from yinuo.contexts.orders.rules.remedies import Case, Remedy
from yinuo.contexts.payments.queries.leaving import Paid, get_paid
from yinuo.contexts.payments.queries.rates import sum_rates_bp
from yinuo.contexts.people.queries.staff import StaffCard, answerer_for, list_staff
from yinuo.contexts.promises.queries.rights import PromiseGround
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.contexts.terms.queries.rulings import has_open_remedy
from yinuo.contexts.terms.rules import promised_failing
from yinuo.engines.rules import Decision, decide
from yinuo.engines.rules.decision import Finding
from yinuo.platform.spoken import at_local, local_date
from yinuo.rulepacks import load_pack
from yinuo.workflows.delivery_by import get_ground
from yinuo.workflows.inspecting import car_of

MOMENT = "cancel"
DECIDE_HOUR = 18
ALL_OF_IT_BP = 10_000


@dataclass(frozen=True)
class Offer:
    """What comes back, by when, and who says so. Amounts in fen; `facts` are what was judged."""

    order_id: int
    code: str
    state: str
    remedy: Remedy
    paid: Paid
    interest_fen: int
    penalty_fen: int
    refund_by_date: dt.date
    back_until_at: dt.datetime | None
    decide_by_at: dt.datetime | None
    decider: StaffCard | None
    facts: dict[str, Any]
    decision: Decision

    @property
    def refund_fen(self) -> int:
        """All that comes back where nothing is kept."""
        return self.paid.fen + self.interest_fen + self.penalty_fen

    @property
    def terms(self) -> Terms:
        """The same as the order keeps it."""
        return Terms(
            self.remedy.ground,
            self.paid.fen,
            self.interest_fen,
            self.penalty_fen,
            self.refund_by_date,
            self.decide_by_at,
            self.decider.id if self.decider and self.decide_by_at else None,
        )

    def findings(self) -> list[Finding]:
        """What the rules say on which the ground rests, as far as they are in force."""
        return [one for one in self.decision.findings if one.rule_id in self.remedy.rules]


def look(*, order_id: int, now: dt.datetime) -> Offer:
    """What leaving now would bring, from what is on record of promise, car and contract.

    Raises
    ------
    NotNow
        The order has ended.
    """
    leaving, today = get_leaving(order_id), local_date(now)
    promise, paid = get_ground(order_id, today), get_paid(order_id)
    found = find_faults(order_id)
    case = Case(
        leaving.state,
        leaving.locked_at,
        leaving.undo_until_at,
        broken=promise.broken_date is not None,
        refused=found.car.refused,
        unsafe=found.car.unsafe,
        defect=found.unkept,
        void=found.void,
        moved=promise.moved,
    )
    remedy = remedies.find_remedy(case, now)
    if remedy is None:
        raise NotNow(state=leaving.state, verb="cancel")
    facts = facts_of(leaving, remedy, promise, found, paid, today)
    pack = load_pack()
    decision = decide(pack, pack.read_facts(facts), today, at=MOMENT)
    penalty = _value(decision, "deposit.double", "penalty_fen") if remedy.double else 0
    # Who gets the deposit twice has chosen it instead of interest (Civil Code art. 588).
    interest = _value(decision, "prepay.refund", "interest_fen") if remedy.interest else 0
    decided = remedy.decided and paid.deposit_fen > 0
    return Offer(
        order_id,
        leaving.code,
        leaving.state,
        remedy,
        paid,
        0 if penalty else interest,
        penalty,
        today + dt.timedelta(days=remedies.REFUND_DAYS + (remedies.DECIDE_DAYS if decided else 0)),
        back_until(leaving.state, now),
        at_local(today + dt.timedelta(days=remedies.DECIDE_DAYS), DECIDE_HOUR) if decided else None,
        answerer_for(list_staff(), leaving.centre_code, leaving.owner_id),
        facts,
        decision,
    )


def _value(decision: Decision, rule_id: str, name: str) -> int:
    finding = decision.find(rule_id)
    value = finding.values.get(name) if finding.answer == "holds" else None
    return value if isinstance(value, int) else 0


@dataclass(frozen=True)
class Faults:
    """What is wrong with a car or its contract, as far as it is on record.

    `unkept` says that a feature which the contract promises was found not to work, `void` that the
    contract holds a clause which was held void and is not put right.
    """

    car: CarGround
    unkept: bool
    void: bool

    @property
    def delivered_badly(self) -> bool:
        """Whether the car is not what was agreed."""
        return self.car.faulty or self.car.unsafe or self.unkept


def find_faults(order_id: int) -> Faults:
    """What is on record against the car that an order has now, and against its contract."""
    car = handover_rights.get_ground(order_id, car_of(order_id).vin)
    contract = get_current(order_id)
    unkept = contract is not None and promised_failing(contract.facts, car.failing)
    return Faults(car, bool(unkept), has_open_remedy(order_id))


def facts_of(
    leaving: Leaving,
    remedy: Remedy,
    promise: PromiseGround,
    found: Faults,
    paid: Paid,
    today: dt.date,
) -> dict[str, Any]:
    """What the rules are told of somebody who leaves by the own wish; nothing is kept here.

    Who refuses a car without a fault gets all of the money back, and no interest: nothing was
    broken. A fault on which life depends defeats what the car was bought for.
    """
    contract = get_current(leaving.order_id)
    overdue = (today - promise.broken_date).days if promise.broken_date else 0
    breach = promise.broken_date is not None or found.delivered_badly
    facts: dict[str, Any] = {
        "ask.today_date": today.isoformat(),
        "order.page_definite": True,
        "order.submitted": True,
        "order.seller_cancels": False,
        "order.seller_mistake": False,
        "car.quality_defect": found.delivered_badly,
        "car.purpose_defeated": found.car.unsafe,
        "delivery.done": False,
        "deposit.as_earnest": paid.deposit_fen > 0,
        "deposit.amount_fen": paid.deposit_fen,
        "deposit.seller_keeps": False,
        "deposit.receiver_breach": remedy.double and breach,
        "deposit.payer_breach": False,
        "deposit.payer_defeats_purpose": False,
        "deposit.purpose_defeated": found.car.unsafe or overdue >= remedies.REASONABLE_DAYS,
        "deposit.unperformed_bp": ALL_OF_IT_BP,
        "deposit.force_majeure": False,
        "deposit.penalty_agreed": False,
        # Leaving by the own wish refuses nobody a price.
        "price.promise_refused": False,
        "price.bad_terms_hidden": False,
        "price.rules_differ": False,
        "price.coupon_refused": False,
        "prepay.taken": paid.fen > 0,
        "prepay.not_as_agreed": remedy.interest and breach,
        "prepay.refund_chosen": True,
        "prepay.refund_due_date": today.isoformat(),
        "prepay.amount_fen": paid.fen,
        "prepay.costs_fen": 0,
        "prepay.refunded": False,
    }
    if price := contract.price_fen if contract else paid.price_fen:
        facts["order.price_fen"] = price
    if paid.first_date is not None:
        facts["prepay.summed_rate_bp"] = sum_rates_bp(paid.first_date, today)
    if promise.broken_date is not None:
        facts["delivery.due_date"] = promise.broken_date.isoformat()
        facts["delivery.reminder_date"] = promise.broken_date.isoformat()
        facts["delivery.reasonable_days"] = remedies.REASONABLE_DAYS
    return facts
