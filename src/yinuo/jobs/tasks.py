"""Jobs: each loads ids and calls one function. Rows are the work, so losing a job loses nothing."""

from __future__ import annotations

import time

from procrastinate.contrib.django import app

from yinuo.jobs.schedule import STEPS
from yinuo.platform import clock
from yinuo.workflows import delay, hold, replan, settled

GATHER_S = 0.25
# After so many rounds other jobs have a turn; the next nudge goes on.
ROUNDS = 40


@app.task(name="delay.apply")
def apply_delay(event_id: int) -> None:
    """One carrier event that delays cars."""
    delay.apply(event_id=event_id, now=clock.now())


@app.task(name="replan.apply")
def apply_plan(plan_id: int) -> None:
    """One plan that was put into force."""
    replan.apply(plan_id=plan_id, now=clock.now())


@app.task(name="hold.apply")
def apply_hold(hold_id: int) -> None:
    """One quality hold."""
    hold.apply(hold_id=hold_id, now=clock.now())


@app.task(name="payments.follow")
def follow_payments() -> None:
    """What follows from money that settled.

    While more comes it is looked for again after a moment, so that a burst is done in lots.
    """
    for _ in range(ROUNDS):
        if not settled.run(clock.now()):
            return
        STEPS["payments.close"](clock.now())
        time.sleep(GATHER_S)


def _register(name: str) -> None:
    @app.task(name=name)
    def run_step() -> None:
        STEPS[name](clock.now())


for _name in STEPS:
    _register(_name)
