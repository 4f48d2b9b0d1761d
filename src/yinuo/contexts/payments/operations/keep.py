"""Keeping money: only by a decision of law, only with a named person, never silently."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F

from yinuo.contexts.payments.models import Bill, Keep, MoneyTask
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import finish_tasks, open_task
from yinuo.contexts.payments.operations.telling import tell_decided, tell_disputed, tell_kept
from yinuo.contexts.payments.rules import books
from yinuo.contexts.people.queries.people import acts
from yinuo.contexts.people.queries.staff import NotStaff, get_staff, require_staff
from yinuo.platform.refusals import Refusal


class NothingToKeep(Refusal):
    """There is less of a deposit than should be kept."""

    code = "nothing_to_keep"
    zh = "没有这么多定金可以留。"
    en = "There is not that much of a deposit to keep."


class AlreadyDecided(Refusal):
    """Somebody else decided first."""

    code = "already_decided"
    zh = "同事已经决定了这一条。"
    en = "A colleague has decided this already."


class NotByLaw(Refusal):
    """The stored decision does not pass."""

    code = "not_by_law"
    zh = "规则判断没有通过，这笔定金不能留。"
    en = "By the rules this deposit may not be kept."


class TwoPeople(Refusal):
    """Who proposes does not approve."""

    code = "two_people"
    zh = "提出的人不能自己批准，请另一位同事来看。"
    en = "Who proposed this cannot approve it; a colleague must look."


def propose_keep(
    *,
    order_id: int,
    amount_fen: int,
    decision_id: int,
    proposer_staff_id: int,
    clause: str,
    reason: str,
    now: dt.datetime,
) -> int:
    """Put it before a named person; nothing is kept yet. Returns the row.

    Raises
    ------
    NotStaff, NothingToKeep
    """
    require_staff(proposer_staff_id)
    with transaction.atomic():
        bill = _bill(order_id, amount_fen)
        keep, _ = Keep.objects.get_or_create(
            bill=bill,
            state=Keep.State.PROPOSED,
            defaults={
                "order_id": order_id,
                "amount_fen": amount_fen,
                "decision_id": decision_id,
                "proposer_id": proposer_staff_id,
                "clause": clause,
                "reason": reason,
                "proposed_at": now,
            },
        )
    return keep.id


def approve_keep(*, keep_id: int, approver_staff_id: int, now: dt.datetime) -> None:
    """A named person lets it be kept.

    Raises
    ------
    NotStaff, TwoPeople, AlreadyDecided, NotByLaw, NothingToKeep
    """
    require_staff(approver_staff_id)
    with transaction.atomic():
        keep = Keep.objects.select_for_update().get(id=keep_id)
        if keep.state != Keep.State.PROPOSED:
            raise AlreadyDecided
        if keep.proposer_id == approver_staff_id:
            raise TwoPeople
        if keep.decision.clearance != "go":
            raise NotByLaw
        _take(keep, approver_staff_id, now)


def decline_keep(*, keep_id: int, staff_id: int, now: dt.datetime) -> None:
    """A named person does not let it be kept.

    Raises
    ------
    NotStaff, AlreadyDecided
    """
    require_staff(staff_id)
    with transaction.atomic():
        if not Keep.objects.filter(id=keep_id, state=Keep.State.PROPOSED).update(
            state=Keep.State.DECLINED, approver=staff_id, kept_at=now
        ):
            raise AlreadyDecided


def _bill(order_id: int, amount_fen: int) -> Bill:
    for bill in Bill.objects.select_for_update().filter(
        order=order_id, kind=Bill.Kind.DEPOSIT, state=Bill.State.PAID
    ):
        if 0 < amount_fen <= bill.paid_fen - bill.refunded_fen - bill.kept_fen:
            return bill
    raise NothingToKeep


def _take(keep: Keep, approver_staff_id: int, now: dt.datetime) -> None:
    bill = _bill(keep.order_id, keep.amount_fen)
    Bill.objects.filter(id=bill.id).update(kept_fen=F("kept_fen") + keep.amount_fen)
    keep.state, keep.approver_id, keep.kept_at = Keep.State.KEPT, approver_staff_id, now
    keep.save()
    post(
        f"keep:{keep.id}",
        "money.kept",
        books.kept("EARNED" if bill.earned_at else bill.kind, keep.amount_fen),
        order_id=keep.order_id,
        bill_id=bill.id,
        now=now,
    )
    tell_kept(keep, now)


class NotYours(Refusal):
    """Only the customer whose money it is can disagree."""

    code = "not_yours"
    zh = "只有付钱的人本人可以提出。"
    en = "Only who paid can say this."


def dispute_keep(*, keep_id: int, person_id: int, now: dt.datetime) -> bool:
    """The customer does not agree: what was kept is frozen; False when it is not kept now.

    Raises
    ------
    NotYours
    """
    with transaction.atomic():
        mine = Keep.objects.filter(acts(person_id, "order__person"), id=keep_id)
        keep = mine.select_for_update(of=("self",)).first()
        if keep is None:
            raise NotYours
        if keep.state != Keep.State.KEPT or keep.disputed_at is not None:
            return False
        keep.state, keep.disputed_at = Keep.State.DISPUTED, now
        keep.save(update_fields=["state", "disputed_at"])
        post(
            f"dispute:{keep.id}",
            "keep.disputed",
            books.disputed(keep.amount_fen),
            order_id=keep.order_id,
            bill_id=keep.bill_id,
            now=now,
        )
        open_task(
            key=f"dispute:{keep.id}",
            kind=MoneyTask.Kind.KEEP_DISPUTED,
            about=f"keep:{keep.id}",
            amount_fen=keep.amount_fen,
            bill_id=keep.bill_id,
            now=now,
        )
        tell_disputed(keep, now)
    return True


def decide_dispute(*, keep_id: int, staff_id: int, give_back: bool, now: dt.datetime) -> None:
    """A person other than who approved looks again: it stays kept, or is the customer's again.

    What is given back can be refunded from then on.

    Raises
    ------
    NotStaff, AlreadyDecided, TwoPeople
    """
    decider = get_staff(staff_id)
    if decider is None:
        raise NotStaff
    with transaction.atomic():
        keep = Keep.objects.select_for_update().get(id=keep_id)
        if keep.state != Keep.State.DISPUTED:
            raise AlreadyDecided
        if keep.approver_id == staff_id:
            raise TwoPeople
        if give_back:
            Bill.objects.filter(id=keep.bill_id).update(kept_fen=F("kept_fen") - keep.amount_fen)
            keep.state, keep.given_back_at = Keep.State.GIVEN_BACK, now
            kind = "EARNED" if keep.bill.earned_at else keep.bill.kind
            lines = books.given_back(kind, keep.amount_fen)
        else:
            keep.state = Keep.State.KEPT
            lines = books.upheld(keep.amount_fen)
        keep.save(update_fields=["state", "given_back_at"])
        post(
            f"dispute-end:{keep.id}",
            "keep.decided",
            lines,
            order_id=keep.order_id,
            bill_id=keep.bill_id,
            now=now,
        )
        finish_tasks(f"dispute:{keep.id}", keep.state, now)
        tell_decided(keep, decider.public_id, now)
