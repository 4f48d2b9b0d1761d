"""Jobs: each loads ids and calls one function. Rows are the work, so losing a job loses nothing."""

from __future__ import annotations

from procrastinate.contrib.django import app

from yinuo.jobs.schedule import STEPS
from yinuo.platform import clock
from yinuo.workflows import delay, hold, replan


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


def _register(name: str) -> None:
    @app.task(name=name)
    def run_step() -> None:
        STEPS[name](clock.now())


for _name in STEPS:
    _register(_name)
