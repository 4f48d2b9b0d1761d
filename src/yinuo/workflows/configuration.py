"""Another configuration or another centre before the car is built: its cost first, a day to undo.

What an order would get elsewhere is what the next lock there would get, from the same tables that
answer anybody who asks before ordering. Another configuration stands behind those who chose it
before, so no promise of theirs is touched; another centre alone keeps the lock time, and later
orders there may pass for a public reason.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from yinuo.contexts.catalogue.queries import SpecSeen, list_specs
from yinuo.contexts.orders.operations import line_moves
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.line_moves import Target
from yinuo.contexts.orders.queries.customer import CustomerOrder
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.orders.queries.moves import (
    MoveSeen,
    get_price_fen,
    get_spec_code,
    list_settled,
    list_waiting,
    newest_move,
)
from yinuo.contexts.places.queries import PlaceFacts, get_places
from yinuo.contexts.promises.operations.forecasting import Why
from yinuo.contexts.promises.queries.customer import PromiseSeen
from yinuo.contexts.promises.rules import Flags
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.platform import outbox
from yinuo.platform.idempotency import first_answer, keep_answer
from yinuo.workflows import quote
from yinuo.workflows.contract_again import agree_again
from yinuo.workflows.dates import commit
from yinuo.workflows.etas import in_public
from yinuo.workflows.outlook import Outlook, work_out
from yinuo.workflows.promised import is_of_other_spec

CAUSE = "CUSTOMER_CHANGED"
HOLD_CODE = "CENTRE_CHANGED"


@dataclass(frozen=True)
class Way:
    """One other configuration or centre, priced: what it costs in money, place and weeks.

    `place` is where the order would stand, `weeks_from` to `weeks_until` how much later (negative:
    earlier) its range would be; None where no date can be named. `keeps` says whether the lock time
    counts on.
    """

    spec: SpecSeen
    centre: PlaceFacts
    price_difference_fen: int
    place: int
    weeks_from: int | None
    weeks_until: int | None
    from_date: dt.date | None
    until_date: dt.date | None
    latest_date: dt.date | None
    keeps: bool
    entry_id: int | None


def list_ways(
    order: CustomerOrder, promise: PromiseSeen | None, now: dt.datetime
) -> tuple[list[Way], list[Way]]:
    """Other configurations here and other centres for this one, each with its true lead time."""
    asked = quote.ask(spec_code=get_spec_code(order.id), centre_code=order.centre_code, now=now)
    answer = in_public(asked)
    own = answer.asked.spec
    specs = [_way(offer, own, promise, keeps=False) for offer in answer.other_specs]
    centres = [_way(offer, own, promise, keeps=True) for offer in answer.other_centres]
    return specs, centres


def _way(offer: quote.Offer, own: SpecSeen, promise: PromiseSeen | None, *, keeps: bool) -> Way:
    window = offer.window
    early = late = None
    if window is not None and promise is not None:
        early = _weeks((window.from_date - promise.from_date).days)
        late = _weeks((window.until_date - promise.until_date).days)
        early, late = min(early, late), max(early, late)
    return Way(
        offer.spec,
        offer.centre,
        offer.spec.price_fen - own.price_fen,
        offer.ahead + 1,
        early,
        late,
        window.from_date if window else None,
        window.until_date if window else None,
        window.latest_date if window else None,
        keeps,
        offer.entry_id if window else None,
    )


def _weeks(days: int) -> int:
    """Whole weeks, away from zero: a begun week is said as a week."""
    return -(-days // 7) if days > 0 else days // 7


def change(
    *,
    order: CustomerOrder,
    person_id: int,
    spec_code: str,
    centre_code: str,
    request_key: str,
    now: dt.datetime,
) -> str:
    """Move the order there; returns the move's public id, the same for the same key.

    Raises
    ------
    NotOffered, NotYourOrder, BuiltAlready, SameAgain, MovedJustNow
    """
    target = _target(spec_code, centre_code)
    scope = f"line_move:{order.id}"
    with transaction.atomic():
        if request_key and (known := first_answer(scope, request_key)):
            return str(known)
        before_fen = get_price_fen(order.id)
        public_id = line_moves.move(person_id=person_id, order_id=order.id, target=target, now=now)
        _agree(order.id, person_id, before_fen, now)
        moved = newest_move(order.id)
        if moved is not None and moved.kind == "CENTRE":
            hold_orders(order_ids=[order.id], code=HOLD_CODE, cause_ref=public_id, now=now)
        if request_key:
            keep_answer(scope, request_key, public_id, now=now)
        outbox.nudge("moves.apply")
    return public_id


def go_back(*, order_id: int, person_id: int, move: MoveSeen, now: dt.datetime) -> None:
    """Take the old place again, within the day.

    Raises
    ------
    NotYourOrder, TooLateToUndo, BuiltAlready
    """
    back = _target(move.from_spec_code, move.from_centre_code)
    with transaction.atomic():
        before_fen = get_price_fen(order_id)
        line_moves.undo(person_id=person_id, public_id=move.public_id, back=back, now=now)
        _agree(order_id, person_id, before_fen, now)
        release_orders(cause_ref=move.public_id, now=now)
        outbox.nudge("moves.apply")


def _agree(order_id: int, person_id: int, before_fen: int, now: dt.datetime) -> None:
    """The contract follows when the price does, or the configuration that it promises."""
    more_fen, spec_code = get_price_fen(order_id) - before_fen, get_spec_code(order_id)
    contract = get_current(order_id)
    if more_fen or (contract is not None and is_of_other_spec(contract.facts, spec_code)):
        agree_again(
            order_id=order_id,
            person_id=person_id,
            page="/o/configuration",
            shown_at=now,
            price_change_fen=more_fen,
            spec_code=spec_code,
            now=now,
        )


def apply(*, now: dt.datetime) -> int:
    """By the clock: promised dates follow the moves; returns how many. Safe to repeat.

    Only the moved order's own date is looked at. The ranges of the others are what they were. A
    change of centre holds its order for the day of the way back and no longer: from then on the
    public rule lets others go first for so many batches, and not for ever.
    """
    waiting = list_waiting()
    for one in waiting:
        ref = f"{one.public_id}/back" if one.undone else one.public_id
        why = Why(CAUSE, ref, one.at)
        commit(partial(_alone, one.order_id, now), why=why, routine=False, now=now)
        line_moves.finish(public_id=one.public_id, now=now)
    settled = list_settled(now)
    for public_id in settled:
        release_orders(cause_ref=public_id, now=now)
    return len(waiting) + len(settled)


def _alone(order_id: int, now: dt.datetime) -> tuple[Outlook, Flags]:
    outlook = work_out(load_open(), now=now)
    return outlook, outlook.orders.order_ids == order_id


def _target(spec_code: str, centre_code: str) -> Target:
    spec = next((one for one in list_specs() if one.code == spec_code), None)
    centre = next(
        (p for p in get_places().values() if p.code == centre_code and p.kind == "CENTRE"), None
    )
    if spec is None:
        raise quote.NotOffered(
            what="spec", what_zh="配置", what_en="configuration", given=spec_code
        )
    if centre is None:
        raise quote.NotOffered(
            what="centre", what_zh="交付中心", what_en="delivery centre", given=centre_code
        )
    return Target(
        spec.id,
        centre.id,
        f"{spec.code}@{centre.code}",
        f"{spec.name_zh}，{centre.name_zh}",
        f"{spec.name_en}, {centre.name_en}",
    )
