"""An order goes to another line by its customer's wish, and back within a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.ledger.rules import Value
from yinuo.contexts.orders import rules
from yinuo.contexts.orders.models import Line, LineMove, Order
from yinuo.contexts.orders.operations.amendments import NotYourOrder
from yinuo.contexts.orders.operations.late import note_in_line
from yinuo.contexts.orders.operations.lines import open_lines
from yinuo.contexts.orders.queries.draws import is_undrawn
from yinuo.contexts.orders.rules.life import WAITING
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

UNDO_WITHIN = dt.timedelta(hours=24)
CONFIGURATION, CENTRE = "CONFIGURATION", "CENTRE"


class BuiltAlready(Refusal):
    """The car is being built, so what it is cannot change any more."""

    code = "built_already"
    zh = "车已经开工，配置和交付中心不能再改。可以换一台现成的车。"
    en = "The car is being built and cannot change any more. You can take a car that is there."


class SameAgain(Refusal):
    """The order has this configuration at this centre already."""

    code = "same_again"
    zh = "您现在就是这个配置、这个交付中心，没有要改的。"
    en = "This is what your order has now; there is nothing to change."


class MovedJustNow(Refusal):
    """An earlier move has not been worked into the dates yet."""

    code = "moved_just_now"
    zh = "上一次的改动还在重算日期。过几分钟再改，或者先换回来。"
    en = "The last change is still being worked into the dates. Wait a few minutes, or go back."


class NotDrawnYet(Refusal):
    """The place of the order is still to be drawn, so nobody can say what a change would cost."""

    code = "not_drawn_yet"
    zh = "您的先后还没有抽签。开奖以后再改，现在改不了。"
    en = "Your place is still to be drawn. You can change this after the draw."


class TooLateToUndo(Refusal):
    """The day in which the way back is open has passed, or it was taken."""

    code = "too_late_to_undo"
    zh = "换回去的时间过了。您可以重新改一次配置。"
    en = "The time to go back has passed. You can change the configuration again."


@dataclass(frozen=True)
class Target:
    """Where an order goes, with its names for the customer's history."""

    spec_id: int
    centre_id: int
    line_code: str
    zh: str
    en: str


@transaction.atomic
def move(*, person_id: int, order_id: int, target: Target, now: dt.datetime) -> str:
    """Move an order that is not being built yet to the line of `target`; returns the move's id.

    Another configuration: the place counts from `now`, so nobody who chose it before is moved by
    it. Only another centre: the lock time counts as before. The old place can be taken again for
    `UNDO_WITHIN`.

    Raises
    ------
    NotYourOrder, BuiltAlready, SameAgain, MovedJustNow, NotDrawnYet
    """
    order = Order.objects.select_for_update(of=("self",)).select_related("line").get(id=order_id)
    if order.person_id != person_id:
        raise NotYourOrder
    if order.state not in WAITING:
        raise BuiltAlready
    if (order.line.spec_id, order.line.centre_id) == (target.spec_id, target.centre_id):
        raise SameAgain
    if _waiting(order_id).exists():
        raise MovedJustNow
    place = (target.spec_id, target.centre_id)
    line = Line.objects.get(id=open_lines({place: target.line_code}, now=now)[place])
    if is_undrawn(order_id):
        raise NotDrawnYet
    line, _ = Line.objects.get_or_create(spec_id=target.spec_id, centre_id=target.centre_id)
    kind = CENTRE if order.line.spec_id == target.spec_id else CONFIGURATION
    wanted = order.rank if kind == CENTRE else rules.rank_of(now)
    row = LineMove.objects.create(
        public_id=ids.new_id("mov"),
        order=order,
        kind=kind,
        from_line=order.line,
        to_line=line,
        old_rank=order.rank,
        new_rank=_free_rank(line, wanted),
        asked_by_id=person_id,
        asked_at=now,
        undo_until_at=now + UNDO_WITHIN,
    )
    _put(order, row.to_line_id, row.new_rank)
    more = {"undo_until_at": write_instant(row.undo_until_at)}
    _tell(row, "order.moved", target, "yes" if kind == CENTRE else "no", more, now)
    if kind == CENTRE:
        note_in_line(row.to_line_id, cause_ref=row.public_id, now=now)
    return row.public_id


@transaction.atomic
def undo(*, person_id: int, public_id: str, back: Target, now: dt.datetime) -> None:
    """Take the old place again: the old line, the old rank.

    Ways back are taken in the opposite order of the moves, as the public record reckons them.

    Raises
    ------
    NotYourOrder, TooLateToUndo, BuiltAlready
    """
    known = LineMove.objects.filter(public_id=public_id).first()
    if known is None:
        raise TooLateToUndo
    order = Order.objects.select_for_update().get(id=known.order_id)
    if order.person_id != person_id:
        raise NotYourOrder
    row = LineMove.objects.select_for_update().get(id=known.id)
    stands = order.line_id == row.to_line_id and order.rank == row.new_rank
    if not _is_newest(row) or now >= row.undo_until_at or not stands:
        raise TooLateToUndo
    if order.state not in WAITING:
        raise BuiltAlready
    row.undone_at = now
    row.save(update_fields=["undone_at"])
    _put(order, row.from_line_id, row.old_rank)
    _tell(row, "order.moved_back", back, "back", {}, now)
    note_in_line(row.from_line_id, cause_ref=row.public_id, now=now)


def finish(*, public_id: str, now: dt.datetime) -> None:
    """Promised dates have followed this move, and its undoing if it was undone."""
    LineMove.objects.filter(public_id=public_id, applied_at=None).update(applied_at=now)
    LineMove.objects.filter(
        public_id=public_id, undone_at__isnull=False, undo_applied_at=None
    ).update(undo_applied_at=now)


def _waiting(order_id: int) -> QuerySet[LineMove]:
    return LineMove.objects.filter(order=order_id, undone_at=None, applied_at=None)


def _is_newest(row: LineMove) -> bool:
    """Whether it is the newest move of its order that was not undone: only that one can be."""
    newest = LineMove.objects.filter(order=row.order_id, undone_at=None).order_by("-id").first()
    return newest == row


def _put(order: Order, line_id: int, rank: int) -> None:
    # The database lets line and rank change only as the recorded move says.
    Order.objects.filter(id=order.id).update(line_id=line_id, rank=rank)


def _free_rank(line: Line, wanted: int) -> int:
    """The first free rank of the line from `wanted` on; two locks share a microsecond rarely."""
    Line.objects.select_for_update().get(id=line.id)
    taken = set(
        Order.objects.filter(line=line, rank__gte=wanted)
        .order_by("rank")
        .values_list("rank", flat=True)[:100]
    )
    ((_, rank),) = rules.assign_ranks([(line.id, wanted)], {(line.id, one) for one in taken})
    return rank


def _tell(
    row: LineMove,
    kind: str,
    target: Target,
    kept: str,
    more: dict[str, str],
    now: dt.datetime,
) -> None:
    code = Order.objects.values_list("code", flat=True).get(id=row.order_id)
    private: dict[str, Value] = {
        "order": code,
        "move": row.public_id,
        "to_zh": target.zh,
        "to_en": target.en,
        "at": write_instant(now),
        **more,
    }
    public = {"line": target.line_code, "kept": kept}
    record(
        Fact(kind, f"{kind}:{row.public_id}", public, private, row.order_id, code),
        now=now,
    )
