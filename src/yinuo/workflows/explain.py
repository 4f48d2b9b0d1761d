"""Why dates change: a plan's effect, and that of all else since, in whole days by factor."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.planning.operations import keep_explanation, keep_snapshot
from yinuo.contexts.planning.queries import (
    get_explanation,
    get_snapshot_before,
    has_snapshot,
    list_explanations,
)
from yinuo.contexts.production.queries.planning import (
    PlanToExplain,
    find_plan_in_force,
    get_resource_names,
    list_plans_to_explain,
    list_supply_reports,
)
from yinuo.engines import forecast
from yinuo.platform.spoken import CHINA, write_instant
from yinuo.workflows.inputs import Flags, Inputs, Ints, load_inputs
from yinuo.workflows.outlook import work_out_days
from yinuo.workflows.snapshots import (
    CALENDAR,
    CENTRE,
    LANE,
    LEVEL,
    OPTION,
    QUEUE,
    mix,
    pack,
    unpack,
)

FACTORS_MAX = 6
PLANTS = "PLANTS"
MEDIAN = 1
NIGHT_HOUR, MORNING_HOUR = 3, 6
REFS_MAX = 3
PLANS_LOOKED_AT = 3
# In this order factors are joined with the next one when there are too many of them.
JOINED = ((CALENDAR, CENTRE), (LANE, CENTRE), (LEVEL, QUEUE))


@dataclass(frozen=True)
class Share:
    """What one factor does to one order: whole days, later is positive."""

    factor: str
    name_zh: str
    name_en: str
    refs: list[str]
    days: int


def take_snapshot(*, ref: str, now: dt.datetime, plan_id: int | None = None) -> None:
    """Keep what dates follow from now. Safe to repeat."""
    inputs = load_inputs(load_open(), now=now, plan_id=plan_id)
    keep_snapshot(ref=ref, content=pack(inputs, now), now=now)


def run(*, now: dt.datetime) -> int:
    """Explain the newest plans that are not explained since they were last looked at.

    Once a night, when the dates were worked out, what they follow from is kept as well.
    """
    done = 0
    local = now.astimezone(CHINA)
    ref = f"night:{local.date()}"
    if NIGHT_HOUR <= local.hour < MORNING_HOUR and not has_snapshot(ref):
        take_snapshot(ref=ref, now=now)
        done += 1
    for plan in list_plans_to_explain(PLANS_LOOKED_AT):
        kept = get_explanation(plan.public_id)
        if kept is None or (plan.committed_at is None and kept.made_at < plan.seen_at):
            explain(plan, now=now)
            done += 1
    return done


def explain(plan: PlanToExplain, *, now: dt.datetime) -> dict[str, Any]:
    """Share the change that a plan brings out among its factors, and keep it for staff.

    The change is that of the forecast's even-chance day, for orders that wait to be built: from
    the newest snapshot before the plan (without one, from today under the plan in force) to
    today under the plan, with the same random draws.
    """
    orders = load_open()
    new = load_inputs(orders, now=now, plan_id=plan.id)
    before = plan.committed_at or now
    kept = get_snapshot_before(before)
    old, since = unpack(kept) if kept else (load_inputs(orders, now=now), before)
    parts, part_of = _changed(old, new)
    rows = _both_waiting(old, new)
    shares = _attribute(old, new, parts, part_of, rows)
    summary = _summary(plan, new, rows, parts, shares, since, now)
    keep_explanation(
        plan_ref=plan.public_id, summary=summary, content=_pack(new, rows, shares), now=now
    )
    return summary


def summary_of(plan_ref: str) -> dict[str, Any] | None:
    """What the plan's change of dates is made of, once worked out."""
    kept = get_explanation(plan_ref)
    return kept.summary if kept else None


def explain_order(order_id: int) -> list[tuple[str, list[Share], int]]:
    """The newest explained plans that move this order: plan, shares of a day or more, the rest."""
    found = []
    for one in list_explanations(PLANS_LOOKED_AT):
        with np.load(io.BytesIO(one.content), allow_pickle=False) as kept:
            ids, days, other = kept["order_ids"], kept["days"], kept["other"]
        at = np.flatnonzero(ids == order_id)
        if at.size and (days[at[0]].any() or other[at[0]]):
            shares = [
                Share(factor["factor"], factor["name_zh"], factor["name_en"], factor["refs"], day)
                for factor, day in zip(one.summary["factors"], days[at[0]].tolist(), strict=True)
                if day
            ]
            found.append((one.plan_ref, shares, int(other[at[0]])))
    return found


def _changed(old: Inputs, new: Inputs) -> tuple[list[str], dict[str, str]]:
    """The parts that differ, at most six of them, and the part of each plant and option."""
    names = get_resource_names()
    part_of = {code: code if names[code].kind == "PLANT" else OPTION for code in new.capacity.codes}
    everything = [*dict.fromkeys(part_of.values()), QUEUE, LANE, CENTRE, CALENDAR, LEVEL]
    parts = [part for part in everything if _differs(old, new, part, part_of)]
    plants = [part for part in parts if part in names]
    if len(parts) > FACTORS_MAX and len(plants) > 1:
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


def _both_waiting(old: Inputs, new: Inputs) -> Flags:
    """Orders of `new` that wait to be built, and did so in `old`."""
    waited = old.orders.order_ids[~old.orders.built]
    return np.asarray(~new.orders.built & np.isin(new.orders.order_ids, waited), np.bool_)


def _attribute(
    old: Inputs, new: Inputs, parts: list[str], part_of: dict[str, str], rows: Flags
) -> forecast.Attribution:
    wanted = new.orders.order_ids[rows]
    joined = _joined(parts)

    def values_of(mask: int) -> Ints:
        chosen = {part for part in parts if mask >> joined[part] & 1}
        inputs = mix(old, new, frozenset(chosen), part_of)
        days = work_out_days(inputs)[:, MEDIAN].astype(np.int64)
        days = np.where(
            days < forecast.BEYOND_HORIZON, days + inputs.shared.origin.toordinal(), days
        )
        ranked = np.argsort(inputs.orders.order_ids)
        at = ranked[np.searchsorted(inputs.orders.order_ids, wanted, sorter=ranked)]
        return np.asarray(days[at], np.int64)

    shares = forecast.attribute(values_of, max(joined.values(), default=0) + 1)
    return shares if parts else replace(shares, days=shares.days[:, :0])


def _joined(parts: list[str]) -> dict[str, int]:
    """The bit of each part; parts share a bit where there are more than six."""
    groups = [[part] for part in parts]
    for first, second in JOINED:
        if len(groups) <= FACTORS_MAX:
            break
        mine = next((group for group in groups if first in group), None)
        other = next((group for group in groups if second in group), None)
        if mine is not None and other is not None and mine is not other:
            other += mine
            groups.remove(mine)
    return {part: bit for bit, group in enumerate(groups) for part in group}


def _summary(
    plan: PlanToExplain,
    new: Inputs,
    rows: Flags,
    parts: list[str],
    shares: forecast.Attribution,
    since: dt.datetime,
    now: dt.datetime,
) -> dict[str, Any]:
    joined = _joined(parts)
    factors = []
    for bit in range(shares.days.shape[-1]):
        mine = [part for part in parts if joined[part] == bit]
        zh, en = _names(mine)
        days = shares.days[:, bit]
        factors.append(
            {
                "factor": "+".join(mine),
                "name_zh": zh,
                "name_en": en,
                "refs": [ref for part in mine for ref in _refs(part, plan, since, now)],
                "people": int((days != 0).sum()),
                "later": int((days > 0).sum()),
                "earlier": int((days < 0).sum()),
                "days": int(days.sum()),
            }
        )
    return {
        "since": write_instant(since),
        "orders": int(rows.sum()),
        "changed": int((shares.change != 0).sum()),
        "days": int(shares.change.sum()),
        "other": int(shares.other.sum()),
        "unknown": int((~shares.known).sum()),
        "factors": factors,
        "centres": _by_centre(new, rows, shares),
    }


def _by_centre(new: Inputs, rows: Flags, shares: forecast.Attribution) -> list[dict[str, Any]]:
    """Mean days by centre: of each factor, and of the rest."""
    places, centres = get_places(), new.orders.centre_ids[rows]
    found = []
    for centre_id in np.unique(centres):
        mine = (centres == centre_id) & shares.known
        if mine.any():
            place = places[int(centre_id)]
            means = shares.days[mine].mean(axis=0)
            found.append(
                {
                    "name_zh": place.name_zh,
                    "name_en": place.name_en,
                    "orders": int(mine.sum()),
                    "days": [round(float(mean), 1) for mean in means],
                    "other": round(float(shares.other[mine].mean()), 1),
                    "change": round(float(shares.change[mine].mean()), 1),
                }
            )
    return found


FACTOR_NAMES = {
    PLANTS: ("几家工厂的计划", "Plans of the plants"),
    OPTION: ("选装件供货", "Supply of options"),
    QUEUE: ("前面的订单和已经造了多少", "Orders ahead, and what was built since"),
    LANE: ("运车线路", "Lanes"),
    CENTRE: ("交付中心能交几台", "What centres can hand over"),
    CALENDAR: ("放假安排", "Public holidays"),
    LEVEL: ("工厂实际产量的水平", "How much of its plan a plant really builds"),
}


def _names(parts: list[str]) -> tuple[str, str]:
    """What a factor is called; a plant by its own name."""
    plants = get_resource_names()
    pairs = [
        FACTOR_NAMES.get(part)
        or (f"{plants[part].name_zh}的计划", f"Plan of {plants[part].name_en}")
        for part in parts
    ]
    return "，".join(pair[0] for pair in pairs), ", ".join(pair[1] for pair in pairs)


def _refs(part: str, plan: PlanToExplain, since: dt.datetime, now: dt.datetime) -> list[str]:
    """What is on record behind a factor: plans, suppliers' and centres' reports, a span of time."""
    if part == OPTION:
        return list_supply_reports("OPTION", since, now, REFS_MAX)
    if part == CENTRE:
        return list_supply_reports("CENTRE", since, now, REFS_MAX)
    if part in (QUEUE, LANE, LEVEL, CALENDAR):
        return [f"{write_instant(since)} / {write_instant(now)}"]
    return [ref for ref in (find_plan_in_force(since), plan.public_id) if ref]


def _pack(new: Inputs, rows: Flags, shares: forecast.Attribution) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        order_ids=new.orders.order_ids[rows],
        days=shares.days.astype(np.int16),
        other=shares.other.astype(np.int16),
    )
    return file.getvalue()
