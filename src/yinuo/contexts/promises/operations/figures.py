"""Counting, day by day, how promises were kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from yinuo.contexts.catalogue.queries import list_specs
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.models import KeptFigures
from yinuo.contexts.promises.queries.figures import count_kept, count_undated, counted_at
from yinuo.contexts.promises.rules.figures import (
    ORDERS_MIN,
    WEEKS_MIN,
    Group,
    Kept,
    fold,
    write_kept,
    write_undated,
)
from yinuo.platform.spoken import local_date

AGAIN_AFTER = dt.timedelta(hours=6)


def refresh_figures(*, now: dt.datetime) -> int:
    """Count again when the day is new or some hours have passed; returns 1 when it did."""
    before, today = counted_at(), local_date(now)
    if before is not None and local_date(before) == today and now - before < AGAIN_AFTER:
        return 0
    specs = list_specs()
    whole, groups = count_kept(today, {spec.id: spec.model_code for spec in specs})
    models = {spec.model_code: (spec.model_zh, spec.model_en) for spec in specs}
    centres = {str(place.id): place for place in get_places().values()}
    named = {
        "quarters": [Group(code, "", "", kept) for code, kept in sorted(groups["quarter"].items())],
        "months": [Group(code, "", "", kept) for code, kept in sorted(groups["month"].items())],
        "centres": [
            Group(centres[row].code, centres[row].name_zh, centres[row].name_en, kept)
            for row, kept in groups["centre"].items()
        ],
        "models": [Group(code, *models[code], kept) for code, kept in groups["model"].items()],
    }
    figures = {
        "until": today.isoformat(),
        "orders_min": ORDERS_MIN,
        "weeks_min": WEEKS_MIN,
        "all": write_kept(whole) if whole else None,
        "undated": write_undated(count_undated(today)),
        **{name: _table(rows) for name, rows in named.items()},
    }
    KeptFigures.objects.update_or_create(date=today, defaults={"made_at": now, "figures": figures})
    return 1


def _table(groups: list[Group]) -> list[dict[str, Any]]:
    """The rows that may be shown; those that may not are one row, with its counts only."""
    shown, rest = fold(groups)
    shown.sort(key=lambda group: group.code)
    rows = [_row(group.code, group.zh, group.en, group.kept) for group in shown]
    if rest and shown:
        rows.append(_row("", "", "", _together([group.kept for group in rest])))
    return rows


def _row(code: str, zh: str, en: str, kept: Kept) -> dict[str, Any]:
    return {"code": code, "zh": zh, "en": en, **write_kept(kept)}


def _together(some: list[Kept]) -> Kept:
    """Several groups as one. Medians and weeks cannot be added: the most careful of them stands."""

    def total(name: str) -> int:
        return sum(getattr(kept, name) for kept in some)

    names: Mapping[str, int] = {
        name: total(name)
        for name in (
            "due",
            "cancelled",
            "handed_over",
            "kept",
            "kept_last",
            "early",
            "in_range",
            "open_late",
        )
    }
    return Kept(
        **names,
        late=tuple(map(sum, zip(*(kept.late for kept in some), strict=True))),
        width_days=max(kept.width_days for kept in some),
        ahead_days=max(kept.ahead_days for kept in some),
        weeks=max(kept.weeks for kept in some),
    )
