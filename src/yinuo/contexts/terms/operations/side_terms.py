"""What is agreed singly: recorded for the order, and ended when it was used or its time is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import ClauseVersion, Contract, SideTerm
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant


class NoContract(Refusal):
    """There is no contract to agree something beside."""

    code = "no_contract"
    zh = "这个订单还没有合同，不能加补充约定。"
    en = "This order has no contract to agree something beside."


class TermNotComplete(Refusal):
    """A side term says what it binds to: days, a date, or an amount."""

    code = "term_not_complete"
    zh = "补充约定要写明内容：{what}。"
    en = "A side term says what it binds to: {what}."


class PriceBelowDeposit(Refusal):
    """A deposit is at most a fifth of the price, also of one that was agreed on singly."""

    code = "price_below_deposit"
    zh = "定金不能超过车价的两成，这个价格太低了。"
    en = "A deposit is at most a fifth of the price; this price is too low for it."


class PriceAboveMarked(Refusal):
    """Nobody is charged more than the marked price, also by a side agreement."""

    code = "price_above_marked"
    zh = "约定的价格不能比合同上的车价高，这是法律不允许的加价。"
    en = "A price agreed on singly is not above the contract's: the law allows no surcharge."


# Of these the newest counts; the one before ends when it is agreed.
SINGLE = ("PRICE", "DELIVERY_BY")
NEEDED = {
    "SCHEDULE_HOLD": ("days", "天数 / days"),
    "PRICE": ("amount_fen", "金额 / amount"),
    "DELIVERY_BY": ("until_date", "日期 / date"),
}


def agree_term(*, order_id: int, term: NewSideTerm, person_id: int, now: dt.datetime) -> SideTerm:
    """Agree on something beside the contract of an order.

    A price or a date of delivery takes the place of the one agreed on before.

    Raises
    ------
    NoContract, TermNotComplete, PriceBelowDeposit, PriceAboveMarked
    """
    with transaction.atomic():
        contract = (
            Contract.objects.select_for_update()
            .filter(order_id=order_id, superseded_at=None)
            .first()
        )
        if contract is None:
            raise NoContract
        [row] = build_terms([term], person_id=person_id, template_id=contract.template_id, now=now)
        if row.kind == SideTerm.Kind.PRICE and row.amount_fen:
            check_price(
                row.amount_fen, marked_fen=contract.price_fen, deposit_fen=contract.deposit_fen
            )
        if row.kind in SINGLE:
            end_replaced(order_id=order_id, kind=row.kind, now=now)
        row.contract = contract
        row.save()
        record_terms([row], order_id=order_id, now=now)
    return row


def check_price(amount_fen: int, *, marked_fen: int, deposit_fen: int) -> None:
    """A price that may be agreed on singly: not above the contract's, nor too low for the deposit.

    Raises
    ------
    PriceBelowDeposit, PriceAboveMarked
    """
    if amount_fen > marked_fen:
        raise PriceAboveMarked
    if amount_fen < deposit_fen * 5:
        raise PriceBelowDeposit


def end_replaced(*, order_id: int, kind: str, now: dt.datetime) -> int:
    """Something else takes the place of what was agreed of this kind; returns how many ended."""
    with transaction.atomic():
        held = SideTerm.objects.select_for_update(of=("self",)).filter(
            contract__order_id=order_id, kind=kind, ended_at=None
        )
        rows = list(held.select_related("contract").order_by("id"))
        _end(rows, SideTerm.Ended.REPLACED, now)
    return len(rows)


def build_terms(
    terms: Sequence[NewSideTerm], *, person_id: int, template_id: int, now: dt.datetime
) -> list[SideTerm]:
    """Rows for side terms, not saved and without their contract.

    Raises
    ------
    TermNotComplete
    """
    beaten = {term.beats_code for term in terms if term.beats_code}
    wordings = (
        dict(
            ClauseVersion.objects.filter(
                places__template_id=template_id, clause__code__in=beaten
            ).values_list("clause__code", "id")
        )
        if beaten
        else {}
    )
    rows = []
    for term in terms:
        if term.kind not in SideTerm.Kind.values or not term.text.strip():
            raise TermNotComplete(what="text")
        field, words = NEEDED.get(term.kind, ("text", "text"))
        if not getattr(term, field):
            raise TermNotComplete(what=words)
        until = term.until_date
        if term.kind == "SCHEDULE_HOLD":
            assert term.days is not None
            until = rules.last_day(local_date(term.signed_at), term.days)
        rows.append(
            SideTerm(
                public_id=ids.new_id("trm"),
                kind=term.kind,
                text=term.text.strip(),
                days=term.days,
                until_date=until,
                amount_fen=term.amount_fen,
                beats_id=wordings.get(term.beats_code),
                signed_by_id=person_id,
                signed_by_staff_id=term.signed_by_staff_id,
                signed_at=term.signed_at,
                recorded_at=now,
            )
        )
    return rows


def record_terms(
    terms: Sequence[SideTerm], *, order_id: int, code: str = "", now: dt.datetime
) -> None:
    """Enter side terms of an order into its ledger, in the caller's transaction."""
    if not terms:
        return
    code = code or code_of(order_id)
    record_many(
        [
            Fact(
                kind="side_term.agreed",
                change_key=f"side_term:{term.public_id}",
                public={"code": term.kind},
                private={
                    "order": code,
                    "term": term.public_id,
                    "text": term.text,
                    "until": term.until_date.isoformat() if term.until_date else "",
                    "at": write_instant(term.signed_at),
                },
                subject_id=order_id,
                subject_code=code,
            )
            for term in terms
        ],
        now=now,
    )


def end_hold(*, order_id: int, now: dt.datetime) -> list[str]:
    """The customer asks for a slot: every scheduling hold of the order ends. Safe to repeat.

    Returns the public ids of the terms that ended now.
    """
    with transaction.atomic():
        held = SideTerm.objects.select_for_update(of=("self",)).filter(
            contract__order_id=order_id, kind="SCHEDULE_HOLD", ended_at=None
        )
        rows = list(held.order_by("id"))
        for row in rows:
            row.ended_at, row.ended_why = now, SideTerm.Ended.ASKED
            row.save(update_fields=["ended_at", "ended_why"])
        code = code_of(order_id)
        record_many(
            [
                Fact(
                    kind="schedule.requested",
                    change_key=f"schedule_requested:{row.public_id}",
                    private={"order": code, "term": row.public_id, "at": write_instant(now)},
                    subject_id=order_id,
                    subject_code=code,
                )
                for row in rows
            ],
            now=now,
        )
    return [row.public_id for row in rows]


def lapse(*, today: dt.date, now: dt.datetime) -> list[tuple[int, str]]:
    """Scheduling holds whose last day is over end. Safe to repeat.

    Returns the order and public id of each that ended now.
    """
    with transaction.atomic():
        due = SideTerm.objects.select_for_update(of=("self",)).filter(
            kind="SCHEDULE_HOLD",
            ended_at=None,
            until_date__lt=today,
            contract__order_id__isnull=False,
        )
        rows = list(due.select_related("contract").order_by("id"))
        _end(rows, SideTerm.Ended.LAPSED, now)
    return [(row.contract.order_id or 0, row.public_id) for row in rows]


def _end(rows: Sequence[SideTerm], why: SideTerm.Ended, now: dt.datetime) -> None:
    """These terms of orders do not hold any more; their records say so."""
    facts = []
    for row in rows:
        row.ended_at, row.ended_why = now, why
        row.save(update_fields=["ended_at", "ended_why"])
        order_id = row.contract.order_id
        assert order_id is not None
        code = code_of(order_id)
        private = {
            "order": code,
            "term": row.public_id,
            "text": row.text,
            "at": write_instant(now),
        }
        key = f"side_term_lapsed:{row.public_id}"
        facts.append(Fact("side_term.lapsed", key, {"code": row.kind}, private, order_id, code))
    record_many(facts, now=now)
