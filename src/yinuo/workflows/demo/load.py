"""Loading the demo maker through the same doors as real input."""

from __future__ import annotations

import datetime as dt
import tomllib

from django.db import transaction

from yinuo.contexts.ledger.operations import mark_history_told
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.people.operations.reference import join_household
from yinuo.contexts.people.queries.reference import is_anybody_known
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.contexts.promises.rules import read_table
from yinuo.platform import clock, installation
from yinuo.platform.installation import NotADemo, NotEmpty
from yinuo.platform.speech import word
from yinuo.workflows import first_promise, inverse, progress
from yinuo.workflows.demo import (
    cast,
    centres,
    change,
    claims,
    handover,
    launches,
    life,
    log,
    papers,
    past,
    story,
    terms,
)
from yinuo.workflows.demo.days import PROMISING_SINCE, START, day_of, monday_of
from yinuo.workflows.demo.feeding import Say, feed
from yinuo.workflows.demo.past import LONG_AGO, Send
from yinuo.workflows.demo.records import CENTRES, FACTORY, RAIL, SHOP, Reports
from yinuo.workflows.demo.reference import save_reference
from yinuo.workflows.demo.supply import capacity_rows
from yinuo.workflows.demo.timeline import tell
from yinuo.workflows.demo.world import DATA, KEPT_DAYS, World, make_world


def load(*, seed: int, scale: int, send: Send, say: Say) -> None:
    """Fill an empty database with the demo of this seed and scale and start its clock.

    What happened before the maker promised dates is recorded at once: all of it or, after a kill,
    nothing. The weeks from then to the beginning of the story are lived through day by day; `send`
    gives notices out. A load that was killed in those weeks is begun again after a reset.

    Raises
    ------
    NotEmpty
        The database holds something already.
    """
    if is_anybody_known():
        raise NotEmpty
    world = make_world(seed, scale)
    whole = bool(world.kept.all())
    since = PROMISING_SINCE if whole else START
    with transaction.atomic():
        installation.mark_demo(seed=seed, scale=scale, started_at=START)
        log.begin(now=since)
        clock.set_test_clock(at=since, running=False)
        staff = save_reference(scale)
        if not whole:
            say(
                word(
                    f"这个比例只载入最近 {KEPT_DAYS:.0f} 天交付的车，平均天数只算它们；"
                    "以前的承诺不重演。",
                    f"At this scale only cars delivered in the last {KEPT_DAYS:.0f} days are"
                    " loaded; mean days are theirs alone, and earlier promises are not lived"
                    " through.",
                )
            )
        say(word(f"云帆，1 : {scale}", f"Yunfan, 1 : {scale}"))
        _load_supply(world, since)
        past.adopt_plans(world, staff[story.PLANNER], LONG_AGO, day_of(since))
        _load_history(world, day_of(since), now=since, say=say)
        past.note_reasons(world, LONG_AGO, day_of(since), now=since)
        terms.write_templates(staff[story.LAWYER])
        terms.adopt(now=since)
        terms.agree_side_term(staff[story.LAWYER], now=since)
        find_or_create([Customer(cast.HOUSEHOLD_PHONE, cast.HOUSEHOLD_NAME, "", "zh")])
        join_household(phones=[cast.HOUSEHOLD_WITH, cast.HOUSEHOLD_PHONE])
        keys = _give_keys()
        owed = tomllib.loads((DATA / "owed.toml").read_text(encoding="utf-8"))
        store_table(table=read_table(owed), now=since)
        life.offer_exits(now=since)
        mark_history_told(until=since)
        story.forget()
    if whole:
        past.live(world, staff[story.PLANNER], send=send, say=say)
        story.forget()
    # Before any balance is asked for: it is the price less what was paid.
    papers.bring(now=START)
    visits = centres.open_centres(world, now=START)
    say(word(f"到店预约：{visits}", f"visits booked: {visits}"))
    made = first_promise.run(now=START)
    say(word(f"第一次承诺：{made:,}", f"first promises: {made:,}"))
    inverse.keep(now=START)
    change.begin(now=START)
    handover.begin(now=START)
    launches.begin(now=START)
    claims.begin()
    taken = log.take_in(now=START)
    say(word(f"公开记录：{taken:,} 条", f"entries of the public log: {taken:,}"))
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
    log.wipe()
    story.forget()


def _load_supply(world: World, since: dt.datetime) -> None:
    """What centres and suppliers report."""
    rows = capacity_rows(world, monday_of(day_of(since)))
    feed("capacity", rows, sender=FACTORY, now=since)


def _load_history(world: World, until: float, *, now: dt.datetime, say: Say) -> None:
    """All that had happened by then."""
    reports = Reports(world, tell(world, {}))
    feed("orders", reports.orders(LONG_AGO, until), sender=SHOP, now=now, say=say)
    feed("builds", reports.past_builds(until), sender=FACTORY, now=now, say=say)
    while progress.apply_builds(now=now):
        pass
    feed("shipments", reports.recent_shipments(until), sender=RAIL, now=now, say=say)
    feed("events", reports.recent_moves(until), sender=RAIL, now=now, say=say)
    feed("events", reports.hand_overs(LONG_AGO, until), sender=CENTRES, now=now, say=say)
    while progress.apply_moves(now=now):
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
