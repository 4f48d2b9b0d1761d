"""Drawing for the places of a launch: stated before it opens, closed, drawn once."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.db.models import Max

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders import rules
from yinuo.contexts.orders.models import Draw, DrawnPlace, Launch, Order, Ticket
from yinuo.contexts.orders.operations.late import note_behind_tickets
from yinuo.contexts.orders.rules.draws import GRACE, SEAL_WITHIN, drawn_order
from yinuo.platform.refusals import Refusal

DRAWN, NOT_SEALED = "DRAWN", "NOT_SEALED"


class DrawTooLate(Refusal):
    """The launch is open already, or the draw leaves no time to seal the record before it."""

    code = "draw_too_late"
    zh = "抽签要在开售前定好；窗口结束后，至少留 {minutes} 分钟再开奖。"
    en = (
        "A draw is stated before the launch opens and comes at least {minutes} minutes after its"
        " window."
    )


class DrawStated(Refusal):
    """What is drawn from was stated in the public record and stays so."""

    code = "draw_stated"
    zh = "抽签办法已经公开，不能再改。"
    en = "The draw has been stated in public and cannot be changed."


class NoDraw(Refusal):
    """This launch draws for nothing, or its draw is over."""

    code = "no_draw"
    zh = "{launch} 没有等着开奖的抽签。"
    en = "{launch} has no draw that waits."


class NotDrawnBefore(Refusal):
    """The source publishes at `at`; a value from before that is no draw."""

    code = "not_drawn_before"
    zh = "{at} 才开奖，现在还没有结果可填。"
    en = "The draw is at {at}; there is no value before that."


def instant_text(at: dt.datetime) -> str:
    """A moment of the public schedule as the record states it."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@transaction.atomic
def state_draw(
    *,
    launch_id: int,
    source: str,
    until_at: dt.datetime,
    drawn_at: dt.datetime,
    now: dt.datetime,
) -> None:
    """Tickets of this launch taken before `until_at` share their places by a public draw.

    The same again changes nothing.

    Raises
    ------
    DrawTooLate, DrawStated
    """
    launch = Launch.objects.select_for_update(no_key=True).get(id=launch_id)
    stated = Draw.objects.filter(launch=launch).first()
    if stated is not None:
        if (stated.source, stated.until_at, stated.drawn_at) != (source, until_at, drawn_at):
            raise DrawStated
        return
    in_time = now < launch.opens_at < until_at and until_at + SEAL_WITHIN <= drawn_at
    if not in_time or launch.numbers_given:
        raise DrawTooLate(minutes=SEAL_WITHIN // dt.timedelta(minutes=1))
    Draw.objects.create(launch=launch, source=source, until_at=until_at, drawn_at=drawn_at)
    public = {
        "window": launch.code,
        "launch": launch.code,
        "source": source,
        "until": instant_text(until_at),
        "drawn": instant_text(drawn_at),
    }
    record(Fact("window.opened", f"window:{launch.code}", public), now=now)


def close_windows(*, now: dt.datetime) -> int:
    """Windows whose time is over are closed: their last ticket is recorded; returns how many."""
    due = Draw.objects.filter(number=None, until_at__lte=now - GRACE)
    return sum(_close(launch_id, now) for launch_id in due.values_list("launch_id", flat=True))


@transaction.atomic
def _close(launch_id: int, now: dt.datetime) -> int:
    # Whoever takes a ticket holds this row too: none is on its way into the window.
    launch = Launch.objects.select_for_update(no_key=True).get(id=launch_id)
    draw = Draw.objects.select_for_update().get(launch=launch)
    if draw.number is not None:
        return 0
    tickets = Ticket.objects.filter(launch=launch, taken_at__lt=draw.until_at)
    number = tickets.aggregate(last=Max("number"))["last"] or 0
    chain = tickets.filter(number=number).values_list("chain", flat=True).first()
    draw.number, draw.closed_at = number, now
    draw.save(update_fields=["number", "closed_at"])
    if chain is not None:
        public = {"window": launch.code, "number": number, "chain": chain}
        record(Fact("window.closed", f"window.end:{launch.code}", public), now=now)
    return 1


@transaction.atomic
def make_draw(*, launch_code: str, value: str, size: int | None, now: dt.datetime) -> int:
    """What the source published decides the places; returns how many tickets shared them.

    `size` is that of the checkpoint by which witnesses sealed the end of the window before the
    draw; None where none did: then places stay in the order of the tickets' numbers. Safe to
    repeat.

    Raises
    ------
    NoDraw
        The launch has none, its window is open, or it was made with another outcome.
    NotDrawnBefore
    """
    launch = Launch.objects.select_for_update(no_key=True).filter(code=launch_code).first()
    draw = Draw.objects.select_for_update().filter(launch=launch).first() if launch else None
    if launch is None or draw is None or draw.number is None:
        raise NoDraw(launch=launch_code)
    outcome, value = (DRAWN, value) if size is not None else (NOT_SEALED, "")
    if draw.ended_at is not None:
        if (draw.outcome, draw.value) != (outcome, value):
            raise NoDraw(launch=launch_code)
        return draw.number
    if now < draw.drawn_at:
        raise NotDrawnBefore(at=instant_text(draw.drawn_at))
    public: dict[str, str | int] = {"window": launch.code}
    if size is None:
        public |= {"code": NOT_SEALED}
    else:
        public |= {"source": draw.source, "value": value, "size": size}
        _place(draw, launch.code, value)
        _rank(launch.id, draw.number)
    kind = "draw.void" if size is None else "draw.made"
    if draw.number:
        record(Fact(kind, f"draw:{launch.code}", public), now=now)
    draw.outcome, draw.value, draw.ended_at = outcome, value, now
    draw.save(update_fields=["outcome", "value", "ended_at"])
    drawn = Order.objects.filter(ticket__launch=launch, ticket__number__lte=draw.number)
    ids = list(drawn.values_list("id", flat=True))
    note_behind_tickets(ids, cause_ref=launch_code, now=now)
    return draw.number


def _place(draw: Draw, launch_code: str, value: str) -> None:
    assert draw.number is not None, "checked by the caller"
    tickets = {
        number: (ticket_id, taken_at)
        for number, ticket_id, taken_at in Ticket.objects.filter(
            launch_id=draw.launch_id, number__lte=draw.number
        ).values_list("number", "id", "taken_at")
    }
    order = drawn_order(value, launch_code, draw.number)
    DrawnPlace.objects.bulk_create(
        [
            DrawnPlace(
                ticket_id=tickets[number][0],
                draw=draw,
                place=place,
                rank=rules.rank_of(tickets[place][1]),
            )
            for place, number in enumerate(order, 1)
        ],
        batch_size=5000,
    )


def _rank(launch_id: int, number: int) -> None:
    """Orders of the window that are locked already take the rank that they drew.

    Two of a line trade ranks, so all step aside first.
    """
    share = Order.objects.filter(ticket__launch=launch_id, ticket__number__lte=number)
    rows = list(
        share.order_by("ticket__drawn__place").values_list("id", "line_id", "ticket__drawn__rank")
    )
    if not rows:
        return
    ids = [row[0] for row in rows]
    wanted = [(line, rank) for _, line, rank in rows]
    strangers = Order.objects.exclude(id__in=ids).filter(
        line_id__in={line for line, _ in wanted}, rank__in=[rank for _, rank in wanted]
    )
    given = rules.assign_ranks(wanted, set(strangers.values_list("line_id", "rank")))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET rank = -rank WHERE id = ANY(%s)", [ids])
        cursor.execute(
            "UPDATE orders_order o SET rank = x.rank"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS x(id, rank) WHERE o.id = x.id",
            [ids, [rank for _, rank in given]],
        )
