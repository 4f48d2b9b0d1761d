"""What others may ask about figures and studies."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.planning.models import Figure, Study
from yinuo.contexts.planning.rules import Figures


@dataclass(frozen=True)
class FigureSeen:
    """A figure as it was stated, by whom and when."""

    name: str
    place_code: str
    value: float
    source: str
    set_at: dt.datetime
    setter_zh: str
    setter_en: str


@dataclass(frozen=True)
class StudySeen:
    """The result of a study and when it was made."""

    result: dict[str, Any]
    made_at: dt.datetime


def get_figures() -> Figures:
    """The figures that hold now."""
    rows = Figure.objects.order_by("id").values_list("name", "place_code", "value")
    return Figures({(name, place): value for name, place, value in rows})


def list_figures_for_staff(staff_id: int) -> list[FigureSeen]:
    """The newest statement of each figure that anybody stated.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = (
        Figure.objects.select_related("set_by")
        .order_by("name", "place_code", "-id")
        .distinct("name", "place_code")
    )
    return [
        FigureSeen(
            row.name,
            row.place_code,
            row.value,
            row.source,
            row.set_at,
            row.set_by.name_zh if row.set_by else "",
            row.set_by.name_en if row.set_by else "",
        )
        for row in rows
    ]


def get_growth_study() -> StudySeen | None:
    """The newest growth study; for workflows and the command line."""
    row = Study.objects.filter(kind=Study.Kind.GROWTH).first()
    return StudySeen(row.result, row.made_at) if row else None


def get_growth_study_for_staff(staff_id: int) -> StudySeen | None:
    """The newest growth study, or None.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return get_growth_study()
