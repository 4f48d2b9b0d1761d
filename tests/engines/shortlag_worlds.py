"""Small synthetic histories with known truth, for the tests of the short-lag engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag import NEVER, History

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FIRST_DAY = 18_262  # 2020-01-01


def make_history(
    day: Ints,
    lead: Floats | Ints,
    *,
    group: Ints | None = None,
    numbers: Floats | None = None,
    end: int | None = None,
) -> History:
    """Orders on days counted from 2020-01-01; those not delivered by day `end` are open."""
    order = np.argsort(day, kind="stable")
    ordered = FIRST_DAY + np.asarray(day, np.int64)[order]
    delivered = ordered + np.maximum(np.round(np.asarray(lead)[order]), 0).astype(np.int64)
    if end is not None:
        delivered = np.where(delivered > FIRST_DAY + end, NEVER, delivered)
    kind = np.zeros(day.size, np.int64) if group is None else np.asarray(group, np.int64)[order]
    dates = np.datetime64("1970-01-01") + ordered
    season = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    return History(
        ordered,
        delivered,
        dates.astype("datetime64[M]").astype(np.int64),
        (ordered + 3) % 7,
        season.astype(np.float64),
        np.zeros((day.size, 0)) if numbers is None else numbers[order],
        kind[:, None] if group is not None else np.zeros((day.size, 0), np.int64),
        kind,
    )


def steady(seed: int, size: int = 3000, days: int = 600) -> History:
    """Four groups with their own log-normal leads; one number that matters; nothing drifts."""
    rng = np.random.default_rng(seed)
    group = rng.choice(4, size, p=[0.4, 0.3, 0.2, 0.1])
    number = rng.normal(0, 1, size)
    usual = np.log([10, 20, 30, 45])[group] + 0.25 * number
    lead = np.exp(usual + rng.normal(0, 0.3, size))
    return make_history(
        rng.integers(0, days, size), lead, group=group, numbers=number[:, None], end=days - 1
    )


def growing(seed: int, size: int = 6000, days: int = 400) -> History:
    """Orders double every 45 days; leads of 20 or 60 days do not change."""
    rng = np.random.default_rng(seed)
    rate = np.exp2(np.arange(days) / 45)
    day = rng.choice(days, size, p=rate / rate.sum())
    lead = np.where(rng.random(size) < 0.5, 20, 60) + rng.integers(-5, 6, size)
    return make_history(day, lead, end=days - 1)
