"""Deciding about what customers asked for, and what the clock does when nobody decides."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from yinuo.contexts.ledger.codes import GROUNDS
from yinuo.contexts.orders.models import Amendment, AmendmentTask, Order
from yinuo.contexts.orders.operations.amendments import (
    answer_time,
    change_buyer,
    lock_running,
    release,
    tell,
)
from yinuo.contexts.orders.rules import amendments as rules
from yinuo.contexts.people.queries.staff import StaffCard, get_staff, list_staff
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant


class NotInCharge(Refusal):
    """Only the person in charge, their centre's specialists and managers decide."""

    code = "not_in_charge"
    zh = "这件事由负责的同事、本中心的专员或经理来定。"
    en = "The person in charge, the centre's specialists or a manager decide this."


class NotConfirmed(Refusal):
    """Both sides have to confirm first."""

    code = "not_confirmed"
    zh = "双方还没有都用短信验证码确认，先不能办。"
    en = "Both sides have not confirmed by SMS code yet."


class NeedsGround(Refusal):
    """A refusal names its ground from the list."""

    code = "needs_ground"
    zh = "不同意要选原因。原因和依据会原样告诉客户。"
    en = "Pick the ground of the refusal; the customer reads it with its clause."


@transaction.atomic
def decide(
    *, staff_id: int, public_id: str, accept: bool, ground: str, now: dt.datetime
) -> Amendment:
    """Accept, or refuse on a ground; who decides second is told that it has ended.

    An accepted change of the buyer takes effect here; the contract's new version is the story's.

    Raises
    ------
    NotRunning, NotInCharge, NotConfirmed, NeedsGround
    """
    row = lock_running(public_id)
    card = require_handler(staff_id, row)
    if not accept and ground not in GROUNDS:
        raise NeedsGround
    if accept and row.kind != rules.SPECIAL and row.state != rules.CONFIRMED:
        raise NotConfirmed
    row.state = rules.DECIDED if accept else rules.REFUSED
    row.decided_by_id, row.ended_at, row.told_at = card.id, now, now
    if not accept:
        row.outcome, row.clause = ground, GROUNDS[ground][2]
    row.save()
    if accept and row.kind != rules.SPECIAL:
        change_buyer(row, now)
    release(row, now)
    kind = "amendment.decided" if accept else "amendment.refused"
    said = {
        "answerer": card.public_id,
        "ground": "" if accept else ground,
        "known_at": write_instant(now),
    }
    tell(row, kind, "ended", said, now)
    return row


@transaction.atomic
def finish_task(*, staff_id: int, public_id: str, code: str, now: dt.datetime) -> None:
    """One thing of the template is done; safe to repeat.

    Raises
    ------
    NotRunning, NotInCharge
    """
    row = lock_running(public_id)
    card = require_handler(staff_id, row)
    AmendmentTask.objects.filter(amendment=row, code=code, done_at=None).update(
        done_by_id=card.id, done_at=now
    )


def require_handler(staff_id: int, row: Amendment) -> StaffCard:
    """The member of staff, who may read the papers and decide.

    Raises
    ------
    NotInCharge
    """
    card = get_staff(staff_id)
    centre = Order.objects.values_list("line__centre__code", flat=True).get(id=row.order_id)
    if card is None or not (
        card.id == row.owner_id or rules.may_handle(card.role, card.centre_code, centre)
    ):
        raise NotInCharge
    return card


def watch(*, now: dt.datetime) -> int:
    """Hand up what was not answered in time, and break long silences; returns how many.

    Each is a transaction of its own, taken by one worker; safe to run at any time and twice.
    """
    count = 0
    while _watch_one(now):
        count += 1
    return count


@transaction.atomic
def _watch_one(now: dt.datetime) -> bool:
    silent = Q(answer_by_at__lte=now)
    for state, days in rules.SILENT_DAYS_MAX.items():
        silent |= Q(state=state, told_at__lte=now - dt.timedelta(days=days))
    running = Amendment.objects.filter(silent, state__in=Amendment.RUNNING)
    row = running.select_for_update(skip_locked=True).order_by("answer_by_at", "id").first()
    if row is None:
        return False
    assert row.answer_by_at is not None
    if row.state == rules.CHECKED or row.answer_by_at > now:
        _break_silence(row, now)
    else:
        _hand_up(row, now)
    row.told_at = now
    row.save()
    return True


def _break_silence(row: Amendment, now: dt.datetime) -> None:
    """Nobody of ours is late, or not yet; the customer hears all the same how it stands."""
    assert row.owner is not None
    assert row.answer_by_at is not None
    if row.answer_by_at <= now:
        row.answer_by_at = answer_time(now)
    said = _said(row.owner.public_id, row.answer_by_at, now)
    on = "OTHER_SIDE" if row.state == rules.CHECKED else "US"
    tell(row, "amendment.waits", f"waits:{write_instant(now)}", {**said, "on": on}, now)


def _hand_up(row: Amendment, now: dt.datetime) -> None:
    assert row.owner is not None
    late = row.owner
    centre = Order.objects.values_list("line__centre__code", flat=True).get(id=row.order_id)
    card = _above(late.role, late.id, centre)
    row.owner_id = card.id if card else late.id
    row.answer_by_at, row.handed_up_at = answer_time(now), now
    row.handed_up_count += 1
    said = _said(card.public_id if card else late.public_id, row.answer_by_at, now)
    tell(
        row,
        "amendment.handed_up",
        f"up:{row.handed_up_count}",
        {**said, "late": late.public_id},
        now,
    )


def _said(answerer: str, by_at: dt.datetime, now: dt.datetime) -> dict[str, str]:
    return {
        "answerer": answerer,
        "answer_by_at": write_instant(by_at),
        "known_at": write_instant(now),
    }


def _above(role: str, staff_id: int, centre_code: str) -> StaffCard | None:
    """Who decides next: the next role that somebody has, at the centre before elsewhere."""
    cards = [card for card in list_staff() if card.id != staff_id]
    while True:
        above = rules.next_on_ladder(role)
        fitting = [card for card in cards if card.role == above]
        fitting.sort(key=lambda card: card.centre_code != centre_code)
        if fitting or above == role:
            return fitting[0] if fitting else None
        role = above
