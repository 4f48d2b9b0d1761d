"""What the change of dates between two moments is made of: shares by part, in whole days."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from yinuo.contexts.production.queries.planning import get_resource_names
from yinuo.engines import forecast
from yinuo.workflows.inputs import Flags, Inputs, Ints
from yinuo.workflows.outlook import FULL, MEDIAN, Effort, work_out_days
from yinuo.workflows.snapshots import CALENDAR, CENTRE, LANE, LEVEL, OPTION, QUEUE, mix

FACTORS_MAX = 6
PLANTS = "PLANTS"
# In this order factors are joined with the next one when there are too many of them.
JOINED = ((CALENDAR, CENTRE), (LANE, CENTRE), (LEVEL, QUEUE))
# The columns of the stored chances that are shared out: the even one, and the latest date's.
LATEST = 3
# Beyond so many orders a coalition is worked out from fewer scenarios, far orders by the mixture:
# what is compared are differences under the same luck.
MANY_ORDERS = 20_000
QUICK = Effort(scenarios=64, method="split", dots=False)


@dataclass(frozen=True)
class Divided:
    """The change of each order's days, shared out among groups of parts.

    Arrays have a row for each order, a column for the even-chance day and one for the day that
    holds with odds of 95 in 100; `days` of the attribution has a layer for each group.
    """

    groups: list[list[str]]
    shares: forecast.Attribution


def effort_for(orders: int) -> Effort:
    """What a coalition of so many orders is worth."""
    return QUICK if orders > MANY_ORDERS else replace(FULL, dots=False)


def divide(old: Inputs, new: Inputs, order_ids: Ints, *, join_plants: bool = False) -> Divided:
    """Share out the change from `old` to `new` of these orders, which are in both, after Shapley.

    Parts that did not change are left out; with one part left, it takes all. With `join_plants`
    the plans of all plants are one part.
    """
    parts, part_of = _changed(old, new, join_plants)
    groups = _grouped(parts)
    effort = effort_for(new.orders.order_ids.size)

    def values_of(mask: int) -> Ints:
        chosen = {part for bit, group in enumerate(groups) if mask >> bit & 1 for part in group}
        inputs = mix(old, new, frozenset(chosen), part_of)
        days = work_out_days(inputs, effort)[:, [MEDIAN, LATEST]].astype(np.int64)
        dated = days < forecast.BEYOND_HORIZON
        days = np.where(dated, days + inputs.shared.origin.toordinal(), days)
        ranked = np.argsort(inputs.orders.order_ids)
        at = ranked[np.searchsorted(inputs.orders.order_ids, order_ids, sorter=ranked)]
        return np.asarray(days[at], np.int64)

    shares = forecast.attribute(values_of, max(len(groups), 1))
    return Divided(groups, shares if parts else replace(shares, days=shares.days[..., :0]))


def both_waiting(old: Inputs, new: Inputs) -> Flags:
    """Orders of `new` that wait to be built, and did so in `old`."""
    waited = old.orders.order_ids[~old.orders.built]
    return np.asarray(~new.orders.built & np.isin(new.orders.order_ids, waited), np.bool_)


def _grouped(parts: list[str]) -> list[list[str]]:
    """Parts one by one; some are joined where there are more than six."""
    groups = [[part] for part in parts]
    for first, second in JOINED:
        if len(groups) <= FACTORS_MAX:
            break
        mine = next((group for group in groups if first in group), None)
        other = next((group for group in groups if second in group), None)
        if mine is not None and other is not None and mine is not other:
            other += mine
            groups.remove(mine)
    return groups


def _changed(old: Inputs, new: Inputs, join_plants: bool) -> tuple[list[str], dict[str, str]]:
    """The parts that differ, at most six of them, and the part of each plant and option."""
    names = get_resource_names()
    part_of = {code: code if names[code].kind == "PLANT" else OPTION for code in new.capacity.codes}
    everything = [*dict.fromkeys(part_of.values()), QUEUE, LANE, CENTRE, CALENDAR, LEVEL]
    parts = [part for part in everything if _differs(old, new, part, part_of)]
    plants = [part for part in parts if part in names]
    if plants and (join_plants or (len(parts) > FACTORS_MAX and len(plants) > 1)):
        part_of |= dict.fromkeys(plants, PLANTS)
        parts = [PLANTS, *(part for part in parts if part not in plants)]
    return parts, part_of


def _differs(old: Inputs, new: Inputs, part: str, part_of: dict[str, str]) -> bool:
    """Whether renewing this part alone makes other inputs."""
    same = mix(old, new, frozenset(), part_of)
    other = mix(old, new, frozenset({part}), part_of)
    if part == QUEUE:
        return not (
            np.array_equal(same.orders.order_ids, other.orders.order_ids)
            and np.array_equal(same.orders.built, other.orders.built)
            and same.shared.origin == other.shared.origin
            and same.shared.today == other.shared.today
        )
    if part == LEVEL:
        return not np.array_equal(same.levels.log_mean, other.levels.log_mean)
    if part == LANE:
        return any(
            not np.array_equal(getattr(same.shared.lanes, name), getattr(other.shared.lanes, name))
            for name in same.shared.lanes.__dataclass_fields__
        )
    if part == CENTRE:
        return not np.array_equal(same.shared.centre_weeks, other.shared.centre_weeks)
    if part == CALENDAR:
        return not np.array_equal(same.shared.closed, other.shared.closed)
    return not np.array_equal(same.capacity.planned, other.capacity.planned)
