"""When a notice goes out, by which channels, and what it is called."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.notices import rules

CHINA = ZoneInfo("Asia/Shanghai")
HOUR = dt.timedelta(hours=1)


def at(hour: int, minute: int = 0, day: int = 11) -> dt.datetime:
    return dt.datetime(2026, 2, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("ready", "goes"),
    [
        (at(8), at(8)),
        (at(9, 20), at(9, 20)),
        (at(20, 59), at(20, 59)),
        (at(21), at(8, day=12)),
        (at(23, 59), at(8, day=12)),
        (at(0), at(8)),
        (at(7, 59), at(8)),
        # The same moments, written in UTC.
        (at(21).astimezone(dt.UTC), at(8, day=12)),
        (at(7, 59).astimezone(dt.UTC), at(8)),
    ],
)
def test_nobody_is_woken(ready: dt.datetime, goes: dt.datetime) -> None:
    assert rules.after_quiet_hours(ready) == goes


MOMENTS = st.integers(0, 365 * 24 * 60).map(lambda minutes: at(0) + minutes * HOUR / 60)


@given(MOMENTS)
def test_whatever_the_moment_it_goes_out_by_day_and_without_needless_delay(
    ready: dt.datetime,
) -> None:
    goes = rules.after_quiet_hours(ready)
    assert 8 <= goes.astimezone(CHINA).hour < 21
    assert ready <= goes <= ready + 11 * HOUR
    assert rules.after_quiet_hours(goes) == goes


@pytest.mark.parametrize(
    ("now", "last", "goes"),
    [
        (at(9), None, at(9)),
        (at(9), at(6), at(9)),
        (at(9), at(7), at(9)),
        (at(9), at(7, 1), at(9, 1)),
        (at(9), at(8, 59), at(10, 59)),
        (at(20), at(19, 30), at(8, day=12)),
    ],
)
def test_the_first_goes_at_once_and_more_within_two_hours_come_as_one(
    now: dt.datetime, last: dt.datetime | None, goes: dt.datetime
) -> None:
    assert rules.send_at(now, last) == goes


LOUD, QUIET = "promise.revised", "promise.kept_as_is"


@pytest.mark.parametrize(
    ("kinds", "phone", "email", "channels"),
    [
        ({LOUD}, "10000000001", "a@example.cn", ["SMS", "MAIL"]),
        ({LOUD}, "10000000001", "", ["SMS"]),
        ({LOUD}, "", "a@example.cn", ["MAIL"]),
        ({LOUD}, "", "", ["PAGE"]),
        ({QUIET}, "10000000001", "a@example.cn", ["MAIL"]),
        ({QUIET}, "10000000001", "", ["PAGE"]),
        ({"promise.unknown"}, "10000000001", "", ["PAGE"]),
        ({QUIET, LOUD}, "10000000001", "a@example.cn", ["SMS", "MAIL"]),
    ],
)
def test_sms_for_what_matters_and_mail_where_there_is_one(
    kinds: set[str], phone: str, email: str, channels: list[str]
) -> None:
    assert rules.channels_for(kinds, phone=phone, email=email) == channels


def test_the_heaviest_fact_names_the_notice() -> None:
    for kinds in permutations(["promise.kept_as_is", "promise.revised", "car.built"]):
        assert rules.heaviest(kinds) == "promise.revised"
    assert rules.heaviest(["promise.broken", "promise.revised"]) == "promise.broken"
    assert rules.heaviest(["something.new", "promise.kept_as_is"]) == "promise.kept_as_is"
    assert rules.heaviest(["something.new"]) == "something.new"


def test_every_telling_kind_has_a_weight() -> None:
    assert {kind.name for kind in KINDS.values() if kind.tells} == set(rules.WEIGHT)
    assert set(rules.JOINED_KINDS) | rules.QUIET_KINDS <= set(rules.WEIGHT)


def test_tries_are_spaced_wider_and_wider() -> None:
    gaps = [rules.retry_at(at(9), attempt) - at(9) for attempt in range(1, 5)]
    assert gaps == [dt.timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
