"""The slow guard of the latest date: by how much new ranges are wider where too many were late."""

from __future__ import annotations

from typing import Final

from yinuo.contexts.promises.rules.windows import ODDS_PERCENT
from yinuo.engines.forecast.guard import GuardParameters

# It only widens. A range narrower than what was measured would be moved again by the next event;
# to narrow is the learner's part. One date in twenty may be missed, as the odds say.
GUARD: Final = GuardParameters(coverage=1 - 2 * (1 - ODDS_PERCENT / 100), lowest=1.0)
# The factor in use follows the guard in steps, so that new ranges do not flicker with it.
STEP_PERCENT: Final = 5


def percent_in_use(level: float, before: int) -> int:
    """The factor in whole percents that new ranges are stretched by.

    Parameters
    ----------
    level : float
        The guard's multiplier, 1 to 4.
    before : int
        The factor in use so far; it stays while the guard is less than a step away.
    """
    percent = int(level * 100 + 1e-9)
    return percent if abs(percent - before) >= STEP_PERCENT or percent == 100 else before
