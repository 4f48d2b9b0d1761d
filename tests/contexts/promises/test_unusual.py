"""Unusual periods: declared with evidence, wider by rule, ended; never an earlier day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import factories
from tests.factories import DAY, NOW, World
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.contexts.promises.models import UnusualPeriod
from yinuo.contexts.promises.operations import unusual
from yinuo.contexts.promises.operations.unusual import Declared, declare_unusual, end_unusual
from yinuo.contexts.promises.queries.unusual import list_in_force, list_periods_for_staff
from yinuo.contexts.promises.rules import Windows
from yinuo.contexts.promises.rules.unusual import Period, find_periods, widen
from yinuo.engines.forecast import BEYOND_HORIZON

TODAY = factories.today()
Ints = npt.NDArray[np.int64]


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    return factories.make_world()


def storm(**changed: Any) -> Declared:
    fields: dict[str, Any] = {
        "place_id": None,
        "from_date": TODAY,
        "until_date": TODAY + 14 * DAY,
        "factor_percent": 150,
        "reason_zh": "寒潮，北方铁路限速",
        "reason_en": "Cold wave, speed limits on northern railways",
        "evidence": "铁路调度通知 0211-7",
        **changed,
    }
    return Declared(**fields)


@pytest.mark.need(93)
def test_a_declared_period_is_on_the_record_until_it_is_ended(world: World) -> None:
    ref = declare_unusual(what=storm(), staff_id=world.dora.id, now=NOW)
    row = UnusualPeriod.objects.get(public_id=ref)
    assert [one.ref for one in list_in_force(TODAY)] == [ref]
    assert [one.over for one in list_periods_for_staff(world.dora.id, today=TODAY)] == [False]
    for _ in range(2):
        end_unusual(period_id=row.id, staff_id=world.manager.id, now=NOW + DAY)
    assert list_in_force(TODAY) == []
    kinds = Entry.objects.filter(kind__startswith="unusual.").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["unusual.declared", "unusual.ended"]
    row.refresh_from_db()
    assert (row.ended_at, row.ended_by_id) == (NOW + DAY, world.manager.id)


def test_a_period_that_is_past_is_not_in_force(world: World) -> None:
    declare_unusual(what=storm(), staff_id=world.dora.id, now=NOW)
    assert len(list_in_force(TODAY + 13 * DAY)) == 1
    assert list_in_force(TODAY + 14 * DAY) == []
    seen = list_periods_for_staff(world.dora.id, today=TODAY + 14 * DAY)
    assert (seen[0].over, seen[0].last_date) == (True, TODAY + 13 * DAY)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"reason_zh": ""}, unusual.UnusualNeedsEvidence),
        ({"reason_zh": "春节期间"}, unusual.UnusualNeedsEvidence),
        ({"reason_en": "Spring Festival"}, unusual.UnusualNeedsEvidence),
        ({"evidence": "  "}, unusual.UnusualNeedsEvidence),
        ({"until_date": TODAY}, unusual.BadPeriod),
        ({"from_date": TODAY - 9 * DAY, "until_date": TODAY - DAY}, unusual.BadPeriod),
        ({"until_date": TODAY + 367 * DAY}, unusual.BadPeriod),
        ({"factor_percent": 100}, unusual.BadFactor),
        ({"factor_percent": 301}, unusual.BadFactor),
        ({"place_id": 987654}, unusual.NoSuchPlace),
    ],
)
def test_what_cannot_be_explained_is_not_declared(
    world: World, changed: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        declare_unusual(what=storm(**changed), staff_id=world.dora.id, now=NOW)
    assert not UnusualPeriod.objects.exists()


def test_only_staff_declare_and_a_hub_is_no_place_of_orders(world: World) -> None:
    with pytest.raises(NotStaff):
        declare_unusual(what=storm(), staff_id=987654, now=NOW)
    with pytest.raises(unusual.NoSuchPlace):
        declare_unusual(what=storm(place_id=world.hub.id), staff_id=world.dora.id, now=NOW)


def test_the_database_refuses_a_factor_that_narrows(world: World) -> None:
    declare_unusual(what=storm(), staff_id=world.dora.id, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        UnusualPeriod.objects.update(factor_percent=90)


def windows(*rows: tuple[int, int, int]) -> Windows:
    table = np.array(rows, np.int64).reshape(len(rows), 3)
    return Windows(table[:, 0], table[:, 1], table[:, 2])


def period(kind: str = "", *, factor: int = 150, centre: int = 0, days: str = "10-20") -> Period:
    first, until = (int(day) for day in days.split("-"))
    return Period(1, "unp_1", kind, centre, first, until, factor)


CENTRES, BUILT = np.array([7, 7, 8, 8]), np.array([True, False, True, False])
SPECS = np.array([1, 1, 1, 2])


@pytest.mark.parametrize(
    ("one", "rows"),
    [
        (period(), [True, True, True, True]),
        (period("PLANT"), [False, True, False, True]),
        (replace(period("PLANT"), spec_ids=(2, 3)), [False, False, False, True]),
        (replace(period("PLANT"), spec_ids=()), [False] * 4),
        (period("CENTRE", centre=8), [False, False, True, True]),
        # Touching counts, days beyond do not; the last day is not in the period.
        (period(days="18-30"), [True] * 4),
        (period(days="19-30"), [False] * 4),
        (period(days="1-12"), [False] * 4),
        (period(days="1-13"), [True] * 4),
    ],
)
def test_a_period_touches_whom_it_names(one: Period, rows: list[bool]) -> None:
    found = find_periods([one], CENTRES, SPECS, BUILT, windows(*[(12, 15, 18)] * 4))
    assert (found >= 0).tolist() == rows


def test_the_widest_of_several_counts_and_no_date_stays_none() -> None:
    several = [period(factor=120), period("CENTRE", factor=200, centre=7), period(factor=120)]
    rows = windows((12, 15, 18), (12, 15, 18), (12, 15, 18), (BEYOND_HORIZON,) * 3)
    assert find_periods(several, CENTRES, SPECS, BUILT, rows).tolist() == [1, 1, 0, -1]


def test_only_the_later_side_gets_wider() -> None:
    dots = np.arange(20)[None, :] + 100
    found, spread = widen(windows((101, 117, 119)), dots, np.array([150]))
    # The middle is day 109; what lies after it moves by half as much again, rounded up.
    assert found.table().tolist() == [[101, 121, 124]]
    assert spread[0, :10].tolist() == list(range(100, 110))
    assert spread[0, -1] == 124


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 400), min_size=20, max_size=20),
    st.integers(0, 40),
    st.integers(0, 20),
    st.integers(100, 300),
)
def test_wider_is_never_earlier_and_keeps_its_order(
    days: list[int], width: int, margin: int, factor: int
) -> None:
    dots = np.sort(np.array([days], np.int64))
    first = int(dots[0, 1])
    plain = windows((first, first + width, first + width + margin))
    found, spread = widen(plain, dots, np.array([factor]))
    assert (found.table() >= plain.table()).all()
    assert (spread >= dots).all()
    assert (np.diff(spread[0]) >= 0).all()
    assert found.first[0] == first
    assert found.first[0] <= found.last[0] <= found.latest[0]
    if factor == 100:
        assert (found.table() == plain.table()).all()
    wider, _ = widen(plain, dots, np.array([min(300, factor + 20)]))
    assert (wider.table() >= found.table()).all()
