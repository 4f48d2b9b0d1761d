"""What a provider says of a charge becomes true here, once, whoever says it first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from yinuo.contexts.payments.models import Bill, Charge, MoneyTask, Settled
from yinuo.contexts.payments.operations import surplus
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.contexts.payments.operations.telling import tell_paid
from yinuo.contexts.payments.rules import books
from yinuo.contexts.payments.rules.steps import may_follow
from yinuo.platform import outbox

Kind = MoneyTask.Kind


class UnknownCharge(Exception):
    """There is no charge of this provider with this number."""


def charge_paid(*, provider: str, number: str, ref: str, amount_fen: int, now: dt.datetime) -> str:
    """The provider has the money of this charge. Returns what came of it; safe to repeat.

    PAID: the bill is paid. SAME: known before. WRONG_AMOUNT, PAID_TWICE, PAID_AFTER_END: the money
    belongs to no open bill and is owed back at once. OF_ANOTHER: this very payment was booked for
    another charge before; nothing is booked, and a person looks.

    Raises
    ------
    UnknownCharge
    """
    with transaction.atomic():
        charge = _locked(provider, number)
        bill = charge.bill
        if charge.provider_ref == ref:
            return "SAME"
        if Charge.objects.filter(provider=provider, provider_ref=ref).exists():
            return _of_another(charge, ref, amount_fen, now)
        if charge.provider_ref is not None:
            return surplus.take(charge, bill, Kind.PAID_TWICE, ref, amount_fen, now)
        if amount_fen != charge.amount_fen:
            return surplus.take(charge, bill, Kind.WRONG_AMOUNT, ref, amount_fen, now)
        if bill.state == Bill.State.PAID:
            return surplus.take(charge, bill, Kind.PAID_TWICE, ref, amount_fen, now)
        if bill.state != Bill.State.OPEN:
            return surplus.take(charge, bill, Kind.PAID_AFTER_END, ref, amount_fen, now)
        return _pay(charge, bill, ref, now)


def _locked(provider: str, number: str) -> Charge:
    rows = Charge.objects.select_for_update(of=("self", "bill")).select_related("bill")
    charge = rows.filter(provider=provider, number=number).order_by().first()
    if charge is None:
        raise UnknownCharge(number)
    return charge


def _of_another(charge: Charge, ref: str, amount_fen: int, now: dt.datetime) -> str:
    open_task(
        key=f"of-another:{charge.number}:{ref}",
        kind=Kind.UNMATCHED,
        about=f"{charge.number} {ref}",
        amount_fen=amount_fen,
        bill_id=charge.bill_id,
        now=now,
    )
    return "OF_ANOTHER"


def _pay(charge: Charge, bill: Bill, ref: str, now: dt.datetime) -> str:
    assert may_follow(charge.state, "PAID"), charge.state
    charge.state, charge.provider_ref, charge.settled_at = Charge.State.PAID, ref, now
    charge.save(update_fields=["state", "provider_ref", "settled_at"])
    bill.state, bill.paid_fen, bill.paid_at = Bill.State.PAID, bill.amount_fen, now
    bill.save(update_fields=["state", "paid_fen", "paid_at"])
    post(
        f"paid:{bill.public_id}",
        "bill.paid",
        books.paid(bill.kind, charge.provider, bill.amount_fen),
        order_id=bill.order_id,
        bill_id=bill.id,
        now=now,
    )
    settled(f"{bill.kind}_PAID", f"paid:{bill.public_id}", bill, charge, now)
    tell_paid(bill, now)
    return "PAID"


def settled(kind: str, key: str, bill: Bill, charge: Charge | None, now: dt.datetime) -> None:
    """Write down that something came to its end, once for each `key`."""
    Settled.objects.bulk_create(
        [Settled(key=key, kind=kind, bill=bill, charge=charge, settled_at=now)],
        ignore_conflicts=True,
    )
    outbox.nudge("payments.follow", alone=True)


def mark_applied(*, settled_ids: Sequence[int], now: dt.datetime) -> int:
    """Everything that follows from these is done; returns for how many it was not before."""
    with transaction.atomic():
        rows = Settled.objects.filter(id__in=settled_ids, applied_at=None)
        return rows.update(applied_at=now)


def charge_failed(*, provider: str, number: str, now: dt.datetime) -> bool:
    """The provider will not have the money of this charge; False when it was settled before.

    Raises
    ------
    UnknownCharge
    """
    with transaction.atomic():
        charge = _locked(provider, number)
        if charge.state != Charge.State.STARTED:
            return False
        charge.state, charge.settled_at = Charge.State.FAILED, now
        charge.save(update_fields=["state", "settled_at"])
        settled("CHARGE_FAILED", f"failed:{charge.number}", charge.bill, charge, now)
    return True


def played(*, number: str, amount_fen: int, paid: bool, now: dt.datetime) -> str:
    """What the sandbox's page said of the amount it showed; no money moved.

    Raises
    ------
    UnknownCharge
        There is no such charge of the sandbox.
    """
    if not paid:
        charge_failed(provider="SANDBOX", number=number, now=now)
        return "FAILED"
    return charge_paid(
        provider="SANDBOX", number=number, ref=f"SBX{number}", amount_fen=amount_fen, now=now
    )
