"""Alarms of drift: raised once for a cell, decided by a person, ended by calm weeks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from tests import factories
from tests.contexts.promises.test_guard import given_promise
from tests.contexts.promises.test_unusual import storm
from tests.factories import DAY, NOW, World
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.contexts.promises.models import DriftAlarm, UnusualPeriod
from yinuo.contexts.promises.operations import drift as operations
from yinuo.contexts.promises.operations.drift import Found
from yinuo.contexts.promises.operations.unusual import UnusualNeedsEvidence
from yinuo.contexts.promises.queries.drift import (
    list_alarms_for_staff,
    list_open,
    list_watched_from,
    load_due_weeks,
    measure_stretch,
)
from yinuo.contexts.promises.rules.drift import factor_for, find_alarm, is_calm

WEEK = dt.timedelta(days=7)
MONDAY = dt.date(2026, 3, 2)
FITS, LATE = [2, 16, 1, 1], [0, 8, 2, 10]


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    return factories.make_world()


def found(**changed: Any) -> Found:
    fields: dict[str, Any] = {
        "kind": "CENTRE",
        "code": "NC",
        "name_zh": "南昌交付中心",
        "name_en": "Nanchang centre",
        "place_id": None,
        "week_date": MONDAY,
        "weeks": 12,
        "evidence": 812.0,
        "limit": 300.0,
        "due_count": 120,
        "late_count": 40,
        "recent_weeks": 8,
        "factor_percent": 150,
        **changed,
    }
    return Found(**fields)


def weeks(*runs: tuple[list[int], int]) -> np.ndarray:
    return np.array([row for row, times in runs for _ in range(times)], np.int64)


def test_weeks_that_fit_raise_nothing_and_late_ones_do() -> None:
    assert find_alarm(weeks((FITS, 60)), 100.0) is None
    alarm = find_alarm(weeks((FITS, 20), (LATE, 6)), 100.0)
    assert alarm is not None
    assert alarm.week >= 20
    assert alarm.weeks == alarm.week + 1
    assert alarm.evidence >= 100.0


def test_weeks_without_outcomes_are_no_evidence_and_are_not_counted() -> None:
    none = [0, 0, 0, 0]
    alarm = find_alarm(weeks((none, 10), (LATE, 3), (none, 1), (LATE, 2)), 20.0)
    assert alarm is not None
    assert alarm.weeks <= 5


def test_an_alarm_of_long_ago_calls_nobody() -> None:
    assert find_alarm(weeks((LATE, 12), (FITS, 4)), 100.0) is None


@pytest.mark.parametrize(
    ("since", "calm"),
    [
        (weeks((FITS, 5)), False),
        (weeks((FITS, 6)), True),
        (weeks(([2, 17, 1, 0], 6)), True),
        (weeks((LATE, 6)), False),
        (weeks((LATE, 9), (FITS, 6)), True),
        (weeks((FITS, 9), ([1, 14, 2, 3], 6)), False),
        (weeks(([0, 0, 0, 0], 20)), False),
    ],
)
def test_it_ends_when_six_weeks_show_no_more_than_chance(since: np.ndarray, calm: bool) -> None:
    assert is_calm(since) is calm


@pytest.mark.parametrize(
    ("stretch", "factor"), [(0.2, 105), (1.0, 105), (1.3, 130), (1.31, 135), (2.0, 200), (9.0, 300)]
)
def test_the_widening_follows_a_rule(stretch: float, factor: int) -> None:
    assert factor_for(stretch) == factor


def test_what_came_of_dates_is_counted_in_the_week_of_the_date(world: World) -> None:
    latest = MONDAY + 2 * DAY
    cases = [
        (latest - 21 * DAY, "HANDED_OVER"),
        (latest - 20 * DAY, "HANDED_OVER"),
        (latest - 3 * DAY, "HANDED_OVER"),
        (latest - 2 * DAY, "HANDED_OVER"),
        (latest, "HANDED_OVER"),
        (latest + DAY, "HANDED_OVER"),
        (None, ""),
        (latest - 4 * DAY, "CANCELLED"),
    ]
    for number, (ended, how) in enumerate(cases):
        given_promise(world, number, latest, ended, how)
    due = load_due_weeks(MONDAY - 3 * WEEK, MONDAY + WEEK)
    assert due.week.tolist() == [3]
    assert due.counts.tolist() == [[1, 2, 2, 2]]
    assert (due.spec_ids[0], due.centre_ids[0]) == (world.line.spec_id, world.line.centre_id)
    assert load_due_weeks(MONDAY + WEEK, MONDAY + 2 * WEEK).week.size == 0


def test_the_stretch_covers_as_many_as_the_odds_say(world: World) -> None:
    """The middle of the range lies 11.5 days before the latest date."""
    for number in range(20):
        given_promise(world, number, MONDAY, MONDAY + (23 * DAY if number < 2 else -DAY))
    args = ([world.line.spec_id], [world.line.centre_id], MONDAY, MONDAY + WEEK)
    assert measure_stretch(*args) == pytest.approx((23 + 11.5) / 11.5)
    assert measure_stretch([], [], MONDAY, MONDAY + WEEK) == 1.0


def test_a_cell_has_one_open_alarm(world: World) -> None:
    assert world
    first = operations.raise_alarm(found=found(), now=NOW)
    assert first is not None
    assert operations.raise_alarm(found=found(), now=NOW + DAY) is None
    assert operations.raise_alarm(found=found(code="TJ"), now=NOW) is not None
    alarm = list_open()["CENTRE", "NC"]
    assert operations.end_alarm(alarm_id=alarm.id, now=NOW + 50 * DAY) == 1
    assert operations.end_alarm(alarm_id=alarm.id, now=NOW + 51 * DAY) == 0
    assert list_watched_from() == {("CENTRE", "NC"): (NOW + 50 * DAY).date()}
    assert operations.raise_alarm(found=found(), now=NOW + 60 * DAY) is not None


@pytest.mark.need(93)
def test_a_person_accepts_it_as_an_unusual_time(world: World) -> None:
    operations.raise_alarm(found=found(), now=NOW)
    alarm = DriftAlarm.objects.get()
    with pytest.raises(UnusualNeedsEvidence):
        operations.accept_alarm(
            alarm_id=alarm.id, what=storm(evidence=""), staff_id=world.dora.id, now=NOW
        )
    alarm.refresh_from_db()
    assert alarm.decision == ""
    ref = operations.accept_alarm(alarm_id=alarm.id, what=storm(), staff_id=world.dora.id, now=NOW)
    seen = list_alarms_for_staff(world.manager.id)[0]
    assert (seen.decision, seen.decider_zh) == ("ACCEPTED", "王敏")
    alarm.refresh_from_db()
    assert alarm.period == UnusualPeriod.objects.get(public_id=ref)
    for again in (operations.accept_alarm, operations.reject_alarm):
        what = {"what": storm()} if again is operations.accept_alarm else {"reason": "已经处理了"}
        with pytest.raises(operations.AlreadyDecided):
            again(alarm_id=alarm.id, staff_id=world.dora.id, now=NOW, **what)
    assert UnusualPeriod.objects.count() == 1


def test_a_rejection_says_why_and_leaves_the_alarm_open(world: World) -> None:
    operations.raise_alarm(found=found(), now=NOW)
    alarm = DriftAlarm.objects.get()
    for reason in ("", "春节", "  "):
        with pytest.raises(operations.RejectionNeedsReason):
            operations.reject_alarm(
                alarm_id=alarm.id, reason=reason, staff_id=world.dora.id, now=NOW
            )
    reason = "两列车晚到，已经恢复"
    operations.reject_alarm(alarm_id=alarm.id, reason=reason, staff_id=world.dora.id, now=NOW)
    seen = list_alarms_for_staff(world.dora.id)[0]
    assert (seen.decision, seen.reason, seen.ended_at) == ("REJECTED", reason, None)
    # Rejected is not over: the same drift is not reported twice.
    assert operations.raise_alarm(found=found(), now=NOW + DAY) is None


def test_only_staff_decide_and_read(world: World) -> None:
    operations.raise_alarm(found=found(), now=NOW)
    alarm = DriftAlarm.objects.get()
    with pytest.raises(NotStaff):
        operations.reject_alarm(alarm_id=alarm.id, reason="两列车晚到", staff_id=987, now=NOW)
    with pytest.raises(NotStaff):
        list_alarms_for_staff(987)
    operations.end_alarm(alarm_id=alarm.id, now=NOW)
    with pytest.raises(operations.AlreadyDecided):
        operations.reject_alarm(
            alarm_id=alarm.id, reason="两列车晚到", staff_id=world.dora.id, now=NOW
        )
    with pytest.raises(operations.AlreadyDecided):
        operations.accept_alarm(alarm_id=4711, what=storm(), staff_id=world.dora.id, now=NOW)
