"""Letting the demo's time pass: the world reports, the system does what is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from yinuo.platform import clock, installation
from yinuo.platform.spoken import CHINA
from yinuo.workflows import hold, progress
from yinuo.workflows.demo import story
from yinuo.workflows.demo.days import day_of
from yinuo.workflows.demo.feeding import Say, feed
from yinuo.workflows.demo.records import CENTRES, FACTORY, RAIL, Reports
from yinuo.workflows.demo.story import Played
from yinuo.workflows.demo.timeline import QUALITY_HOLD, release_day, tell
from yinuo.workflows.demo.world import World, make_world

Sweep = Callable[[dt.datetime], Mapping[str, int]]
# While something has just happened each step is short, so that minutes can be told apart.
STORY_STEP, IDLE_STEP = dt.timedelta(minutes=5), dt.timedelta(hours=1)
STORY_LASTS_DAYS = 2 / 24


def the_world() -> World:
    """The world of the demo in this database.

    Raises
    ------
    NotADemo
        There is none.
    """
    demo = installation.get_demo()
    return make_world(demo.seed, demo.scale)


def tick(start: dt.datetime, until: dt.datetime, *, sweep: Sweep, say: Say) -> None:
    """Move the test clock from `start` to `until` in steps and play what falls due.

    Safe to repeat after a kill: records that were fed already are known to the feeds.
    """
    world = the_world()
    played = story.recall(world)
    now = start
    while now < until:
        now = min(until, _next_step(world, played, now))
        clock.set_test_clock(at=now, running=False)
        step(world, played, now=now, sweep=sweep, say=say)


def step(world: World, played: Played, *, now: dt.datetime, sweep: Sweep, say: Say) -> None:
    """Everything that is due at `now`: the story, the reports, and the system's own work."""
    for sentence in story.play_due_parts(world, played, now=now):
        say(f"{now.astimezone(CHINA):%m-%d %H:%M}  {sentence}")
    report_day(world, played, now=now)
    done = {name: count for name, count in sweep(now).items() if count}
    if done:
        counts = ", ".join(f"{name} {count:,}" for name, count in done.items())
        say(f"{now.astimezone(CHINA):%m-%d %H:%M}  {counts}")


def report_day(world: World, played: Played, *, now: dt.datetime) -> None:
    """What plant, railway and centres report since the last time; applied at once."""
    after, until = played.until, day_of(now)
    if until <= after:
        return
    reports = Reports(world, tell(world, played.parts))
    fed = feed("builds", reports.builds(after, until), sender=FACTORY, now=now)
    fed += feed("shipments", reports.shipments(after, until), sender=RAIL, now=now)
    fed += feed("events", reports.train_moves(after, until), sender=RAIL, now=now)
    if fed:
        _apply(now)
    if feed("events", reports.hand_overs(after, until), sender=CENTRES, now=now):
        _apply(now)
    _release(played, now)
    played.until = until
    story.keep(world, played)


def _apply(now: dt.datetime) -> None:
    while progress.apply_builds(now=now):
        pass
    while progress.apply_moves(now=now):
        pass


def _release(played: Played, now: dt.datetime) -> None:
    """The held batch is free again on the day that was named."""
    held = played.parts.get(QUALITY_HOLD)
    if held is None or not played.hold_id or day_of(now) < release_day(held):
        return
    hold.release(hold_id=played.hold_id, now=now)
    played.hold_id = 0


def _next_step(world: World, played: Played, now: dt.datetime) -> dt.datetime:
    day = day_of(now)
    lively = any(0 <= day - part < STORY_LASTS_DAYS for part in played.parts.values())
    # Full hours, so that what waits for the end of the quiet hours goes out on time.
    hour = (now + IDLE_STEP).replace(minute=0, second=0, microsecond=0)
    target = now + STORY_STEP if lively else hour
    coming = story.next_moment(world, played, now)
    return min(target, coming) if coming is not None and coming > now else target


def play_now(part: str, *, now: dt.datetime, sweep: Sweep, say: Say) -> None:
    """Let one part of the story happen at `now`, whatever its day, and do what follows from it.

    Raises
    ------
    NotADemo, NoSuchPart, PlayedAlready
    """
    world = the_world()
    played = story.recall(world)
    report_day(world, played, now=now)
    say(story.play_part(world, played, part, now=now))
    step(world, played, now=now, sweep=sweep, say=say)
