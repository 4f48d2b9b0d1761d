"""What if? Who would be earlier, who later, and how many promises would be kept. Writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.catalogue.queries import get_specs
from yinuo.contexts.orders.queries.forecasting import OpenOrders, label_many, load_open
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.queries.planning import own_days_of
from yinuo.contexts.promises.queries.work import NO_DATE, load_current
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.platform.refusals import Refusal
from yinuo.workflows.inputs import Flags, Inputs, Ints, load_inputs
from yinuo.workflows.outlook import Days, work_out_again, work_out_queue
from yinuo.workflows.supposed import Change, suppose

NAMED_MAX = 10
GROUPS_MAX = 12
# Columns of the stored quantiles: the median, and the twenty dots.
MEDIAN, DOTS = 1, slice(4, 24)
EVEN_CHANCE = 10


class NobodyWaits(Refusal):
    """Without open orders there is nobody to compare."""

    code = "nobody_waits"
    zh = "现在没有等车的订单，没有可以比较的人。"
    en = "No order is open: there is nobody to compare."


@dataclass(frozen=True)
class Group:
    """Orders of one spec or one centre: how many get earlier or later, and the largest moves."""

    name_zh: str
    name_en: str
    orders: int
    earlier: int
    later: int
    earlier_days_max: int
    later_days_max: int


@dataclass(frozen=True)
class Person:
    """One order whose expected day moves; `before` and `after` are the even-chance days."""

    order: str
    days: int
    before: dt.date
    after: dt.date
    latest: dt.date | None


@dataclass(frozen=True)
class Answer:
    """What a supposed change does to everybody who waits.

    Days are those of the forecast's median, not promises; an order counts as moved from one day
    on. `kept_before` and `kept_after` are the mean chance that a promise given is kept, None
    where nobody has a promise. `lost` orders would have no date inside the horizon any more.
    """

    orders: int
    earlier: int
    later: int
    earlier_days_p50: int
    later_days_p50: int
    kept_before: float | None
    kept_after: float | None
    own_days_lost: int
    own_days_won: int
    lost: int
    specs: list[Group]
    centres: list[Group]
    worst: list[Person]
    best: list[Person]


def ask(changes: Sequence[Change], *, now: dt.datetime) -> Answer:
    """Compare today's forecast with the one under the changes: same orders, same random draws.

    Raises
    ------
    NobodyWaits
        And the refusals of `supposed.suppose`.
    """
    inputs = load_inputs(load_open(), now=now)
    if not inputs.orders.order_ids.size:
        raise NobodyWaits
    supposed = suppose(inputs, changes)
    worked = work_out_queue(inputs)
    return _compare(inputs, worked.days, work_out_again(worked, supposed))


def kept_chance(days: Days, latest: Ints, origin: dt.date) -> float | None:
    """Mean chance that a hand-over comes by the promised latest day; None without a promise.

    `latest` holds proleptic day numbers, `NO_DATE` without a promise.
    """
    promised = latest < NO_DATE
    if not promised.any():
        return None
    due = (latest[promised] - origin.toordinal())[:, None]
    return float((days[promised, DOTS] <= due).mean())


def _compare(inputs: Inputs, before: Days, after: Days) -> Answer:
    orders, origin = inputs.orders, inputs.shared.origin
    latest = load_current(orders.order_ids).windows.latest
    old, new = before[:, MEDIAN].astype(np.int64), after[:, MEDIAN].astype(np.int64)
    dated = old < BEYOND_HORIZON
    still = dated & (new < BEYOND_HORIZON)
    move = np.where(still, new - old, 0)
    lost, won = _own_days(orders, origin, before, after)
    earlier, later = np.sort(-move[move < 0]), np.sort(move[move > 0])
    return Answer(
        orders=int(orders.order_ids.size),
        earlier=int(earlier.size),
        later=int(later.size),
        earlier_days_p50=_middle(earlier),
        later_days_p50=_middle(later),
        kept_before=kept_chance(before, latest, origin),
        kept_after=kept_chance(after, latest, origin),
        own_days_lost=lost,
        own_days_won=won,
        lost=int((dated & ~still).sum()),
        specs=_by_spec(orders, move),
        centres=_by_centre(orders, move),
        worst=_people(orders, origin, old, new, latest, np.argsort(-move, kind="stable"), move > 0),
        best=_people(orders, origin, old, new, latest, np.argsort(move, kind="stable"), move < 0),
    )


def _middle(ranked: Ints) -> int:
    return int(ranked[(ranked.size - 1) // 2]) if ranked.size else 0


def _own_days(orders: OpenOrders, origin: dt.date, before: Days, after: Days) -> tuple[int, int]:
    """Customers whose own day had an even chance and loses it, and the other way round."""
    own = own_days_of(orders.order_ids.tolist())
    rows = np.flatnonzero(np.isin(orders.order_ids, list(own)))
    if not rows.size:
        return 0, 0
    due = np.array([own[int(orders.order_ids[row])].date.toordinal() for row in rows])
    due = (due - origin.toordinal())[:, None]
    had = (before[rows, DOTS] <= due).sum(axis=1) >= EVEN_CHANCE
    has = (after[rows, DOTS] <= due).sum(axis=1) >= EVEN_CHANCE
    return int((had & ~has).sum()), int((~had & has).sum())


def _by_spec(orders: OpenOrders, move: Ints) -> list[Group]:
    names = {key: (spec.name_zh, spec.name_en) for key, spec in get_specs().items()}
    return _grouped(orders.spec_ids, names, move)


def _by_centre(orders: OpenOrders, move: Ints) -> list[Group]:
    names = {key: (place.name_zh, place.name_en) for key, place in get_places().items()}
    return _grouped(orders.centre_ids, names, move)


def _grouped(keys: Ints, names: dict[int, tuple[str, str]], move: Ints) -> list[Group]:
    """The groups in which most people move, losers first."""
    groups = []
    for key in np.unique(keys):
        mine = move[keys == key]
        groups.append(
            Group(
                *names[int(key)],
                int(mine.size),
                int((mine < 0).sum()),
                int((mine > 0).sum()),
                int(-mine.min(initial=0)),
                int(mine.max(initial=0)),
            )
        )
    groups.sort(key=lambda one: (-one.later, -one.earlier, one.name_en))
    return groups[:GROUPS_MAX]


def _people(
    orders: OpenOrders,
    origin: dt.date,
    old: Ints,
    new: Ints,
    latest: Ints,
    ranked: Ints,
    wanted: Flags,
) -> list[Person]:
    rows = [int(row) for row in ranked[:NAMED_MAX] if wanted[row]]
    labels = label_many([int(orders.order_ids[row]) for row in rows])
    return [
        Person(
            labels[int(orders.order_ids[row])].code,
            int(new[row] - old[row]),
            origin + dt.timedelta(days=int(old[row])),
            origin + dt.timedelta(days=int(new[row])),
            dt.date.fromordinal(int(latest[row])) if latest[row] < NO_DATE else None,
        )
        for row in rows
    ]
