"""Committing an outlook: compares it with what was promised and moves what must move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from django.db import transaction

from yinuo.contexts.notices.operations.alike import Alike, plan_alike
from yinuo.contexts.orders.queries.forecasting import Labels, label_columns, label_many
from yinuo.contexts.people.queries.staff import StaffCard, answerers, list_staff
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.operations import forecasting as promises
from yinuo.contexts.promises.operations.forecasting import (
    NOT_UNUSUAL,
    Named,
    Names,
    Run,
    Slice,
    Why,
)
from yinuo.contexts.promises.queries.watch import load_memory
from yinuo.contexts.promises.queries.work import Current, Ints, load_current
from yinuo.contexts.promises.rules import Flags, Look, Reasons, Windows
from yinuo.platform import outbox
from yinuo.platform.durability import commit_soon
from yinuo.platform.lanes import side_by_side
from yinuo.platform.locks import held
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows import danger
from yinuo.workflows.outlook import SEED, Outlook
from yinuo.workflows.quoted import compare_with_quotes
from yinuo.workflows.reasons import ShareOut, find_reasons, keep_seen
from yinuo.workflows.unusual import Published, publish

ROUNDS = 5
# Promises are compared and moved by one worker at a time. A line is kept by looking at all its
# orders: who read them before another cause held some of them, and their promises after it, would
# push others back behind cars that hold nobody up.
ONE_AT_A_TIME = "promises"


class StillChangingError(RuntimeError):
    """Promises were changed by others in every round; the caller's row waits for the next try."""


class NobodyAnswers(Refusal):
    """A promise cannot move while no member of staff could answer for it."""

    code = "nobody_answers"
    zh = "还没有能答复客户的员工。请先用 yinuo user add 添加一位专员或经理。"
    en = "No member of staff can answer customers. Add a specialist: yinuo user add."


@dataclass(frozen=True)
class Comparison:
    """An outlook beside the promises in force, in lock order.

    `windows` are the ranges to commit; `move` marks promises that change, `first` orders that get
    their first one. `published` is the outlook as it may be promised, `unusual` the period that
    made the range of a row wider (-1 for none). `look` is what was seen of promises that are left
    as they are. `reasons` are found once it is known that the moves are to be committed.
    """

    current: Current
    windows: Windows
    move: Flags
    first: Flags
    published: Published
    unusual: Ints
    look: Look
    reasons: Reasons | None = None


def compare(
    outlook: Outlook, fresh: Flags, *, routine: bool, now: dt.datetime, run_id: int = 0
) -> Comparison:
    """What committing `outlook` would change for the orders that `fresh` marks.

    Orders that run `run_id` has moved already keep what it gave them.
    """
    current = load_current(outlook.orders.order_ids)
    has = current.versions > 0
    done = has & (current.run_ids == run_id)
    able = fresh & ~done & outlook.windows.dated & (has | outlook.grounded)
    look = _look(outlook, current, routine, now, run_id)
    # What it moves to may be wider than what was measured. A promise that agrees with either stays:
    # declaring a time unusual moves nobody, and a range that was widened is not told again.
    published = publish(outlook, now)
    moved = look.move if routine else _disagrees(current.windows, outlook, published)
    revise = able & (~has | moved)
    # Built cars and queued ones are compared among themselves: a car on a train is not held back
    # on paper by an earlier order that waits for a part; that needs a recorded reason elsewhere.
    group = outlook.orders.line_ids * 2 + outlook.orders.built
    settled = rules.settle(
        group,
        current.windows,
        published.outlook.windows,
        revise,
        outlook.orders.held,
        outlook.orders.excepted,
    )
    differs = (settled.table() != current.windows.table()).any(axis=1)
    # Raised to the lock order although the forecast left it alone: it has moved as well.
    move = has & ~done & differs & settled.dated
    unusual = np.where(revise, published.period, -1)
    return Comparison(current, settled, move, able & ~has, published, unusual, look)


def _disagrees(old: Windows, outlook: Outlook, published: Published) -> Flags:
    measured = rules.must_revise(old, outlook.windows)
    return np.asarray(measured & rules.must_revise(old, published.outlook.windows))


def _look(outlook: Outlook, current: Current, routine: bool, now: dt.datetime, run_id: int) -> Look:
    today = local_date(now).toordinal()
    if not routine and not outlook.beyond.any():
        return rules.nothing_seen(outlook.orders.order_ids.size)
    memory = load_memory(outlook.orders.order_ids, run_id)
    if not routine:
        return rules.look_for_lost(
            current.windows, outlook.dots, memory, beyond=outlook.beyond, today=today
        )
    return rules.look(
        outlook.orders.line_ids * 2 + outlook.orders.built,
        outlook.orders.held,
        current.windows,
        outlook.windows,
        outlook.dots,
        memory,
        beyond=outlook.beyond,
        today=today,
    )


def commit(
    outlook_of: Callable[[], tuple[Outlook, Flags]],
    *,
    why: Why,
    routine: bool,
    now: dt.datetime,
    share_out: ShareOut | None = None,
) -> int:
    """Work out dates and move every promise that must move; returns how many were moved.

    `share_out` says what the forecast's change is made of; without it the cause takes it all.

    Safe to repeat after a kill at any moment: the run is found again by its cause, orders it has
    moved are left alone, and a ledger entry for one cause and order exists once. An order whose
    promise was changed by somebody else meanwhile is worked out again.
    """
    run = promises.start_run(cause_ref=why.ref, seed=SEED, now=now)
    staff = list_staff()
    with held(ONE_AT_A_TIME):
        for _ in range(ROUNDS):
            outlook, fresh = outlook_of()
            found = compare(outlook, fresh, routine=routine, now=now, run_id=run.id)
            found = replace(found, reasons=_reasons(outlook, found, why, share_out, routine))
            parts = _parts(outlook, found.move)
            move = partial(_move, found, staff, why, run, len(parts) > 1, now)
            moved = sum(side_by_side(move, parts))
            _make_first(outlook, found, staff, run, now)
            if moved == int(found.move.sum()):
                break
        else:
            raise StillChangingError(why.ref)
        _speak_of_danger(outlook, fresh, found, why, run, staff, now)
        if routine:
            versions = found.current.versions + found.move
            keep_seen(found.published.outlook, fresh, versions, name=why.code, now=now)
        # This commit is on the disk when it returns, and everything committed before it with it.
        count = promises.finish_run(run_id=run.id, orders_count=int(fresh.sum()), now=now)
    outbox.nudge("notices.send")
    return count


def _reasons(
    outlook: Outlook, found: Comparison, why: Why, share_out: ShareOut | None, routine: bool
) -> Reasons:
    return find_reasons(
        outlook,
        found.published,
        found.current,
        found.windows,
        found.move,
        why,
        share_out,
        routine=routine,
    )


def _speak_of_danger(
    outlook: Outlook,
    fresh: Flags,
    found: Comparison,
    why: Why,
    run: Run,
    staff: list[StaffCard],
    now: dt.datetime,
) -> None:
    """Warnings and all-clears for promises that were left as they are."""
    left = fresh & ~found.move & (found.current.versions > 0)
    danger.speak(
        outlook,
        found.current,
        found.look,
        left & (found.current.run_ids != run.id),
        why=why,
        run=run,
        name=lambda order_ids: name_orders(order_ids, staff),
        now=now,
    )


def _parts(outlook: Outlook, wanted: Flags) -> list[Ints]:
    """Rows of the orders that `wanted` marks, by order, a batch at a time.

    Neighbours in the tables are written together, and every worker locks in the same order.
    """
    rows = np.flatnonzero(wanted)
    rows = rows[np.argsort(outlook.orders.order_ids[rows], kind="stable")]
    return [rows[start : start + promises.BATCH] for start in range(0, rows.size, promises.BATCH)]


def _move(
    found: Comparison,
    staff: list[StaffCard],
    why: Why,
    run: Run,
    many: bool,
    now: dt.datetime,
    rows: Ints,
) -> int:
    """One batch: promises, entries, choices and notices stand or fall together.

    Returns how many of these orders the cause has moved, now or before.
    """
    part = _slice(found, rows)
    labels = label_columns(part.order_ids)
    names = name_columns(labels, staff)
    with transaction.atomic():
        if many:
            commit_soon()
        moved = promises.revise(part=part, names=names, why=why, run=run, now=now, told=True)
        row_of = {order_id: row for row, order_id in enumerate(part.order_ids.tolist())}
        at = [row_of[order_id] for order_id in moved.order_ids]
        plan_alike(
            Alike(
                "promise.revised",
                why.known_at,
                moved.entry_ids,
                moved.order_ids,
                [labels.person_ids[row] for row in at],
                [labels.languages[row] for row in at],
            ),
            now=now,
        )
    return moved.count


def _make_first(
    outlook: Outlook,
    found: Comparison,
    staff: list[StaffCard],
    run: Run,
    now: dt.datetime,
) -> int:
    def make(rows: Ints) -> int:
        part = _slice(found, rows)
        names = name_columns(label_columns(part.order_ids), staff)
        with transaction.atomic():
            made = promises.make_first(part=part, names=names, run=run, now=now)
            compare_with_quotes(found.published.outlook, found.windows, rows, names, now=now)
        return made

    return sum(side_by_side(make, _parts(outlook, found.first)))


def make_first_promises(
    outlook_of: Callable[[], Outlook], *, cause_ref: str, now: dt.datetime
) -> int:
    """Promise something to every order of the outlook that has no promise and can be dated."""
    run = promises.start_run(cause_ref=cause_ref, seed=SEED, now=now)
    with held(ONE_AT_A_TIME):
        outlook = outlook_of()
        fresh = load_current(outlook.orders.order_ids).versions == 0
        found = compare(outlook, fresh, routine=False, now=now, run_id=run.id)
        made = _make_first(outlook, found, list_staff(), run, now)
        promises.finish_run(run_id=run.id, orders_count=made, now=now)
    return made


def _slice(found: Comparison, rows: Ints) -> Slice:
    old, new, outlook = found.current.windows, found.windows, found.published.outlook
    # Where a range was raised to the lock order its dots move along, so page and range agree.
    shift = new.latest[rows] - outlook.windows.latest[rows]
    ceiling = dt.date.max.toordinal()
    dots = np.minimum(outlook.dots[rows] + np.maximum(shift, 0)[:, None], ceiling)
    periods = found.published.periods
    return Slice(
        outlook.orders.order_ids[rows],
        Windows(old.first[rows], old.last[rows], old.latest[rows]),
        Windows(new.first[rows], new.last[rows], new.latest[rows]),
        dots,
        found.current.versions[rows],
        [
            (periods[one].id, periods[one].ref) if one >= 0 else NOT_UNUSUAL
            for one in found.unusual[rows].tolist()
        ]
        if periods
        else [],
        found.reasons and _reasons_at(found.reasons, rows),
    )


def _reasons_at(reasons: Reasons, rows: Ints) -> Reasons:
    return replace(reasons, days=reasons.days[rows], latest=reasons.latest[rows])


def name_columns(labels: Labels, staff: list[StaffCard]) -> Names:
    """The columns of `Named`, in the order of the labels."""
    in_charge_of = answerers(staff)
    pairs = list(zip(labels.centre_codes, labels.owner_ids, strict=True))
    card_of = {pair: in_charge_of(*pair) for pair in set(pairs)}
    if None in card_of.values():
        raise NobodyAnswers
    cards = [card for card in map(card_of.__getitem__, pairs) if card is not None]
    return Names(
        labels.codes,
        [card.public_id for card in cards],
        labels.locked_at,
    )


def name_orders(order_ids: Ints, staff: list[StaffCard]) -> dict[int, Named]:
    """Code and answering person of each order.

    Raises
    ------
    NobodyAnswers
        There is no member of staff who could.
    """
    named = {}
    in_charge_of = answerers(staff)
    for order_id, label in label_many(order_ids.tolist()).items():
        card = in_charge_of(label.centre_code, label.owner_id)
        if card is None:
            raise NobodyAnswers
        named[order_id] = Named(label.code, card.public_id, label.locked_at)
    return named
