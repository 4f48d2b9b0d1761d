"""What was known at each decision: running means over the outcomes of earlier days.

Everything here walks once through the days. The questions of a day are answered before the
outcomes of that day are added, so an answer uses only deliveries of days before the order's own.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def known_means(
    ordered_day: Ints,
    delivered_day: Ints,
    values: Floats,
    weights: Floats,
    kinds: Ints,
    half_life: float,
    prior: float,
) -> tuple[Floats, Floats]:
    """For each order the mean of `values` over earlier deliveries of its kind, as known then.

    Parameters
    ----------
    ordered_day : Ints, shape (n,)
        Day of each order, non-decreasing.
    delivered_day : Ints, shape (n,)
        Day of each outcome; the largest int64 where there is none.
    values, weights : Floats, shape (n,)
        What is averaged and with which weight; read only where there is an outcome.
    kinds : Ints, shape (n,)
        0..K-1.
    half_life : float
        Days after which a delivery counts half; `inf` never forgets.
    prior : float
        How many deliveries the mean over all kinds counts for in the mean of one kind; the mean
        over all kinds is pulled to 0 in the same way by a tenth of it.

    Returns
    -------
    tuple of Floats, shape (n,)
        The mean, and the weight of the kind's own deliveries behind it.
    """
    far = np.iinfo(np.int64).max
    arrivals = np.argsort(delivered_day, kind="stable")
    arrivals = arrivals[delivered_day[arrivals] < far]
    decay = 0.0 if np.isinf(half_life) else np.log(2) / half_life
    mean = np.zeros(ordered_day.size)
    weight = np.zeros(ordered_day.size)
    size = int(kinds.max(initial=0)) + 1
    _walk(
        ordered_day,
        delivered_day,
        arrivals,
        values,
        weights,
        kinds,
        size,
        decay,
        prior,
        mean,
        weight,
    )
    return mean, weight


@njit(cache=True, nogil=True)
def _walk(  # type: ignore[no-untyped-def]  # `known_means` says what each is
    ordered_day, delivered_day, arrivals, values, weights, kinds, size, decay, prior, mean, weight
):
    total = np.zeros(size)
    mass = np.zeros(size)
    seen = np.zeros(size, np.int64)
    all_total, all_mass, all_seen = 0.0, 0.0, 0
    next_arrival = 0
    for i in range(ordered_day.size):
        today = ordered_day[i]
        while next_arrival < arrivals.size and delivered_day[arrivals[next_arrival]] < today:
            j = arrivals[next_arrival]
            k, day = kinds[j], delivered_day[j]
            fade = np.exp(-decay * (day - seen[k]))
            total[k] = total[k] * fade + values[j] * weights[j]
            mass[k] = mass[k] * fade + weights[j]
            seen[k] = day
            fade = np.exp(-decay * (day - all_seen))
            all_total = all_total * fade + values[j] * weights[j]
            all_mass = all_mass * fade + weights[j]
            all_seen = day
            next_arrival += 1
        fade = np.exp(-decay * (today - all_seen))
        general = all_total * fade / (all_mass * fade + 0.1 * prior + 1e-12)
        k = kinds[i]
        fade = np.exp(-decay * (today - seen[k]))
        mean[i] = (total[k] * fade + prior * general) / (mass[k] * fade + prior + 1e-12)
        weight[i] = mass[k] * fade


def growth_weights(ordered_day: Ints, span: int = 28) -> Floats:
    """Weights by which outcomes collected by delivery day stand for orders, shape (n,).

    Of the deliveries of a day, those with lead y were ordered y days before, when there may have
    been fewer orders: under growth short leads are over-represented by the ratio of order rates.
    Each outcome is therefore weighted by one over the daily order rate of the `span` days up to
    its own order, days that were past when it was delivered. The span is made longer where it
    would hold fewer than 30 orders on average. Only ratios of the weights mean anything.
    """
    if ordered_day.size == 0:
        return np.ones(0)
    days = int(ordered_day[-1] - ordered_day[0]) + 1
    span = max(span, int(np.ceil(30 * days / ordered_day.size)))
    upto = np.searchsorted(ordered_day, ordered_day, "right")
    before = np.searchsorted(ordered_day, ordered_day - span, "right")
    # In the first days there is no full span behind an order yet.
    length = np.clip(ordered_day - ordered_day[0] + 1, min(7, span), span)
    return np.asarray(length / (upto - before), np.float64)


def open_orders(ordered_day: Ints, delivered_day: Ints, age_max: Floats) -> tuple[Floats, Floats]:
    """How much work lay before each order when it was placed.

    Parameters
    ----------
    ordered_day, delivered_day : Ints, shape (n,)
        As in `known_means`.
    age_max : Floats, shape (n,)
        Days after which an order that is still open counts as given up, as believed that day.

    Returns
    -------
    tuple of Floats, shape (n,)
        Orders of earlier days that were open, and deliveries a day over the 28 days before.
    """
    finished = np.sort(delivered_day)
    days, first = np.unique(ordered_day, return_index=True)
    still = np.zeros(days.size)
    for number, day in enumerate(days):
        oldest = np.searchsorted(ordered_day, day - age_max[first[number]])
        still[number] = np.count_nonzero(delivered_day[oldest : first[number]] >= day)
    done = np.searchsorted(finished, days) - np.searchsorted(finished, days - 28)
    place = np.searchsorted(days, ordered_day)
    return still[place], done[place] / 28.0
