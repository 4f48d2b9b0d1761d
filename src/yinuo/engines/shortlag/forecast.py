"""The short-lag method as a whole: month by month, choose on the past, then forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag.choice import Experts, thinned
from yinuo.engines.shortlag.parameters import History, Parameters
from yinuo.engines.shortlag.signs import read_signs
from yinuo.engines.shortlag.walk import Level, month_spans, walk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SEASONS_MIN_DAYS = 3 * 365


class TooLittleHistory(ValueError):
    """Fewer outcomes are known before the test than the method needs.

    `known` is how many there are, `needed` how many it takes.
    """

    def __init__(self, known: int, needed: int) -> None:
        self.known = known
        self.needed = needed
        super().__init__(f"{known} outcomes before the test, {needed} needed")


@dataclass(frozen=True)
class Choice:
    """How much each family of experts counted from day `day` on, shares of 1, and the least
    pinball loss in days within it on the outcomes known by then (empty where these were too few).
    """

    day: int
    shares: dict[str, float]
    losses: dict[str, float]


@dataclass(frozen=True)
class Forecast:
    """Lead quantiles of the test orders.

    `rows` : Ints, shape (m,), indices of the orders; `quantiles` : Floats, shape (m, l), days,
    non-decreasing along the levels; `choices` is what was used, one for each month.
    """

    rows: Ints
    quantiles: Floats
    choices: list[Choice]


def forecast(history: History, parameters: Parameters, start: int, until: int) -> Forecast:
    """Forecast the orders placed on days `start` <= day < `until`, each from what was known then.

    Raises
    ------
    TooLittleHistory
        Fewer than `parameters.least` outcomes were known at the start.
    ValueError
        No order lies in the test.
    """
    first, last = (int(at) for at in np.searchsorted(history.ordered_day, [start, until]))
    if first == last:
        raise ValueError("no order lies in the test")
    known = int(np.count_nonzero(history.delivered_day < start))
    if known < parameters.least:
        raise TooLittleHistory(known, parameters.least)
    signs = read_signs(history)
    begin = first_walked(history, parameters, start)
    levels = [
        level for level in Level if level is not Level.SEASONAL or has_seasons(history, begin)
    ]
    walks = walk(history, signs, parameters, levels, begin, first, last)
    ways = Experts(history, walks, parameters, thinned(np.arange(begin, last)))
    quantiles = np.zeros((last - first, len(parameters.levels)))
    choices = []
    for asked in month_spans(history, first, last):
        day = int(history.ordered_day[asked[0]])
        shares, losses = ways.shares(day)
        choices.append(tell_choice(ways, day, shares, losses))
        quantiles[asked - first] = ways.mixed(shares, asked)
    return Forecast(np.arange(first, last), quantiles, choices)


def tell_choice(ways: Experts, day: int, shares: Floats, losses: Floats) -> Choice:
    """Shares and losses by family."""
    names = np.array([one.name for one in ways.all])
    families = list(dict.fromkeys(names.tolist()))
    return Choice(
        day,
        {name: float(shares[names == name].sum()) for name in families},
        {
            name: float(losses[names == name].min())
            for name in families
            if np.isfinite(losses).all()
        },
    )


def first_walked(history: History, parameters: Parameters, start: int) -> int:
    """Index of the first order that is forecast before the test, so that there are residuals.

    Not more than the warm-up lies before the test, and a good part of the outcomes known at its
    start (half of them, or 300) were known by then.
    """
    known = np.sort(history.delivered_day[history.delivered_day < start])
    enough = known[min(known.size // 2, 300)] + 1
    day = max(int(enough), start - parameters.warm_up_days)
    return int(np.searchsorted(history.ordered_day, min(day, start)))


def has_seasons(history: History, begin: int) -> bool:
    """Whether three years lie before, so that a season is more than the name of one month."""
    return int(history.ordered_day[begin] - history.ordered_day[0]) >= SEASONS_MIN_DAYS
