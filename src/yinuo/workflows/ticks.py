"""What the clock brings: broken promises, the weekly note, deadlines at risk, the nightly look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np

from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.people.queries.staff import list_staff
from yinuo.contexts.promises.operations import held, outcomes, ticks, watching
from yinuo.contexts.promises.operations.forecasting import Named, Why
from yinuo.contexts.promises.queries import watch, work
from yinuo.contexts.promises.rules import Flags, Ints, Shares, last_note_at
from yinuo.platform.spoken import CHINA, at_local, local_date
from yinuo.workflows import drift, fairness, guard, quiet_week
from yinuo.workflows.dates import commit, name_orders
from yinuo.workflows.inputs import Inputs, load_inputs
from yinuo.workflows.outlook import Outlook, outlook_of, work_out_built
from yinuo.workflows.since import share_out

CHUNK = 2000
NIGHT_HOUR = 2
NOTE_HOLDS = dt.timedelta(days=2)

# Leaves some orders of an outlook without a date.
Narrowed = Callable[[Outlook], Outlook]


def run(*, now: dt.datetime) -> int:
    """Everything that the time of day brings; returns the number of facts. Safe to repeat."""
    done = outcomes.end_promises(now=now)
    due = work.look_for_due(now)
    if due.overdue:
        done += break_promises(now=now)
    if due.last_day:
        done += warn_on_last_day(now=now)
    done += warn_of_deadlines(now=now)
    if due.notes:
        done += quiet_week.tell(now=now)
    # Also of promises that were broken a moment ago.
    done += keep_in_touch_undated(now=now)
    return done


def break_promises(*, now: dt.datetime) -> int:
    """Promises whose latest date has passed."""
    broken = 0
    while order_ids := work.list_overdue(local_date(now), CHUNK):
        broken += ticks.break_promises(names=_names(order_ids), now=now)
    return broken


def warn_on_last_day(*, now: dt.datetime) -> int:
    """Promises whose date is here while the car is not: told before the date, always."""
    warned = 0
    while order_ids := watch.list_last_day(local_date(now), CHUNK):
        done = watching.warn_on_last_day(names=_names(order_ids), now=now)
        warned += done
        if not done:
            break
    return warned


def warn_of_deadlines(*, now: dt.datetime) -> int:
    """Customers' own days that became less likely than not."""
    warned = 0
    while order_ids := work.list_deadlines_at_risk(CHUNK):
        warned += ticks.warn_of_deadlines(names=_names(order_ids), now=now)
    return warned


def keep_in_touch(*, now: dt.datetime) -> int:
    """The weekly note: to everybody for whom nothing moved, and to those without a date."""
    return quiet_week.tell(now=now) + keep_in_touch_undated(now=now)


def keep_in_touch_undated(*, now: dt.datetime) -> int:
    """Word that there is no date, and why: by the third evening, then each week."""
    noted = 0
    # A worker that was down for longer does not send last week's word.
    due = list(work.list_undated_due(last_note_at(now), now, NOTE_HOLDS).items())
    for start in range(0, len(due), CHUNK):
        since = dict(due[start : start + CHUNK])
        noted += ticks.keep_in_touch_undated(names=_names(list(since)), since=since, now=now)
    return noted


def look_again(*, now: dt.datetime, narrowed: Narrowed = lambda outlook: outlook) -> int:
    """The nightly look: every date worked out again, moved only where it no longer holds.

    Cars that wait to be built move with the plant's output, cars that are built with their own
    position: each is told its own reason. Does nothing before two in the morning, nothing where
    all dates were first worked out later than that, and once a night. `narrowed` may leave orders
    of the outlook without a date. Returns the promises moved.
    """
    local = now.astimezone(CHINA)
    night = at_local(local.date(), NIGHT_HOUR)
    if now < night or not work.any_run_before(night):
        return 0
    looks = [
        (Why("OUTPUT_MEASURED", f"nightly:{local.date()}", now), _look_at_waiting),
        (Why("POSITION_MEASURED", f"nightly-built:{local.date()}", now), _look_at_built),
    ]
    looks = [(why, look) for why, look in looks if not work.run_finished(why.ref)]
    if not looks:
        return 0
    # A date that has passed is owned up to before it is moved, also after hours of silence.
    outcomes.end_promises(now=now)
    break_promises(now=now)
    guard.judge(now=now)
    moved = 0
    for why, look in looks:
        moved += look(why, narrowed, now)
        fairness.watch(ref=why.ref, now=now)
    held.count_weeks(today=local.date())
    drift.watch(now=now)
    return moved


def _look_at_built(why: Why, narrowed: Narrowed, now: dt.datetime) -> int:
    def outlook() -> tuple[Outlook, Flags]:
        found = narrowed(work_out_built(now))
        return found, found.orders.built

    return commit(outlook, why=why, routine=True, now=now)


def _look_at_waiting(why: Why, narrowed: Narrowed, now: dt.datetime) -> int:
    """All that changed since they were promised may move them: it is shared out among its parts."""
    seen: list[Inputs] = []

    def outlook() -> tuple[Outlook, Flags]:
        seen[:] = [load_inputs(load_open(), now=now)]
        found = narrowed(outlook_of(seen[0]))
        return found, ~found.orders.built

    def divide(order_ids: Ints) -> Shares | None:
        return share_out(seen[0], order_ids, now=now)

    return commit(outlook, why=why, routine=True, now=now, share_out=divide)


def _names(order_ids: Sequence[int]) -> dict[int, Named]:
    return name_orders(np.array(order_ids, np.int64), list_staff())
