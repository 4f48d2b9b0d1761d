"""What was agreed singly, for whom it binds: the planner, the bill, the buyer and staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.terms.models import SideOffer, SideTerm

ENDED = ("DELIVERED", "CANCELLED")


@dataclass(frozen=True)
class AgreedDate:
    """A day by which an open order's car is to be handed over, agreed on singly.

    `breaches` are the stages of not keeping it that were recorded: EXPECTED, PASSED.
    """

    term_id: int
    public_id: str
    order_id: int
    order_code: str
    centre_code: str
    owner_id: int | None
    until_date: dt.date
    breaches: frozenset[str]


def list_agreed_dates(order_ids: Iterable[int] | None = None) -> list[AgreedDate]:
    """The dates agreed on singly that bind, of these orders or of all open ones, soonest first."""
    rows = SideTerm.objects.filter(
        kind=SideTerm.Kind.DELIVERY_BY, ended_at=None, contract__order__isnull=False
    ).exclude(contract__order__state__in=ENDED)
    if order_ids is not None:
        rows = rows.filter(contract__order_id__in=list(order_ids))
    found = rows.select_related("contract__order__line__centre").prefetch_related("breaches")
    dates = []
    for row in found.order_by("until_date", "id"):
        order = row.contract.order
        assert order is not None
        assert row.until_date is not None
        dates.append(
            AgreedDate(
                row.id,
                row.public_id,
                order.id,
                order.code,
                order.line.centre.code,
                order.owner_id,
                row.until_date,
                frozenset(one.stage for one in row.breaches.all()),
            )
        )
    return dates


@dataclass(frozen=True)
class OfferSeen:
    """Something said to a buyer that waits for the buyer's answer, or has it.

    `answer` is empty while it waits, else AGREED, DECLINED or WITHDRAWN.
    """

    public_id: str
    kind: str
    text: str
    days: int | None
    until_date: dt.date | None
    amount_fen: int | None
    said_by: str
    said_where: str
    said_date: dt.date
    offered_at: dt.datetime
    answer: str
    answered_at: dt.datetime | None


def list_open_offers(person_id: int, order_id: int) -> list[OfferSeen]:
    """What waits for the answer of an order's buyer, for who may see the order."""
    rows = SideOffer.objects.filter(sees(person_id, "order__person"), order_id=order_id, answer="")
    return _offers(rows.distinct())


def list_offers_for_staff(order_id: int) -> list[OfferSeen]:
    """Everything that was offered beside the contract of an order, the newest first."""
    return _offers(SideOffer.objects.filter(order_id=order_id))[::-1]


def _offers(rows: QuerySet[SideOffer]) -> list[OfferSeen]:
    return [
        OfferSeen(
            row.public_id,
            row.kind,
            row.text,
            row.days,
            row.until_date,
            row.amount_fen,
            row.said_by,
            row.said_where,
            row.said_date,
            row.offered_at,
            row.answer,
            row.answered_at,
        )
        for row in rows.order_by("id")
    ]
