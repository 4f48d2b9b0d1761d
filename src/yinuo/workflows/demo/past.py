"""The weeks before the story: lived through day by day, so that promises have ended in them.

Nothing is known before its day. Only orders whose turn comes soon are promised a date in these
weeks, as a maker would begin; the others get their first date when the story begins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from yinuo.contexts.orders.operations.allocating import close_batches
from yinuo.contexts.orders.operations.notes import note_exception
from yinuo.contexts.production.operations import reference as production
from yinuo.contexts.promises.operations.ticks import pass_over_notes
from yinuo.contexts.promises.queries.work import NO_DATE, load_current
from yinuo.contexts.promises.rules import Windows
from yinuo.platform import clock
from yinuo.platform.speech import word
from yinuo.platform.spoken import at_local, local_date
from yinuo.workflows import first_promise, owed, ticks
from yinuo.workflows.demo import cast, play
from yinuo.workflows.demo.days import PROMISING_DAYS, PROMISING_SINCE, START, day_of
from yinuo.workflows.demo.feeding import Say, feed
from yinuo.workflows.demo.records import FACTORY, SHOP, Reports
from yinuo.workflows.demo.story import Played
from yinuo.workflows.demo.supply import plan_rows
from yinuo.workflows.demo.timeline import tell
from yinuo.workflows.demo.world import World
from yinuo.workflows.outlook import Outlook

Send = Callable[[dt.datetime], object]
LONG_AGO = -10_000.0
PLANS = {
    "YF-2025-33": (dt.date(2025, 8, 11), "二期产线投产通知 2025-08"),
    "YF-2026-06": (dt.date(2026, 2, 2), "2026 年产能会议纪要 02-02"),
}
PLAN_WEEKS = 104
# Whose latest date lies within so many days is promised it; all dates are looked at anew so often.
SOON_DAYS = 56
LOOK_EVERY_DAYS = 7


def live(world: World, staff_id: int, *, send: Send, say: Say) -> None:
    """Live through the days from the first promise to the beginning of the story.

    Each day: new orders, what plant, railway and centres report, promises that passed, dates that
    moved, warnings, notices. The weekly note is left out.
    """
    since = PROMISING_SINCE
    made = first_promise.run(now=since, narrowed=_soon(since))
    send(since)
    played, reports = Played(day_of(since)), Reports(world, tell(world, {}))
    for number in range(1, PROMISING_DAYS + 1):
        now, after = since + dt.timedelta(days=number), played.until
        clock.set_test_clock(at=now, running=False)
        adopt_plans(world, staff_id, after, day_of(now))
        feed("orders", reports.orders(after, day_of(now)), sender=SHOP, now=now)
        note_reasons(world, after, day_of(now), now=now)
        play.report_day(world, played, now=now)
        close_batches(now=now)
        ticks.break_promises(now=now)
        if number % LOOK_EVERY_DAYS == 0:
            ticks.look_again(now=now, narrowed=_soon(now))
        ticks.warn_on_last_day(now=now)
        owed.run(now=now)
        send(now)
    feed("orders", reports.orders(played.until, day_of(START)), sender=SHOP, now=START)
    play.report_day(world, played, now=START)
    pass_over_notes(until=START)
    say(
        word(
            f"承诺开始前 {PROMISING_DAYS} 天已逐日走过，首日承诺 {made:,} 单",
            f"{PROMISING_DAYS} days lived through; promised on the first of them: {made:,}",
        )
    )


def _soon(now: dt.datetime) -> Callable[[Outlook], Outlook]:
    """Leaves only orders dated whose turn comes soon or who were promised a date before."""
    until = local_date(now).toordinal() + SOON_DAYS

    def narrowed(outlook: Outlook) -> Outlook:
        promised = load_current(outlook.orders.order_ids).versions > 0
        keep = promised | (outlook.windows.latest <= until)
        table = np.where(keep[:, None], outlook.windows.table(), NO_DATE)
        return replace(outlook, windows=Windows(table[:, 0], table[:, 1], table[:, 2]))

    return narrowed


def adopt_plans(world: World, staff_id: int, after: float, until: float) -> None:
    """The plans that came into force in the period."""
    for plan, (monday, evidence) in PLANS.items():
        committed_at = at_local(monday, 10)
        if after < day_of(committed_at) <= until:
            rows = plan_rows(world, plan, monday, PLAN_WEEKS)
            feed("plan", rows, sender=FACTORY, now=committed_at)
            production.adopt_plan(
                sender=FACTORY,
                external_id=plan,
                cause_code="PLANT_FASTER",
                evidence=evidence,
                staff_id=staff_id,
                committed_at=committed_at,
            )


def note_reasons(world: World, after: float, until: float, *, now: dt.datetime) -> None:
    """Why some of the cars that were locked in the period passed others."""
    locked = world.maker.locked_day

    def fresh(row: int) -> bool:
        return bool(after < locked[row] <= until)

    for row, (code, evidence) in zip(world.cast.overtaking, cast.OVERTAKING, strict=False):
        if fresh(row):
            note_exception(order_code=world.codes[row], code=code, cause_ref=evidence, now=now)
