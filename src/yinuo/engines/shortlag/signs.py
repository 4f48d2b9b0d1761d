"""What a model may look at for each order: only what was known on the day it was placed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag.history import known_means, open_orders
from yinuo.engines.shortlag.parameters import History

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SLOW_HALF_LIFE = 365.0
CODES_MAX = 60


@dataclass(frozen=True)
class Signs:
    """What is known of each order on its own day, n orders.

    `lasting` : Floats, shape (n, p), for the trees: nothing in it names the day. `backlog` :
    Floats, shape (n,), tells the day and is therefore for the straight line only.
    """

    lasting: Floats
    backlog: Floats


def read_signs(history: History) -> Signs:
    """The signs of all orders, each as of its own day."""
    days = (history.ordered_day, history.delivered_day)
    size = history.ordered_day.size
    log_lead = history.log_leads()
    ones = np.ones(size)
    everyone = np.zeros(size, np.int64)
    usual, _ = known_means(*days, log_lead, ones, history.group, SLOW_HALF_LIFE, 10.0)
    general, _ = known_means(*days, log_lead, ones, everyone, SLOW_HALF_LIFE, 10.0)
    # Against the general mean of the day: the mean itself would tell the trees which day it is.
    lasting = [usual - general, history.weekday.astype(np.float64)]
    for column in history.kinds.T:
        mean, _ = known_means(*days, log_lead, ones, column, SLOW_HALF_LIFE, 10.0)
        lasting.append(mean - general)
        if column.max(initial=0) < CODES_MAX:
            lasting.append(column.astype(np.float64))
    lasting += list(history.numbers.T)
    return Signs(np.column_stack(lasting), backlog(history, log_lead))


def recent_signs(history: History, rows: Ints, beyond: Floats, backlog: Floats) -> Floats:
    """What happened lately beyond a model's location, as known on the day of each of `rows`.

    `beyond` : Floats, shape (r,), the log lead less the location, read where there is a delivery.
    Returns shape (r, 5): means over all of the last 10 and 30 days, over the own group of the
    last 30 and 120, and the backlog.
    """
    days = (history.ordered_day[rows], history.delivered_day[rows])
    ones, everyone = np.ones(rows.size), np.zeros(rows.size, np.int64)
    group = history.group[rows]
    fast, _ = known_means(*days, beyond, ones, everyone, 10.0, 10.0)
    middle, _ = known_means(*days, beyond, ones, everyone, 30.0, 10.0)
    own, _ = known_means(*days, beyond, ones, group, 30.0, 10.0)
    slow, _ = known_means(*days, beyond, ones, group, 120.0, 10.0)
    return np.column_stack([fast, middle, own, slow, backlog[rows]])


def backlog(history: History, log_lead: Floats) -> Floats:
    """Logarithm of the days that the work ahead would take at the pace of the last 28 days.

    Reckoned against what it usually was, so 0 is usual. An order open for longer than nearly all
    that were delivered (2.5 standard deviations of the log lead) counts as given up.
    """
    days = (history.ordered_day, history.delivered_day)
    ones, everyone = np.ones(log_lead.size), np.zeros(log_lead.size, np.int64)
    mean, _ = known_means(*days, log_lead, ones, everyone, SLOW_HALF_LIFE, 1.0)
    square, _ = known_means(*days, log_lead**2, ones, everyone, SLOW_HALF_LIFE, 1.0)
    spread = np.sqrt(np.maximum(square - mean**2, 0.01))
    still, pace = open_orders(*days, np.exp(np.minimum(mean + 2.5 * spread, 9.0)))
    ahead = np.log1p(still / np.maximum(pace, 0.1))
    usually, _ = known_means(
        history.ordered_day, history.ordered_day, ahead, ones, everyone, SLOW_HALF_LIFE, 1.0
    )
    return ahead - usually
