"""Stage by stage, week by week: what keeping the promises requires beside what there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.places.queries import PlaceFacts
from yinuo.contexts.planning.rules import Figures
from yinuo.contexts.production.queries.planning import ResourceName
from yinuo.contexts.promises.queries.work import NO_DATE
from yinuo.engines import staffing
from yinuo.workflows.future import WEEKS_A_MONTH
from yinuo.workflows.inputs import DAYS_TO_FINISH, Flags, Floats, Inputs, Ints
from yinuo.workflows.onward import NOT_BINDING
from yinuo.workflows.outlook import SEED, classes_of, sample_capacity

# The table shows at most so many spans of time.
SPANS_MAX = 13


@dataclass(frozen=True)
class Demand:
    """Everybody whose promise counts: the open orders, and those to come behind them.

    `latest` holds proleptic day numbers, `NO_DATE` without a promise; `future` marks orders to
    come. `handed_over` counts cars in use by centre, `notices_a_week` what was sent lately;
    `weeks` is how far the stages are looked at.
    """

    inputs: Inputs
    latest: Ints
    future: Flags
    handed_over: dict[int, int]
    notices_a_week: float
    weeks: int


@dataclass(frozen=True)
class Block:
    """Some weeks from a Monday: required and at hand, in the stage's unit, on average."""

    from_date: dt.date
    required: float
    have: float | None


@dataclass(frozen=True)
class Stage:
    """One stage at one place. `have` is None where nobody stated or reported what there is.

    `gap` is what is missing at the worst time, `first_breach` the Monday from which on it is
    missing. `marginal` is the kept share won by one unit more, where the simulation tells.
    """

    stage: str
    code: str
    name_zh: str
    name_en: str
    have: float | None
    required: float | None
    gap: float | None
    first_breach: dt.date | None
    marginal: float | None
    blocks: list[Block]


def supply_stages(
    demand: Demand, names: dict[str, ResourceName], kept: float, marginal: dict[str, float]
) -> list[Stage]:
    """Plants and options: cars due by week against what is built with chance `kept`."""
    inputs = demand.inputs
    weeks = _build_weeks(demand)
    sampled = sample_capacity(inputs)[:, :, : demand.weeks].cumsum(axis=2)
    sure = np.quantile(sampled, 1 - kept, axis=0)
    classes = classes_of(inputs)
    stages = []
    for row, code in enumerate(inputs.capacity.codes):
        users = np.flatnonzero((inputs.capacity.resources[:, 0] == row).any(axis=1))
        due = _by_week(weeks[np.isin(classes, users) & (weeks >= 0)], demand.weeks)
        name = names[code]
        known = bool(inputs.capacity.known[row])
        have = np.diff(sure[row], prepend=0.0) if known else None
        stages.append(_flow(inputs, name.kind, name, due, have, marginal.get(code)))
    return stages


def _build_weeks(demand: Demand) -> Ints:
    """The week by which each order must be built to come in time, -1 for those that need none."""
    shared = demand.inputs.shared
    lanes, regions = shared.lanes, shared.regions_of(demand.inputs.orders)
    waits = 7 / (2 * np.maximum(lanes.departs.sum(axis=1), 1))
    # The mean way: the allowance for bad luck is made once, where cars are built.
    way = DAYS_TO_FINISH + waits + lanes.transit_days + lanes.preparation_days
    counts = (demand.latest < NO_DATE) & ~demand.inputs.orders.built & (regions >= 0)
    days = demand.latest - shared.origin.toordinal() - np.where(counts, way[regions], 0)
    return np.where(counts, np.maximum(days // 7, 0), -1).astype(np.int64)


def _by_week(weeks: Ints, count: int) -> Floats:
    """How many fall due in each of `count` weeks; those further out are not counted."""
    return np.bincount(weeks[weeks < count], minlength=count).astype(np.float64)


def _flow(
    inputs: Inputs,
    stage: str,
    name: ResourceName | PlaceFacts,
    due: Floats,
    have: Floats | None,
    marginal: float | None,
) -> Stage:
    """A stage through which cars flow: what is due so far must not exceed what was done so far."""
    origin = inputs.shared.origin
    if have is None:
        blocks = _blocks(origin, due, None)
        need = max(block.required for block in blocks)
        return Stage(
            stage, name.code, name.name_zh, name.name_en, None, need, None, None, marginal, blocks
        )
    behind = np.cumsum(due) > np.cumsum(have) + 1e-9
    usual = float(have.mean())
    worst = float(np.max(np.cumsum(due) / np.maximum(np.cumsum(have), 1e-9)))
    required: float | None = usual * max(worst, 0.0)
    if usual == 0:
        # No factor of nothing is enough: what is due is all there is to say.
        required = float(due.mean())
    gap = max(0.0, (required or 0.0) - usual) if behind.any() else 0.0
    breach = origin + dt.timedelta(weeks=int(behind.argmax())) if behind.any() else None
    blocks = _blocks(origin, due, have)
    return Stage(
        stage, name.code, name.name_zh, name.name_en, usual, required, gap, breach, marginal, blocks
    )


def _blocks(origin: dt.date, due: Floats, have: Floats | None) -> list[Block]:
    """Means over four weeks each, or over a multiple of that where they would be too many."""
    span = WEEKS_A_MONTH * -(-due.size // (WEEKS_A_MONTH * SPANS_MAX))
    return [
        Block(
            origin + dt.timedelta(weeks=start),
            float(due[start : start + span].mean()),
            None if have is None else float(have[start : start + span].mean()),
        )
        for start in range(0, due.size, span)
    ]


def centre_stages(
    demand: Demand, places: dict[int, PlaceFacts], figures: Figures, marginal: dict[str, float]
) -> list[Stage]:
    """Per delivery centre: seats on the lane, preparation bays, hand-overs, workshop bays."""
    shared, orders = demand.inputs.shared, demand.inputs.orders
    stages = []
    # Closed days hand nothing over.
    by_week = shared.centre_days()[:, : 7 * demand.weeks].reshape(-1, demand.weeks, 7).sum(axis=2)
    for row, centre_id in enumerate(shared.centre_ids):
        place = places[centre_id]
        mine = (orders.centre_ids == centre_id) & (demand.latest < NO_DATE)
        weeks = np.maximum((demand.latest[mine] - shared.origin.toordinal()) // 7, 0)
        due = _by_week(weeks, demand.weeks)
        fleet = demand.handed_over.get(centre_id, 0) + np.cumsum(due)
        departures = max(int(shared.lanes.departs[row].sum()), 1)
        unknown = (shared.centre_weeks[row] >= NOT_BINDING).all()
        have = None if unknown else by_week[row]
        code = place.code
        for stage, stated, flow, size in (
            ("LANE", "lane_seats", due, _seats(departures)),
            ("PDI", "pdi_bays", due, _bays(figures, code)),
            ("SERVICE", "service_bays", fleet, _workshop(figures)),
        ):
            stages.append(_sized(demand, stage, place, figures.get(stated, code), flow, size))
        stages.append(_flow(demand.inputs, "HANDOVER", place, due, have, marginal.get(code)))
    return stages


def hotline_stage(demand: Demand, figures: Figures, counts: Ints, names: tuple[str, str]) -> Stage:
    """People on the hotline: open orders, notices of changes and cars in use all call."""
    day = demand.latest[demand.latest < NO_DATE] - demand.inputs.shared.origin.toordinal()
    due = _by_week(np.maximum(day // 7, 0), demand.weeks)
    now = int((~demand.future).sum())
    came = np.zeros(demand.weeks)
    came[: counts.size] = counts[: demand.weeks]
    open_orders = np.maximum(now + np.cumsum(came) - np.cumsum(due), 0)
    fleet = sum(demand.handed_over.values()) + np.cumsum(due)
    calls = (
        open_orders * figures.need("calls_per_order_week")
        + demand.notices_a_week * open_orders / max(now, 1) * figures.need("calls_per_notice")
        + fleet * figures.need("calls_per_car_week")
    ) / figures.need("hotline_hours_per_week")
    place = PlaceFacts(0, "", "", *names, "", "", "")
    return _sized(demand, "HOTLINE", place, figures.get("hotline_agents"), calls, _agents(figures))


def _sized(
    demand: Demand,
    stage: str,
    place: PlaceFacts,
    have: float | None,
    flow: Floats,
    size: Callable[[float], float],
) -> Stage:
    """A stage whose size follows from the mean flow of some weeks by a formula."""
    origin = demand.inputs.shared.origin
    blocks = [
        Block(block.from_date, size(block.required), have) for block in _blocks(origin, flow, None)
    ]
    need = max(block.required for block in blocks)
    gap = None if have is None else max(0.0, need - have)
    short = [one.from_date for one in blocks if have is not None and one.required > have]
    return Stage(
        stage,
        place.code,
        place.name_zh,
        place.name_en,
        have,
        need,
        gap,
        short[0] if short else None,
        None,
        blocks,
    )


def _seats(departures: int) -> Callable[[float], float]:
    return lambda cars: float(np.ceil(cars / departures - 1e-9))


def _bays(figures: Figures, code: str) -> Callable[[float], float]:
    rules = staffing.PreparationParameters(
        hours_per_car=figures.need("pdi_hours_per_car"),
        hours_per_day=figures.need("pdi_hours_per_day"),
    )
    seats = figures.get("lane_seats", code)
    batch = max(1.0, seats if seats is not None else figures.need("batch_cars", code))

    def size(cars: float) -> float:
        return staffing.bays_needed(cars / 7, batch, rules, np.random.default_rng(SEED))

    return size


def _workshop(figures: Figures) -> Callable[[float], float]:
    return lambda fleet: float(
        staffing.service_bays_needed(
            fleet,
            visits_per_year=figures.need("service_visits_per_year"),
            hours_per_visit=figures.need("service_hours_per_visit"),
            hours_per_year=figures.need("service_hours_per_year"),
        )
    )


def _agents(figures: Figures) -> Callable[[float], float]:
    return lambda calls: float(
        staffing.agents_needed(
            calls,
            seconds=figures.need("hotline_call_seconds"),
            share=figures.need("hotline_share"),
        )
    )
