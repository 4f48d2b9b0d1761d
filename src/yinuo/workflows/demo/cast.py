"""The named orders of the demo: which of the twin's orders plays which part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from yinuo.engines.twin import Maker

TJ, SH, NC, HK = 0, 1, 2, 3
STORY_2024_UNTIL = 366.0
# Locked on 2024-12-05; its customer asked to wait and has now asked for the car.
HK24LI_LOCKED = 339.43
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """A customer with a name; `phone` can be no subscriber's."""

    code: str
    name: str
    phone: str
    language: str = "zh"


PARTS = (
    Part("NC26LU", "陈晓雯", "10000000001"),
    Part("BJ24ZH", "高建国", "10000000002"),
    Part("TJ26ZH", "郑立新", "10000000003"),
    Part("SH26XN", "许雅琪", "10000000004"),
    Part("HK24LI", "黎海燕", "10000000005"),
    Part("NC26WU", "吴桂芳", "10000000006"),
    Part("SH26EN", "Emma Clarke", "10000000007", "en"),
    Part("TJ26HN", "韩梦琪", "10000000008"),
    Part("HK26FU", "傅永福", "10000000009"),
    Part("NC26TG", "唐佳宁", "10000000010"),
)
# Lives with the customer of NC26LU and has no order.
HOUSEHOLD_NAME, HOUSEHOLD_PHONE, HOUSEHOLD_WITH = "刘子航", "10000000011", "10000000001"
OVERTAKING = (
    ("RETURNED_CAR_SAME_CITY", "退订车 R2-0418"),
    ("RETURNED_CAR_SAME_CITY", "退订车 R2-0733"),
    ("ACCIDENT_REPLACEMENT", "事故换车 S1-0092"),
)


@dataclass(frozen=True)
class Cast:
    """Rows of the named orders, of the three that passed BJ24ZH, and the train of the story.

    `maker` is the twin's with what the parts need: three later cars handed over early, and one
    order that waits by its customer's wish.
    """

    rows: dict[str, int]
    overtaking: tuple[int, ...]
    train: int
    maker: Maker

    @property
    def unbuilt(self) -> int:
        """The order that nobody builds before its customer asks."""
        return self.rows["HK24LI"]

    def part_of(self) -> dict[int, Part]:
        """The named customer of each named order's row."""
        return {self.rows[part.code]: part for part in PARTS}


def choose_cast(maker: Maker, now: float) -> Cast:
    """Give each part to an order that is in the right place on `now`."""
    taken: set[int] = set()
    rows: dict[str, int] = {}

    def give(code: str, *wishes: Mask) -> None:
        """One of the earlier orders that fit most wishes; the first wish comes before all."""
        fits = np.ones(len(maker.locked_day), dtype=bool)
        fits[list(taken)] = False
        for wish in wishes:
            if (fits & wish).any():
                fits &= wish
        found = np.flatnonzero(fits)
        rows[code] = int(found[len(found) // 3])
        taken.add(rows[code])

    is_open = maker.handed_day > now
    waiting = maker.built_day > now + 15
    at = [maker.region == region for region in range(4)]
    late_2025 = maker.locked_day > STORY_2024_UNTIL
    train = _story_train(maker, now)
    aboard = is_open & (maker.train == train) & (maker.departed_day <= now)
    give("NC26LU", aboard & late_2025, maker.model == 0)
    passed = _passed_row(maker, now)
    rows["BJ24ZH"] = passed
    taken.add(passed)
    overtaking = _overtaking_rows(maker, passed, now)
    taken.update(overtaking)
    built = (maker.built_day <= now) & (maker.departed_day > now)
    there = (maker.arrived_day <= now) & is_open
    moving = (maker.departed_day <= now) & (maker.arrived_day > now)
    plain = is_open & ~maker.scarce
    give("TJ26ZH", plain & at[TJ], built)
    give("SH26XN", plain & at[SH], there | (moving & at[SH]), there)
    give("HK24LI", plain & at[HK] & waiting, maker.model == 0)
    give("NC26WU", plain & at[NC] & waiting)
    give("SH26EN", plain & at[SH], moving)
    give("TJ26HN", plain & at[TJ], (maker.built_day > now) & (maker.built_day < now + 6))
    give("HK26FU", plain & at[HK], moving)
    give("NC26TG", plain & at[NC], there | (moving & at[NC]), there)
    return Cast(rows, overtaking, train, _adjusted(maker, rows, overtaking, now))


def _story_train(maker: Maker, now: float) -> int:
    """The fullest train on its way to Nanchang; any on its way if there is none."""
    moving = (maker.departed_day <= now) & (maker.arrived_day > now + 0.02)
    mine = moving & (maker.region == NC)
    if not mine.any():
        mine = moving if moving.any() else (maker.departed_day > now) & (maker.region == NC)
    trains, cars = np.unique(maker.train[mine], return_counts=True)
    return int(trains[np.argmax(cars)])


def _passed_row(maker: Maker, now: float) -> int:
    """A scarce order of 2024 for Tianjin that still waits and has company before and behind it."""
    mine = np.flatnonzero(maker.scarce & (maker.handed_day > now) & (maker.region == TJ))
    early = mine[maker.locked_day[mine] < STORY_2024_UNTIL]
    pool = early if len(early) else mine
    return int(pool[len(pool) // 2])


def _overtaking_rows(maker: Maker, passed: int, now: float) -> tuple[int, ...]:
    """Three later locks of the same line, at even distances."""
    mine = np.flatnonzero(
        (maker.spec == maker.spec[passed])
        & (maker.region == maker.region[passed])
        & (maker.handed_day > now)
    )
    later = mine[mine > passed]
    if not len(later):
        return ()
    picks = np.unique(np.linspace(0, len(later) - 1, 5).astype(int)[1:4])
    return tuple(int(row) for row in later[picks])


def _adjusted(maker: Maker, rows: dict[str, int], overtaking: tuple[int, ...], now: float) -> Maker:
    """Three that passed got a car at the centre; one waits by choice; one car stands there."""
    days = {
        name: getattr(maker, name).copy()
        for name in ("built_day", "departed_day", "arrived_day", "handed_day", "locked_day")
    }
    for number, row in enumerate(overtaking):
        handed = now - 9.0 - 11.0 * number
        for name in ("built_day", "departed_day", "arrived_day", "handed_day"):
            days[name][row] = handed
    waits = rows["HK24LI"]
    days["locked_day"][waits] = HK24LI_LOCKED
    # Whole weeks earlier, so that it travels on a train of the timetable.
    weeks = 7 * ((maker.built_day[waits] - now - 10.5) // 7)
    for name in ("built_day", "departed_day", "arrived_day", "handed_day"):
        days[name][waits] = getattr(maker, name)[waits] - weeks
    return _let_stand(replace(maker, **days), rows["NC26TG"], now)


def _let_stand(maker: Maker, row: int, now: float) -> Maker:
    """In a small demo no car may stand at Nanchang: this one came with the last train there."""
    if maker.arrived_day[row] <= now:
        return maker
    there = (maker.train_region == NC) & (maker.train_arrives_day <= now - 1.0)
    train = int(np.argmax(np.where(there, maker.train_arrives_day, -np.inf)))
    trains, built = maker.train.copy(), maker.built_day.copy()
    departed, arrived = maker.departed_day.copy(), maker.arrived_day.copy()
    trains[row] = train
    departed[row] = maker.train_departs_day[train]
    arrived[row] = maker.train_arrives_day[train]
    built[row] = min(built[row], departed[row] - 2.0)
    return replace(maker, train=trains, built_day=built, departed_day=departed, arrived_day=arrived)
