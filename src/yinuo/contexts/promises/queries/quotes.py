"""What quotes are read from, and the quotes that were given."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.promises.models import ForecastRun, Quote, QuoteBase
from yinuo.contexts.promises.rules import HORIZONS

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Launches:
    """The reference class of a plant: output was so many percent of plan, far ahead, in `count`."""

    count: int
    low_percent: int
    high_percent: int
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class Tables:
    """What quotes are read from, as of one moment.

    `live` is the queue and the ways behind it, packed; empty where nothing can be built. Days
    count from `origin_date`. `spec_ids` (sorted) with `spec_classes` and `centre_ids` say which
    row is whose. `output_weeks` (K) counts the weeks of output that the class's plant was
    measured in; `supplied` (K) is false where a part was never reported. `reference_of` (K) is the
    place in `references` of what earlier launches say of the class's plant, -1 where nothing is
    stated. `guard` (specs, horizons) is the guard's factor in percents. `end_date` is the first day
    that the forecast does not reach.
    """

    origin_date: dt.date
    today_date: dt.date
    end_date: dt.date
    spec_ids: Ints
    spec_classes: Ints
    centre_ids: Ints
    live: bytes
    output_weeks: Ints
    supplied: npt.NDArray[np.bool_]
    reference_of: Ints
    references: tuple[Launches, ...]
    guard: Ints


@dataclass(frozen=True)
class Base:
    """Tables with the moment for which they hold."""

    id: int
    cause_ref: str
    worked_out_at: dt.datetime
    tables: Tables


@dataclass(frozen=True)
class Floor:
    """The furthest dates promised to the orders that wait in a line; a quote is not before them."""

    from_date: dt.date
    until_date: dt.date
    latest_date: dt.date


@dataclass(frozen=True)
class QuoteSeen:
    """A quote as it was given; `shown` is the whole of it."""

    public_id: str
    made_at: dt.datetime
    valid_until_at: dt.datetime
    spec_id: int
    centre_id: int
    latest_date: dt.date | None
    ahead_count: int
    shown: dict[str, Any]


def pack(tables: Tables) -> bytes:
    """The tables as one archive."""
    dates = [tables.origin_date, tables.today_date, tables.end_date]
    file = io.BytesIO()
    np.savez(
        file,
        dates=np.array([date.toordinal() for date in dates], np.int64),
        spec_ids=tables.spec_ids,
        spec_classes=tables.spec_classes,
        centre_ids=tables.centre_ids,
        live=np.frombuffer(tables.live, np.uint8),
        output_weeks=tables.output_weeks,
        supplied=tables.supplied,
        reference_of=tables.reference_of,
        guard=tables.guard,
        reference_figures=np.array(
            [(one.count, one.low_percent, one.high_percent) for one in tables.references], np.int64
        ),
        reference_notes=np.array(
            [(one.note_zh, one.note_en) for one in tables.references], np.str_
        ),
    )
    return file.getvalue()


def unpack(archive: bytes) -> Tables:
    """What `pack` packed."""
    with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
        origin, today, end = (dt.date.fromordinal(int(day)) for day in arrays["dates"])
        return Tables(
            origin,
            today,
            end,
            arrays["spec_ids"],
            arrays["spec_classes"],
            arrays["centre_ids"],
            arrays["live"].tobytes(),
            arrays["output_weeks"],
            arrays["supplied"],
            *_references(arrays),
            arrays["guard"] if "guard" in arrays else _unguarded(arrays["spec_ids"].size),
        )


def _unguarded(specs: int) -> Ints:
    """For tables that an older version wrote."""
    return np.full((specs, len(HORIZONS)), 100, np.int64)


def _references(arrays: Mapping[str, Any]) -> tuple[Ints, tuple[Launches, ...]]:
    """What earlier launches say; nothing in tables that an older version wrote."""
    if "reference_of" not in arrays:
        return np.full(arrays["output_weeks"].size, -1, np.int64), ()
    figures = arrays["reference_figures"].tolist()
    notes = arrays["reference_notes"].tolist()
    found = (Launches(*row, *note) for row, note in zip(figures, notes, strict=True))
    return arrays["reference_of"], tuple(found)


@lru_cache(maxsize=2)
def _read(base_id: int, worked_out_at: dt.datetime) -> Base:
    row = QuoteBase.objects.get(id=base_id, worked_out_at=worked_out_at)
    return Base(row.id, row.cause_ref, row.worked_out_at, unpack(bytes(row.tables)))


def get_base() -> Base | None:
    """The newest base; unpacked once in each process."""
    newest = QuoteBase.objects.order_by("-id").values_list("id", "worked_out_at").first()
    return None if newest is None else _read(*newest)


def newest_base_at() -> tuple[str, dt.datetime] | None:
    """The cause and the moment of the newest base."""
    return QuoteBase.objects.order_by("-id").values_list("cause_ref", "worked_out_at").first()


def newest_run() -> str:
    """The cause of the newest working-out of dates that was carried to its end, or empty."""
    runs = ForecastRun.objects.filter(finished_at__isnull=False)
    return runs.order_by("-id").values_list("cause_ref", flat=True).first() or ""


def list_floors(line_ids: Sequence[int]) -> dict[int, Floor]:
    """The furthest dates in force in each line, among orders that wait and are not held."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.line_id, max(p.from_date), max(p.until_date), max(p.latest_date)"
            " FROM orders_order o JOIN promises_promise p ON p.order_id = o.id"
            " WHERE o.line_id = ANY(%s) AND o.state IN ('LOCKED', 'SCHEDULED')"
            " AND p.state <> 'CLOSED' AND NOT EXISTS (SELECT 1 FROM orders_queuenote n"
            " WHERE n.order_id = o.id AND n.kind = 'HOLD' AND n.until_at IS NULL)"
            " GROUP BY o.line_id",
            [list(line_ids)],
        )
        return {row[0]: Floor(*row[1:]) for row in cursor.fetchall()}


def get_quote(public_id: str) -> QuoteSeen | None:
    """The quote with this id. It names no person, so whoever has the id may read it."""
    return get_quotes([public_id]).get(public_id)


def get_quotes(public_ids: Sequence[str]) -> dict[str, QuoteSeen]:
    """The quotes with these ids, those that exist."""
    return {
        row.public_id: QuoteSeen(
            row.public_id,
            row.made_at,
            row.valid_until_at,
            row.spec_id,
            row.centre_id,
            row.latest_date,
            row.ahead_count,
            row.shown,
        )
        for row in Quote.objects.filter(public_id__in=list(public_ids))
    }
