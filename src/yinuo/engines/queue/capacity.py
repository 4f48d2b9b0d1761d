"""Uncertain weekly capacity: what the plan says, what recent output says of the plan, and luck."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.queue.luck import DIMENSIONS, even_normals, sobol_points

# More than any plant could build in a week, and inside 32 bits.
UNITS_MAX: Final = 2_000_000_000
# A line that built nothing is read as 2 % of plan: its logarithm must stay finite.
RATIO_MIN: Final = 0.02
# Less than this is not a plan to measure output against.
PLANNED_UNITS_MIN: Final = 0.001


@dataclass(frozen=True)
class CapacityParameters:
    """How far real capacity may lie from the plan.

    Attributes
    ----------
    level_log_mean, level_log_sd : NDArray[np.float64], shape (R,) or (R, W)
        Mean and standard deviation (0 or more) of the logarithm of output over plan, for each
        resource, as `output_level` gives them, or for each resource and week. One draw holds for
        all weeks of a scenario: a level high in one week is high in all.
    unlimited : NDArray[np.bool_], shape (R,)
        Resources that never bind: they keep their planned figure in every scenario.
    scenarios : int
        S, 2 or more.
    noise_log_sd : float
        Standard deviation of the logarithm of week-to-week noise, 0..1.
    noise_persistence : float
        Correlation of that noise with the week before, 0 or more and below 1.
    outage_chance : float
        Chance of an outage per resource and week, 0..1.
    outage_depth : float
        Share of the week's capacity that an outage takes, 0..1.
    cancellation_hazard : float
        Share of waiting orders that withdraw each week, 0 or more and below 0.2. Places that
        fall free are worth capacity: week w counts (1 - hazard) ** -w times.
    spread : "sobol", "strata" or "chance"
        How levels are spread over scenarios: evenly over all resources together, evenly for
        each resource alone, or by chance. For comparison; results need the first.
    """

    level_log_mean: NDArray[np.float64]
    level_log_sd: NDArray[np.float64]
    unlimited: NDArray[np.bool_]
    scenarios: int = 256
    noise_log_sd: float = 0.08
    noise_persistence: float = 0.5
    outage_chance: float = 0.01
    outage_depth: float = 0.6
    cancellation_hazard: float = 0.0
    spread: Literal["sobol", "strata", "chance"] = "sobol"

    def __post_init__(self) -> None:
        shape = self.level_log_mean.shape
        alike = self.level_log_sd.shape == shape and self.unlimited.shape == shape[:1]
        if len(shape) not in (1, 2) or not alike:
            raise ValueError("level_log_mean, level_log_sd and unlimited need one value a resource")
        if not (np.isfinite(self.level_log_mean).all() and np.isfinite(self.level_log_sd).all()):
            raise ValueError("levels must be finite")
        if (self.level_log_sd < 0).any():
            raise ValueError("level_log_sd must not be negative")
        if self.scenarios < 2:
            raise ValueError("scenarios must be 2 or more")
        limits = {
            "noise_log_sd": (self.noise_log_sd, 1.0),
            "noise_persistence": (self.noise_persistence, 0.999),
            "outage_chance": (self.outage_chance, 1.0),
            "outage_depth": (self.outage_depth, 1.0),
            "cancellation_hazard": (self.cancellation_hazard, 0.2),
        }
        for name, (value, highest) in limits.items():
            if not 0 <= value <= highest:
                raise ValueError(f"{name} must lie in 0..{highest}, not {value}")


def sample_capacity(
    planned: NDArray[np.float64], parameters: CapacityParameters, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Capacity of each resource in each week of each scenario.

    Planned capacity times a level (one per resource and scenario), times weekly noise that fades
    slowly, less outages, plus the places of those who withdraw; then rounded up or down by chance
    so that small capacities keep their mean. A week planned at zero stays at zero.

    Draws do not depend on the plan: two plans with the same seed meet the same luck, so the
    difference between their results is the plan's. Nor do they depend on the rows and weeks that
    come after: a resource added at the end or a longer horizon leaves the others as they were.

    Parameters
    ----------
    planned : NDArray[np.float64], shape (R, W)
        Units a week, 0 or more. Holidays and ramp are in it already.
    parameters : CapacityParameters
    rng : np.random.Generator

    Returns
    -------
    NDArray[np.int32], shape (S, R, W)

    Raises
    ------
    ValueError
        If `planned` is negative, not finite, or has another number of resources or weeks than
        the levels.

    Notes
    -----
    Each resource uses the S mid-quantiles of the normal distribution once. Their order comes from
    scrambled Sobol points for the first 16 resources that may bind, so put those that matter most
    first: plants, then lines and scarce options. Further ones have an order of their own. Resources
    are independent of each other; a shock common to all plants must be put into the plan.
    """
    if planned.ndim != 2 or planned.shape[0] != parameters.unlimited.size:
        raise ValueError("planned must have one row per resource")
    level, level_sd = parameters.level_log_mean, parameters.level_log_sd
    if level.ndim == 2 and level.shape[1] != planned.shape[1]:
        raise ValueError("levels by week must have the weeks of the plan")
    if not np.isfinite(planned).all() or (planned < 0).any():
        raise ValueError("planned must be finite and not negative")
    resources, weeks = planned.shape
    scenarios = parameters.scenarios
    points = sobol_points(scenarios, np.random.default_rng(rng.integers(2**63)))
    seeds = rng.integers(2**63, size=(resources, 4))
    drawn = np.zeros((scenarios, resources, weeks), np.int32)
    growth = (1.0 - parameters.cancellation_hazard) ** -np.arange(weeks)
    for row in range(resources):
        levels, noise, outages, rounding = (np.random.default_rng(seed) for seed in seeds[row])
        units = np.repeat(planned[row][:, None], scenarios, axis=1)
        if not parameters.unlimited[row]:
            dimension = int((~parameters.unlimited[:row]).sum())
            normal = _levels(points, dimension, parameters.spread, levels)
            mean, sd = (np.atleast_1d(part[row])[:, None] for part in (level, level_sd))
            units *= np.exp(mean + sd * normal + _weekly_noise(units.shape, parameters, noise))
            out = outages.random(units.shape) < parameters.outage_chance
            units[out] *= 1.0 - parameters.outage_depth
            units *= growth[:, None]
        whole = np.floor(units)
        whole += rounding.random(units.shape) < units - whole
        drawn[:, row, :] = np.minimum(whole, UNITS_MAX).T
    return drawn


def output_level(
    actual: NDArray[np.float64],
    planned: NDArray[np.float64],
    prior_mean: float,
    prior_sd: float,
    half_life: float,
    weekly_sd: float = 0.2,
) -> tuple[float, float]:
    """What recent output says of a plan: the logarithm of output over plan, and its uncertainty.

    Parameters
    ----------
    actual, planned : NDArray[np.float64], shape (T,)
        Units built and units planned in past weeks, oldest first. Weeks planned at less
        than 0.001 units say nothing and are left out.
    prior_mean, prior_sd : float
        What is believed of log(output / plan) before any week is seen, from comparable
        launches; `prior_sd` above 0.
    half_life : float
        Weeks after which a week counts half, above 0; `inf` counts all weeks alike.
    weekly_sd : float
        Least noise of one week's logarithm, above 0; larger if the weeks differ more.

    Returns
    -------
    mean, sd : float
        Of log(output / plan). Without a usable week, the prior itself. `sd` never exceeds
        `prior_sd`.

    Raises
    ------
    ValueError
        If lengths differ or a figure is negative, not finite or out of range.

    Notes
    -----
    The observation is the logarithm of weighted output over weighted plan, not the mean of weekly
    logarithms: one week without output would drag that mean far below what was built. It is
    joined with the prior by precision; its own variance is the weekly variance over the number
    of weeks the weights are worth.
    """
    if actual.ndim != 1 or actual.shape != planned.shape:
        raise ValueError("actual and planned need the same weeks")
    for name, figures in (("actual", actual), ("planned", planned)):
        if not np.isfinite(figures).all() or (figures < 0).any():
            raise ValueError(f"{name} must be finite and not negative")
    for name, value in (("prior_sd", prior_sd), ("weekly_sd", weekly_sd)):
        if not 0 < value < inf:
            raise ValueError(f"{name} must be above 0")
    if not half_life > 0:
        raise ValueError("half_life must be above 0")
    known = planned >= PLANNED_UNITS_MIN
    if not known.any():
        return prior_mean, prior_sd
    age = np.arange(actual.size - 1, -1, -1)[known]
    weight = np.exp2(-age / half_life)
    ratios = actual[known] / planned[known]
    ratio = float(weight @ actual[known] / (weight @ planned[known]))
    centre = max(ratio, RATIO_MIN)
    spread = sqrt(float(weight @ (ratios - ratio) ** 2 / weight.sum())) / centre
    weeks_worth = float(weight.sum() ** 2 / (weight @ weight))
    observed_precision = weeks_worth / max(weekly_sd, spread) ** 2
    prior_precision = prior_sd**-2
    precision = observed_precision + prior_precision
    mean = (observed_precision * log(centre) + prior_precision * prior_mean) / precision
    return mean, precision**-0.5


def _levels(
    points: NDArray[np.float64], dimension: int, spread: str, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Standard normal figures (S,) of one resource."""
    if spread == "chance":
        return np.asarray(rng.standard_normal(points.shape[0]))
    if spread == "sobol" and dimension < DIMENSIONS:
        return even_normals(points[:, dimension])
    return even_normals(np.asarray(rng.random(points.shape[0])))


def _weekly_noise(
    shape: tuple[int, int], parameters: CapacityParameters, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Logarithms (weeks, scenarios) of factors with mean 1: a stationary autoregression."""
    log_noise = rng.standard_normal(shape)
    keep = parameters.noise_persistence
    fresh = sqrt(1.0 - keep**2)
    for week in range(1, shape[0]):
        log_noise[week] = keep * log_noise[week - 1] + fresh * log_noise[week]
    sd = parameters.noise_log_sd
    return sd * log_noise - 0.5 * sd**2
