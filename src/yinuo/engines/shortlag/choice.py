"""How much each way to forecast counts, decided month by month on outcomes known by then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag.conformal import residual_quantiles
from yinuo.engines.shortlag.naive import rolling_quantiles
from yinuo.engines.shortlag.parameters import History, Parameters
from yinuo.engines.shortlag.scores import pinball
from yinuo.engines.shortlag.walk import Level, Walked

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHOICE_HALF_LIFE = 90.0
SHOWN_MIN = 0.1
TRIED_MAX = 5000
REACH = 1.5
CAUTION = 0.7
SMALLEST_ERROR = 0.02
SHARE_MIN = 0.005


@dataclass(frozen=True)
class Own:
    """The method with one level; `half_life` (days) and `kind_prior` (orders) shape the
    distribution of residuals."""

    level: Level
    half_life: float
    kind_prior: float

    @property
    def name(self) -> str:
        """Its family."""
        return self.level.value


@dataclass(frozen=True)
class Naive:
    """Rolling quantiles of `window` days (0: all), by group if `by_group`."""

    window: int
    by_group: bool

    @property
    def name(self) -> str:
        """Its family."""
        return "NAIVE"


Expert = Own | Naive


@dataclass
class Experts:
    """All ways to forecast over one history; what was worked out once is kept.

    `tried` : Ints, shape (q,), are the orders on which they are compared.
    """

    history: History
    walks: dict[Level, Walked]
    parameters: Parameters
    tried: Ints

    def __post_init__(self) -> None:
        """Work out every expert for the orders that are tried."""
        grouped = bool(self.history.group.any())
        self.levels = np.array(self.parameters.levels)
        judged = self.parameters.judged or self.parameters.levels
        self.judged = [n for n, level in enumerate(self.parameters.levels) if level in judged]
        self.all = experts(list(self.walks), self.parameters, grouped=grouped)
        self.said = np.stack([self.quantiles_of(one, self.tried) for one in self.all])

    def quantiles_of(self, expert: Expert, asked: Ints) -> Floats:
        """Lead quantiles of `asked`, shape (q, l), days, by one expert."""
        if isinstance(expert, Naive):
            return naive_quantiles(self.history, expert.window, expert.by_group, asked, self.levels)
        return self.own_quantiles(expert, asked)

    def own_quantiles(self, own: Own, asked: Ints) -> Floats:
        """Those of the method itself; none is beyond one and a half times the longest lead known
        then: a logarithm has no sense of that."""
        walked = self.walks[own.level]
        day, group = self.history.ordered_day[asked], self.history.group[asked]
        standard = np.zeros((asked.size, self.levels.size))
        for first, last, pool in walked.pools:
            mine = slice(*np.searchsorted(asked, [first, last]))
            if mine.start == mine.stop:
                continue
            standard[mine] = residual_quantiles(
                pool, day[mine], group[mine], self.levels, own.half_life, own.kind_prior
            )
        at = asked - walked.rows[0]
        log_lead = walked.location[at, None] + walked.scale[at, None] * standard
        lead = np.expm1(np.minimum(log_lead, 10.0))
        return np.clip(lead, 0.0, REACH * longest_known(self.history, day)[:, None])

    def mixed(self, shares: Floats, asked: Ints) -> Floats:
        """Lead quantiles of `asked`: those of the experts averaged by their `shares`."""
        kept = np.where(shares >= SHARE_MIN, shares, 0.0)
        kept /= kept.sum()
        out = np.zeros((asked.size, self.levels.size))
        for share, expert in zip(kept, self.all, strict=True):
            if share > 0:
                out += share * self.quantiles_of(expert, asked)
        # Sums of shares must not push a whole day off itself.
        return np.asarray(np.round(np.maximum.accumulate(out, axis=1), 6), np.float64)

    def shares(self, until: int) -> tuple[Floats, Floats]:
        """The share of each expert by outcomes before day `until`, and its loss in days.

        Both have shape (e,). An expert counts for less the surer it is that it is worse than the
        best: the difference of their losses in standard errors, weeks being the units that
        repeat, so that what is only luck decides little (exponential weights; Cesa-Bianchi and
        Lugosi 2006). The naive ones start with as much weight as all the others together. With
        few outcomes that start is all, and losses are NaN.
        """
        is_naive = np.array([isinstance(one, Naive) for one in self.all])
        start = np.where(is_naive, 0.5 / is_naive.sum(), 0.5 / max((~is_naive).sum(), 1))
        lead, weights = known_leads(self.history, self.tried, until, self.parameters.choice_days)
        known = weights > 0
        if np.count_nonzero(known) < self.parameters.least // 2:
            return start, np.full(start.size, np.nan)
        part = weights[known] / weights[known].sum()
        said, levels = self.said[:, known][..., self.judged], self.levels[self.judged]
        each = np.stack([pinball(lead[known], one, levels).mean(axis=1) for one in said])
        loss = each @ part
        worse = each - each[np.argmin(loss)]
        mean = worse @ part
        error = weekly_errors(
            (worse - mean[:, None]) * part, self.history.ordered_day[self.tried[known]], part
        )
        weeks = effective_weeks(self.history.ordered_day[self.tried[known]], part)
        error = np.hypot(error, SMALLEST_ERROR * loss.min() / np.sqrt(weeks))
        value = start * np.exp(-CAUTION * mean / np.maximum(error, 1e-12))
        return value / value.sum(), loss


def weekly_errors(parts: Floats, day: Ints, weights: Floats) -> Floats:
    """Standard error of each sum of `parts`, shape (e, n), along orders of days `day`, shape (n,).

    Orders of a week are one observation; few weeks make it larger by n / (n - 1).
    """
    _, week = np.unique(day // 7, return_inverse=True)
    weeks = effective_weeks(day, weights)
    squares = np.array([(np.bincount(week, one) ** 2).sum() for one in parts])
    return np.asarray(np.sqrt(squares * weeks / max(weeks - 1, 1.0)), np.float64)


def effective_weeks(day: Ints, weights: Floats) -> float:
    """How many weeks of equal weight say as much, at least 1."""
    _, week = np.unique(day // 7, return_inverse=True)
    mass = np.bincount(week, weights)
    return float(mass.sum() ** 2 / (mass**2).sum())


def experts(levels: list[Level], parameters: Parameters, *, grouped: bool) -> list[Expert]:
    """All ways to forecast."""
    own: list[Expert] = [
        Own(level, half_life, prior)
        for level in levels
        for half_life in parameters.half_lives
        for prior in (parameters.kind_priors if grouped else (np.inf,))
    ]
    return own + [
        Naive(window, by_group)
        for window in parameters.windows
        for by_group in ((False, True) if grouped else (False,))
    ]


def thinned(rows: Ints) -> Ints:
    """At most 5,000 of `rows`, evenly taken."""
    return rows[:: 1 + rows.size // TRIED_MAX]


def longest_known(history: History, day: Ints) -> Floats:
    """The longest lead delivered before each day, shape (q,); at least 1."""
    known = history.is_delivered
    order = np.argsort(history.delivered_day[known], kind="stable")
    delivered = history.delivered_day[known][order]
    longest = np.maximum.accumulate((delivered - history.ordered_day[known][order]).astype(float))
    at = np.searchsorted(delivered, day) - 1
    return np.where(at >= 0, np.maximum(longest[np.maximum(at, 0)], 1.0), 1.0)


def naive_quantiles(
    history: History, window: int, by_group: bool, asked: Ints, levels: Floats
) -> Floats:
    """Rolling quantiles, shape (q, l); a window that is empty is filled from all days."""
    kinds = history.group if by_group else np.zeros_like(history.group)
    days = (history.ordered_day, history.delivered_day)
    out = rolling_quantiles(*days, kinds, levels, window, asked)
    if window and np.isnan(out).any():
        out = np.where(np.isnan(out), rolling_quantiles(*days, kinds, levels, 0, asked), out)
    return out


def known_leads(history: History, asked: Ints, until: int, span: float) -> tuple[Floats, Floats]:
    """Leads known before day `until` of the orders of the `span` days before, with weights.

    An order placed shortly before `until` is known only if its lead was short. So each known one
    counts for one over the share of `asked` that was placed early enough to show its lead; the
    share is taken as at least 0.1. Older orders fade. Weight 0: not known, or not of the span.
    """
    age = until - history.ordered_day[asked]
    recent = (age > 0) & (age <= max(span, 1))
    known = recent & (history.delivered_day[asked] < until)
    lead = np.where(known, history.delivered_day[asked] - history.ordered_day[asked], 0)
    faded = np.where(recent, np.exp2(-np.maximum(age, 0) / CHOICE_HALF_LIFE), 0.0)
    weights = np.zeros(asked.size)
    if known.any():
        # Ages fall along the orders, so the older ones stand first.
        older = np.concatenate([[0.0], np.cumsum(faded)])
        ages = age[::-1]
        shown = older[age.size - np.searchsorted(ages, lead, "right")] / older[-1]
        weights = known * faded / np.maximum(shown, SHOWN_MIN)
    return lead.astype(np.float64), np.asarray(weights, np.float64)
