"""What others may ask about figures and studies."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.planning.models import AskedStudy, Explanation, Figure, Look, Snapshot, Study
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


@dataclass(frozen=True)
class AskedSeen:
    """A study that somebody asked for, and how far it is; as in `AskedStudy`.

    `before_seconds` is how long the last one that was finished took, None before there is one.
    """

    public_id: str
    growth: float
    standing: bool
    asker_zh: str
    asker_en: str
    asked_at: dt.datetime
    started_at: dt.datetime | None
    phase: str
    done: int
    most: int
    refused_zh: str
    refused_en: str
    result: dict[str, Any] | None
    finished_at: dt.datetime | None
    before_seconds: int | None

    def waits_longer_than(self, limit: dt.timedelta, now: dt.datetime) -> bool:
        """Whether nobody has begun it for so long."""
        return self.started_at is None and now - self.asked_at > limit


def get_asked_study_for_staff(staff_id: int, public_id: str) -> AskedSeen | None:
    """The study of this id that somebody asked for, or None.

    Raises
    ------
    NotStaff
    """
    return next(iter(_list_asked(staff_id, AskedStudy.objects.filter(public_id=public_id))), None)


def list_asked_studies_for_staff(staff_id: int, limit: int) -> list[AskedSeen]:
    """The studies that were asked for, newest first, without their results.

    Raises
    ------
    NotStaff
    """
    return _list_asked(staff_id, AskedStudy.objects.order_by("-id").defer("result")[:limit])


def _list_asked(staff_id: int, rows: QuerySet[AskedStudy]) -> list[AskedSeen]:
    require_staff(staff_id)
    done = AskedStudy.objects.filter(result__isnull=False).order_by("-finished_at")
    last = done.defer("result").first()
    seconds = None
    if last is not None and last.started_at is not None and last.finished_at is not None:
        seconds = round((last.finished_at - last.started_at).total_seconds())
    return [
        AskedSeen(
            row.public_id,
            row.growth,
            row.standing,
            row.asked_by.name_zh,
            row.asked_by.name_en,
            row.asked_at,
            row.started_at,
            row.phase,
            row.done_count,
            row.most_count,
            row.refused_zh,
            row.refused_en,
            None if "result" in row.get_deferred_fields() else row.result,
            row.finished_at,
            seconds,
        )
        for row in rows.select_related("asked_by")
    ]


def get_snapshot_before(moment: dt.datetime) -> bytes | None:
    """The newest snapshot taken before then, or None."""
    rows = Snapshot.objects.filter(taken_at__lt=moment).order_by("-taken_at", "-id")
    content = rows.values_list("content", flat=True).first()
    return None if content is None else bytes(content)


def list_snapshots() -> list[tuple[str, dt.datetime]]:
    """The names of all snapshots kept and when they were taken, oldest first."""
    return list(Snapshot.objects.order_by("taken_at", "id").values_list("ref", "taken_at"))


def get_snapshot(ref: str) -> bytes | None:
    """The snapshot of this name, or None."""
    content = Snapshot.objects.filter(ref=ref).values_list("content", flat=True).first()
    return None if content is None else bytes(content)


def has_snapshot(ref: str) -> bool:
    """Whether a snapshot of this name is kept."""
    return Snapshot.objects.filter(ref=ref).exists()


def get_look(name: str) -> bytes | None:
    """What the newest routine look of this name forecast; for workflows."""
    content = Look.objects.filter(name=name).values_list("content", flat=True).first()
    return None if content is None else bytes(content)


@dataclass(frozen=True)
class ExplanationSeen:
    """What a plan's change of dates is made of; `content` holds the parts by order."""

    plan_ref: str
    summary: dict[str, Any]
    content: bytes
    made_at: dt.datetime


def get_explanation(plan_ref: str) -> ExplanationSeen | None:
    """The explanation of this plan, or None; for workflows."""
    row = Explanation.objects.filter(plan_ref=plan_ref).first()
    return (
        ExplanationSeen(row.plan_ref, row.summary, bytes(row.content), row.made_at) if row else None
    )


def list_explanations(limit: int) -> list[ExplanationSeen]:
    """The newest explanations; for workflows."""
    rows = Explanation.objects.order_by("-made_at", "-id")[:limit]
    return [
        ExplanationSeen(row.plan_ref, row.summary, bytes(row.content), row.made_at) for row in rows
    ]
