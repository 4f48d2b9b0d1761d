"""The parts of the story: which were played, and playing them as the people in them would."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from yinuo.contexts.people.queries.staff import get_staff_ids
from yinuo.contexts.production.queries.report import get_plan_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import word
from yinuo.platform.spoken import CHINA, say_date
from yinuo.workflows import hold, replan
from yinuo.workflows.demo.days import date_of, day_of, instant_of, monday_of
from yinuo.workflows.demo.feeding import feed
from yinuo.workflows.demo.records import FACTORY, RAIL, Reports
from yinuo.workflows.demo.supply import plan_rows
from yinuo.workflows.demo.timeline import (
    OFFSET_DAYS,
    PLANT_WEEK,
    QUALITY_HOLD,
    TRAIN,
    release_day,
    stop_day,
    tell,
)
from yinuo.workflows.demo.world import HELD_BATCH, World

PLANNER, QUALITY, LAWYER = "stf_zhouyang", "stf_linke", "stf_tangning"
PLAN_WEEKS = 104
HOLD_EVIDENCE = "售前检查：B17 批 6 台后备箱三种开法都打不开"
STOP_EVIDENCE = "总装二线停线通知 2026-02-13"


class NoSuchPart(Refusal):
    """The story has no part of this name."""

    code = "no_such_part"
    zh = "故事里没有“{part}”这一段。"
    en = "The story has no part called {part}."


class PlayedAlready(Refusal):
    """Each part of the story happens once."""

    code = "played_already"
    zh = "“{part}”这一段已经演过了。"
    en = "The part {part} was played already."


@dataclass
class Played:
    """What was played: the day of each part, and the day up to which the rest was reported.

    `hold_id` is the row of the hold that is still to be released, 0 when there is none.
    """

    until: float
    parts: dict[str, float] = field(default_factory=dict)
    hold_id: int = 0


def _path() -> Path:
    return Path(settings.STATE_DIR) / "demo" / "played.json"


def forget() -> None:
    """Nothing of the story was played."""
    _path().unlink(missing_ok=True)


def recall(world: World) -> Played:
    """What was played of this demo."""
    try:
        kept = json.loads(_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = {}
    if (kept.get("seed"), kept.get("scale")) != (world.seed, world.scale):
        return Played(world.start_day)
    return Played(kept["until"], kept["parts"], kept["hold_id"])


def keep(world: World, played: Played) -> None:
    """Remember it; a kill before this repeats records that the feeds know already."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    text = {
        "seed": world.seed,
        "scale": world.scale,
        "until": played.until,
        "parts": played.parts,
        "hold_id": played.hold_id,
    }
    fresh.write_text(json.dumps(text), encoding="utf-8")
    fresh.replace(path)


def due_day(world: World, played: Played) -> float | None:
    """When the next part of the story is due, or None when all were played."""
    days = [
        world.start_day + offset for part, offset in OFFSET_DAYS.items() if part not in played.parts
    ]
    return min(days, default=None)


def play_part(world: World, played: Played, part: str, *, now: dt.datetime) -> str:
    """Let one part happen now; returns a sentence that says what happened.

    Raises
    ------
    NoSuchPart, PlayedAlready
    """
    if part not in (TRAIN, QUALITY_HOLD, PLANT_WEEK):
        raise NoSuchPart(part=part)
    if part in played.parts:
        raise PlayedAlready(part=part)
    if part == TRAIN:
        said = _cancel(world, played, now)
    elif part == QUALITY_HOLD:
        said = _hold(played, now)
    else:
        said = _stop(world, now)
    played.parts[part] = day_of(now)
    keep(world, played)
    return said


def play_due_parts(world: World, played: Played, *, now: dt.datetime) -> list[str]:
    """Let every part happen whose day has come."""
    return [
        play_part(world, played, part, now=now)
        for part, offset in sorted(OFFSET_DAYS.items(), key=lambda item: item[1])
        if part not in played.parts and world.start_day + offset <= day_of(now) + 1e-6
    ]


def _cancel(world: World, played: Played, now: dt.datetime) -> str:
    reports = Reports(world, tell(world, played.parts))
    feed("events", [reports.cancelled(day_of(now))], sender=RAIL, now=now)
    train = world.train_name(world.cast.train)
    return word(f"列车 {train} 在郑州停运", f"train {train} is cancelled at Zhengzhou")


def _hold(played: Played, now: dt.datetime) -> str:
    played.hold_id = hold.place(
        batch=f"B{HELD_BATCH}",
        cause_code="QUALITY_HOLD",
        evidence=HOLD_EVIDENCE,
        expected_release_date=date_of(release_day(day_of(now))),
        staff_id=get_staff_ids()[QUALITY],
        now=now,
    )
    return word(f"批次 B{HELD_BATCH} 暂停交付", f"batch B{HELD_BATCH} is held")


def _stop(world: World, now: dt.datetime) -> str:
    plan = f"YF-STOP-{now.astimezone(CHINA):%y%m%d%H%M}"
    stopped = date_of(stop_day(day_of(now)))
    monday = monday_of(day_of(now))
    feed(
        "plan",
        plan_rows(world, plan, monday, PLAN_WEEKS, stopped),
        sender=FACTORY,
        now=now,
    )
    plan_id = get_plan_id(FACTORY, plan)
    replan.preview(plan_id=plan_id, now=now)
    replan.commit_plan(
        plan_id=plan_id,
        cause_code="PLANT_STOPPED",
        evidence=STOP_EVIDENCE,
        staff_id=get_staff_ids()[PLANNER],
        now=now,
    )
    return word(
        f"工厂 {say_date(stopped, 'zh')}起停产一周，计划 {plan} 生效",
        f"the plant stops for a week from {say_date(stopped, 'en')}; plan {plan} is in force",
    )


def next_moment(world: World, played: Played, now: dt.datetime) -> dt.datetime | None:
    """The moment of the next part of the story."""
    day = due_day(world, played)
    return None if day is None else max(now, instant_of(day))
