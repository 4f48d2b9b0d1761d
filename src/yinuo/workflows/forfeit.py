"""Keeping a part of a deposit after a customer left: by law and by two named people, or not."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.orders.operations.cancelling import mark_settled
from yinuo.contexts.orders.operations.looks import record_look
from yinuo.contexts.orders.operations.progress import Frozen, NotNow
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.orders.queries.rights import CancellationSeen
from yinuo.contexts.orders.rules import life, remedies
from yinuo.contexts.payments.operations import keep
from yinuo.contexts.payments.queries.leaving import get_paid
from yinuo.contexts.terms.queries.clauses import list_versions
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows import law
from yinuo.workflows.cancellation import give_back_rest
from yinuo.workflows.delivery_by import get_ground
from yinuo.workflows.leaving import MOMENT, facts_of, find_faults


class NotLawful(Refusal):
    """The rules do not let it be kept; `why` are their words."""

    code = "not_lawful"
    zh = "不能留：{why_zh}"
    en = "It may not be kept: {why_en}"


def propose(
    *,
    staff_id: int,
    order_id: int,
    amount_fen: int,
    clause_code: str,
    reason: str,
    defeats_purpose: bool,
    now: dt.datetime,
) -> int:
    """Put it before a colleague that a part of the deposit is kept; its row.

    The clause has to stand in the order's own contract, and not be held void. That a person
    approves is asked of the rules as given: without a second named person nothing is kept.

    Raises
    ------
    NotStaff, NotNow, Frozen, NotLawful, NothingToKeep
    """
    record_look(staff_id=staff_id, order_id=order_id, action="ANSWERED", now=now)
    with transaction.atomic():
        seen = _undecided(order_id)
        leaving, today = rights.get_leaving(order_id), local_date(now)
        promise, remedy = get_ground(order_id, today), remedies.get_remedy(seen.ground)
        contract, found = get_current(order_id), find_faults(order_id)
        clauses = {
            one.code: one
            for one in (list_versions(contract.clause_version_ids) if contract else ())
        }
        facts = facts_of(leaving, remedy, promise, found, get_paid(order_id), today) | {
            "deposit.seller_keeps": True,
            "deposit.payer_breach": True,
            "deposit.purpose_defeated": defeats_purpose,
            "deposit.receiver_breach": promise.broken_date is not None or found.delivered_badly,
            "deposit.approver_named": True,
        }
        if clause_code in clauses:
            facts["deposit.relies_on_void_clause"] = clauses[clause_code].void
        decision, decision_id = law.decide_and_keep(
            at=MOMENT, facts=facts, order_id=order_id, on=today, now=now
        )
        if decision.clearance == "go":
            return keep.propose_keep(
                order_id=order_id,
                amount_fen=amount_fen,
                decision_id=decision_id,
                proposer_staff_id=staff_id,
                clause=clauses[clause_code].title_zh,
                reason=reason,
                now=now,
            )
    finding = decision.find("deposit.forfeit")
    raise NotLawful(
        why_zh=finding.says.zh or finding.title.zh, why_en=finding.says.en or finding.title.en
    )


def approve(*, keep_id: int, order_id: int, staff_id: int, now: dt.datetime) -> None:
    """A second named person lets it be kept; the rest goes back at once.

    Raises
    ------
    NotStaff, NotNow, Frozen, TwoPeople, AlreadyDecided, NothingToKeep
    """
    record_look(staff_id=staff_id, order_id=order_id, action="ANSWERED", now=now)
    with transaction.atomic():
        seen = _undecided(order_id)
        keep.approve_keep(keep_id=keep_id, approver_staff_id=staff_id, now=now)
        _finish(order_id, seen, now)


def give_back(*, staff_id: int, order_id: int, now: dt.datetime) -> None:
    """A named person decides that nothing is kept; all of it goes back at once.

    Raises
    ------
    NotStaff, NotNow, Frozen
    """
    record_look(staff_id=staff_id, order_id=order_id, action="ANSWERED", now=now)
    with transaction.atomic():
        _finish(order_id, _undecided(order_id), now)


def _undecided(order_id: int) -> CancellationSeen:
    """The cancellation that waits for a decision; nothing is decided while people disagree."""
    leaving = rights.get_leaving(order_id)
    seen = rights.get_standing_cancellation(order_id)
    if seen is None or seen.settled or seen.decide_by_at is None:
        raise NotNow(state=leaving.state, verb="keep")
    if life.DISPUTED in leaving.standing:
        raise Frozen(state=leaving.state, verb="keep", condition=life.DISPUTED)
    return seen


def _finish(order_id: int, seen: CancellationSeen, now: dt.datetime) -> None:
    if mark_settled(cancellation_id=seen.id, now=now):
        give_back_rest(order_id, seen, now)
