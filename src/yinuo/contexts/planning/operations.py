"""Stating a figure; keeping a study; studies that staff ask for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from yinuo.contexts.people.queries.staff import get_staff
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.planning.models import AskedStudy, Explanation, Figure, Look, Snapshot, Study
from yinuo.contexts.planning.rules import all_parameters, may_hold
from yinuo.platform import outbox
from yinuo.platform.ids import new_id
from yinuo.platform.locks import hold
from yinuo.platform.refusals import Refusal

# The newest ones are kept, and behind them the first of each week for a quarter of a year.
SNAPSHOTS_KEPT, WEEKS_KEPT = 8, 13
PLANNERS = ("PLANNER", "MANAGER", "EXECUTIVE")
JOB = "planning.studies"
# Who has not gone on for so long is taken to be dead; after so many deaths nobody tries again.
SILENT_AFTER, TRIES_MAX = dt.timedelta(minutes=3), 3
ASKED_KEPT = 20
GIVEN_UP = (
    "算到一半停了三次，没有结果。请告诉系统管理员。",
    "It stopped halfway three times and there is no result. Please tell the operator.",
)
# Whoever asks for a study or takes one waits for the other.
CHOOSING = "planning.studies"


class UnknownFigure(Refusal):
    """The table has no figure of this name, or not for this place."""

    code = "unknown_figure"
    zh = "没有“{name}”这个数，或者不能按中心填写。"
    en = "There is no figure {name!r}, or none by place."


class FigureOutOfRange(Refusal):
    """Outside the limits that the table gives."""

    code = "figure_out_of_range"
    zh = "“{label_zh}”要在 {least} 到 {most} 之间。"
    en = "{label_en} must lie between {least} and {most}."


class SourceNeeded(Refusal):
    """A figure without a source cannot be checked by anybody."""

    code = "source_needed"
    zh = "请写明这个数从哪里来。"
    en = "Say where this figure comes from."


class NotAPlanner(Refusal):
    """Figures move what may be sold: planners, managers and executives state them."""

    code = "not_a_planner"
    zh = "改数请找计划员、经理或公司负责人。"
    en = "Planners, managers and executives state figures."


def state_figure(
    *, name: str, place_code: str, value: float, source: str, staff_id: int | None, now: dt.datetime
) -> None:
    """State a figure; the one before stays on record. From the command line without a person.

    Raises
    ------
    NotAPlanner, UnknownFigure, FigureOutOfRange, SourceNeeded
    """
    card = get_staff(staff_id) if staff_id is not None else None
    if staff_id is not None and (card is None or card.role not in PLANNERS):
        raise NotAPlanner
    parameter = all_parameters().get(name)
    if parameter is None or (place_code and not parameter.by_place):
        raise UnknownFigure(name=name)
    if place_code and place_code not in get_place_ids("CENTRE"):
        raise UnknownFigure(name=f"{name} {place_code}")
    if not may_hold(parameter, value):
        raise FigureOutOfRange(
            label_zh=parameter.zh, label_en=parameter.en, least=parameter.least, most=parameter.most
        )
    if not source.strip():
        raise SourceNeeded
    Figure.objects.create(
        name=name,
        place_code=place_code,
        value=value,
        source=source.strip(),
        set_by_id=staff_id,
        set_at=now,
    )


def keep_growth_study(*, result: dict[str, Any], now: dt.datetime) -> None:
    """Keep a growth study in place of the one before; an older one never replaces a newer."""
    kept, created = Study.objects.get_or_create(
        kind=Study.Kind.GROWTH, defaults={"result": result, "made_at": now}
    )
    if not created:
        rows = Study.objects.filter(id=kept.id, made_at__lte=now)
        rows.update(result=result, made_at=now)


def keep_snapshot(*, ref: str, content: bytes, now: dt.datetime) -> None:
    """Keep what dates were worked out from; older ones thin out. Safe to repeat."""
    Snapshot.objects.get_or_create(ref=ref, defaults={"content": content, "taken_at": now})
    kept = list(Snapshot.objects.order_by("-taken_at", "-id").values_list("id", "taken_at"))
    weeks: dict[tuple[int, int], int] = {}
    for row_id, taken_at in kept[SNAPSHOTS_KEPT:]:
        if now - taken_at < dt.timedelta(weeks=WEEKS_KEPT):
            weeks[taken_at.isocalendar()[:2]] = row_id
    old = {row_id for row_id, _ in kept[SNAPSHOTS_KEPT:]} - set(weeks.values())
    Snapshot.objects.filter(id__in=old).delete()


def keep_explanation(
    *, plan_ref: str, summary: dict[str, Any], content: bytes, now: dt.datetime
) -> None:
    """Keep what a plan's change of dates is made of, in place of what was worked out before."""
    Explanation.objects.update_or_create(
        plan_ref=plan_ref, defaults={"summary": summary, "content": content, "made_at": now}
    )


def keep_look(*, name: str, content: bytes, now: dt.datetime) -> None:
    """Keep what a routine look forecast, in place of the one before."""
    Look.objects.update_or_create(name=name, defaults={"content": content, "made_at": now})


@dataclass(frozen=True)
class Taken:
    """A study to be worked out now."""

    id: int
    growth: float
    standing: bool


def ask_study(*, growth: float, standing: bool, staff_id: int, now: dt.datetime) -> str:
    """Ask for a study; returns its public id, that of an equal one that is not finished yet if any.

    Raises
    ------
    NotAPlanner
        A `standing` one is for planners: everybody reads it.
    """
    card = get_staff(staff_id)
    if card is None or (standing and card.role not in PLANNERS):
        raise NotAPlanner
    with transaction.atomic():
        hold(CHOOSING)
        # A standing one that is under way may have read figures that were stated since.
        same = AskedStudy.objects.filter(growth=growth, standing=standing, finished_at=None)
        if standing:
            same = same.filter(started_at=None)
        found = same.order_by("id").first() or AskedStudy.objects.create(
            public_id=new_id("stu"),
            growth=growth,
            standing=standing,
            asked_by_id=staff_id,
            asked_at=now,
        )
        outbox.nudge(JOB)
    return found.public_id


def take_study(*, now: dt.datetime) -> Taken | None:
    """The study that waits longest, unless one is being worked out. It is the caller's now."""
    with transaction.atomic():
        hold(CHOOSING)
        silent_since = now - SILENT_AFTER
        waiting = AskedStudy.objects.filter(finished_at=None)
        if waiting.filter(heard_at__gt=silent_since).exists():
            return None
        waiting.filter(tries__gte=TRIES_MAX).update(
            refused_zh=GIVEN_UP[0], refused_en=GIVEN_UP[1], finished_at=now
        )
        row = waiting.order_by("id").first()
        if row is None:
            return None
        row.started_at = row.started_at or now
        row.heard_at, row.tries = now, row.tries + 1
        row.save(update_fields=["started_at", "heard_at", "tries"])
        return Taken(row.id, row.growth, row.standing)


def note_progress(*, study_id: int, phase: str, done: int, most: int, now: dt.datetime) -> None:
    """It goes on: `done` of at most `most` forecasts are done, the next one in `phase`."""
    AskedStudy.objects.filter(id=study_id, finished_at=None).update(
        phase=phase, done_count=done, most_count=most, heard_at=now
    )


def finish_study(*, study_id: int, result: dict[str, Any], now: dt.datetime) -> None:
    """It is worked out; a standing one takes the place of the night's. Safe to repeat."""
    with transaction.atomic():
        rows = AskedStudy.objects.filter(id=study_id, finished_at=None)
        row = rows.defer("result").first()
        rows.update(result=result, finished_at=now)
        if row is not None and row.standing:
            # It says what was known when it began; one that began later may have ended before it.
            keep_growth_study(result=result, now=row.started_at or now)
        _thin_out()


def refuse_study(*, study_id: int, zh: str, en: str, now: dt.datetime) -> None:
    """It cannot be worked out, and why. Safe to repeat."""
    rows = AskedStudy.objects.filter(id=study_id, finished_at=None)
    rows.update(refused_zh=zh, refused_en=en, finished_at=now)


def _thin_out() -> None:
    old = AskedStudy.objects.exclude(finished_at=None).order_by("-id")
    AskedStudy.objects.filter(id__in=list(old.values_list("id", flat=True)[ASKED_KEPT:])).delete()
