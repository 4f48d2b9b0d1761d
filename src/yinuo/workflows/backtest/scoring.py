"""Figures of a set of windows against what came."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag import interval_score, pinball

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Figures:
    """How windows did on `orders` delivered orders.

    Shares are 0..1: `coverage` inside, `late` after the window, `early` before it; `kept` is the
    share delivered by the one-sided date, None without one. Days: `width_mean`, `width_median`,
    `pinball` (mean over lower end, median and upper end), `interval_score`. `weeks` counts the
    different weeks in which the orders were placed: orders of a week share their fate, so weeks,
    not orders, say how much a share can be trusted.
    """

    orders: int
    weeks: int
    coverage: float
    late: float
    early: float
    kept: float | None
    width_mean: float
    width_median: float
    pinball: float
    interval_score: float


@dataclass(frozen=True)
class Windows:
    """Quantiles of the lead at lower end, median and upper end, shape (m, 3), days.

    `ends` : Floats, shape (m, 2), are the first and last day inside; `latest` : Floats, shape
    (m,), is the one-sided date, or None.
    """

    quantiles: Floats
    ends: Floats
    latest: Floats | None

    def take(self, mask: NDArray[np.bool_]) -> Windows:
        """Those of the marked orders."""
        latest = None if self.latest is None else self.latest[mask]
        return Windows(self.quantiles[mask], self.ends[mask], latest)


def score(lead: Floats, week: Ints, windows: Windows, level: float) -> Figures | None:
    """The figures, rounded to what is worth reading; None without orders."""
    if lead.size == 0:
        return None
    lower, upper = windows.ends.T
    levels = np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
    width = upper - lower
    late, early = lead > upper, lead < lower
    kept = None if windows.latest is None else _share(lead <= windows.latest)
    return Figures(
        int(lead.size),
        int(np.unique(week).size),
        _share(~late & ~early),
        _share(late),
        _share(early),
        kept,
        _days(width.mean()),
        _days(np.median(width)),
        _days(pinball(lead, windows.quantiles, levels).mean()),
        _days(interval_score(lead, lower, upper, level).mean()),
    )


def as_json(figures: Figures | None) -> dict[str, object] | None:
    """For a program."""
    return None if figures is None else asdict(figures)


def _share(marked: NDArray[np.bool_]) -> float:
    return round(float(marked.mean()), 4)


def _days(value: float | np.floating) -> float:
    return round(float(value), 4)
