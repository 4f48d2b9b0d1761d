"""A side term as it was said, put before the buyer: it binds once the buyer agreed, not before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.terms.models import Contract, SideOffer
from yinuo.contexts.terms.operations.side_terms import NoContract, build_terms
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.platform import ids, outbox
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant


class SaidByNobody(Refusal):
    """Who said it, where and on which day belongs to what was said."""

    code = "said_by_nobody"
    zh = "请写明谁说的、在哪里说的、哪天说的（不能晚于今天）。"
    en = "Name who said it, where, and on which day, today at the latest."


class OfferAnswered(Refusal):
    """This offer was agreed to, declined or withdrawn before."""

    code = "offer_answered"
    zh = "这一条已经有答复了。"
    en = "This one has been answered already."


@dataclass(frozen=True)
class Said:
    """Who of the maker said it to the buyer, where, and when."""

    by: str
    where: str
    date: dt.date | None


def offer(
    *,
    order_id: int,
    term: NewSideTerm,
    said: Said,
    person_id: int,
    staff_id: int,
    answerer: str,
    answer_by_at: dt.datetime,
    now: dt.datetime,
) -> SideOffer:
    """Put a side term before the buyer, who is told.

    `person_id` is the buyer; `answerer` is the public id of who answers questions about it.

    Raises
    ------
    NoContract, SaidByNobody, TermNotComplete
    """
    if not said.by.strip() or not said.where.strip():
        raise SaidByNobody
    if said.date is None or said.date > local_date(now):
        raise SaidByNobody
    with transaction.atomic():
        contract = Contract.objects.filter(order_id=order_id, superseded_at=None).first()
        if contract is None:
            raise NoContract
        [row] = build_terms([term], person_id=person_id, template_id=contract.template_id, now=now)
        made = SideOffer.objects.create(
            public_id=ids.new_id("off"),
            order_id=order_id,
            kind=row.kind,
            text=row.text,
            days=row.days,
            until_date=term.until_date,
            amount_fen=row.amount_fen,
            beats_id=row.beats_id,
            said_by=said.by.strip(),
            said_where=said.where.strip(),
            said_date=said.date,
            offered_by_id=staff_id,
            offered_at=now,
        )
        _enter(
            made,
            "side_term.offered",
            {
                "by_whom": f"{made.said_by}（{made.said_where}）",
                "answerer": answerer,
                "answer_by_at": write_instant(answer_by_at),
            },
            now,
        )
        outbox.nudge("notices.issue")
    return made


def take_up(*, public_id: str, order_id: int) -> tuple[SideOffer, NewSideTerm]:
    """An offer of this order that nobody answered, locked, as the term it would make.

    In the caller's transaction.

    Raises
    ------
    OfferAnswered
    """
    row = SideOffer.objects.select_for_update(of=("self",)).select_related("beats__clause")
    made = row.filter(public_id=public_id, order_id=order_id, answer="").first()
    if made is None:
        raise OfferAnswered
    return made, NewSideTerm(
        kind=made.kind,
        text=made.text,
        signed_at=made.offered_at,
        days=made.days,
        until_date=made.until_date,
        amount_fen=made.amount_fen,
        signed_by_staff_id=made.offered_by_id,
        beats_code=made.beats.clause.code if made.beats else "",
    )


def close(*, offer: SideOffer, answer: str, term_id: int | None, now: dt.datetime) -> None:
    """The offer was answered: agreed to as `term_id`, declined by the buyer, or withdrawn."""
    offer.answer, offer.answered_at, offer.term_id = answer, now, term_id
    offer.save(update_fields=["answer", "answered_at", "term"])
    if answer != SideOffer.Answer.AGREED:
        _enter(offer, "side_term.declined", {}, now)


def _enter(made: SideOffer, kind: str, more: dict[str, str], now: dt.datetime) -> None:
    code = code_of(made.order_id)
    private = {
        "order": code,
        "offer": made.public_id,
        "text": made.text,
        "at": write_instant(now),
        **more,
    }
    key = f"{kind}:{made.public_id}"
    record(Fact(kind, key, {"code": made.kind}, private, made.order_id, code), now=now)
