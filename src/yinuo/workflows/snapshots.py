"""Inputs as bytes and back, and inputs of which some parts are old and some are new."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from yinuo.contexts.orders.queries.forecasting import OpenOrders
from yinuo.contexts.production.queries.forecasting import Capacity
from yinuo.engines import forecast
from yinuo.workflows.inputs import Inputs, Shared
from yinuo.workflows.levels import Levels

ORDERS = [one.name for one in fields(OpenOrders)]
LANES = [one.name for one in fields(forecast.Lanes)]
TABLES = ("alternatives", "resources", "planned", "known", "actual", "target")


def pack(inputs: Inputs, taken_at: dt.datetime) -> bytes:
    """The inputs as a compressed archive of plain arrays."""
    shared, capacity = inputs.shared, inputs.capacity
    arrays: dict[str, object] = {
        "when": np.array([shared.origin.toordinal(), shared.today], np.int64),
        "now_day": np.array([shared.now_day, taken_at.timestamp()]),
        "centre_ids": np.array(shared.centre_ids, np.int64),
        "centre_weeks": shared.centre_weeks,
        "closed": shared.closed,
        "ready": inputs.ready,
        "spread": inputs.spread,
        "codes": np.array(capacity.codes, np.str_),
        "specs": np.array(list(capacity.spec_class.items()), np.int64).reshape(-1, 2),
        "log_mean": inputs.levels.log_mean,
        "log_sd": inputs.levels.log_sd,
    }
    arrays |= {f"orders_{name}": getattr(inputs.orders, name) for name in ORDERS}
    arrays |= {f"lanes_{name}": getattr(shared.lanes, name) for name in LANES}
    arrays |= {f"capacity_{name}": getattr(capacity, name) for name in TABLES}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(content: bytes) -> tuple[Inputs, dt.datetime]:
    """The inputs that `pack` was given, and when that was."""
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        found = {name: kept[name] for name in kept.files}
    origin, today = found["when"].tolist()
    now_day, taken_at = found["now_day"].tolist()
    shared = Shared(
        dt.date.fromordinal(origin),
        today,
        now_day,
        forecast.Lanes(*(found[f"lanes_{name}"] for name in LANES)),
        tuple(found["centre_ids"].tolist()),
        found["centre_weeks"],
        found["closed"],
    )
    tables = {name: found[f"capacity_{name}"] for name in TABLES}
    capacity = Capacity(
        spec_class=dict(found["specs"].tolist()), codes=tuple(found["codes"].tolist()), **tables
    )
    orders = OpenOrders(*(found[f"orders_{name}"] for name in ORDERS))
    levels = Levels(found["log_mean"], found["log_sd"])
    # What earlier launches said stands in the levels already.
    inputs = Inputs(shared, orders, found["ready"], found["spread"], capacity, levels, {})
    return inputs, dt.datetime.fromtimestamp(taken_at, dt.UTC)


Rows = npt.NDArray[Any]
Side = Callable[[str], Inputs]
QUEUE, LANE, CENTRE, CALENDAR, LEVEL, OPTION = (
    "QUEUE",
    "LANE",
    "CENTRE",
    "CALENDAR",
    "LEVEL",
    "OPTION",
)


def mix(old: Inputs, new: Inputs, renewed: frozenset[str], part_of: dict[str, str]) -> Inputs:
    """The inputs with the parts in `renewed` as they are in `new` and the others as in `old`.

    `part_of` names the part to which each plant and option belongs. Time goes with the queue: an
    old queue is served from the old Monday on, by what was then planned for the weeks since.
    """

    def side(part: str) -> Inputs:
        return new if part in renewed else old

    queue = side(QUEUE)
    origin = queue.shared.origin
    planned, mean, sd = (
        np.array(rows)
        for rows in (
            [
                _weeks(_row(side(part_of[code]), old, new, code), old, code, origin)
                for code in new.capacity.codes
            ],
            [_level(side(LEVEL), new, code, "log_mean") for code in new.capacity.codes],
            [_level(side(LEVEL), new, code, "log_sd") for code in new.capacity.codes],
        )
    )
    return replace(
        queue,
        shared=_shared(side, old, new),
        capacity=replace(new.capacity, planned=planned.reshape(new.capacity.planned.shape)),
        levels=Levels(mean, sd),
    )


def _row(source: Inputs, old: Inputs, new: Inputs, code: str) -> Inputs:
    """Where to read the weeks of this resource; one that is new has no old figures."""
    return source if code in old.capacity.codes else new


def _weeks(source: Inputs, old: Inputs, code: str, origin: dt.date) -> Rows:
    row = source.capacity.planned[source.capacity.codes.index(code)]
    early = row
    if code in old.capacity.codes:
        early = old.capacity.planned[old.capacity.codes.index(code)]
    return _shift(row, (origin - source.shared.origin).days // 7, early)


def _shift(row: Rows, weeks: int, early: Rows) -> Rows:
    """The row from `weeks` later on (the last week repeated), or from earlier on (by `early`)."""
    if weeks > 0:
        return np.concatenate([row[weeks:], np.repeat(row[-1:], weeks, axis=0)])
    if weeks < 0:
        return np.concatenate([early[:-weeks], row[:weeks]])
    return row


def _level(source: Inputs, new: Inputs, code: str, name: str) -> Rows:
    known = source if code in source.capacity.codes else new
    return np.asarray(getattr(known.levels, name)[known.capacity.codes.index(code)])


def _shared(side: Side, old: Inputs, new: Inputs) -> Shared:
    queue, centre, days = side(QUEUE).shared, side(CENTRE).shared, side(CALENDAR).shared
    back = (queue.origin - centre.origin).days // 7
    weeks = [
        _shift(_of_centre(centre, new, one), back, _of_centre(old.shared, new, one))
        for one in new.shared.centre_ids
    ]
    return Shared(
        queue.origin,
        queue.today,
        queue.now_day,
        _lanes(side(LANE).shared, new.shared),
        new.shared.centre_ids,
        np.array(weeks, np.float64).reshape(new.shared.centre_weeks.shape),
        _shift(days.closed, (queue.origin - days.origin).days // 7, old.shared.closed),
    )


def _lanes(source: Shared, new: Shared) -> forecast.Lanes:
    """The lanes of `source` to the centres of `new`; one to a new centre is new."""
    columns: list[Rows] = []
    for name in LANES:
        rows = getattr(new.lanes, name).copy()
        for at, centre_id in enumerate(new.centre_ids):
            if centre_id in source.centre_ids:
                rows[at] = getattr(source.lanes, name)[source.centre_ids.index(centre_id)]
        columns.append(rows)
    return forecast.Lanes(*columns)


def _of_centre(source: Shared, new: Inputs, centre_id: int) -> Rows:
    known = source if centre_id in source.centre_ids else new.shared
    return np.asarray(known.centre_weeks[known.centre_ids.index(centre_id)])
