"""Which variant to use, decided month by month on outcomes that were known by then."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
BLENDS = (1.0, 0.7, 0.4, 0.0)
TRIED_MAX = 5000
REACH = 1.5


@dataclass(frozen=True)
class Variant:
    """One way to forecast.

    `level` is how recent leads enter the location; `half_life` (days) and `kind_prior` (orders)
    shape the residual distribution. `own_share` is the share of this in the quantiles, the rest
    is the naive ones of `window` days (0: all), by group if `by_group`.
    """

    level: Level
    half_life: float
    kind_prior: float
    own_share: float = 0.5
    window: int = 0
    by_group: bool = False


@dataclass
class Candidates:
    """All variants over one history; what was worked out once is kept.

    `tried` : Ints, shape (q,), are the orders on which variants are compared.
    """

    history: History
    walks: dict[Level, Walked]
    parameters: Parameters
    tried: Ints

    def __post_init__(self) -> None:
        """Work out every variant for the orders that are tried."""
        grouped = bool(self.history.group.any())
        self.levels = np.array(self.parameters.levels)
        self.own = {
            variant: self.own_quantiles(variant, self.tried)
            for variant in variants(list(self.walks), self.parameters, grouped)
        }
        self.naive = {
            (window, by_group): naive_quantiles(
                self.history, window, by_group, self.tried, self.levels
            )
            for window in self.parameters.windows
            for by_group in ((False, True) if grouped else (False,))
        }

    def own_quantiles(self, variant: Variant, asked: Ints) -> Floats:
        """Lead quantiles of `asked`, shape (q, l), days, without the naive share.

        None is beyond one and a half times the longest lead known then: a logarithm has no
        sense of that.
        """
        walked = self.walks[variant.level]
        day, group = self.history.ordered_day[asked], self.history.group[asked]
        standard = np.zeros((asked.size, self.levels.size))
        for first, last, pool in walked.pools:
            mine = slice(*np.searchsorted(asked, [first, last]))
            if mine.start == mine.stop:
                continue
            standard[mine] = residual_quantiles(
                pool, day[mine], group[mine], self.levels, variant.half_life, variant.kind_prior
            )
        at = asked - walked.rows[0]
        log_lead = walked.location[at, None] + walked.scale[at, None] * standard
        lead = np.expm1(np.minimum(log_lead, 10.0))
        return np.clip(lead, 0.0, REACH * longest_known(self.history, day)[:, None])

    def quantiles(self, variant: Variant, asked: Ints) -> Floats:
        """Lead quantiles of `asked` with the naive share, non-decreasing along levels."""
        out = np.zeros((asked.size, self.levels.size))
        if variant.own_share > 0:
            out += variant.own_share * self.own_quantiles(variant, asked)
        if variant.own_share < 1:
            other = naive_quantiles(
                self.history, variant.window, variant.by_group, asked, self.levels
            )
            out += (1 - variant.own_share) * other
        return np.maximum.accumulate(out, axis=1)

    def choose(self, until: int) -> tuple[Variant, dict[str, float]]:
        """The variant with the least loss on tried orders whose outcome came before day `until`.

        Also the loss of the best of each level and of the best naive, in days; empty, with a
        plain variant, where too few outcomes are known or where the tried orders are too young
        to have shown the leads that are known to happen.
        """
        plain = Variant(Level.STEADY, 270.0, 30.0, 0.4)
        lead, weights = known_leads(self.history, self.tried, until, self.parameters.choice_days)
        scored = weights > 0
        enough = np.count_nonzero(scored) >= self.parameters.least // 2
        if not enough or until - self.history.ordered_day[self.tried[0]] < usual_longest(
            self.history, until
        ):
            return plain, {}
        lead, weights = lead[scored], weights[scored]

        judged = [
            place
            for place, level in enumerate(self.parameters.levels)
            if level in (self.parameters.judged or self.parameters.levels)
        ]

        def loss(quantiles: Floats) -> float:
            losses = pinball(lead, quantiles[:, judged], self.levels[judged]).mean(axis=1)
            return float(np.average(losses, weights=weights))

        naive = {key: loss(quantiles[scored]) for key, quantiles in self.naive.items()}
        key = min(naive, key=lambda one: naive[one])
        beside = self.naive[key][scored]
        best = (naive[key], Variant(Level.STEADY, 270.0, 30.0, 0.0, *key))
        found = {"NAIVE": naive[key]}
        for variant, quantiles in self.own.items():
            own = quantiles[scored]
            for share in BLENDS[:-1]:
                value = loss(share * own + (1 - share) * beside)
                name = variant.level.value
                found[name] = min(value, found.get(name, np.inf))
                if value < best[0]:
                    mixed = replace(variant, own_share=share, window=key[0], by_group=key[1])
                    best = value, mixed
        return best[1], found


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


def usual_longest(history: History, until: int) -> float:
    """The lead that 95 in 100 of those delivered before day `until` stayed under, in days."""
    known = history.delivered_day < until
    lead = history.delivered_day[known] - history.ordered_day[known]
    return float(np.quantile(lead, 0.95)) if lead.size else 0.0


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


def variants(levels: list[Level], parameters: Parameters, grouped: bool) -> list[Variant]:
    """The ways to forecast that are tried, before any naive share."""
    return [
        Variant(level, half_life, prior, 1.0)
        for level in levels
        for half_life in parameters.half_lives
        for prior in (parameters.kind_priors if grouped else (np.inf,))
    ]


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
