"""What the plants' output so far says about their plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.contexts.production.queries.forecasting import Capacity
from yinuo.contexts.production.queries.vintages import Vintages, load_vintages
from yinuo.engines import forecast, queue

Floats = npt.NDArray[np.float64]

# Before anything was measured: output within about 20 % of the plan.
PRIOR_LOG_MEAN, PRIOR_LOG_SD, LEVEL_HALF_LIFE_WEEKS = 0.0, 0.2, 4.0
SUPPLY_LOG_SD = 0.1
# Half a year: as far ahead as a plan is told to be wrong by a reference class.
FAR_WEEKS = 26
LEARNER = forecast.LearnerParameters()


@dataclass(frozen=True)
class Levels:
    """Output over plan by resource row and week: mean and sd of its logarithm, (R, W)."""

    log_mean: Floats
    log_sd: Floats


def learned_levels(capacity: Capacity, vintages: Mapping[str, Vintages]) -> Levels:
    """The level of each resource in each week.

    A plant with a reference class is read by every earlier plan and what came of it, so that far
    weeks are corrected more than near ones; another plant by its last weeks alone; a part by its
    supplier's word, corrected by what came in weeks of which the supplier said so afterwards.
    """
    log_mean = np.zeros_like(capacity.planned)
    log_sd = np.full_like(capacity.planned, SUPPLY_LOG_SD)
    for row, code in enumerate(capacity.codes):
        if code in vintages:
            log_mean[row], log_sd[row] = _by_every_plan(vintages[code], log_mean.shape[1])
        elif capacity.target[row].any():
            log_mean[row], log_sd[row] = queue.output_level(
                capacity.actual[row],
                capacity.target[row],
                PRIOR_LOG_MEAN,
                SUPPLY_LOG_SD if code in capacity.parts else PRIOR_LOG_SD,
                LEVEL_HALF_LIFE_WEEKS,
            )
    return Levels(log_mean, log_sd)


@dataclass(frozen=True)
class Learned:
    """What a plant's own weeks have made of its reference: output far ahead in percents of plan."""

    weeks: int
    percent: float


def describe_learned(monday: dt.date) -> dict[str, Learned]:
    """By the code of each plant with a reference class: what is expected of its plans now."""
    found = {}
    for code, vintages in load_vintages(monday).items():
        known = _known(vintages, FAR_WEEKS)
        found[code] = Learned(int(known.weeks_seen[0]), 100 * float(known.factor[0, -1]))
    return found


def _by_every_plan(vintages: Vintages, weeks: int) -> tuple[Floats, Floats]:
    known = _known(vintages, weeks)
    return np.log(known.factor[0]), known.week_log_sd[0]


def _known(vintages: Vintages, weeks: int) -> forecast.LearnedLevels:
    reference = forecast.Reference(vintages.mean, vintages.sd, vintages.launches)
    history = forecast.read_history(
        vintages.planned[None],
        vintages.actual[None],
        [reference],
        LEARNER,
        (vintages.launch_week,),
    )
    return forecast.levels_at(history, vintages.actual.size, weeks)
