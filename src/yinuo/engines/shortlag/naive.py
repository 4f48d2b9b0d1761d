"""What most shops do today: quantiles of the leads delivered in the last so many days."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST = 10
LEAD_MAX = 20_000


def rolling_quantiles(
    ordered_day: Ints,
    delivered_day: Ints,
    kinds: Ints,
    levels: Floats,
    window: int,
    asked: Ints,
) -> Floats:
    """Quantiles of the leads that were delivered in the `window` days before each asked order.

    Parameters
    ----------
    ordered_day : Ints, shape (n,)
        Day of each order, non-decreasing.
    delivered_day : Ints, shape (n,)
        Day of each outcome; the largest int64 where there is none.
    kinds : Ints, shape (n,)
        Each kind has its own quantiles; all zeros for one set over all.
    levels : Floats, shape (l,)
        Chances in (0, 1).
    window : int
        Days; 0 means all days.
    asked : Ints, shape (q,)
        Rising indices of the orders that want an answer.

    Returns
    -------
    Floats, shape (q, l)
        Days, interpolated linearly between order statistics. A kind with fewer than 10 leads in
        its window is answered from all kinds in the window; where these are fewer than 10, the
        answer is NaN.
    """
    far = np.iinfo(np.int64).max
    arrivals = np.argsort(delivered_day, kind="stable")
    arrivals = arrivals[delivered_day[arrivals] < far]
    # Sorted rows are shifted often: the fewer bytes the better.
    lead = np.zeros(ordered_day.size, np.int16)
    lead[arrivals] = np.minimum(delivered_day[arrivals] - ordered_day[arrivals], LEAD_MAX)
    size = int(kinds.max(initial=0)) + 1
    out = np.full((asked.size, levels.size), np.nan)
    general = _roll(
        ordered_day, delivered_day, arrivals, lead, np.zeros_like(kinds), 1, levels, window, asked
    )
    own = general
    if size > 1:
        own = _roll(ordered_day, delivered_day, arrivals, lead, kinds, size, levels, window, asked)
    out[:] = np.where(np.isnan(own), general, own)
    return out


@njit(cache=True, nogil=True)
def _roll(  # type: ignore[no-untyped-def]  # `rolling_quantiles` says what each is
    ordered_day, delivered_day, arrivals, lead, kinds, size, levels, window, asked
):
    # Leads of each kind stand sorted in a growing row of their own.
    rows = [np.empty(16, np.int16) for _ in range(size)]
    filled = np.zeros(size, np.int64)
    out = np.full((asked.size, levels.size), np.nan)
    arrived, gone = 0, 0
    for number in range(asked.size):
        i = asked[number]
        today = ordered_day[i]
        while arrived < arrivals.size and delivered_day[arrivals[arrived]] < today:
            j = arrivals[arrived]
            k, n = kinds[j], filled[kinds[j]]
            if n == rows[k].size:
                longer = np.empty(2 * n, np.int16)
                longer[:n] = rows[k]
                rows[k] = longer
            row = rows[k]
            place = np.searchsorted(row[:n], lead[j])
            for at in range(n, place, -1):
                row[at] = row[at - 1]
            row[place] = lead[j]
            filled[k] = n + 1
            arrived += 1
        while window > 0 and gone < arrived and delivered_day[arrivals[gone]] < today - window:
            j = arrivals[gone]
            k, n = kinds[j], filled[kinds[j]]
            row = rows[k]
            place = np.searchsorted(row[:n], lead[j])
            for at in range(place, n - 1):
                row[at] = row[at + 1]
            filled[k] = n - 1
            gone += 1
        n = filled[kinds[i]]
        if n >= LEAST:
            row = rows[kinds[i]]
            for level in range(levels.size):
                place = levels[level] * (n - 1)
                low = int(place)
                high = min(low + 1, n - 1)
                out[number, level] = row[low] + (place - low) * (row[high] - row[low])
    return out
