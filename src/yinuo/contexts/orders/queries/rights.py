"""What customers did by right and may do: read by pages and by the stories of leaving."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from yinuo.contexts.orders.models import (
    Cancellation,
    Condition,
    Dispute,
    ExitOffer,
    Order,
    Postponement,
    Ticket,
)
from yinuo.contexts.orders.queries.tickets import get_undo_until
from yinuo.contexts.orders.rules import life, remedies
from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class Leaving:
    """What is known of an order whose customer may want to leave; see `remedies.Case`."""

    order_id: int
    code: str
    person_id: int
    state: str
    locked_at: dt.datetime
    undo_until_at: dt.datetime
    owner_id: int | None
    centre_code: str
    standing: frozenset[str]


def get_leaving(order_id: int) -> Leaving:
    """The order as the story of leaving reads it."""
    row = Order.objects.select_related("line__centre", "handover_place").get(id=order_id)
    until = get_undo_until(order_id) or row.locked_at + remedies.UNDO_TIME
    return Leaving(
        row.id,
        row.code,
        row.person_id,
        row.state,
        row.locked_at,
        until,
        row.owner_id,
        (row.handover_place or row.line.centre).code,
        _standing(order_id),
    )


def _standing(order_id: int) -> frozenset[str]:
    names = Condition.objects.filter(order=order_id, until_at=None).values_list("name", flat=True)
    return frozenset(names)


@dataclass(frozen=True)
class CancellationSeen:
    """A cancellation that stands, as its customer reads it. Amounts in fen."""

    id: int
    public_id: str
    ground: str
    asked_at: dt.datetime
    paid_fen: int
    interest_fen: int
    penalty_fen: int
    refund_by_date: dt.date
    back_until_at: dt.datetime | None
    decide_by_at: dt.datetime | None
    settled: bool
    why: str

    @property
    def refund_fen(self) -> int:
        """All that comes back where nothing is kept."""
        return self.paid_fen + self.interest_fen + self.penalty_fen


@dataclass(frozen=True)
class DisputeSeen:
    """An objection, as both sides read it."""

    id: int
    code: str
    about: str
    words: str
    opened_at: dt.datetime
    answer_by_at: dt.datetime
    answerer_zh: str
    answerer_en: str
    settled_at: dt.datetime | None
    outcome: str


def _seen(row: Cancellation) -> CancellationSeen:
    return CancellationSeen(
        row.id,
        row.public_id,
        row.ground,
        row.asked_at,
        row.paid_fen,
        row.interest_fen,
        row.penalty_fen,
        row.refund_by_date,
        row.back_until_at,
        row.decide_by_at,
        row.settled_at is not None,
        row.why,
    )


def get_cancellation(person_id: int, order_id: int) -> CancellationSeen | None:
    """The cancellation that stands, if this reader may see the order."""
    rows = Cancellation.objects.filter(
        sees(person_id, "order__person"), order=order_id, restored_at=None
    )
    row = rows.distinct().first()
    return _seen(row) if row else None


def get_standing_cancellation(order_id: int) -> CancellationSeen | None:
    """The same for stories, whose right to it was checked."""
    row = Cancellation.objects.filter(order=order_id, restored_at=None).first()
    return _seen(row) if row else None


def get_dispute(order_id: int) -> DisputeSeen | None:
    """The objection that is open; the caller checked who may read the order."""
    row = Dispute.objects.filter(order=order_id, settled_at=None).select_related("answerer").first()
    if row is None:
        return None
    return DisputeSeen(
        row.id,
        row.code,
        row.about,
        row.words,
        row.opened_at,
        row.answer_by_at,
        row.answerer.name_zh,
        row.answerer.name_en,
        row.settled_at,
        row.outcome,
    )


@dataclass(frozen=True)
class Asked:
    """A customer asked for another day, or for none any more (`ended`), and no date followed yet.

    `queued` says that the car is not begun, `again` that another day stood before it. `at` is when
    it was asked.
    """

    id: int
    public_id: str
    order_id: int
    line_id: int
    queued: bool
    not_before_date: dt.date
    ended: bool
    again: bool
    at: dt.datetime


def list_asked(limit: int = 500) -> list[Asked]:
    """Days that were asked for and that the promised date does not follow yet, oldest first."""
    rows = Postponement.objects.filter(applied_at=None).select_related("order")
    return [
        Asked(
            row.id,
            row.public_id,
            row.order_id,
            row.order.line_id,
            row.order.state in life.WAITING,
            row.not_before_date,
            row.ended_at is not None,
            Postponement.objects.filter(order=row.order_id, ended_at=row.asked_at).exists(),
            row.ended_at or row.asked_at,
        )
        for row in rows.order_by("asked_at", "id")[:limit]
    ]


def list_not_before() -> dict[int, dt.date]:
    """The day before which the customer does not want the car, by order."""
    rows = Postponement.objects.filter(ended_at=None)
    return dict(rows.values_list("order_id", "not_before_date"))


def get_postponed(order_id: int) -> dt.date | None:
    """The day before which the customer does not want the car; the caller checked the reader."""
    row = Postponement.objects.filter(order=order_id, ended_at=None).first()
    return row.not_before_date if row else None


@dataclass(frozen=True)
class Open:
    """What stands open to a customer besides the date, as the order's own page says it."""

    undo_until_at: dt.datetime | None
    exit_offered: bool
    postponed_until: dt.date | None


def get_open(order_id: int, now: dt.datetime) -> Open:
    """The free way out while it lasts, the one that was offered, and what was postponed."""
    row = Order.objects.get(id=order_id)
    if row.state in life.ENDED:
        return Open(None, False, None)
    undo = get_undo_until(order_id) or row.locked_at + remedies.UNDO_TIME
    waits = row.state in life.WAITING
    return Open(
        undo if now < undo else None,
        waits and ExitOffer.objects.filter(order=order_id).exists(),
        get_postponed(order_id),
    )


def list_undecided(now: dt.datetime, limit: int = 500) -> list[int]:
    """Orders that were left, where nobody said in time that anything is kept, oldest first."""
    rows = Cancellation.objects.filter(
        settled_at=None, restored_at=None, decide_by_at__lte=now
    ).exclude(order__conditions__in=Condition.objects.filter(name="DISPUTED", until_at=None))
    return list(rows.order_by("decide_by_at", "id").values_list("order_id", flat=True)[:limit])


@dataclass(frozen=True)
class ColdOrder:
    """An order that has waited past the cap and was not offered the way out."""

    order_id: int
    code: str
    owner_id: int | None
    centre_code: str
    locked_at: dt.datetime


def list_cold(now: dt.datetime, limit: int) -> list[ColdOrder]:
    """Orders without a begun car that waited past the cap, oldest first.

    Left out are those that wait by their customer's own wish.
    """
    since = now - dt.timedelta(days=remedies.WAIT_CAP_DAYS)
    rows = (
        Order.objects.filter(state__in=life.WAITING, locked_at__lte=since, exit_offer=None)
        .exclude(queue_notes__code="CUSTOMER_WAITS", queue_notes__until_at=None)
        .order_by("locked_at", "id")
    )
    return [
        ColdOrder(*values)
        for values in rows.values_list("id", "code", "owner_id", "line__centre__code", "locked_at")[
            :limit
        ]
    ]


def list_places_to_return(now: dt.datetime, limit: int) -> list[int]:
    """Orders that were left for good and whose ticket still holds a place, by their rows.

    Where a car was begun its slot is used up, and no place comes back: the car is another's.
    """
    rows = Cancellation.objects.filter(
        back_until_at__lte=now - remedies.WORD_OF_MONEY,
        restored_at=None,
        order__state="CANCELLED",
        order_id__in=Ticket.objects.filter(state="LOCKED").values("order_id"),
    )
    return list(rows.order_by("id").values_list("order_id", flat=True)[:limit])


@dataclass(frozen=True)
class Left:
    """How many left in one state, on one ground, saying why; amounts in fen."""

    state_before: str
    ground: str
    why: str
    count: int
    refund_fen: int


def list_left(staff_id: int, since: dt.datetime) -> list[Left]:
    """Who left since then, where they stood and why: the most frequent first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = (
        Cancellation.objects.filter(asked_at__gte=since, restored_at=None)
        .values_list("state_before", "ground", "why")
        .annotate(number=Count("id"), fen=Sum("paid_fen"))
        .order_by("-number", "state_before", "ground", "why")
    )
    return [Left(*row) for row in rows]


def count_by_stage() -> dict[str, tuple[int, int]]:
    """Of each state: open orders, and how many of them have waited past the cap; see `Flow`."""
    rows = (
        Order.objects.exclude(state__in=["DELIVERED", "CANCELLED"])
        .values_list("state")
        .annotate(number=Count("id"), offered=Count("id", filter=Q(exit_offer__isnull=False)))
    )
    return {state: (number, offered) for state, number, offered in rows}
