"""Unusual periods: by how much a new range is wider while one is declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.promises.rules.windows import Flags, Ints, Windows

FACTOR_PERCENT_MIN, FACTOR_PERCENT_MAX = 101, 300
PERIOD_DAYS_MAX = 366


@dataclass(frozen=True)
class Period:
    """A declared period: days from `first` up to but without `until`, as day numbers.

    `kind` is "" for everybody, PLANT for cars not built yet of `spec_ids` (None: of all), CENTRE
    for the orders of `centre_id`; `place_code` names the place. `factor_percent` stretches what
    lies after the middle of a range. The reasons are those that customers read.
    """

    id: int
    ref: str
    kind: str
    centre_id: int
    first: int
    until: int
    factor_percent: int
    reason_zh: str = ""
    reason_en: str = ""
    place_code: str = ""
    spec_ids: tuple[int, ...] | None = None


def find_periods(
    periods: Sequence[Period], centre_ids: Ints, spec_ids: Ints, built: Flags, windows: Windows
) -> Ints:
    """Which of `periods` makes each range wider, as its place in the sequence; -1 for none.

    A period counts where the range up to its latest date touches it. Of several the widest
    counts, of equal ones the first; they do not multiply.
    """
    found = np.full(centre_ids.size, -1, np.int64)
    factor = np.full(centre_ids.size, 100, np.int64)
    for place, period in enumerate(periods):
        touches = (windows.first < period.until) & (windows.latest >= period.first)
        touches &= windows.dated
        if period.kind == "PLANT":
            touches &= ~built
            if period.spec_ids is not None:
                touches &= np.isin(spec_ids, period.spec_ids)
        elif period.kind == "CENTRE":
            touches &= centre_ids == period.centre_id
        wider = touches & (period.factor_percent > factor)
        found[wider], factor[wider] = place, period.factor_percent
    return found


def widen(windows: Windows, dots: Ints, factor_percent: Ints) -> tuple[Windows, Ints]:
    """Stretch what lies after the middle of each range by its factor; 100 changes nothing.

    The early side stays: nobody is told an earlier day because times are uncertain. Dots after
    the middle move along, so that range and dots say the same. Whole days, rounded up.
    """
    middle = (dots[:, 9] + dots[:, 10]) // 2

    def stretch(days: Ints, middle: Ints, factor: Ints) -> Ints:
        beyond = np.maximum(days - middle, 0)
        return np.asarray(days + -(-beyond * (factor - 100) // 100), np.int64)

    last = stretch(windows.last, middle, factor_percent)
    latest = stretch(windows.latest, middle, factor_percent)
    spread = stretch(dots, middle[:, None], factor_percent[:, None])
    return Windows(windows.first, last, latest), spread
