"""Hand-over dates with their chances. See docs/engines/forecast.md."""

from yinuo.engines.forecast.attribution import Attribution, attribute
from yinuo.engines.forecast.built import forecast_built
from yinuo.engines.forecast.centre import capacity_left
from yinuo.engines.forecast.lanes import Lanes, next_departure
from yinuo.engines.forecast.learner import (
    LearnedLevels,
    LearnerParameters,
    OutputHistory,
    Reference,
    levels_at,
    read_history,
)
from yinuo.engines.forecast.levels import BEYOND_HORIZON, LEVELS, chance_by, scenarios_enough
from yinuo.engines.forecast.parameters import ForecastParameters
from yinuo.engines.forecast.queued import (
    BuiltCounts,
    Method,
    forecast_queued,
    forecast_regions,
)
from yinuo.engines.forecast.quoted import NextWays, forecast_next, map_next
from yinuo.engines.forecast.wip import (
    CentreHistory,
    learn_lane,
    learn_own_days,
    still_own_days,
)

__all__ = [
    "BEYOND_HORIZON",
    "LEVELS",
    "Attribution",
    "BuiltCounts",
    "CentreHistory",
    "ForecastParameters",
    "Lanes",
    "LearnedLevels",
    "LearnerParameters",
    "Method",
    "NextWays",
    "OutputHistory",
    "Reference",
    "attribute",
    "capacity_left",
    "chance_by",
    "forecast_built",
    "forecast_next",
    "forecast_queued",
    "forecast_regions",
    "learn_lane",
    "learn_own_days",
    "levels_at",
    "map_next",
    "next_departure",
    "read_history",
    "scenarios_enough",
    "still_own_days",
]
