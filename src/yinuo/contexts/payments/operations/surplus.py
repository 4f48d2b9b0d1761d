"""Money that came and belongs to no open bill: into suspense, owed back at once, with a task."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.payments.models import Bill, Charge, Posting, Refund, RefundPart
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.contexts.payments.operations.telling import tell_refund
from yinuo.contexts.payments.rules import books
from yinuo.platform.ids import new_code, new_id


def take(charge: Charge, bill: Bill, kind: str, ref: str, amount_fen: int, now: dt.datetime) -> str:
    """In the caller's transaction, with both rows locked. Returns `kind`, or SAME if known."""
    key = f"surplus:{charge.provider}:{ref}"
    if Posting.objects.filter(key=key).exists():
        return "SAME"
    post(
        key,
        "money.unexplained",
        books.unexplained(charge.provider, amount_fen),
        order_id=bill.order_id,
        bill_id=bill.id,
        now=now,
    )
    if charge.provider_ref is None:
        # The number is used up: nothing more is expected from it.
        charge.state, charge.provider_ref, charge.settled_at = Charge.State.CLOSED, ref, now
        charge.save(update_fields=["state", "provider_ref", "settled_at"])
        part_charge: Charge | None = charge
    else:
        part_charge = None
    refund = _owe_back(charge, part_charge, bill, kind, amount_fen, key, now)
    open_task(
        key=key,
        kind=kind,
        about=f"{charge.number} {ref}",
        amount_fen=amount_fen,
        bill_id=bill.id,
        refund_id=refund.id,
        now=now,
    )
    return kind


def _owe_back(
    charge: Charge,
    part_charge: Charge | None,
    bill: Bill,
    kind: str,
    amount_fen: int,
    key: str,
    now: dt.datetime,
) -> Refund:
    refund = Refund.objects.create(
        public_id=new_id("rfd"),
        request_key=key,
        order_id=bill.order_id,
        ticket_id=bill.ticket_id,
        amount_fen=amount_fen,
        reason=f"surplus.{kind.lower()}",
        ordered_at=now,
        due_at=now + dt.timedelta(days=1),
    )
    RefundPart.objects.create(
        number=f"R{new_code(20)}",
        refund=refund,
        charge=part_charge,
        # A second payment under one number cannot go back under it: a person sends it.
        provider=charge.provider if part_charge else "BANK",
        amount_fen=amount_fen,
    )
    post(
        f"refund:{refund.public_id}",
        "refund.ordered",
        {"SUSPENSE": amount_fen, "REFUNDS_PAYABLE": -amount_fen},
        order_id=bill.order_id,
        bill_id=bill.id,
        now=now,
    )
    tell_refund(refund, "refund.ordered", now)
    return refund
