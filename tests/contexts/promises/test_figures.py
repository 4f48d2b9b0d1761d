"""Public figures of kept promises: counted by due date, by hand once more, and nobody's own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW, World, make_order, make_promise, make_world
from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.orders.models import Line
from yinuo.contexts.promises.models import KeptFigures, Outcome, Promise, Undated
from yinuo.contexts.promises.operations.figures import refresh_figures
from yinuo.contexts.promises.queries.figures import count_kept, count_undated, get_figures
from yinuo.contexts.promises.rules.figures import (
    ORDERS_MIN,
    Group,
    Kept,
    fold,
    read_kept,
    write_kept,
    write_undated,
)
from yinuo.contexts.promises.rules.figures import Undated as UndatedCounts

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 2, 11)
EMPTY = Kept(0, 0, 0, 0, 0, 0, 0, 0, (0, 0, 0, 0, 0), 0, 0, 0)
DB = pytest.mark.django_db


def make_outcome(
    world: World,
    code: str,
    *,
    first: dt.date,
    ended: dt.date | None,
    made: dt.datetime = NOW - 60 * DAY,
    line: Line | None = None,
    how: str = "HANDED_OVER",
    moved: int = 0,
    width: int = 10,
) -> None:
    """A first promise until `first`, moved by `moved` days, and how it ended; None: it did not."""
    order = make_order(world, code, line=line)
    make_promise(order)
    Promise.objects.filter(order=order).update(
        first_from_date=first - (width + 2) * DAY,
        first_until_date=first - 3 * DAY,
        first_latest_date=first,
        first_made_at=made,
        latest_date=first + moved * DAY,
        from_date=first - (width + 2) * DAY,
        until_date=first - 3 * DAY,
        state="CLOSED" if ended else "ACTIVE",
    )
    if ended is None:
        return
    row = Promise.objects.get(order=order)
    Outcome.objects.create(
        order=order,
        ended_how=how,
        ended_date=ended,
        first_from_date=row.first_from_date,
        first_until_date=row.first_until_date,
        first_latest_date=first,
        first_odds_percent=95,
        first_made_at=made,
        last_from_date=row.from_date,
        last_until_date=row.until_date,
        last_latest_date=row.latest_date,
        last_odds_percent=95,
        last_made_at=made,
        moved_count=0,
        late_days_first=max(0, (ended - first).days),
        late_days_last=0,
        told_before=True,
        recorded_at=NOW,
    )


def count(world: World) -> tuple[Kept | None, dict[str, dict[str, Kept]]]:
    return count_kept(TODAY, {world.line.spec_id: "S7"})


@DB
@pytest.mark.need(8, 103, 162)
def test_each_way_a_promise_ends_is_counted_where_it_belongs() -> None:
    world, first = make_world(), dt.date(2026, 2, 1)
    make_outcome(world, "K1", first=first, ended=first)
    make_outcome(world, "K2", first=first, ended=first - 5 * DAY)
    make_outcome(world, "K3", first=first, ended=first - 30 * DAY)
    make_outcome(world, "L1", first=first, ended=first + 3 * DAY, moved=3)
    make_outcome(world, "L2", first=first, ended=first + 9 * DAY)
    make_outcome(world, "O1", first=first, ended=None)
    make_outcome(world, "C1", first=first, ended=first - DAY, how="CANCELLED")
    make_outcome(world, "N1", first=TODAY, ended=TODAY - 3 * DAY)
    whole, groups = count(world)
    assert whole == Kept(
        due=6,
        cancelled=1,
        handed_over=5,
        kept=3,
        kept_last=4,
        early=1,
        in_range=1,
        open_late=1,
        late=(1, 0, 2, 0, 0),
        width_days=10,
        ahead_days=(first - dt.date(2025, 12, 13)).days,
        weeks=1,
    )
    assert list(groups["month"]) == ["2026-02"]
    assert groups["quarter"] == {"2026-Q1": whole}
    assert groups["model"] == {"S7": whole}


@DB
def test_nothing_fell_due_yet() -> None:
    world = make_world()
    assert count(world) == (None, {"quarter": {}, "month": {}, "centre": {}, "model": {}})
    make_outcome(world, "N1", first=TODAY, ended=None)
    assert count(world)[0] is None


@DB
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_database_counts_as_one_would_by_hand(seed: int) -> None:
    world, rng = make_world(), np.random.default_rng(seed)
    firsts, ends, mades = [], [], []
    for n in range(60):
        first = TODAY - int(rng.integers(1, 120)) * DAY
        late = int(rng.integers(-40, 60))
        ended = first + late * DAY if first + late * DAY <= TODAY else None
        made = NOW - int(rng.integers(130, 200)) * DAY
        make_outcome(world, f"R{n}", first=first, ended=ended, made=made)
        firsts.append(first)
        ends.append(ended)
        mades.append(made.date())
    whole = count(world)[0]
    assert whole is not None
    late_days = [((end or TODAY) - first).days for first, end in zip(firsts, ends, strict=True)]
    assert whole.due == 60
    assert whole.kept == sum(days <= 0 for days in late_days)
    assert whole.kept + sum(whole.late) == whole.due
    assert whole.late == tuple(
        sum(low <= days < high for days in late_days)
        for low, high in ((1, 4), (4, 8), (8, 15), (15, 31), (31, 10**6))
    )
    weeks = min(len({day.isocalendar()[:2] for day in some}) for some in (firsts, mades))
    assert whole.weeks == weeks


@DB
def test_width_and_share_stand_together_and_small_groups_are_hidden() -> None:
    world = make_world()
    other = Spec.objects.create(
        code="X9",
        car_model=CarModel.objects.create(code="X9", name_zh="云帆 X9", name_en="Yunfan X9"),
        name_zh="标准",
        name_en="Standard",
        price_fen=1,
    )
    rare = Line.objects.create(spec=other, centre=world.centre)
    for n in range(50):
        first = TODAY - (1 + 2 * n) * DAY
        line = rare if n < 4 else (world.line if n % 2 else world.other_line)
        make_outcome(
            world, f"S{n}", first=first, ended=first, line=line, made=NOW - (120 + 3 * n) * DAY
        )
    assert refresh_figures(now=NOW) == 1
    found = get_figures()
    assert found is not None
    figures = found[1]
    assert figures["all"]["kept_percent"] == 100
    assert figures["all"]["width_days"] == 10
    assert figures["all"]["enough"]
    # Four X9 could be had by subtraction, so the S7 are not shown alone either.
    assert figures["models"] == []
    assert {row["code"] for row in figures["centres"]} == {"NC", "TJ"}
    assert all(row["due"] + row["cancelled"] >= ORDERS_MIN for row in figures["centres"])
    assert sum(row["due"] for row in figures["months"]) in (0, 50)


@DB
def test_figures_are_counted_each_day_and_kept() -> None:
    make_world()
    hour = dt.timedelta(hours=1)
    assert refresh_figures(now=NOW) == 1
    assert [refresh_figures(now=NOW + n * hour) for n in (1, 5, 6)] == [0, 0, 1]
    assert refresh_figures(now=NOW + 15 * hour) == 1
    assert [row.date.isoformat() for row in KeptFigures.objects.order_by("date")] == [
        "2026-02-11",
        "2026-02-12",
    ]
    assert KeptFigures.objects.earliest("date").figures["all"] is None


SIZES = st.lists(st.integers(0, 60), max_size=8)


@given(SIZES)
def test_no_group_too_small_can_be_had_by_subtraction(sizes: list[int]) -> None:
    groups = [Group(str(n), "", "", replace(EMPTY, due=size)) for n, size in enumerate(sizes)]
    shown, rest = fold(groups)
    assert all(group.kept.due >= ORDERS_MIN for group in shown)
    assert sorted(group.code for group in shown + rest) == [str(n) for n in range(len(sizes))]
    left = sum(group.kept.due for group in rest)
    assert not shown or not rest or left >= ORDERS_MIN


def test_shares_need_weeks_and_orders_and_round_down() -> None:
    kept = replace(EMPTY, due=1000, kept=949, in_range=799, weeks=6)
    assert (kept.kept_percent, kept.in_range_percent) == (94, 79)
    assert replace(kept, weeks=5).kept_percent is None
    assert replace(kept, due=19, kept=19).in_range_percent is None
    assert read_kept(write_kept(kept)) == kept


def leave_undated(
    world: World, code: str, why: str, *, days: int = 3, state: str = "LOCKED"
) -> None:
    """An open order without a date for this reason; empty for one that nobody has tried yet."""
    order = make_order(world, code, state=state, locked_at=NOW - days * DAY)
    if why:
        after = dt.date(2029, 2, 5) if why == "BEYOND" else None
        Undated.objects.create(order=order, why=why, after_date=after, tried_at=NOW)


@DB
@pytest.mark.need(8)
def test_open_orders_without_a_date_are_counted_with_the_reason() -> None:
    world = make_world()
    make_outcome(world, "DATED", first=TODAY + 40 * DAY, ended=None)
    leave_undated(world, "FAR", "BEYOND", days=30)
    leave_undated(world, "FAR2", "BEYOND", days=29)
    leave_undated(world, "LANE", "NO_LANE", days=400)
    leave_undated(world, "NEW", "", days=0)
    leave_undated(world, "GONE", "BEYOND", state="CANCELLED")
    # What was undated when it was last tried and has been promised since has a date.
    make_outcome(world, "SINCE", first=TODAY + 40 * DAY, ended=None)
    order = Promise.objects.get(order__code="SINCE").order
    Undated.objects.create(order=order, why="NO_SUPPLY", tried_at=NOW - 9 * DAY)
    assert count_undated(TODAY) == UndatedCounts(
        open=6, undated=4, long=2, why={"BEYOND": 2, "NO_LANE": 1, "NOT_YET": 1}
    )
    refresh_figures(now=NOW)
    found = get_figures()
    assert found is not None
    assert found[1]["undated"] == {
        "open": 6, "undated": 4, "long": 2, "long_days": 30, "why": [{"code": "OTHER", "n": 4}],
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from(["BEYOND", "NO_LANE", "NO_SUPPLY"]), st.integers(1, 60)))
def test_reasons_add_up_and_rare_ones_are_told_as_one(why: dict[str, int]) -> None:
    undated = sum(why.values())
    said = write_undated(UndatedCounts(1000, undated, 0, why))
    assert sum(one["n"] for one in said["why"]) == undated
    counts = [one["n"] for one in said["why"] if one["code"] != "OTHER"]
    assert counts == sorted((n for n in why.values() if n >= ORDERS_MIN), reverse=True)
