"""The demo maker of one seed and scale: the twin's arrays with names, codes and batches."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from yinuo.engines.twin import Maker, TwinParameters, make_maker
from yinuo.platform.ids import CODE_ALPHABET
from yinuo.workflows.demo.cast import Cast, choose_cast
from yinuo.workflows.demo.days import START, closed_days, date_of, day_of

DATA = Path(__file__).parent / "data"
REGIONS = ("TJ", "SH", "NC", "HK")
PLANT, HUB = "XA1", "ZZ"
SCARCE_OPTION, AMPLE_OPTION = "HOOD", "LONG"
DEFAULT_SEED, DEFAULT_SCALE, SMALL_SCALE = 20260211, 50, 1000
# The quality engineer's batch, and how many cars of one line of the plant a batch has.
HELD_BATCH, BATCH_CARS = 17, 410
BATCH_HISTORY_DAYS = 130
# A demo of more than one car in ten holds what was handed over in the last days only; the weeks
# from which the plant's output is measured are among them.
WHOLE_HISTORY_FROM_SCALE, KEPT_DAYS = 10, 100.0
PLAN_SHARE_REACHED = 2 / 3
SCHEDULED_DAYS, STARTED_DAYS = 10.0, 1.5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """The maker with everything a record about it says; row i of each array is order i.

    `kept` marks the orders that are loaded.
    """

    seed: int
    scale: int
    maker: Maker
    cast: Cast
    codes: tuple[str, ...]
    batch: npt.NDArray[np.int64]
    specs: tuple[str, ...]
    start_day: float
    kept: npt.NDArray[np.bool_]

    def order_ref(self, row: int) -> str:
        """The sender's own id of an order."""
        return f"YF{row + 1:07d}"

    def batch_name(self, row: int) -> str:
        """The batch a car is built in: B17 is the one that is later held; A.. before B01."""
        series, number = divmod(int(self.batch[row]) - 1, 99)
        return f"{chr(ord('B') + series)}{number + 1:02d}" if series >= -1 else ""

    def vin(self, row: int) -> str:
        """Seventeen characters, none of them I, O or Q."""
        return f"LYF{REGIONS[self.maker.region[row]]}{int(self.maker.spec[row]):02d}P{row + 1:09d}"

    def train_name(self, train: int) -> str:
        """A train of cars as the railway numbers it, and the day it leaves."""
        maker = self.maker
        region = int(maker.train_region[train])
        departs = float(maker.train_departs_day[train])
        same_day = np.flatnonzero(
            (maker.train_region == region)
            & (np.floor(maker.train_departs_day) == np.floor(departs))
        )
        number = 8600 + 20 * region + 2 * int(np.searchsorted(same_day, train))
        return f"X{number}-{date_of(departs):%y%m%d}"


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the demo's own CSV files."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=2)
def make_world(seed: int = DEFAULT_SEED, scale: int = DEFAULT_SCALE) -> World:
    """The demo maker; the same seed and scale give the same one for ever."""
    parameters = TwinParameters(now_day=day_of(START))
    maker = make_maker(parameters, closed_days(), np.random.default_rng(seed), scale)
    rng = np.random.default_rng([seed, 1])
    cast = choose_cast(maker, parameters.now_day)
    maker = cast.maker
    codes = _codes(len(maker.locked_day), rng)
    for code, row in cast.rows.items():
        codes[row] = code
    specs = tuple(row["spec"] for row in read_rows("catalogue.csv"))
    batch = _batches(maker, parameters.now_day, scale)
    batch[cast.rows["NC26LU"]] -= 1
    kept = maker.handed_day > parameters.now_day - KEPT_DAYS
    return World(
        seed=seed,
        scale=scale,
        maker=maker,
        cast=cast,
        codes=tuple(codes),
        batch=batch,
        specs=specs,
        start_day=parameters.now_day,
        kept=kept | (scale >= WHOLE_HISTORY_FROM_SCALE),
    )


def _codes(count: int, rng: np.random.Generator) -> list[str]:
    """Different codes of six characters; those of the cast hold a digit pair none of these has."""
    letters = np.array(list(CODE_ALPHABET))
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        block = letters[rng.integers(len(letters), size=(count, 6))]
        drawn.update(
            (code, None) for code in map("".join, block.tolist()) if code[2:4] not in ("24", "26")
        )
    return list(drawn)[:count]


def _batches(maker: Maker, now: float, scale: int) -> npt.NDArray[np.int64]:
    """Number of the batch of each car, by time of building; the newest full one is the held one."""
    size = max(12, min(BATCH_CARS, round(BATCH_CARS * 50 / scale)))
    by_time = np.argsort(maker.built_day, kind="stable")
    place = np.empty(len(by_time), dtype=np.int64)
    place[by_time] = np.arange(len(by_time))
    newest = int(np.searchsorted(maker.built_day[by_time], now - 0.25))
    return (place - newest) // size + HELD_BATCH + 1
