"""A weighted conformal predictive system: what recent residuals say of the next one.

Residuals enter on the day of DELIVERY and fade with age (Vovk et al. 2018 for predictive systems,
Tibshirani et al. 2019 for weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
POOL_MAX = 4000
DAYS_ALIKE = 7
CLIP = 3.0


@dataclass(frozen=True)
class Pool:
    """Residuals with the day they became known, in rising order of that day.

    `day` : Ints, shape (m,); `residual` : Floats, shape (m,), standardised; `weight` : Floats,
    shape (m,), of which only ratios count; `kind` : Ints, shape (m,), 0..K-1.
    """

    day: Ints
    residual: Floats
    weight: Floats
    kind: Ints


def residual_quantiles(
    pool: Pool, day: Ints, kind: Ints, levels: Floats, half_life: float, kind_prior: float
) -> Floats:
    """Quantiles of the residual at each decision from residuals known before its day.

    Parameters
    ----------
    pool : Pool
        What became known, and when.
    day, kind : Ints, shape (q,)
        Day and kind of each decision, days non-decreasing.
    levels : Floats, shape (l,)
        Chances in (0, 1).
    half_life : float
        Days after which a residual counts half.
    kind_prior : float
        The distribution of a kind is mixed with that of all kinds, which counts for so many of
        the kind's own residuals; `inf` uses all kinds alike.

    Returns
    -------
    Floats, shape (q, l)
        Non-decreasing along levels. The order itself counts as one more residual, half of it
        below and half above all others, so that little history gives wide answers; where
        deliveries of a week are alike it counts for as many as say the same. NaN where nothing
        was known.
    """
    decay = np.log(2) / half_life
    out = np.full((day.size, levels.size), np.nan)
    starts = np.flatnonzero(np.diff(day, prepend=day[:1] - 1))
    monday, one = np.iinfo(np.int64).min, 1.0
    for start, end in zip(starts, np.append(starts[1:], day.size), strict=True):
        today = day[start]
        last = int(np.searchsorted(pool.day, today))
        first = int(np.searchsorted(pool.day, today - 6 * half_life))
        # A quiet season must not leave a handful: then older residuals are still asked.
        first = max(0, min(first, last - 100))
        if last == 0:
            continue
        taken = np.arange(first, last, 1 + (last - first) // POOL_MAX)
        if today - (today + 3) % 7 != monday:
            # It changes slowly: once a week, from what was known before its Monday, will do.
            monday = today - (today + 3) % 7
            past = taken[pool.day[taken] < monday]
            one = alike(pool.day[past], pool.residual[past])
        age = today - pool.day[taken]
        weight = np.exp(-decay * (age - age.min()))
        share = pool.weight[taken]
        weight *= share * (weight.sum() / (weight * share).sum())
        weight *= (last - first) / taken.size
        order = np.argsort(pool.residual[taken], kind="stable")
        _mix(
            pool.residual[taken][order],
            weight[order],
            pool.kind[taken][order],
            kind[start:end],
            levels,
            kind_prior,
            one,
            out[start:end],
        )
    return out


def alike(day: Ints, residual: Floats) -> float:
    """How many residuals count for one because those delivered in a week are alike; at least 1.

    The design effect 1 + (m - 1) r of a sample in clusters (Kish 1965): m is the size of the week
    of an average residual, r the correlation within weeks from the analysis of variance, with
    outliers clipped.
    """
    _, week = np.unique((day + 3) // DAYS_ALIKE, return_inverse=True)
    size = np.bincount(week)
    weeks, count = size.size, residual.size
    if weeks < 2 or weeks == count:
        return 1.0
    middle = np.median(residual)
    limit = CLIP * 1.4826 * np.median(np.abs(residual - middle))
    tame = np.clip(residual - middle, -limit, limit)
    mean = np.bincount(week, tame) / size
    between = float(size @ (mean - tame.mean()) ** 2) / (weeks - 1)
    within = float(((tame - mean[week]) ** 2).sum()) / (count - weeks)
    usual = (count - float(size @ size) / count) / (weeks - 1)
    whole = between + (usual - 1) * within
    correlation = max(0.0, (between - within) / whole) if whole > 0 else 0.0
    return 1.0 + (float(size @ size) / count - 1) * correlation


@njit(cache=True, nogil=True)
def _mix(values, weight, kinds, asked, levels, kind_prior, one, out):  # type: ignore[no-untyped-def]
    total = weight.sum()
    for q in range(asked.size):
        done = False
        for earlier in range(q - 1, max(-1, q - 200), -1):
            if asked[earlier] == asked[q]:
                out[q] = out[earlier]
                done = True
                break
        if done:
            continue
        general, mass = 1.0, total
        if not np.isinf(kind_prior):
            own = 0.0
            for j in range(values.size):
                if kinds[j] == asked[q]:
                    own += weight[j]
            prior = min(kind_prior, total)
            general, mass = prior / total, own + prior
        before, place, level = 0.0, 0.0, 0
        last_place, last_value = 0.0, values[0]
        for j in range(values.size):
            w = weight[j] * general
            if not np.isinf(kind_prior) and kinds[j] == asked[q]:
                w += weight[j]
            place = (before + w / 2 + one / 2) / (mass + one)
            while level < levels.size and levels[level] <= place:
                span = place - last_place
                part = (levels[level] - last_place) / span if span > 0 else 1.0
                out[q, level] = last_value + part * (values[j] - last_value)
                level += 1
            before += w
            last_place, last_value = place, values[j]
        for rest in range(level, levels.size):
            out[q, rest] = values[-1]
