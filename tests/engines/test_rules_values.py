"""Values, working days, money and interest of the rules, against counting by hand and by twins."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.engines.rules.calendar import WorkCalendar, days_after, months_after
from yinuo.engines.rules.functions import interest, share_down, share_up, use_fee, whole_days
from yinuo.engines.rules.values import DATE, YES_NO, Kind, Value, accept, number, plain, spoken

DAY = dt.timedelta(days=1)
CALENDAR = WorkCalendar(
    closed=frozenset({dt.date(2026, 1, 1), dt.date(2026, 1, 2)}),
    worked=frozenset({dt.date(2026, 1, 4)}),
    years=frozenset({2026}),
)
DATES = st.dates(dt.date(2026, 1, 1), dt.date(2026, 11, 1))
AMOUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-01-01", 1, "2026-01-04"),
        ("2026-01-01", 2, "2026-01-05"),
        ("2026-01-05", 0, "2026-01-05"),
        ("2026-01-09", 1, "2026-01-12"),
        ("2026-01-05", 10, "2026-01-19"),
    ],
)
def test_working_days_by_hand(start: str, count: int, end: str) -> None:
    assert CALENDAR.after(dt.date.fromisoformat(start), count) == dt.date.fromisoformat(end)


@given(DATES, st.integers(0, 30))
def test_so_many_working_days_lie_between(start: dt.date, count: int) -> None:
    end = CALENDAR.after(start, count)
    assert end is not None
    assert CALENDAR.between(start, end) == count
    assert count == 0 or CALENDAR.is_workday(end)
    assert CALENDAR.between(end, start) == 0 or end == start


def test_an_unpublished_year_is_not_guessed() -> None:
    assert CALENDAR.is_workday(dt.date(2027, 1, 4)) is None
    assert CALENDAR.after(dt.date(2026, 12, 31), 1) is None
    assert CALENDAR.between(dt.date(2026, 12, 31), dt.date(2027, 1, 1)) is None


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        ("2025-08-31", 6, "2026-02-28"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-31", 1, "2026-02-28"),
    ],
)
def test_months_end_on_the_same_day_or_the_last(day: str, count: int, end: str) -> None:
    assert months_after(dt.date.fromisoformat(day), count) == dt.date.fromisoformat(end)


def test_no_date_lies_beyond_the_calendar() -> None:
    assert months_after(dt.date(9999, 12, 1), 1) is None
    assert days_after(dt.date(9999, 12, 31), 1) is None
    assert days_after(dt.date(2026, 2, 28), 1) == dt.date(2026, 3, 1)


@given(AMOUNTS, st.integers(0, 10_000))
def test_shares_are_rounded_to_whole_fen(amount: int, rate: int) -> None:
    exact = Fraction(amount * rate, 10_000)
    assert share_down(amount, rate) <= exact < share_down(amount, rate) + 1
    assert share_up(amount, rate) - 1 < exact <= share_up(amount, rate)


@given(AMOUNTS, st.integers(0, 3_000), st.integers(0, 4_000))
def test_interest_is_exact_and_rounded_up(amount: int, rate: int, days: int) -> None:
    exact = Fraction(amount * rate * days, 10_000 * 365)
    assert interest(amount, rate, days) - 1 < exact <= interest(amount, rate, days)


def test_interest_of_a_period_that_has_not_begun_is_nothing() -> None:
    assert interest(500_000, 300, -5) == 0
    assert interest(500_000, 300, 365) == 15_000


@given(AMOUNTS, st.integers(0, 500_000), st.integers(0, 50))
def test_the_fee_for_use_never_exceeds_the_formula(price: int, km: int, rate: int) -> None:
    exact = Fraction(price * km * rate, 10_000_000)
    assert use_fee(price, km, rate) <= exact < use_fee(price, km, rate) + 1


@pytest.mark.parametrize(("hours", "days"), [(0, 0), (1, 1), (24, 1), (25, 2), (120, 5), (121, 6)])
def test_a_begun_day_counts(hours: int, days: int) -> None:
    assert whole_days(hours) == days


STAGE = Kind("one_of", options=frozenset({"new", "old"}))
MEANS = Kind("some_of", options=frozenset({"bold", "box"}))


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (YES_NO, True, True),
        (number("fen"), 5, 5),
        (DATE, "2026-02-11", dt.date(2026, 2, 11)),
        (DATE, dt.date(2026, 2, 11), dt.date(2026, 2, 11)),
        (STAGE, "new", "new"),
        (MEANS, ["bold", "bold"], frozenset({"bold"})),
        (MEANS, [], frozenset()),
    ],
)
def test_values_are_taken_as_their_kind(kind: Kind, raw: object, value: Value) -> None:
    assert accept(kind, raw) == value
    assert accept(kind, plain(value)) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (YES_NO, 1),
        (YES_NO, "yes"),
        (number("fen"), True),
        (number("fen"), 5.0),
        (number("fen"), -1),
        (number("fen"), 10**15 + 1),
        (DATE, "11.02.2026"),
        (DATE, "1900-01-01"),
        (DATE, "2200-01-01"),
        (DATE, dt.datetime(2026, 2, 11, tzinfo=dt.UTC)),
        (STAGE, "older"),
        (STAGE, 1),
        (MEANS, ["italic"]),
        (MEANS, "bold"),
        (MEANS, ["bold", 1]),
    ],
)
def test_values_of_another_kind_are_refused(kind: Kind, raw: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        accept(kind, raw)


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (500000, "fen", "5,000 元", "CNY 5,000"),
        (1111, "fen", "11.11 元", "CNY 11.11"),
        (-1111, "fen", "-11.11 元", "CNY -11.11"),
        (2000, "bp", "20%", "20%"),
        (50, "bp", "0.5%", "0.5%"),
        (10, "workdays", "10 个工作日", "10 working days"),
        (1, "days", "1 日", "1 day"),
        (1, "people", "1 人", "1 person"),
        (60000, "km", "60,000 公里", "60,000 km"),
        (True, "", "是", "yes"),
        (dt.date(2026, 2, 11), "", "2026年2月11日", "2026-02-11"),
        (frozenset({"b", "a"}), "", "a、b", "a, b"),
    ],
)
def test_values_as_sentences_say_them(value: Value, unit: str, zh: str, en: str) -> None:
    assert spoken(value, unit, "zh") == zh
    assert spoken(value, unit, "en") == en
