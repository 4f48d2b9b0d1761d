"""How far output falls short of plans, from every earlier plan. See docs/engines/learner.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Less than this is not a plan to measure output against.
PLANNED_UNITS_MIN: Final = 0.001
# A stretch without any output is read as 2 % of plan: its logarithm must stay finite.
RATIO_MIN: Final = 0.02
# Figures further from the line than this share of `output_sd` count less, in so many rounds.
FAR: Final = 0.5
ROUNDS: Final = 4


@dataclass(frozen=True)
class Reference:
    """What earlier launches say of plans, before a line has output of its own.

    Attributes
    ----------
    mean : float
        Output over plan less 1, far ahead, above -1: -0.33 is "a third less than planned".
    sd : float
        Standard deviation of that figure among the launches, above 0.
    launches : int
        How many launches it comes from, 1 or more.
    """

    mean: float
    sd: float
    launches: int

    def __post_init__(self) -> None:
        if not (isfinite(self.mean) and self.mean > -1):
            raise ValueError("mean must lie above -1")
        if not (isfinite(self.sd) and self.sd > 0):
            raise ValueError("sd must be above 0")
        if self.launches < 1:
            raise ValueError("launches must be 1 or more")


# Stands in where there is no reference class: no shortfall expected, and little known.
NO_REFERENCE: Final = (0.0, 0.5)


@dataclass(frozen=True)
class LearnerParameters:
    """Settings of the learner; the defaults were chosen on worlds that are not reported.

    Attributes
    ----------
    lead_scale : float
        Weeks: a plan's error grows with the lead l as 1 - exp(-l / lead_scale). Above 0.
    half_life : float
        Weeks after which a plan counts half for the shortfall. Above 0.
    spread_half_life : float
        The same for the spread. Above 0.
    output_sd : float
        Noise of one week's output over plan, above 0.
    spread_start, spread_growth : float
        Spread of the logarithm of output summed over h weeks before anything is measured:
        spread_start + spread_growth sqrt(h / 4). 0 or more, and not both 0.
    spread_weight : float
        How many separate stretches of experience that spread is worth. Above 0.
    narrow_after : int
        Observed weeks before the spread may fall below what is believed without any.
    logarithmic : bool
        Average the logarithm of output over plan; otherwise the ratio less 1.
    """

    lead_scale: float = 6.0
    half_life: float = 3.0
    spread_half_life: float = 13.0
    output_sd: float = 0.15
    spread_start: float = 0.04
    spread_growth: float = 0.01
    spread_weight: float = 4.0
    narrow_after: int = 6
    logarithmic: bool = True

    def __post_init__(self) -> None:
        for name in ("lead_scale", "half_life", "spread_half_life", "output_sd", "spread_weight"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0")
        start, growth = self.spread_start, self.spread_growth
        if start < 0 or growth < 0 or start + growth == 0:
            raise ValueError("spread_start and spread_growth must be 0 or more, and not both 0")


@dataclass(frozen=True)
class OutputHistory:
    """Every plan against what came of it, and what was known at the start of each week.

    Attributes
    ----------
    planned : Floats, shape (R, T, L)
        `planned[r, v, l]`: units for week v + l in the plan in force when week v began.
    actual : Floats, shape (R, T)
        Units made in week w.
    shortfall, shortfall_sd : Floats, shape (R, T + 1)
        What was learned by the start of week t, from weeks before t only.
    references : tuple of Reference or None, length R
    parameters : LearnerParameters
    """

    planned: Floats
    actual: Floats
    shortfall: Floats
    shortfall_sd: Floats
    references: tuple[Reference | None, ...]
    parameters: LearnerParameters


def read_history(
    planned: Floats,
    actual: Floats,
    references: Sequence[Reference | None],
    parameters: LearnerParameters,
    launch_weeks: Sequence[int] = (0,),
) -> OutputHistory:
    """Go through the weeks in order and learn the shortfall of each resource at each of them.

    For a plan v and a lead l the figure seen is y = log(actual[v + l] / planned[v, l]), and the
    model y = b g(l) with g(l) = 1 - exp(-(l + 1/2) / lead_scale). b comes from weighted least
    squares joined with the reference class; plans count by age with a half-life, and all plans
    that speak of one week count together as at most one week, for they share its luck. Figures
    far from the line count less (Huber 1964): a stop for repairs says little of the next months.

    Parameters
    ----------
    planned : Floats, shape (R, T, L)
        As in `OutputHistory`. Not-a-number or less than 0.001 units: no plan, left out.
    actual : Floats, shape (R, T)
        0 or more.
    references : R references, None where no comparable launches are known.
    parameters : LearnerParameters
    launch_weeks : integers
        Weeks in which a launch begins, as known when they come: from then on plans of earlier weeks
        say nothing of plans for it, and the reference class speaks again.

    Raises
    ------
    ValueError
        If shapes disagree or a figure is negative or (for output) not finite.
    """
    if planned.ndim != 3 or actual.shape != planned.shape[:2] or len(references) != len(actual):
        raise ValueError("planned (R, T, L), actual (R, T) and R references must agree")
    if not np.isfinite(actual).all() or (actual < 0).any() or (planned < 0).any():
        raise ValueError("output must be finite, and no figure negative")
    rows, weeks = actual.shape
    mean, sd = np.zeros((rows, weeks + 1)), np.zeros((rows, weeks + 1))
    for row in range(rows):
        prior_mean, prior_sd = _prior(references[row], parameters)
        seen, gain, age = _figures(planned[row], actual[row], parameters)
        for week in range(weeks + 1):
            begun = max((launch for launch in launch_weeks if launch <= week), default=0)
            since = np.where(np.arange(week)[:, None] - age[:week] >= begun, gain[:week], 0.0)
            mean[row, week], sd[row, week] = _shortfall(
                seen[:week], since, age[:week], week, prior_mean, prior_sd, parameters
            )
    return OutputHistory(planned, actual, mean, sd, tuple(references), parameters)


def lead_gain(leads: int, parameters: LearnerParameters) -> Floats:
    """g(l) for l = 0..leads-1, 0..1: how much of the shortfall shows at a lead of l weeks."""
    return np.asarray(-np.expm1(-(np.arange(leads) + 0.5) / parameters.lead_scale))


def level_factor(mean: Floats, gain: Floats, parameters: LearnerParameters) -> Floats:
    """Output expected as a part of the plan, above 0, for shortfalls and gains that broadcast."""
    if parameters.logarithmic:
        return np.exp(mean * gain)
    return np.maximum(1.0 + mean * gain, RATIO_MIN)


def _prior(reference: Reference | None, parameters: LearnerParameters) -> tuple[float, float]:
    if reference is None:
        return NO_REFERENCE
    if parameters.logarithmic:
        return float(np.log1p(reference.mean)), reference.sd / (1 + reference.mean)
    return reference.mean, reference.sd


def _figures(
    planned: Floats, actual: Floats, parameters: LearnerParameters
) -> tuple[Floats, Floats, Floats]:
    """By week made and age of the plan: figure y, gain g (0 where there is no plan), and lead."""
    weeks, reach = planned.shape
    most = min(reach, int(10 * parameters.half_life) + 1)
    gains = lead_gain(max(most, 1), parameters)
    seen, gain = np.zeros((weeks, most)), np.zeros((weeks, most))
    for lead in range(min(most, weeks)):
        plan = planned[: weeks - lead, lead]
        known = plan >= PLANNED_UNITS_MIN
        ratio = np.where(known, actual[lead:] / np.where(known, plan, 1.0), 1.0)
        figure = np.log(np.maximum(ratio, RATIO_MIN)) if parameters.logarithmic else ratio - 1.0
        seen[lead:, lead] = np.where(known, figure, 0.0)
        gain[lead:, lead] = np.where(known, gains[lead], 0.0)
    return seen, gain, np.broadcast_to(np.arange(most, dtype=np.float64), (weeks, most))


def _shortfall(
    seen: Floats,
    gain: Floats,
    lead: Floats,
    week: int,
    prior_mean: float,
    prior_sd: float,
    parameters: LearnerParameters,
) -> tuple[float, float]:
    """Mean and sd of b at the start of `week`, from weeks 0..week-1 (rows of the arrays)."""
    recent = slice(max(0, week - int(10 * parameters.half_life)), week)
    plan_age = (week - 1 - np.arange(week)[recent, None]) + lead[recent]
    weight = np.where(gain[recent] > 0, np.exp2(-plan_age / parameters.half_life), 0.0)
    # All plans that speak of one week share its luck: together they are one observation.
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
    precision = 1 / parameters.output_sd**2
    prior, mean, total, trusted = prior_sd**-2, prior_mean, 0.0, weight
    for _ in range(ROUNDS):
        total = prior + precision * float((trusted * gain[recent] ** 2).sum())
        pull = precision * float((trusted * gain[recent] * seen[recent]).sum())
        mean = (pull + prior_mean * prior) / total
        # A week far from the line is a stop or a windfall, and hardly news of the plan.
        miss = np.abs(seen[recent] - mean * gain[recent]) / (FAR * parameters.output_sd)
        trusted = weight / np.maximum(miss, 1.0)
    return mean, total**-0.5
