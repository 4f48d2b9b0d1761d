"""When a promise moves, how wide a range must be, and what counts as a reason."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.rules import Windows
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.engines.queue import unfair_pairs
from yinuo.platform.spoken import write_instant

CHINA = ZoneInfo("Asia/Shanghai")
TODAY = dt.date(2026, 2, 11)
DAY = TODAY.toordinal()
NO_DATE = 2 * BEYOND_HORIZON
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Case = tuple[Ints, Windows, Windows, Flags, Flags, Flags]


def windows(*rows: tuple[int, int, int]) -> Windows:
    """Ranges in days from today."""
    table = np.array(rows, np.int64).reshape(len(rows), 3) + DAY
    return Windows(table[:, 0], table[:, 1], table[:, 2])


def undated(count: int) -> Windows:
    column = np.full(count, NO_DATE, np.int64)
    return Windows(column, column, column)


EVENT_CASES = [
    # old, new, moved: the latest date no longer holds, or the middle moves by three days.
    ((20, 30, 33), (20, 30, 33), False),
    ((20, 30, 33), (20, 31, 34), True),
    ((20, 30, 33), (20, 30, 34), True),
    ((20, 30, 33), (22, 32, 33), False),
    ((20, 30, 33), (23, 33, 33), True),
    ((20, 30, 33), (18, 28, 31), False),
    ((20, 30, 33), (17, 27, 30), True),
    ((20, 30, 33), (18, 27, 33), False),
    ((20, 30, 33), (17, 28, 33), False),
    ((20, 30, 33), (16, 28, 33), True),
]


@pytest.mark.parametrize(("old", "new", "moved"), EVENT_CASES)
def test_after_an_event_a_promise_moves_when_it_no_longer_holds(
    old: tuple[int, int, int], new: tuple[int, int, int], moved: bool
) -> None:
    found = rules.must_revise(windows(old), windows(new))
    assert found.tolist() == [moved]


def test_without_a_new_date_the_old_promise_stands() -> None:
    assert rules.must_revise(windows((20, 30, 33)), undated(1)).tolist() == [False]


ROWS = st.integers(1, 12)


@st.composite
def lines_with_windows(draw: st.DrawFn) -> Case:
    count = draw(ROWS)

    def column(low: int, high: int) -> Ints:
        return np.array(
            draw(st.lists(st.integers(low, high), min_size=count, max_size=count)), np.int64
        )

    def ranges() -> Windows:
        first = column(1, 60) + DAY
        last = first + column(0, 9)
        latest = last + column(0, 5)
        dated = column(0, 9) > 0
        return Windows(*(np.where(dated, one, NO_DATE) for one in (first, last, latest)))

    def flags() -> Flags:
        return np.asarray(column(0, 3) == 0)

    return column(0, 2), ranges(), ranges(), flags(), flags(), flags()


@settings(deadline=None)
@given(lines_with_windows())
@pytest.mark.need(26)
def test_no_line_is_left_with_an_inversion(case: Case) -> None:
    lines, old, new, revise, held, excepted = case
    settled = rules.settle(lines, old, new, revise, held, excepted)
    chosen = np.where(revise[:, None], new.table(), old.table())
    table, dated = settled.table(), settled.dated
    assert (table >= chosen).all()
    assert (dated == (chosen[:, 2] < BEYOND_HORIZON)).all()
    assert (table[~dated] == chosen[~dated]).all()
    assert (table[dated, 0] <= table[dated, 1]).all()
    assert (table[dated, 1] <= table[dated, 2]).all()
    for column in range(3):
        for later in range(lines.size):
            if excepted[later] or not dated[later]:
                continue
            ahead = [
                earlier
                for earlier in range(later)
                if lines[earlier] == lines[later] and dated[earlier] and not held[earlier]
            ]
            best = max((table[one, column] for one in ahead), default=0)
            assert table[later, column] == max(best, chosen[later, column])
    assert len(unfair_pairs(lines, table[:, 2], held | ~dated, excepted | ~dated)) == 0


def test_a_held_order_pushes_nobody_and_an_excepted_one_is_not_pushed() -> None:
    lines = np.array([1, 1, 1, 1, 2])
    old = windows((10, 20, 22), (11, 21, 23), (12, 22, 24), (13, 23, 25), (5, 8, 9))
    new = windows((40, 50, 52), (30, 35, 36), (12, 22, 24), (13, 23, 25), (5, 8, 9))
    revise = np.array([True, True, False, False, False])
    none = np.zeros(5, np.bool_)
    pushed = rules.settle(lines, old, new, revise, none, none)
    assert (pushed.latest - DAY).tolist() == [52, 52, 52, 52, 9]
    held = np.array([True, True, False, False, False])
    free = rules.settle(lines, old, new, revise, held, none)
    assert (free.latest - DAY).tolist() == [52, 36, 24, 25, 9]
    excepted = np.array([False, False, False, True, False])
    past = rules.settle(lines, old, new, revise, none, excepted)
    assert (past.latest - DAY).tolist() == [52, 52, 52, 25, 9]


def quantiles(p10: int, p50: int, p80: int, p95: int, dots: list[int]) -> npt.NDArray[np.int32]:
    return np.array([[p10, p50, p80, p95, *dots]], np.int32)


def spread(first: int, last: int) -> list[int]:
    return [round(first + (last - first) * n / 19) for n in range(20)]


WIDTH_CASES = [
    # days ahead, at least so many days wide, latest so many days after the end
    (1, 3, 1),
    (56, 3, 1),
    (57, 7, 3),
    (182, 7, 3),
    (183, 27, 7),
    (900, 27, 7),
]


@pytest.mark.parametrize(("ahead", "wide", "margin"), WIDTH_CASES)
def test_a_range_is_no_narrower_than_what_can_be_known(ahead: int, wide: int, margin: int) -> None:
    sure = quantiles(ahead, ahead, ahead, ahead, [ahead] * 20)
    found, dots = rules.windows_of(sure, TODAY, TODAY)
    assert found.first[0] - DAY == ahead
    assert found.last[0] - found.first[0] == wide
    assert found.latest[0] - found.last[0] == margin
    inside = (dots[0] >= found.first[0]) & (dots[0] <= found.last[0])
    assert 16 <= inside.sum() <= 20


def test_a_wide_forecast_is_shown_as_it_is() -> None:
    dots = spread(20, 58)
    found, shown = rules.windows_of(quantiles(23, 38, 50, 57, dots), TODAY, TODAY)
    # P90 lies between the eighteenth and the nineteenth dot.
    assert (found.first[0] - DAY, found.last[0] - DAY) == (23, -(-(dots[17] + dots[18]) // 2))
    assert found.latest[0] - DAY == 57
    assert (shown[0] - DAY).tolist() == dots


def test_beyond_the_horizon_there_is_no_date() -> None:
    end = BEYOND_HORIZON
    never = quantiles(end, end, end, end, [end] * 20)
    found, _ = rules.windows_of(np.vstack([never, quantiles(5, 6, 7, 8, [6] * 20)]), TODAY, TODAY)
    assert found.dated.tolist() == [False, True]


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 400), min_size=24, max_size=24),
    st.integers(0, 6),
)
def test_ranges_and_dots_agree_and_rise(days: list[int], weekday: int) -> None:
    dots = sorted(days[:20])
    p10, p50, p80, p95 = dots[1], dots[9], dots[15], max(dots[18], dots[19])
    origin = TODAY - dt.timedelta(days=weekday)
    found, shown = rules.windows_of(quantiles(p10, p50, p80, p95, dots) + weekday, origin, TODAY)
    assert found.first[0] <= found.last[0] <= found.latest[0]
    assert (np.diff(shown[0]) >= 0).all()
    assert shown[0, 0] > DAY
    # What the range says of the middle 80 of 100, the dots say too, give or take one.
    assert 1 <= (shown[0] < found.first[0]).sum() + 1 <= 3
    assert (shown[0] > found.last[0]).sum() <= 3


def test_an_earlier_forecast_gives_no_later_range() -> None:
    rows = [quantiles(a, a + 5, a + 8, a + 12, spread(a - 1, a + 13)) for a in range(2, 300)]
    found, _ = rules.windows_of(np.vstack(rows), TODAY, TODAY)
    for column in found.table().T:
        assert (np.diff(column) >= 0).all()


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("at", "next_at"),
    [
        (local(2026, 2, 11, 9, 20), local(2026, 2, 18, 18)),
        (local(2026, 2, 11, 17, 59), local(2026, 2, 18, 18)),
        (local(2026, 2, 11, 18, 0), local(2026, 2, 18, 18)),
        (local(2026, 2, 10, 23, 59), local(2026, 2, 11, 18)),
        (local(2026, 2, 12, 0, 0), local(2026, 2, 18, 18)),
        (local(2026, 12, 31, 9, 0), local(2027, 1, 6, 18)),
        # Still Tuesday in London, already Wednesday in Shanghai.
        (dt.datetime(2026, 2, 10, 17, 0, tzinfo=dt.UTC), local(2026, 2, 18, 18)),
    ],
)
def test_the_next_weekly_note_is_the_next_wednesday_at_six(
    at: dt.datetime, next_at: dt.datetime
) -> None:
    found = rules.next_update_at(at)
    assert found == next_at
    assert found.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    ("at", "last_at"),
    [
        (local(2026, 2, 11, 17, 59), local(2026, 2, 4, 18)),
        (local(2026, 2, 11, 18, 0), local(2026, 2, 11, 18)),
        (local(2026, 2, 17, 23, 0), local(2026, 2, 11, 18)),
    ],
)
def test_the_last_weekly_note_was_a_wednesday_at_six(at: dt.datetime, last_at: dt.datetime) -> None:
    assert rules.last_note_at(at) == last_at


def test_an_answer_is_due_the_next_noon_and_a_choice_in_two_weeks() -> None:
    at = local(2026, 2, 11, 9, 20)
    assert rules.answer_by_at(at) == local(2026, 2, 12, 12)
    assert rules.choose_by_at(at) == local(2026, 2, 25, 18)
    late = local(2026, 2, 11, 23, 59)
    assert rules.answer_by_at(late) == local(2026, 2, 12, 12)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (dt.date(2026, 3, 2), "2026-W10"),
        (dt.date(2026, 3, 1), "2026-W09"),
        (dt.date(2027, 1, 3), "2026-W53"),
        (dt.date(2024, 12, 30), "2025-W01"),
    ],
)
def test_a_week_is_named_as_iso_8601_names_it(day: dt.date, week: str) -> None:
    assert rules.iso_week(day.toordinal()) == week


HOLIDAY_ALONE = [
    "春节",
    "因为春节",
    "由于春节假期的影响",
    "春节放假",
    "过年放假。",
    "2026 年春节长假",
    "春节、元旦",
    "2月15日至23日放假",
    "正值春运期间",
    "国庆黄金周调休所致",
    "CNY holiday season",
    "国庆和中秋",
    "五一劳动节假期",
    "节假日原因",
    "Spring Festival",
    "spring  festival holiday",
    "because of the Chinese New Year holidays",
    "Chinese New Year 2026",
    "Due to the Lunar New Year.",
    "  春节！！！  ",
]
NO_EVIDENCE = ["", "   ", "无", "见上", "。。。。", "----"]
REAL_EVIDENCE = [
    "涂装线停产一周，设备检修单 0213",
    "春节前座椅供应商停线，供应商函 2026-014",
    "Seat supplier stopped 9-15 Feb, letter 2026-014",
    "后备箱应急拉手6台失效",
]


@pytest.mark.need(2)
@pytest.mark.parametrize("said", HOLIDAY_ALONE)
def test_a_holiday_alone_explains_nothing(said: str) -> None:
    for code in CAUSES:
        assert not rules.explains(code, said)


@pytest.mark.parametrize("said", NO_EVIDENCE)
def test_a_cause_without_evidence_explains_nothing(said: str) -> None:
    assert not rules.explains("PLANT_STOPPED", said)


@pytest.mark.parametrize("said", REAL_EVIDENCE)
def test_real_evidence_explains(said: str) -> None:
    assert rules.explains("PLANT_STOPPED", said)


@pytest.mark.need(2)
@pytest.mark.parametrize(
    "code", ["", "UNCONTROLLABLE", "SPRING_FESTIVAL", "HOLIDAY", "plant_stopped"]
)
def test_a_cause_that_is_not_on_the_list_cannot_be_given(code: str) -> None:
    assert not rules.explains(code, REAL_EVIDENCE[0])


def test_an_update_that_has_passed_is_not_promised_again() -> None:
    told_at = dt.datetime(2026, 2, 5, 8, 20, tzinfo=CHINA)
    ahead = write_instant(dt.datetime(2026, 2, 9, 18, tzinfo=CHINA))
    passed = write_instant(told_at)
    assert rules.update_promised(ahead, told_at) == ahead
    wednesday = write_instant(dt.datetime(2026, 2, 11, 18, tzinfo=CHINA))
    assert rules.update_promised(passed, told_at) == wednesday
    assert rules.update_promised(None, told_at) == wednesday
