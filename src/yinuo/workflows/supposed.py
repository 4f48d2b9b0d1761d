"""Supposing that capacity were different: the same inputs with one thing changed, never written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.production.queries.planning import get_resource_names
from yinuo.platform.refusals import Refusal
from yinuo.workflows.inputs import Floats, Inputs
from yinuo.workflows.onward import NOT_BINDING

PERCENT_MIN, PERCENT_MAX = -100.0, 500.0


@dataclass(frozen=True)
class Growth:
    """A plant, an option or a centre with so many percent more (or fewer) places a week."""

    code: str
    percent: float


@dataclass(frozen=True)
class ClosedWeek:
    """A plant, an option or a centre that gives nothing in the week of `date`."""

    code: str
    date: dt.date


@dataclass(frozen=True)
class Moved:
    """Everybody who waits for a car at one centre would collect it at another."""

    from_code: str
    to_code: str


Change = Growth | ClosedWeek | Moved


class NothingSupposed(Refusal):
    """A question without a change has no answer."""

    code = "nothing_supposed"
    zh = "请至少写一处改动：多产多少、停哪一周，或者换哪个中心。"
    en = "Suppose at least one thing: more or less of something, a closed week, another centre."


class UnknownCapacity(Refusal):
    """Nobody counts capacity under this code."""

    code = "unknown_capacity"
    zh = "没有“{code}”这个工厂、选装件或交付中心。有：{known}。"
    en = "There is no plant, option or centre {code!r}. There are: {known}."


class PercentOutOfRange(Refusal):
    """Less than nothing, or more than anybody could build."""

    code = "percent_out_of_range"
    zh = "{code} 的百分数要在 -100 到 500 之间，也不能是 0。"
    en = "The percentage for {code} must lie between -100 and 500 and must not be 0."


class NotANumber(Refusal):
    """Something else than a percentage was typed."""

    code = "not_a_number"
    zh = "“{typed}”不是数字。请写 5、-10 或 2.5 这样的数。"
    en = "“{typed}” is no number. Write one such as 5, -10 or 2.5."


class CapacityUnknown(Refusal):
    """A share of a figure that nobody reported is no figure."""

    code = "capacity_unknown"
    zh = "{code} 没有报过每周能做多少，算不出百分比。请先导入它的产能。"
    en = "{code} never reported what it can do a week. Import its capacity first."


class WeekGone(Refusal):
    """The week is over, or lies beyond what is looked at."""

    code = "week_gone"
    zh = "{date} 那一周已经过去，或者太远。请写今后三年内的一天。"
    en = "The week of {date} is over or too far away. Name a day in the next three years."


class UnknownCentre(Refusal):
    """No lane leads there, so nobody could collect a car there."""

    code = "unknown_centre"
    zh = "没有运车线通往“{code}”，或者前后是同一个中心。"
    en = "No lane leads to {code!r}, or it is the same centre."


def suppose(inputs: Inputs, changes: Sequence[Change]) -> Inputs:
    """The inputs as they would be with all the changes, in their order.

    Raises
    ------
    NothingSupposed, UnknownCapacity, PercentOutOfRange, CapacityUnknown, WeekGone, UnknownCentre
    """
    if not changes:
        raise NothingSupposed
    for change in changes:
        if isinstance(change, Moved):
            inputs = _move(inputs, change)
        elif isinstance(change, Growth):
            inputs = _grow(inputs, change)
        else:
            inputs = _close(inputs, change)
    return inputs


def scale(inputs: Inputs, code: str, factor: float) -> Inputs:
    """The inputs with the weekly figures of one plant, option or centre times `factor`.

    Raises
    ------
    UnknownCapacity
    """
    weeks = inputs.shared.centre_weeks.shape[1]
    return _multiply(inputs, code, np.full(weeks, factor))


def _grow(inputs: Inputs, change: Growth) -> Inputs:
    wrong = not PERCENT_MIN <= change.percent <= PERCENT_MAX
    if wrong or change.percent == 0:
        raise PercentOutOfRange(code=change.code)
    return scale(inputs, change.code, 1 + change.percent / 100)


def _close(inputs: Inputs, change: ClosedWeek) -> Inputs:
    weeks = inputs.shared.centre_weeks.shape[1]
    week = (change.date - inputs.shared.origin).days // 7
    if not 0 <= week < weeks:
        raise WeekGone(date=change.date)
    factors = np.ones(weeks)
    factors[week] = 0.0
    return _multiply(inputs, change.code, factors)


def _multiply(inputs: Inputs, code: str, factors: Floats) -> Inputs:
    capacity, shared = inputs.capacity, inputs.shared
    if code in capacity.codes:
        row = capacity.codes.index(code)
        if not capacity.known[row]:
            raise CapacityUnknown(code=code)
        planned = capacity.planned.copy()
        planned[row] *= factors
        return replace(inputs, capacity=replace(capacity, planned=planned))
    centre_id = get_place_ids("CENTRE").get(code)
    if centre_id is None or centre_id not in shared.centre_ids:
        raise UnknownCapacity(code=code, known="、".join(get_resource_names()))
    row = shared.centre_ids.index(centre_id)
    weeks = shared.centre_weeks.copy()
    if (weeks[row] >= NOT_BINDING).all():
        raise CapacityUnknown(code=code)
    weeks[row] *= factors
    return replace(inputs, shared=replace(shared, centre_weeks=weeks))


def _move(inputs: Inputs, change: Moved) -> Inputs:
    ids, orders = get_place_ids("CENTRE"), inputs.orders
    for code in (change.from_code, change.to_code):
        if ids.get(code) not in inputs.shared.centre_ids:
            raise UnknownCentre(code=code)
    if change.from_code == change.to_code:
        raise UnknownCentre(code=change.to_code)
    moves = (orders.centre_ids == ids[change.from_code]) & ~orders.built
    centres = np.where(moves, ids[change.to_code], orders.centre_ids)
    return replace(inputs, orders=replace(orders, centre_ids=centres))
