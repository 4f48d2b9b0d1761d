"""What must grow, where and by when, so that promises are kept; and how much may be sold."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from yinuo.contexts.notices.queries.report import list_told
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.orders.queries.planning import count_fleet_by_centre
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.planning.operations import keep_growth_study
from yinuo.contexts.planning.queries import get_figures, get_growth_study
from yinuo.contexts.planning.rules import Figures
from yinuo.contexts.production.queries.planning import get_resource_names
from yinuo.contexts.promises.queries.work import NO_DATE, load_current
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import CHINA, at_local
from yinuo.workflows.future import MONTH, Intake, load_intake, weekly_orders, with_future
from yinuo.workflows.inputs import HORIZON_WEEKS, Inputs, Ints, load_inputs
from yinuo.workflows.onward import NOT_BINDING
from yinuo.workflows.outlook import (
    FULL,
    Effort,
    Worked,
    work_out_again,
    work_out_days,
    work_out_queue,
)
from yinuo.workflows.pace import Pace, Tell, say_nothing
from yinuo.workflows.stages import (
    Demand,
    Stage,
    centre_stages,
    hotline_stage,
    supply_stages,
)
from yinuo.workflows.supposed import scale
from yinuo.workflows.whatif import DOTS, NobodyWaits, kept_chance

# Beyond so many orders each of the study's many forecasts takes fewer scenarios, and the mixture
# for orders that are far from their turn: the same luck in all of them.
MANY_ORDERS = 20_000
QUICK = Effort(scenarios=64, method="split")
KEPT_MIN, KEPT_MAX = 0.5, 0.99
GROWTH_MAX = 1.0
FACTOR_MAX, STEPS = 4.0, 7
TRIAL = 0.05
MONTH_WEEKS = 4
# Orders to come are looked at for half a year, and then until the last of them is due.
INTAKE_WEEKS, YEAR_WEEKS = 26, 52
NIGHT_HOUR, MORNING_HOUR = 3, 6
HOTLINE = ("客服热线", "Hotline")


class GrowthOutOfRange(Refusal):
    """Growth is a percentage a month, not negative."""

    code = "growth_out_of_range"
    zh = "每月增长要在 0% 到 100% 之间。"
    en = "Growth must lie between 0% and 100% a month."


class KeptOutOfRange(Refusal):
    """Nobody can keep every promise, and half of them is no aim."""

    code = "kept_out_of_range"
    zh = "要守住的比例要在 0.5 到 0.99 之间。"
    en = "The share to keep must lie between 0.5 and 0.99."


class NothingIsBuilt(Refusal):
    """Without a plant that builds there is nothing to grow."""

    code = "nothing_is_built"
    zh = "没有一份生效的计划说工厂每周造几台，或者全是 0。请先提交计划。"
    en = "No plan in force says what the plants build, or it says 0. Commit a plan first."


@dataclass(frozen=True)
class Inverse:
    """The study. Shares are chances of the model; percentages are a month.

    `kept_now` is the mean chance that promises in force are kept, `kept_then` the same with the
    orders to come. `plant_factor` is how many times as much all plants must build for the target
    (None where that alone is not enough). `month_max` is the number of orders that four weeks
    may bring at the wait promised today, `month_last` what the last four weeks brought, and
    `growth_max` the steady growth that keeps the target with what there is; None where nothing
    was taken lately.
    """

    kept_target: float
    growth: float
    orders: int
    wait_days: int
    kept_now: float | None
    kept_then: float | None
    plant_factor: float | None
    growth_max: float | None
    month_last: int
    month_max: int | None
    bottleneck: str
    stages: list[Stage]


def check_growth(growth: float) -> None:
    """Refuse a monthly growth that nobody can mean.

    Raises
    ------
    GrowthOutOfRange
    """
    if not 0 <= growth <= GROWTH_MAX:
        raise GrowthOutOfRange


def work_out(
    *,
    kept: float | None = None,
    growth: float = 0.0,
    now: dt.datetime,
    tell: Tell = say_nothing,
) -> Inverse:
    """The study for a target (the stated one if None) and a monthly growth such as 0.1.

    `tell` hears of each forecast before it begins.

    Raises
    ------
    GrowthOutOfRange, KeptOutOfRange, NobodyWaits, NothingIsBuilt
    """
    figures = get_figures()
    target = figures.need("kept_target") if kept is None else kept
    if not KEPT_MIN <= target <= KEPT_MAX:
        raise KeptOutOfRange
    check_growth(growth)
    inputs = load_inputs(load_open(), now=now)
    if not inputs.orders.order_ids.size:
        raise NobodyWaits
    _check_plants(inputs)
    latest = load_current(inputs.orders.order_ids).windows.latest
    intake = load_intake(inputs.orders, latest, now)
    pace = Pace(_phases(inputs, intake), tell)
    return _study(inputs, latest, intake, figures, target, growth, now, pace)


def _phases(inputs: Inputs, intake: Intake) -> dict[str, int]:
    """Forecasts of each phase at most, in the order in which they are made."""
    halvings = STEPS + 1
    taken = intake.month > 0
    return {
        "QUEUE": 1,
        "GAINS": len(inputs.capacity.codes) + 1,
        "NOW": 1,
        "PLANTS": halvings,
        "GROWTH": halvings + 1 if taken else 0,
        "MONTH": halvings if taken else 0,
    }


def _check_plants(inputs: Inputs) -> None:
    names = get_resource_names()
    rows = [n for n, code in enumerate(inputs.capacity.codes) if names[code].kind == "PLANT"]
    if not rows or not inputs.capacity.planned[rows, :YEAR_WEEKS].any():
        raise NothingIsBuilt


def _study(
    inputs: Inputs,
    latest: Ints,
    intake: Intake,
    figures: Figures,
    target: float,
    growth: float,
    now: dt.datetime,
    pace: Pace,
) -> Inverse:
    pace.step("QUEUE")
    counts = weekly_orders(intake, INTAKE_WEEKS, growth)
    more, due = with_future(inputs, latest, intake, counts)
    worked = work_out_queue(more, effort_for(more))
    kept_then = kept_chance(worked.days, due, inputs.shared.origin)
    gains = _gains(worked, due, kept_then, pace)
    demand = Demand(
        more,
        due,
        np.arange(due.size) >= latest.size,
        count_fleet_by_centre(),
        len(list_told(now - MONTH)) / MONTH_WEEKS,
        min(HORIZON_WEEKS, INTAKE_WEEKS + -(-intake.wait_days // 28) * MONTH_WEEKS),
    )
    names = get_resource_names()
    stages = supply_stages(demand, names, target, gains)
    stages += centre_stages(demand, get_places(), figures, gains)
    stages.append(hotline_stage(demand, figures, counts, HOTLINE))
    taken = intake.month > 0
    pace.step("NOW")
    return Inverse(
        kept_target=target,
        growth=growth,
        orders=int(inputs.orders.order_ids.size),
        wait_days=intake.wait_days,
        kept_now=kept_chance(
            work_out_days(inputs, effort_for(inputs)), latest, inputs.shared.origin
        ),
        kept_then=kept_then,
        plant_factor=_plant_factor(more, due, target, kept_then, pace),
        growth_max=_growth_max(inputs, latest, intake, target, pace) if taken else None,
        month_last=intake.month,
        month_max=_month_max(inputs, latest, intake, target, pace) if taken else None,
        bottleneck=max(gains, key=lambda code: gains[code], default="") if gains else "",
        stages=stages,
    )


def effort_for(inputs: Inputs) -> Effort:
    """What one forecast of many is worth: shares of half a million orders need fewer scenarios."""
    return QUICK if inputs.orders.order_ids.size > MANY_ORDERS else FULL


def _gains(worked: Worked, due: Ints, kept: float | None, pace: Pace) -> dict[str, float]:
    """The kept share that one more unit a week of each resource would win."""
    if kept is None:
        return {}
    inputs, capacity = worked.inputs, worked.inputs.capacity
    gains = {}
    for row, code in enumerate(capacity.codes):
        units = float(capacity.planned[row, :YEAR_WEEKS].mean())
        if capacity.known[row] and units > 0:
            pace.step("GAINS")
            days = work_out_again(worked, scale(inputs, code, 1 + TRIAL))
            then = kept_chance(days, due, inputs.shared.origin)
            gains[code] = ((then or 0.0) - kept) / (TRIAL * units)
    pace.step("GAINS")
    return gains | _centre_gains(worked, due)


def _centre_gains(worked: Worked, due: Ints) -> dict[str, float]:
    """The same of the centres: all are larger at once, since none takes anything from another."""
    shared, places = worked.inputs.shared, get_places()
    bound = np.asarray((shared.centre_weeks < NOT_BINDING).any(axis=1))
    larger = np.where(bound[:, None], shared.centre_weeks * (1 + TRIAL), shared.centre_weeks)
    changed = replace(worked.inputs, shared=replace(shared, centre_weeks=larger))
    promised = due < NO_DATE
    limit = (due - shared.origin.toordinal())[:, None]
    then, now = (
        (days[:, DOTS] <= limit).mean(axis=1)
        for days in (work_out_again(worked, changed), worked.days)
    )
    regions = shared.regions_of(worked.inputs.orders)
    mine = promised & (regions >= 0)
    won = np.bincount(regions[mine], (then - now)[mine], minlength=len(shared.centre_ids))
    units = shared.centre_weeks[:, :YEAR_WEEKS].mean(axis=1)
    return {
        places[centre_id].code: float(won[row] / promised.sum() / (TRIAL * units[row]))
        for row, centre_id in enumerate(shared.centre_ids)
        if bound[row] and units[row] > 0
    }


def _plant_factor(
    inputs: Inputs, due: Ints, target: float, kept: float | None, pace: Pace
) -> float | None:
    """The least factor on all plants that reaches the target, to a few hundredths."""
    if kept is None or kept >= target:
        return 1.0 if kept is not None else None
    names = get_resource_names()
    plants = [code for code in inputs.capacity.codes if names[code].kind == "PLANT"]

    def enough(factor: float) -> bool:
        pace.step("PLANTS")
        larger = inputs
        for code in plants:
            larger = scale(larger, code, factor)
        found = kept_chance(work_out_days(larger, effort_for(larger)), due, inputs.shared.origin)
        return found is not None and found >= target

    if not enough(FACTOR_MAX):
        return None
    return FACTOR_MAX - _largest(lambda less: enough(FACTOR_MAX - less), 0.0, FACTOR_MAX - 1)


def _growth_max(
    inputs: Inputs, latest: Ints, intake: Intake, target: float, pace: Pace
) -> float | None:
    """The largest steady growth a month at which the orders to come are kept; below 0 to shrink.

    None where even an intake that halves every month could not be kept at the wait promised.
    """

    def fits(growth: float) -> bool:
        pace.step("GROWTH")
        counts = weekly_orders(intake, INTAKE_WEEKS, growth)
        return _new_ones_kept(inputs, latest, intake, counts, target)

    return _largest(fits, -KEPT_MIN, GROWTH_MAX) if fits(-KEPT_MIN) else None


def _month_max(inputs: Inputs, latest: Ints, intake: Intake, target: float, pace: Pace) -> int:
    """Orders that the next four weeks may bring at the wait promised today."""

    def fits(orders: float) -> bool:
        pace.step("MONTH")
        edges = np.rint(np.linspace(0, math.floor(orders), MONTH_WEEKS + 1)).astype(np.int64)
        return _new_ones_kept(inputs, latest, intake, np.diff(edges), target)

    return math.floor(_largest(fits, 0.0, FACTOR_MAX * intake.month))


def _new_ones_kept(
    inputs: Inputs, latest: Ints, intake: Intake, counts: Ints, target: float
) -> bool:
    """Whether the orders to come are kept in each month of their lock, not only on average."""
    more, due = with_future(inputs, latest, intake, counts)
    days = work_out_days(more, effort_for(more))
    months = np.repeat(np.arange(counts.size) // MONTH_WEEKS, counts)
    for month in np.unique(months):
        mine = latest.size + np.flatnonzero(months == month)
        found = kept_chance(days[mine], due[mine], inputs.shared.origin)
        if found is None or found < target:
            return False
    return True


def _largest(fits: Callable[[float], bool], low: float, high: float) -> float:
    """The largest number that fits, from below, by halving; `low` fits."""
    if fits(high):
        return high
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def write(study: Inverse) -> dict[str, Any]:
    """The study as plain data, dates as text."""
    plain = asdict(study)
    for stage in plain["stages"]:
        breach = stage["first_breach"]
        stage["first_breach"] = breach.isoformat() if breach else None
        for block in stage["blocks"]:
            block["from_date"] = block["from_date"].isoformat()
    return plain


def keep(*, growth: float = 0.0, now: dt.datetime) -> Inverse:
    """Work the study out for the stated target and keep it for the pages.

    Raises
    ------
    GrowthOutOfRange, NobodyWaits, NothingIsBuilt
    """
    study = work_out(growth=growth, now=now)
    keep_growth_study(result=write(study), now=now)
    return study


def every_night(*, now: dt.datetime) -> int:
    """Work the study out once a night, after the dates; 1 when it was, 0 when there was nothing.

    Only between three and six: by day it would take the machine from those who work with it.
    """
    local = now.astimezone(CHINA)
    kept = get_growth_study()
    done = kept is not None and kept.made_at >= at_local(local.date(), NIGHT_HOUR)
    if done or not NIGHT_HOUR <= local.hour < MORNING_HOUR:
        return 0
    try:
        keep(now=now)
    except (NobodyWaits, NothingIsBuilt):
        return 0
    return 1
