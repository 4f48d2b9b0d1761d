"""What goes into the method, and the few numbers that steer it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag.boosting import Growth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class History:
    """Past orders in rising order of their day; n orders, days counted from any fixed day.

    Parameters
    ----------
    ordered_day : Ints, shape (n,)
        Non-decreasing.
    delivered_day : Ints, shape (n,)
        Not before `ordered_day`; `NEVER` where the order was still open at the end.
    month : Ints, shape (n,)
        Month of the order as a running number; models are refitted at its first day.
    weekday : Ints, shape (n,)
        0..6.
    season : Floats, shape (n,)
        Day of the year, 1..366.
    numbers : Floats, shape (n, p)
        Numeric features known at the order; NaN where missing.
    kinds : Ints, shape (n, c)
        Categorical features known at the order, each 0..K-1.
    group : Ints, shape (n,)
        The group that forecasts are reported by, 0..G-1.

    Raises
    ------
    ValueError
        Shapes differ, days fall, or a delivery lies before its order.
    """

    ordered_day: Ints
    delivered_day: Ints
    month: Ints
    weekday: Ints
    season: Floats
    numbers: Floats
    kinds: Ints
    group: Ints

    def __post_init__(self) -> None:
        """Refuse what cannot be a history."""
        columns = (
            self.delivered_day,
            self.month,
            self.weekday,
            self.season,
            self.numbers,
            self.kinds,
            self.group,
        )
        if any(len(column) != self.ordered_day.size for column in columns):
            raise ValueError("every column must have one row for each order")
        if np.any(np.diff(self.ordered_day) < 0):
            raise ValueError("orders must stand in rising order of their day")
        if np.any(self.delivered_day < self.ordered_day):
            raise ValueError("a delivery lies before its order")

    @property
    def is_delivered(self) -> NDArray[np.bool_]:
        """Whether each order has an outcome, shape (n,)."""
        return np.asarray(self.delivered_day < NEVER)

    def log_leads(self) -> Floats:
        """Logarithm of one day more than the lead, 0 where there is none, shape (n,).

        A lead of whole days stands for the day around it: it is moved by up to half a day along
        an even sequence, so that quantiles between whole days mean something.
        """
        shift = (np.arange(1, self.ordered_day.size + 1) * 0.6180339887498949) % 1 - 0.5
        out = np.zeros(self.ordered_day.size)
        known = self.is_delivered
        lead = self.delivered_day[known] - self.ordered_day[known]
        out[known] = np.log1p(lead + shift[known])
        return out


@dataclass(frozen=True)
class Parameters:
    """Numbers that steer the method; all were set on development data and synthetic histories.

    `levels` are the chances wanted, rising; candidates are judged by those in `judged`, or by all
    if that is empty. `train_max` is the most rows a model is fitted to,
    the latest ones; `train_half_life` days after which a training row counts half,
    `quick_half_life` the same for the variant that forgets quickly.
    `warm_up_days` before the test are forecast month by month so that there are residuals, and
    `choice_days` of them decide between the candidates. `least` is the fewest outcomes that must
    be known before the test.
    """

    levels: tuple[float, ...] = (0.1, 0.5, 0.9)
    judged: tuple[float, ...] = ()
    train_max: int = 30_000
    train_half_life: float = 540.0
    warm_up_days: int = 400
    choice_days: int = 270
    least: int = 50
    half_lives: tuple[float, ...] = (10.0, 30.0, 100.0, 300.0, 1000.0)
    kind_priors: tuple[float, ...] = (30.0, np.inf)
    windows: tuple[int, ...] = (30, 90, 180, 365, 0)
    growth: Growth = field(default_factory=Growth)
