"""How long it takes from an order to its delivery, where feedback comes in days: short-lag stages.

Numbers only: days and categories in, quantiles of the lead out. `docs/engines/shortlag.md` says
what is promised.
"""

from yinuo.engines.shortlag.choice import naive_quantiles
from yinuo.engines.shortlag.forecast import Choice, Forecast, TooLittleHistory, forecast
from yinuo.engines.shortlag.parameters import NEVER, History, Parameters
from yinuo.engines.shortlag.scores import interval_score, pinball, whole_days, whole_window

__all__ = [
    "NEVER",
    "Choice",
    "Forecast",
    "History",
    "Parameters",
    "TooLittleHistory",
    "forecast",
    "interval_score",
    "naive_quantiles",
    "pinball",
    "whole_days",
    "whole_window",
]
