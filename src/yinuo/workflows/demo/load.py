"""Loading the demo maker through the same doors as real input."""

from __future__ import annotations

import datetime as dt
import tomllib

from django.db import transaction

from yinuo.contexts.ledger.operations import mark_history_told
from yinuo.contexts.orders.operations.notes import note_exception, note_hold
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.people.operations.reference import join_household
from yinuo.contexts.people.queries.reference import is_anybody_known
from yinuo.contexts.production.operations.reference import adopt_plan
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.contexts.promises.rules import read_table
from yinuo.platform import clock, installation
from yinuo.platform.installation import NotADemo, NotEmpty
from yinuo.platform.speech import word
from yinuo.platform.spoken import at_local
from yinuo.workflows import first_promise, progress
from yinuo.workflows.demo import cast, story
from yinuo.workflows.demo.days import START, day_of, monday_of
from yinuo.workflows.demo.feeding import Say, feed
from yinuo.workflows.demo.records import CENTRES, FACTORY, RAIL, SHOP, Reports
from yinuo.workflows.demo.reference import save_reference
from yinuo.workflows.demo.supply import capacity_rows, plan_rows
from yinuo.workflows.demo.timeline import tell
from yinuo.workflows.demo.world import DATA, KEPT_DAYS, World, make_world

LONG_AGO = -10_000.0
OLD_PLAN, NEW_PLAN = "YF-2025-33", "YF-2026-06"
OLD_PLAN_DATE, NEW_PLAN_DATE = dt.date(2025, 8, 11), dt.date(2026, 2, 2)
OLD_PLAN_WEEKS, NEW_PLAN_WEEKS = 26, 104


def load(*, seed: int, scale: int, say: Say) -> None:
    """Fill an empty database with the demo of this seed and scale and start its clock.

    Everything is recorded or, after a kill, nothing. First promises follow in a step of their
    own, which the sweep would make up for.

    Raises
    ------
    NotEmpty
        The database holds something already.
    """
    if is_anybody_known():
        raise NotEmpty
    world = make_world(seed, scale)
    with transaction.atomic():
        installation.mark_demo(seed=seed, scale=scale, started_at=START)
        clock.set_test_clock(at=START, running=False)
        staff = save_reference(scale)
        if not world.kept.all():
            say(
                word(
                    f"这个比例只载入最近 {KEPT_DAYS:.0f} 天交付的车，平均天数只算它们。",
                    f"At this scale only cars delivered in the last {KEPT_DAYS:.0f} days are"
                    " loaded; mean days are theirs alone.",
                )
            )
        _load_plans(world, staff[story.PLANNER])
        say(word(f"云帆，1 : {scale}", f"Yunfan, 1 : {scale}"))
        _load_history(world, say)
        _load_notes(world)
        keys = _give_keys()
        owed = tomllib.loads((DATA / "owed.toml").read_text(encoding="utf-8"))
        store_table(table=read_table(owed), now=START)
        mark_history_told(until=START)
        story.forget()
    made = first_promise.run(now=START)
    say(word(f"第一次承诺：{made:,}", f"first promises: {made:,}"))
    for line in keys:
        say(line)
    clock.set_test_clock(at=START, running=True)


def wipe() -> None:
    """Drop everything, when this is a demo or nobody is known here.

    Raises
    ------
    NotADemo
    """
    if installation.find_demo() is None and is_anybody_known():
        raise NotADemo
    installation.wipe()
    story.forget()


def _load_plans(world: World, staff_id: int) -> None:
    for plan, monday, weeks, cause, evidence in (
        (OLD_PLAN, OLD_PLAN_DATE, OLD_PLAN_WEEKS, "PLANT_FASTER", "二期产线投产通知 2025-08"),
        (NEW_PLAN, NEW_PLAN_DATE, NEW_PLAN_WEEKS, "PLANT_FASTER", "2026 年产能会议纪要 02-02"),
    ):
        committed_at = at_local(monday, 10)
        feed("plan", plan_rows(world, plan, monday, weeks), sender=FACTORY, now=committed_at)
        adopt_plan(
            sender=FACTORY,
            external_id=plan,
            cause_code=cause,
            evidence=evidence,
            staff_id=staff_id,
            committed_at=committed_at,
        )
    monday = monday_of(day_of(START))
    feed("capacity", capacity_rows(world, monday), sender=FACTORY, now=START)


def _load_history(world: World, say: Say) -> None:
    """All that had happened when the demo begins."""
    reports = Reports(world, tell(world, {}))
    now_day = world.start_day
    feed("orders", reports.orders(), sender=SHOP, now=START, say=say)
    feed("builds", reports.past_builds(now_day), sender=FACTORY, now=START, say=say)
    while progress.apply_builds(now=START):
        pass
    feed("shipments", reports.recent_shipments(now_day), sender=RAIL, now=START, say=say)
    feed("events", reports.recent_moves(now_day), sender=RAIL, now=START, say=say)
    feed("events", reports.hand_overs(LONG_AGO, now_day), sender=CENTRES, now=START, say=say)
    while progress.apply_moves(now=START):
        pass


def _give_keys() -> list[str]:
    """Keys for the railway, the plant and the shop, to try the API with."""
    lines = []
    for sender, feeds in (
        (RAIL, ("shipments", "events")),
        (FACTORY, ("builds", "plan")),
        (SHOP, ("orders", "quotes")),
    ):
        key = create_key(sender=sender, feeds=feeds, signed=False, now=START)
        lines.append(word(f"{sender} 的密钥：{key.key}", f"key of {sender}: {key.key}"))
    return lines


def _load_notes(world: World) -> None:
    """Why some cars passed others, and who lives with whom."""
    for row, (code, evidence) in zip(world.cast.overtaking, cast.OVERTAKING, strict=False):
        note_exception(order_code=world.codes[row], code=code, cause_ref=evidence, now=START)
    code, evidence = cast.WAITS_BY_WISH
    note_hold(order_code="HK24LI", code=code, cause_ref=evidence, now=START)
    find_or_create([Customer(cast.HOUSEHOLD_PHONE, cast.HOUSEHOLD_NAME, "", "zh")])
    join_household(phones=[cast.HOUSEHOLD_WITH, cast.HOUSEHOLD_PHONE])
