"""What became of the parts of a refund, its interest, and whether it is late."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.payments.models import MoneyTask, Refund, RefundPart, Settled
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import finish_tasks, open_task
from yinuo.contexts.payments.operations.telling import tell_refund, tell_refunded
from yinuo.contexts.payments.queries.rates import load_rates
from yinuo.contexts.payments.rules import books
from yinuo.contexts.payments.rules.interest import interest_fen
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date

State = RefundPart.State


class UnknownPart(Exception):
    """There is no part of a refund with this number."""


class NotByHand(Refusal):
    """This part goes over its provider, or is paid already."""

    code = "not_by_hand"
    zh = "这一笔不是手工转账，或者已经付了。"
    en = "This is not a transfer by hand, or it is paid already."


class ReferenceUsed(Refusal):
    """The bank reference stands for another payment."""

    code = "reference_used"
    zh = "这个流水号已经用在另一笔上了。请再看一眼。"
    en = "This reference belongs to another payment. Please look again."


def part_paid(*, number: str, ref: str, now: dt.datetime) -> bool:
    """A part arrived; False when that was known. The last one ends the refund.

    Raises
    ------
    UnknownPart
    """
    with transaction.atomic():
        part, refund = _locked(number)
        if part.state == State.PAID:
            return False
        part.state, part.provider_ref, part.paid_at = State.PAID, ref, now
        part.save(update_fields=["state", "provider_ref", "paid_at"])
        post(
            f"back:{part.number}",
            "refund.paid",
            books.sent_back(part.provider, part.amount_fen),
            order_id=refund.order_id,
            bill_id=part.bill_id,
            now=now,
        )
        finish_tasks(f"by-hand:{part.number}", ref, now)
        finish_tasks(f"failed:{part.number}", ref, now)
        _end(refund, now)
    return True


def _locked(number: str) -> tuple[RefundPart, Refund]:
    """The part and its refund; the refund first, as everywhere."""
    found = RefundPart.objects.filter(number=number).first()
    if found is None:
        raise UnknownPart(number)
    refund = Refund.objects.select_for_update(of=("self",)).get(id=found.refund_id)
    return RefundPart.objects.select_for_update().get(id=found.id), refund


def _end(refund: Refund, now: dt.datetime) -> None:
    """End a refund whose parts are all paid; interest up to today comes first."""
    _accrue(refund, now)
    parts = list(RefundPart.objects.filter(refund=refund).order_by("id"))
    if any(part.state != State.PAID for part in parts):
        return
    refund.state, refund.paid_at = Refund.State.PAID, now
    refund.bank_reference = " ".join(part.provider_ref or "" for part in parts)
    refund.save(update_fields=["state", "paid_at", "bank_reference"])
    Settled.objects.bulk_create(
        [
            Settled(
                key=f"refunded:{refund.public_id}",
                kind=Settled.Kind.REFUND_PAID,
                refund=refund,
                settled_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    tell_refunded(refund, now)


def part_failed(*, number: str, why: str, now: dt.datetime) -> bool:
    """A provider does not pay it back; a person sends it another way. False when settled before.

    Raises
    ------
    UnknownPart
    """
    with transaction.atomic():
        part, refund = _locked(number)
        if part.state in (State.PAID, State.FAILED):
            return False
        part.state, part.why = State.FAILED, why
        part.save(update_fields=["state", "why"])
        open_task(
            key=f"failed:{part.number}",
            kind=MoneyTask.Kind.REFUND_FAILED,
            about=f"{part.number} {why}",
            amount_fen=part.amount_fen,
            refund_id=refund.id,
            now=now,
        )
    return True


def transfer_done(*, number: str, reference: str, staff_id: int, now: dt.datetime) -> bool:
    """A person sent a part by bank transfer; False when that was known.

    A part that its provider refused is sent this way too, from our bank.

    Raises
    ------
    NotStaff, NotByHand, ReferenceUsed
    """
    require_staff(staff_id)
    reference = reference.strip()
    with transaction.atomic():
        part, _ = _locked(number)
        if part.state == State.PAID and part.provider_ref == reference:
            return False
        by_hand = part.provider == "BANK" or part.state == State.FAILED
        if not by_hand or part.state == State.PAID or not reference:
            raise NotByHand
        if RefundPart.objects.filter(provider="BANK", provider_ref=reference).exists():
            raise ReferenceUsed
        if part.provider != "BANK":
            part.provider = "BANK"
            part.save(update_fields=["provider"])
        return part_paid(number=number, ref=reference, now=now)


def add_interest(*, refund_id: int, now: dt.datetime) -> None:
    """Bring the interest of an open refund up to today."""
    with transaction.atomic():
        refund = Refund.objects.select_for_update(of=("self",)).get(id=refund_id)
        if refund.state != Refund.State.PAID:
            _accrue(refund, now)


def _accrue(refund: Refund, now: dt.datetime) -> None:
    """Interest on each part of what was paid in, until the day on which it went back."""
    parts = list(RefundPart.objects.filter(refund=refund))
    extra = next((part for part in parts if part.bill_id is None and part.charge_id is None), None)
    principal = [part for part in parts if part is not extra]
    if not principal or (extra is not None and extra.state == State.PAID):
        return
    start = refund.interest_from_date or local_date(refund.due_at)
    today = local_date(now)
    spans = [
        (part.amount_fen, start, local_date(part.paid_at) if part.paid_at else today)
        for part in principal
    ]
    owed = interest_fen(spans, load_rates())
    if owed > refund.interest_fen:
        post(
            f"interest:{refund.public_id}:{today.isoformat()}",
            "refund.interest",
            books.interest(owed - refund.interest_fen),
            order_id=refund.order_id,
            now=now,
        )
        refund.interest_fen = owed
        refund.save(update_fields=["interest_fen"])
    _extra_part(refund, extra, principal)


def _extra_part(refund: Refund, extra: RefundPart | None, principal: list[RefundPart]) -> None:
    """What was never paid in, interest and the other half of a doubled deposit, as one part."""
    amount_fen = refund.interest_fen + refund.penalty_fen
    if not amount_fen:
        return
    if extra is None:
        played = all(part.provider == "SANDBOX" for part in principal)
        RefundPart.objects.create(
            number=f"X{new_code(20)}",
            refund=refund,
            provider="SANDBOX" if played else "BANK",
            amount_fen=amount_fen,
        )
    elif extra.amount_fen != amount_fen:
        extra.amount_fen = amount_fen
        extra.save(update_fields=["amount_fen"])


def tell_late(now: dt.datetime) -> int:
    """Say to each customer whose refund is past its day that it is late; once. Returns how many."""
    told = 0
    late = Refund.objects.filter(due_at__lt=now, late_told_at=None).exclude(state="PAID")
    for refund_id in list(late.values_list("id", flat=True)):
        with transaction.atomic():
            refund = Refund.objects.select_for_update(of=("self",)).get(id=refund_id)
            if refund.late_told_at is None and refund.state != Refund.State.PAID:
                refund.late_told_at = now
                refund.save(update_fields=["late_told_at"])
                tell_refund(refund, "refund.late", now)
                told += 1
    return told
