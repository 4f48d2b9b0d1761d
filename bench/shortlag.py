"""Coverage and loss of the short-lag method on synthetic histories of very different shops.

    python -m bench.shortlag [--json] [WORLD ...]

Windows of 80 %; `ratio` is our pinball loss over that of the best of ten rolling quantiles, which
is known only afterwards.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag import (
    NEVER,
    History,
    Parameters,
    forecast,
    naive_quantiles,
    pinball,
    whole_days,
    whole_window,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
# A history with the first day of the test and the day after its last.
World = tuple[History, int, int]
LEVELS = np.array(Parameters().levels)


def make_history(day: Ints, lead: Floats, kinds: Ints, numbers: Floats, end: int) -> History:
    """Orders from day 18,262 (2020-01-01) on; the first column of `kinds` is the group."""
    order = np.argsort(day, kind="stable")
    ordered = 18_262 + day[order].astype(np.int64)
    delivered = ordered + np.maximum(np.round(lead[order]), 0).astype(np.int64)
    dates = np.datetime64("1970-01-01") + ordered
    season = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    return History(
        ordered,
        np.where(delivered > 18_262 + end, NEVER, delivered),
        dates.astype("datetime64[M]").astype(np.int64),
        (ordered + 3) % 7,
        season.astype(np.float64),
        numbers[order],
        kinds[order],
        kinds[order, 0],
    )


def drift(rng: np.random.Generator, days: int, stay: float, noise: float) -> Floats:
    """A level that wanders and comes back, one value a day."""
    level = np.zeros(days)
    for day in range(1, days):
        level[day] = stay * level[day - 1] + rng.normal(0, noise)
    return level


def seasonal_retail(rng: np.random.Generator) -> World:
    """Yearly seasons in orders and leads, 8 regions, 200 products, a wandering level."""
    days, size = 1100, 12_000
    rate = 1 + 0.6 * np.sin(2 * np.pi * np.arange(days) / 365)
    day = rng.choice(days, size, p=rate / rate.sum())
    region, product = rng.choice(8, size), rng.integers(0, 200, size)
    weight = rng.lognormal(0, 1, size)
    log_lead = (
        np.log(20) + 0.25 * np.sin(2 * np.pi * (day - 40) / 365) + 0.1 * np.log(weight)
        + rng.normal(0, 0.3, 8)[region] + rng.normal(0, 0.25, 200)[product]
        + drift(rng, days, 0.97, 0.05)[day] + rng.normal(0, 0.3, size)
    )  # fmt: skip
    kinds = np.column_stack([region, product])
    return make_history(day, np.exp(log_lead), kinds, weight[:, None], days - 1), 730, days - 60


def ramp_up(rng: np.random.Generator) -> World:
    """A line that starts slowly, a launch burst, three specs: waits grow with the backlog."""
    days, size = 700, 20_000
    rate = 10 * np.exp(np.arange(days) / 250)
    rate[300:310] *= 4
    day = np.sort(rng.choice(days, size, p=rate / rate.sum()))
    output = size / days * (0.4 + 1.2 * np.arange(days) / days)
    built = np.searchsorted(np.cumsum(output * (1 + 0.1 * rng.normal(size=days))), np.arange(size))
    spec = rng.choice(3, size, p=[0.6, 0.3, 0.1])
    lead = np.maximum(built - day, 2) + rng.lognormal(np.log(9), 0.35, size) + 4 * (spec == 1)
    return make_history(day, lead, spec[:, None], np.zeros((size, 0)), days - 1), 450, days - 120


def parcels(rng: np.random.Generator) -> World:
    """A web shop: 27 regions, 900 sellers, peak weeks, nothing delivered at week-ends."""
    days, size = 800, 60_000
    of_year = np.arange(days) % 365
    rate = 1 + 2.5 * ((of_year > 310) & (of_year < 335))
    day = rng.choice(days, size, p=rate / rate.sum())
    share = 1 / np.arange(1, 28) ** 0.8
    region, seller = rng.choice(27, size, p=share / share.sum()), rng.integers(0, 900, size)
    peak = 0.35 * ((of_year > 315) & (of_year < 350))
    lead = np.exp(
        np.log(8) + rng.normal(0, 0.35, 27)[region] + rng.normal(0, 0.25, 900)[seller]
        + peak[day] + rng.normal(0, 0.4, size) + (rng.random(size) < 0.03)
    )  # fmt: skip
    weekday = (day + np.round(lead).astype(np.int64)) % 7
    lead = lead + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))
    kinds = np.column_stack([region, seller])
    return make_history(day, lead, kinds, np.zeros((size, 0)), days - 1), 500, days - 30


def national(rng: np.random.Generator) -> World:
    """Parcels of a growing country: 27 states by 1,500 sellers, distances, a strike, peaks."""
    days, size, sellers = 760, 30_000, 1500
    moment = np.arange(days)
    peak = (moment % 365 > 322) & (moment % 365 < 333)
    quiet = np.array([1.1, 1.1, 1.05, 1, 0.95, 0.7, 0.65])[(moment + 2) % 7]
    rate = np.exp(moment / 500) * (1 + 1.8 * peak) * quiet
    day = np.sort(rng.choice(days, size, p=rate / rate.sum()))
    people = 1 / np.arange(1, 28) ** 1.1
    state = rng.choice(27, size, p=people / people.sum())
    trade = 1 / np.arange(1, sellers + 1) ** 0.7
    seller = rng.choice(sellers, size, p=trade / trade.sum())
    home = rng.choice(27, sellers, p=people / people.sum())[seller]
    place = rng.normal(0, 1, (27, 2))
    distance = np.hypot(*(place[state] - place[home]).T)
    weight, sort = rng.lognormal(0, 1.1, size), rng.integers(0, 70, size)
    strike = 0.45 * ((moment > 420) & (moment < 455))
    holiday = 0.25 * ((moment % 365 > 325) & (moment % 365 < 360))
    level = drift(rng, days, 0.97, 0.03) + strike + holiday
    log_lead = (
        np.log(7.5) + 0.22 * distance + 0.05 * np.log(weight) + level[day]
        + rng.normal(0, 0.15, 27)[state] + rng.normal(0, 0.22, sellers)[seller]
        + rng.normal(0, 0.42, size) * (1 + 0.3 * (state > 8)) + 0.9 * (rng.random(size) < 0.02)
    )  # fmt: skip
    lead = np.clip(np.exp(log_lead), 1, 60)
    weekday = (day + np.round(lead).astype(np.int64) + 2) % 7
    lead = lead + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))
    kinds = np.column_stack([state, seller, home, sort])
    numbers = np.column_stack([weight, distance * 500 + rng.normal(0, 20, size)])
    return make_history(day, lead, kinds, numbers, days - 1), 500, days - 45


def heavy_tails(rng: np.random.Generator) -> World:
    """Forty suppliers, each with its own mean and spread, tails of Student's t with 2.5 degrees."""
    days, size = 1500, 8000
    day, supplier = rng.integers(0, days, size), rng.integers(0, 40, size)
    spread = np.exp(rng.normal(-0.7, 0.4, 40))[supplier]
    log_lead = np.log(60) + rng.normal(0, 0.6, 40)[supplier] + spread * rng.standard_t(2.5, size)
    lead = np.minimum(np.exp(np.minimum(log_lead, 8)), 3000)
    kinds = supplier[:, None]
    return make_history(day, lead, kinds, np.zeros((size, 0)), days - 1), 900, days - 300


def wandering(rng: np.random.Generator) -> World:
    """No group, no feature, only a level that wanders within the time a lead takes."""
    days, size = 900, 5000
    day = rng.integers(0, days, size)
    log_lead = np.log(30) + drift(rng, days, 0.98, 0.06)[day] + rng.normal(0, 0.35, size)
    kinds = np.zeros((size, 1), np.int64)
    return make_history(day, np.exp(log_lead), kinds, np.zeros((size, 0)), days - 1), 500, days - 90


def few_days(rng: np.random.Generator) -> World:
    """Leads of nought to six whole days."""
    days, size = 500, 20_000
    day, group = rng.integers(0, days, size), rng.integers(0, 5, size)
    mean = np.array([1, 1.5, 2, 3, 4])[group] * (1 + 0.3 * np.sin(day / 40))
    lead = rng.poisson(mean).astype(np.float64)
    return make_history(day, lead, group[:, None], np.zeros((size, 0)), days - 1), 300, days - 20


WORLDS: dict[str, Callable[[np.random.Generator], World]] = {
    "seasonal_retail": seasonal_retail,
    "ramp_up": ramp_up,
    "parcels": parcels,
    "national": national,
    "heavy_tails": heavy_tails,
    "wandering": wandering,
    "few_days": few_days,
}


def measure(name: str, seed: int) -> dict[str, float | str]:
    """One row of the table."""
    history, start, until = WORLDS[name](np.random.default_rng(seed))
    wall, cpu = time.monotonic(), time.process_time()
    found = forecast(history, Parameters(), 18_262 + start, 18_262 + until)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    done = history.is_delivered[found.rows]
    rows, quantiles = found.rows[done], found.quantiles[done]
    lead = (history.delivered_day - history.ordered_day)[rows].astype(np.float64)
    naive = [
        naive_quantiles(history, window, by_group, rows, LEVELS)
        for window in Parameters().windows
        for by_group in (False, True)
    ]
    best = min(naive, key=lambda one: float(pinball(lead, one, LEVELS).mean()))
    own = pinball(lead, whole_days(quantiles), LEVELS).mean()
    other = pinball(lead, best, LEVELS).mean()

    def inside(windows: Floats) -> float:
        return round(float(np.mean((lead >= windows[:, 0]) & (lead <= windows[:, -1]))), 3)

    return {
        "world": name,
        "orders": int(rows.size),
        "coverage": inside(whole_window(*quantiles.T)),
        "naive_coverage": inside(best),
        "ratio": round(float(own / other), 3),
        "cpu_s": round(cpu, 1),
        "wall_s": round(wall, 1),
    }


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", nargs="*", default=list(WORLDS))
    parser.add_argument("--seed", type=int, default=20260211)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = []
    for name in options.worlds:
        table.append(measure(name, options.seed))
        if not options.json:
            print("  ".join(f"{key} {value}" for key, value in table[-1].items()), flush=True)
    if options.json:
        print(json.dumps(table))


if __name__ == "__main__":
    main()
