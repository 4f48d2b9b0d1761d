"""Writing money into the order's record, from which notices, history and pages are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.ledger.rules import Value
from yinuo.contexts.payments.models import Bill, Keep, Refund
from yinuo.contexts.people.queries.staff import StaffCard, answerer_for, list_staff
from yinuo.platform.spoken import write_instant

# Who is in charge answers a question about money by then.
ANSWER_WITHIN = dt.timedelta(days=1)


def tell(
    kind: str,
    key: str,
    about: Bill | Refund | Keep,
    *,
    code: str,
    amount_fen: int,
    now: dt.datetime,
    answered: bool = True,
    staff: Sequence[StaffCard] | None = None,
    **private: Value,
) -> None:
    """Record one fact about money of an order; nothing while there is only a ticket.

    Money of a ticket is told once its order exists.
    """
    order = about.order
    if order is None:
        return
    facts: dict[str, Value] = {"order": order.code, "amount": amount_fen, "unit": "FEN", **private}
    if answered:
        cards = list_staff() if staff is None else list(staff)
        centre = order.handover_place or order.line.centre
        who = _who(cards, centre.code, order.owner_id, now)
        facts |= who
        # Without anybody who answers it is on record, and nobody can be told of it.
        code = code if who["answerer"] else HISTORY
    record(
        Fact(
            kind=kind,
            change_key=key,
            public={"code": code},
            private=facts,
            subject_id=order.id,
            subject_code=order.code,
        ),
        now=now,
    )


def _who(
    staff: list[StaffCard], centre_code: str, owner_id: int | None, now: dt.datetime
) -> Mapping[str, Value]:
    card = answerer_for(staff, centre_code, owner_id)
    return {
        "answerer": card.public_id if card else "",
        "answer_by_at": write_instant(now + ANSWER_WITHIN),
        "known_at": write_instant(now),
    }


def tell_paid(bill: Bill, now: dt.datetime, staff: Sequence[StaffCard] | None = None) -> None:
    """A bill was paid. `staff` is everybody active, for whoever tells of many bills."""
    tell(
        "money.received",
        f"paid:{bill.public_id}",
        bill,
        code=bill.kind,
        amount_fen=bill.paid_fen,
        staff=staff,
        now=now,
        bill=bill.public_id,
        at=write_instant(bill.paid_at or now),
    )


def tell_due(bill: Bill, now: dt.datetime) -> None:
    """A balance can be paid: the customer has signed."""
    tell(
        "money.due",
        f"due:{bill.public_id}",
        bill,
        code=bill.kind,
        amount_fen=bill.amount_fen,
        now=now,
        bill=bill.public_id,
    )


def tell_refund(refund: Refund, kind: str, now: dt.datetime) -> None:
    """A refund was ordered, or is late."""
    tell(
        kind,
        f"{kind}:{refund.public_id}",
        refund,
        code=refund.reason,
        amount_fen=refund.amount_fen + refund.penalty_fen,
        now=now,
        refund_ref=refund.public_id,
        due_at=write_instant(refund.due_at),
    )


def tell_refunded(refund: Refund, now: dt.datetime) -> None:
    """A refund was paid, interest and all."""
    tell(
        "refund.paid",
        f"refund.paid:{refund.public_id}",
        refund,
        code=refund.reason,
        amount_fen=refund.amount_fen + refund.penalty_fen + refund.interest_fen,
        now=now,
        interest=refund.interest_fen,
        refund_ref=refund.public_id,
        reference=refund.bank_reference,
        at=write_instant(refund.paid_at or now),
    )


def tell_kept(keep: Keep, now: dt.datetime) -> None:
    """Part of a deposit is kept."""
    assert keep.approver is not None
    tell(
        "money.kept",
        f"money.kept:{keep.id}",
        keep,
        code="KEPT",
        amount_fen=keep.amount_fen,
        now=now,
        keep=keep.id,
        clause=keep.clause,
        reason=keep.reason,
        approver=keep.approver.public_id,
        decision=keep.decision.public_id,
    )


def tell_disputed(keep: Keep, now: dt.datetime) -> None:
    """The customer does not agree."""
    tell(
        "keep.disputed",
        f"keep.disputed:{keep.id}",
        keep,
        code="DISPUTED",
        amount_fen=keep.amount_fen,
        now=now,
        answered=False,
        keep=keep.id,
        at=write_instant(now),
    )


def tell_decided(keep: Keep, decider: str, now: dt.datetime) -> None:
    """Somebody else looked again."""
    tell(
        "keep.decided",
        f"keep.decided:{keep.id}",
        keep,
        code="GIVEN_BACK" if keep.state == Keep.State.GIVEN_BACK else "UPHELD",
        amount_fen=keep.amount_fen,
        now=now,
        keep=keep.id,
        decider=decider,
        at=write_instant(now),
    )
