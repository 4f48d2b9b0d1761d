"""Has a weekly count changed, or is it luck?"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log


@dataclass(frozen=True)
class RateChange:
    """A rate against the one before it.

    Attributes
    ----------
    ratio : float
        New rate over old rate, 0 or more; infinite where there was nothing before.
    chance : float
        How often luck alone gives a split at least as uneven if nothing has changed, 0..1.
    """

    ratio: float
    chance: float


def rate_change(recent: int, before: int, recent_weeks: float, before_weeks: float) -> RateChange:
    """Compare the count of some recent weeks with that of the weeks before.

    Parameters
    ----------
    recent, before : int
        Events counted, 0 or more.
    recent_weeks, before_weeks : float
        Lengths of the two spans, above 0.

    Returns
    -------
    RateChange
        `chance` is the exact two-sided conditional test: given the total, the recent count is
        binomial with the recent span's share (Przyborowski and Wilenski 1940). It is 1 where
        nothing was counted at all.

    Raises
    ------
    ValueError
        If a count is negative or a span is not above 0.

    Notes
    -----
    Valid for independent events at a steady rate. Orders come in bursts (a launch, a weekend), so
    a small chance says "look", not "why".
    """
    if recent < 0 or before < 0:
        raise ValueError("counts must be 0 or more")
    if recent_weeks <= 0 or before_weeks <= 0:
        raise ValueError("spans must be above 0")
    total = recent + before
    if total == 0:
        return RateChange(1.0, 1.0)
    share = recent_weeks / (recent_weeks + before_weeks)
    weights = [_log_binomial(count, total, share) for count in range(total + 1)]
    # The small allowance keeps splits that are equally likely but for rounding.
    limit = weights[recent] + 1e-9
    chance = min(1.0, sum(exp(weight) for weight in weights if weight <= limit))
    old_rate = before / before_weeks
    ratio = (recent / recent_weeks) / old_rate if old_rate else float("inf")
    return RateChange(ratio, chance)


def _log_binomial(count: int, total: int, share: float) -> float:
    """Logarithm of the chance of `count` out of `total` at `share`."""
    ways = lgamma(total + 1) - lgamma(count + 1) - lgamma(total - count + 1)
    return ways + count * log(share) + (total - count) * log(1 - share)
