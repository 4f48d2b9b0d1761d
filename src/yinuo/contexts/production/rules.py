"""Pure decisions about capacity, plans and what the plant reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

# Numbers that grow by more than this from one week to the next are looked at by a person first.
JUMP_FACTOR_MAX = 3
# A plan says at least this much of the future, and begins no longer ago than that.
PLAN_WEEKS_AHEAD = 8
PLAN_WEEKS_OLD = 4
CLOCK_SKEW = dt.timedelta(minutes=5)
WEEK = dt.timedelta(days=7)

# Why a report waits for staff, in words.
PROBLEMS: dict[str, tuple[str, str]] = {
    "FUTURE": ("时间还没有到", "it lies in the future"),
    "BEFORE_LOCK": ("早于锁单时间", "it is before the order was locked"),
    "ORDER_DELIVERED": ("这台车已经交付", "the car was handed over already"),
    "ORDER_CANCELLED": ("这个订单已经取消", "the order was cancelled"),
    "VIN_TAKEN": ("这个 VIN 已经属于另一台车", "another car has this VIN"),
    "SLOT_NOT_ASKED": (
        "补充约定由客户申请排产，客户还没有申请",
        "by a side agreement the buyer asks for the slot, and has not asked",
    ),
    "VIN_CHANGED": ("这台车已经有另一个 VIN", "the car has another VIN already"),
}

# The state of the order that a report of the plant stands for.
STATE_AFTER = {"SCHEDULED": "SCHEDULED", "STARTED": "IN_BUILD", "BUILT": "BUILT"}


class SupplyRecord(NamedTuple):
    """How much there is of a resource in the week that begins on `week_date`."""

    line: int
    external_id: str
    digest: str
    resource_id: int
    week_date: dt.date
    quantity: int


class PlanRecord(NamedTuple):
    """Cars that a plant means to build in the week that begins on `week_date`."""

    line: int
    resource_id: int
    week_date: dt.date
    cars: int


class BuildRecord(NamedTuple):
    """What the plant reports of one car; `kind` is SCHEDULED, STARTED or BUILT."""

    external_id: str
    digest: str
    order_id: int
    kind: str
    at: dt.datetime
    week_date: dt.date | None
    batch: str
    vin: str


class Held(NamedTuple):
    """Why numbers are not used: the line they stand in, and the sentence in both languages."""

    line: int
    zh: str
    en: str


class Car(NamedTuple):
    """What is known of a car when something is reported of it; `vin_order_id` has its VIN."""

    state: str
    locked_at: dt.datetime
    vin: str
    vin_order_id: int | None


def _short(ratio: float) -> str:
    """To one decimal, where it is needed."""
    return f"{ratio:.1f}".removesuffix(".0")


def judge_jump(
    line: int, number: int, same_week: int | None, week_before: int | None
) -> Held | None:
    """Whether `number` grew too much: against the same week as known before, else the week before.

    Growth from nothing is not judged: there is no factor.
    """
    before = week_before if same_week is None else same_week
    if not before or number <= JUMP_FACTOR_MAX * before:
        return None
    than_zh, than_en = ("上周", "the week before")
    if same_week is not None:
        than_zh, than_en = ("同一周原来的数字", "the figure that stands for this week")
    return Held(
        line,
        f"第 {line} 行：产能比{than_zh}多 {_short(number / before - 1)} 倍。旧日期不变。",
        f"Line {line}: {number} is {_short(number / before)} times {than_en} ({before})."
        " The old dates stand.",
    )


def judge_plan(
    weeks: Sequence[PlanRecord],
    committed: Mapping[tuple[int, dt.date], int],
    this_week: dt.date,
) -> Held | None:
    """Why a plan cannot be used, or None.

    `committed` holds the cars of the plan in force by resource and week; `this_week` is the
    Monday of the current week. Where a week has no figure in force, the plan's own week before
    is what it is judged against.
    """
    own = {(week.resource_id, week.week_date): week.cars for week in weeks}
    for week in weeks:
        key = (week.resource_id, week.week_date)
        before = own.get((week.resource_id, week.week_date - WEEK))
        if held := judge_jump(week.line, week.cars, committed.get(key), before):
            return held
    first = min(weeks, key=lambda week: week.week_date)
    if first.week_date < this_week - PLAN_WEEKS_OLD * WEEK:
        return Held(
            first.line,
            f"第 {first.line} 行：计划从 {first.week_date} 开始，早了 {PLAN_WEEKS_OLD} 周以上，"
            "是一份旧计划。旧日期不变。",
            f"Line {first.line}: the plan begins on {first.week_date}, more than"
            f" {PLAN_WEEKS_OLD} weeks ago; it is an old one. The old dates stand.",
        )
    for resource_id in sorted({week.resource_id for week in weeks}):
        for ahead in range(PLAN_WEEKS_AHEAD):
            if (resource_id, missing := this_week + ahead * WEEK) not in own:
                return Held(
                    0,
                    f"计划缺少 {missing} 这一周；今后 {PLAN_WEEKS_AHEAD} 周都要有。旧日期不变。",
                    f"The plan has no figure for the week of {missing}; it must cover the next"
                    f" {PLAN_WEEKS_AHEAD} weeks. The old dates stand.",
                )
    return None


def judge_build(report: BuildRecord, car: Car, now: dt.datetime) -> str:
    """Why a report of the plant cannot be true as it stands, as a code of PROBLEMS; or empty."""
    if report.at > now + CLOCK_SKEW:
        return "FUTURE"
    if report.at < car.locked_at:
        return "BEFORE_LOCK"
    if car.state in ("DELIVERED", "CANCELLED"):
        return f"ORDER_{car.state}"
    return judge_vin(report.order_id, report.vin, car.vin, car.vin_order_id)


def judge_vin(order_id: int, vin: str, known_vin: str, vin_order_id: int | None) -> str:
    """Whether a reported VIN (or empty) can be this order's, as a code of PROBLEMS; or empty."""
    if vin and vin_order_id not in (None, order_id):
        return "VIN_TAKEN"
    if vin and known_vin not in ("", vin):
        return "VIN_CHANGED"
    return ""
