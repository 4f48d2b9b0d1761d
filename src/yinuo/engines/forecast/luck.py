"""Draws that are the same for every order of a scenario, so that dates differ by order only."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast.lanes import Lanes
from yinuo.engines.forecast.parameters import ForecastParameters


def streams(rng: np.random.Generator, count: int) -> list[np.random.Generator]:
    """Generators of their own for single purposes.

    A draw of one purpose then leaves the others alone: a lane added at the end moves nobody.
    """
    return [np.random.default_rng(seed) for seed in rng.integers(2**63, size=count)]


def stratified_normals(
    scenarios: int, columns: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Standard normals, shape (scenarios, columns): each column holds every stratum once."""
    ladder = np.array([NormalDist().inv_cdf((s + 0.5) / scenarios) for s in range(scenarios)])
    return rng.permuted(np.tile(ladder, (columns, 1)), axis=1).T


def holds(
    scenarios: int, columns: int, parameters: ForecastParameters, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Days a car is held after finishing, shape (scenarios, columns); mostly 0."""
    ladder = np.zeros(scenarios)
    position = (np.arange(scenarios) + 0.5) / scenarios
    held = position > 1.0 - parameters.hold_chance
    if held.any():
        inside = (position[held] - (1.0 - parameters.hold_chance)) / parameters.hold_chance
        ladder[held] = -parameters.hold_days * np.log1p(-inside)
    (own,) = streams(rng, 1)
    return own.permuted(np.tile(ladder, (columns, 1)), axis=1).T


def transit_times(
    scenarios: int, lanes: Lanes, parameters: ForecastParameters, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Days from departure to arrival, shape (scenarios, G): log-normal, with the lane's shock."""
    count = lanes.transit_days.size
    relative = np.zeros(count)
    moving = lanes.transit_days > 0
    relative[moving] = lanes.transit_sd_days[moving] / lanes.transit_days[moving]
    own_variance = np.log1p(relative**2)
    own_rng, shock_rng = streams(rng, 2)
    own = stratified_normals(scenarios, count, own_rng)
    shock = stratified_normals(scenarios, count, shock_rng)
    log_factor = np.sqrt(own_variance) * own - own_variance / 2
    log_factor += parameters.lane_shock_sd * shock - parameters.lane_shock_sd**2 / 2
    return np.asarray(lanes.transit_days * np.exp(log_factor))
