"""Why dates change: a plan's effect, and that of all else since, in whole days by factor."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
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
from yinuo.workflows.inputs import Flags, Inputs, load_inputs
from yinuo.workflows.shares import PLANTS, Divided, both_waiting, divide
from yinuo.workflows.snapshots import CALENDAR, CENTRE, LANE, LEVEL, OPTION, QUEUE, pack, unpack

NIGHT_HOUR, MORNING_HOUR = 3, 6
REFS_MAX = 3
PLANS_LOOKED_AT = 3
# The arrays kept beside the order ids: days by factor, of the latest date, and the rest of both.
COLUMNS = ("days", "latest", "other")


@dataclass(frozen=True)
class Share:
    """What one factor does to one order: whole days, later is positive.

    `days` are of the even-chance day, `latest_days` of the one that holds with odds of 95 in 100.
    """

    factor: str
    name_zh: str
    name_en: str
    refs: list[str]
    days: int
    latest_days: int


@dataclass(frozen=True)
class OrderShares:
    """What a plan's change of one order is made of; `other` and `latest_other` are the rest."""

    plan_ref: str
    shares: list[Share]
    other: int
    latest_other: int


def take_snapshot(*, ref: str, now: dt.datetime, plan_id: int | None = None) -> None:
    """Keep what dates follow from now. Safe to repeat."""
    keep_inputs(load_inputs(load_open(), now=now, plan_id=plan_id), ref=ref, now=now)


def keep_inputs(inputs: Inputs, *, ref: str, now: dt.datetime) -> None:
    """Keep what dates followed from; for who has it at hand. Safe to repeat."""
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

    The change is that of the forecast's even-chance day and of the day that holds with odds of 95
    in 100, for orders that wait to be built: from the newest snapshot before the plan (without
    one, from today under the plan in force) to today under the plan, with the same random draws.
    """
    orders = load_open()
    new = load_inputs(orders, now=now, plan_id=plan.id)
    before = plan.committed_at or now
    kept = get_snapshot_before(before)
    old, since = unpack(kept) if kept else (load_inputs(orders, now=now), before)
    rows = both_waiting(old, new)
    divided = divide(old, new, new.orders.order_ids[rows])
    summary = _summary(plan, new, rows, divided, since, now)
    content = _pack(new, rows, divided.shares)
    keep_explanation(plan_ref=plan.public_id, summary=summary, content=content, now=now)
    return summary


def summary_of(plan_ref: str) -> dict[str, Any] | None:
    """What the plan's change of dates is made of, once worked out."""
    kept = get_explanation(plan_ref)
    return kept.summary if kept else None


def explain_order(order_id: int) -> list[OrderShares]:
    """The newest plans that changed this order, factors of a day or more, the rest."""
    found = []
    for one in list_explanations(PLANS_LOOKED_AT):
        with np.load(io.BytesIO(one.content), allow_pickle=False) as kept:
            ids, days, latest, other = (kept[key] for key in ("order_ids", *COLUMNS))
        at = np.flatnonzero(ids == order_id)
        if not at.size:
            continue
        mine = zip(days[at[0]].tolist(), latest[at[0]].tolist(), strict=True)
        shares = [
            Share(factor["factor"], factor["name_zh"], factor["name_en"], factor["refs"], *both)
            for factor, both in zip(one.summary["factors"], mine, strict=True)
            if any(both)
        ]
        if shares or other[at[0]].any():
            found.append(OrderShares(one.plan_ref, shares, *other[at[0]].tolist()))
    return found


def _summary(
    plan: PlanToExplain,
    new: Inputs,
    rows: Flags,
    divided: Divided,
    since: dt.datetime,
    now: dt.datetime,
) -> dict[str, Any]:
    shares = divided.shares
    factors = []
    for bit, mine in enumerate(divided.groups):
        zh, en = _names(mine)
        days, latest = shares.days[:, 0, bit], shares.days[:, 1, bit]
        factors.append(
            {
                "factor": "+".join(mine),
                "name_zh": zh,
                "name_en": en,
                "refs": [ref for part in mine for ref in refs_of(part, plan.public_id, since, now)],
                "people": int((days != 0).sum()),
                "later": int((days > 0).sum()),
                "earlier": int((days < 0).sum()),
                "days": int(days.sum()),
                "latest_days": int(latest.sum()),
            }
        )
    return {
        "since": write_instant(since),
        "orders": int(rows.sum()),
        "changed": int((shares.change[:, 0] != 0).sum()),
        "days": int(shares.change[:, 0].sum()),
        "latest_days": int(shares.change[:, 1].sum()),
        "other": int(shares.other[:, 0].sum()),
        "latest_other": int(shares.other[:, 1].sum()),
        "unknown": int((~shares.known).any(axis=1).sum()),
        "factors": factors,
        "centres": _by_centre(new, rows, shares),
    }


def _by_centre(new: Inputs, rows: Flags, shares: forecast.Attribution) -> list[dict[str, Any]]:
    """Mean days of the even-chance day by centre: of each factor, and of the rest."""
    places, centres = get_places(), new.orders.centre_ids[rows]
    found = []
    for centre_id in np.unique(centres):
        mine = (centres == centre_id) & shares.known[:, 0]
        if mine.any():
            place = places[int(centre_id)]
            means = shares.days[mine, 0].mean(axis=0)
            found.append(
                {
                    "name_zh": place.name_zh,
                    "name_en": place.name_en,
                    "orders": int(mine.sum()),
                    "days": [round(float(mean), 1) for mean in means],
                    "other": round(float(shares.other[mine, 0].mean()), 1),
                    "change": round(float(shares.change[mine, 0].mean()), 1),
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


def refs_of(part: str, plan_ref: str, since: dt.datetime, now: dt.datetime) -> list[str]:
    """What is on record behind a factor: plans, suppliers' and centres' reports, a span of time."""
    if part == OPTION:
        return list_supply_reports("OPTION", since, now, REFS_MAX)
    if part == CENTRE:
        return list_supply_reports("CENTRE", since, now, REFS_MAX)
    if part in (QUEUE, LANE, LEVEL, CALENDAR):
        return [f"{write_instant(since)} / {write_instant(now)}"]
    return list(dict.fromkeys(ref for ref in (find_plan_in_force(since), plan_ref) if ref))


def _pack(new: Inputs, rows: Flags, shares: forecast.Attribution) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        order_ids=new.orders.order_ids[rows],
        days=shares.days[:, 0].astype(np.int16),
        latest=shares.days[:, 1].astype(np.int16),
        other=shares.other.astype(np.int16),
    )
    return file.getvalue()
