"""What a move is made of: whole days that add up, and each step told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.promises.rules import (
    Ints,
    Shares,
    Steps,
    Windows,
    days_moved,
    reasons_of,
)

DAY = 740_000
CAUSE, LINE, MARGIN, REST = range(4)


def window(first: int, last: int, latest: int) -> Windows:
    return Windows(*(np.array([DAY + day], np.int64) for day in (first, last, latest)))


def shifted(days: int) -> Windows:
    return window(10 + days, 20 + days, 23 + days)


OLD = shifted(0)


def steps(
    raw: Windows,
    published: Windows | None = None,
    settled: Windows | None = None,
    *,
    wider: bool = False,
    seen: Windows = OLD,
) -> Steps:
    published = published or raw
    return Steps(OLD, raw, published, settled or published, np.array([wider]), seen)


def days_of(found: Steps, shares: Shares | None = None) -> tuple[list[int], list[int]]:
    reasons = reasons_of(found, "TRANSPORT", "evt_1", shares)
    return reasons.days[0].tolist(), reasons.latest[0].tolist()


@pytest.mark.need(22)
def test_a_lone_cause_takes_all_days() -> None:
    assert days_of(steps(shifted(6))) == ([6, 0, 0, 0], [6, 0, 0, 0])
    assert days_of(steps(shifted(-4))) == ([-4, 0, 0, 0], [-4, 0, 0, 0])
    found = reasons_of(steps(shifted(6)), "TRANSPORT", "evt_1")
    assert found.factors == ("TRANSPORT", "LINE_ORDER", "UNUSUAL", "SEEN")
    assert found.refs == ("evt_1", "evt_1", "", "")


@pytest.mark.need(22)
def test_the_middle_and_the_latest_date_have_days_of_their_own() -> None:
    assert days_of(steps(window(12, 24, 33))) == ([3, 0, 0, 0], [10, 0, 0, 0])


def test_who_only_waits_for_cars_before_is_told_so() -> None:
    unmoved = steps(shifted(-1), settled=shifted(5))
    assert days_of(unmoved) == ([0, 5, 0, 0], [0, 5, 0, 0])
    both = steps(shifted(2), settled=shifted(7))
    assert days_of(both) == ([2, 5, 0, 0], [2, 5, 0, 0])


def test_a_line_that_only_keeps_a_range_from_coming_forward_adds_nothing() -> None:
    assert days_of(steps(shifted(-9), settled=shifted(-3))) == ([-3, 0, 0, 0], [-3, 0, 0, 0])


def test_an_unusual_time_is_told_apart_from_the_cause() -> None:
    found = steps(shifted(2), window(12, 26, 37), wider=True)
    assert days_of(found) == ([2, 0, 2, 0], [2, 0, 12, 0])
    # The promise before had the same margin: it is no news.
    assert days_of(replace(found, wider=np.array([False])))[1] == [14, 0, 0, 0]


def test_what_was_seen_coming_is_not_blamed_on_the_event() -> None:
    assert days_of(steps(shifted(6), seen=shifted(2))) == ([4, 0, 0, 2], [4, 0, 0, 2])
    # What pointed the other way, or further, is not made up for.
    assert days_of(steps(shifted(6), seen=shifted(-3)))[0] == [6, 0, 0, 0]
    assert days_of(steps(shifted(6), seen=shifted(9)))[0] == [0, 0, 0, 6]


def test_shares_of_a_forecast_leave_the_rest() -> None:
    days, latest = np.array([[9, -2]]), np.array([[12, -2]])
    shares = Shares(("PLAN", "TRANSPORT"), ("pln_1", "a / b"), days, latest)
    found = reasons_of(steps(shifted(8)), "OUTPUT", "nightly", shares)
    assert found.factors == ("PLAN", "TRANSPORT", "LINE_ORDER", "UNUSUAL", "REST")
    assert found.refs == ("pln_1", "a / b", "nightly", "", "")
    assert found.days[0].tolist() == [9, -2, 0, 0, 1]
    assert found.latest[0].tolist() == [12, -2, 0, 0, -2]
    # Whom the forecast left alone is given none of its shares.
    assert days_of(steps(OLD, settled=shifted(5)), shares)[0] == [0, 0, 5, 0, 0]


RANGES = st.tuples(*[st.integers(-40, 40)] * 3).map(sorted).map(lambda days: window(*days))


@pytest.mark.need(22)
@given(RANGES, RANGES, RANGES, RANGES, RANGES, st.booleans(), st.booleans())
def test_the_days_always_add_up(
    old: Windows,
    raw: Windows,
    published: Windows,
    settled: Windows,
    seen: Windows,
    wider: bool,
    shared: bool,
) -> None:
    found = Steps(old, raw, published, settled, np.array([wider]), seen)
    shares: Shares | None = None
    if shared:
        some: Ints = np.array([[3, -8]])
        shares = Shares(("PLAN", "QUEUE"), ("", ""), some, some)
    reasons = reasons_of(found, "OUTPUT", "nightly", shares)
    assert reasons.days.sum(axis=1).tolist() == days_moved(old, settled).tolist()
    assert reasons.latest.sum(axis=1).tolist() == (settled.latest - old.latest).tolist()
    if not shared:
        # No step points against another that it could have been cut against.
        own = reasons.latest[0, [CAUSE, REST]]
        assert own.min() >= 0 or own.max() <= 0
    assert reasons.latest[0, -3:-1].min() >= 0
