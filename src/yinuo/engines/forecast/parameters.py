"""What is assumed about the way from the end of the line to the customer's hands."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class ForecastParameters:
    """Assumptions of the forecast; the defaults are cautious figures, not measurements.

    Attributes
    ----------
    scenarios : int
        Scenarios drawn by `forecast_built`, 2..32,767. `forecast_queued` has those of its run.
    production_days : int
        Days a week on which cars are built, from Monday on, 1..7.
    finish_days : float
        Days from the end of the build day until a car may leave the plant, 0 or more.
    hold_chance : float
        Chance that a car is held back for finishing or quality, 0..1.
    hold_days : float
        Mean length of such a hold in days, 0 or more; lengths are exponential.
    lane_shock_sd : float
        Standard deviation of the logarithm of a factor on a lane's transit time, shared by all
        its cars in a scenario (season, closures), 0..1.
    preparation_days : float
        Days of preparation at a centre for which no other figure is given, 0 or more.
    """

    scenarios: int = 256
    production_days: int = 6
    finish_days: float = 1.0
    hold_chance: float = 0.05
    hold_days: float = 6.0
    lane_shock_sd: float = 0.10
    preparation_days: float = 1.5

    def __post_init__(self) -> None:
        if not 2 <= self.scenarios <= 32_767:
            raise ValueError("scenarios must lie in 2..32767")
        if not 1 <= self.production_days <= 7:
            raise ValueError("production_days must lie in 1..7")
        for name in ("finish_days", "hold_days", "preparation_days"):
            days = getattr(self, name)
            if not (isfinite(days) and days >= 0):
                raise ValueError(f"{name} must be 0 or more, not {days}")
        for name in ("hold_chance", "lane_shock_sd"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must lie in 0..1, not {share}")
