"""Growth studies that staff ask for: worked out by a job, one at a time, and how far each is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from yinuo.contexts.planning.operations import (
    Taken,
    ask_study,
    finish_study,
    note_progress,
    refuse_study,
    take_study,
)
from yinuo.platform.refusals import Refusal
from yinuo.workflows import inverse

Clock = Callable[[], dt.datetime]


def ask(*, growth: float, standing: bool, staff_id: int, now: dt.datetime) -> str:
    """Ask for a study of a monthly growth; returns its public id, under which it is followed.

    A `standing` one replaces what everybody reads.

    Raises
    ------
    GrowthOutOfRange, NotAPlanner
    """
    inverse.check_growth(growth)
    return ask_study(growth=growth, standing=standing, staff_id=staff_id, now=now)


def run(*, clock: Clock) -> int:
    """Work out what was asked for, oldest first; returns how many were finished.

    A study takes a while, and says how far it is, so it reads the time from `clock`. Who dies in
    one leaves it to the next run.
    """
    count = 0
    while (taken := take_study(now=clock())) is not None:
        _work_out(taken, clock)
        count += 1
    return count


def _work_out(taken: Taken, clock: Clock) -> None:
    def tell(phase: str, done: int, most: int) -> None:
        note_progress(study_id=taken.id, phase=phase, done=done, most=most, now=clock())

    try:
        study = inverse.work_out(growth=taken.growth, now=clock(), tell=tell)
    except Refusal as refused:
        zh, en = refused.message("zh"), refused.message("en")
        refuse_study(study_id=taken.id, zh=zh, en=en, now=clock())
        return
    finish_study(study_id=taken.id, result=inverse.write(study), now=clock())
