"""The invented maker keeps the published figures, at every seed and scale."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest

from yinuo.engines.twin import Maker, TwinParameters, daily_output, make_maker
from yinuo.engines.twin.ramp import monotone_cubic

ORIGIN = dt.date(2024, 1, 1)
PARAMETERS = TwinParameters()
CASES = [(20260211, 50), (1, 50), (7, 50), (3, 200), (5, 10)]


def day(year: int, month: int, number: int) -> int:
    """Days from the origin to a date."""
    return (dt.date(year, month, number) - ORIGIN).days


def calendar() -> npt.NDArray[np.bool_]:
    """Days off: the Spring Festivals of 2025 and 2026."""
    closed = np.zeros(2600, np.bool_)
    closed[day(2025, 1, 28) : day(2025, 2, 5)] = True
    closed[day(2026, 2, 15) : day(2026, 2, 24)] = True
    return closed


def invent(seed: int, scale: int, parameters: TwinParameters = PARAMETERS) -> Maker:
    """The maker of a seed."""
    return make_maker(parameters, calendar(), np.random.default_rng(seed), scale)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"seed{case[0]}-1to{case[1]}")
def case(request: pytest.FixtureRequest) -> tuple[Maker, int]:
    """A maker and its scale."""
    seed, scale = request.param
    return invent(seed, scale), scale


def handed_by(maker: Maker, scale: int, until: int) -> int:
    """Cars at full size handed over before the end of a day."""
    return int((maker.handed_day < until + 1).sum()) * scale


def in_month(maker: Maker, scale: int, year: int, month: int) -> int:
    """Cars at full size handed over in a month."""
    after = day(year + month // 12, month % 12 + 1, 1) - 1
    return handed_by(maker, scale, after) - handed_by(maker, scale, day(year, month, 1) - 1)


@pytest.mark.need(8)
def test_deliveries_begin_on_the_published_day(case: tuple[Maker, int]) -> None:
    maker, _ = case
    assert int(maker.handed_day.min()) == day(2024, 4, 3)


@pytest.mark.need(8, 10)
@pytest.mark.parametrize(
    ("date", "cars"),
    [((2025, 3, 31), 180_000), ((2025, 12, 2), 500_000), ((2026, 2, 3), 600_000)],
)
def test_cumulative_deliveries_are_the_published_ones(
    case: tuple[Maker, int], date: tuple[int, int, int], cars: int
) -> None:
    maker, scale = case
    assert handed_by(maker, scale, day(*date)) == pytest.approx(cars, rel=0.012, abs=2 * scale)


@pytest.mark.need(9)
def test_late_2025_every_month_passes_40_000(case: tuple[Maker, int]) -> None:
    maker, scale = case
    for year, month in ((2025, 9), (2025, 10), (2025, 11), (2025, 12), (2026, 1)):
        assert in_month(maker, scale, year, month) > 40_000 * 0.97, (year, month)


@pytest.mark.need(7)
def test_2025_delivers_more_than_410_000(case: tuple[Maker, int]) -> None:
    maker, scale = case
    year = handed_by(maker, scale, day(2025, 12, 31)) - handed_by(maker, scale, day(2024, 12, 31))
    assert year > 405_000


@pytest.mark.need(113)
def test_early_output_stays_under_what_the_plant_was_designed_for(
    case: tuple[Maker, int],
) -> None:
    maker, scale = case
    months = [in_month(maker, scale, 2024, month) for month in (5, 6, 7, 8)]
    assert np.mean(months) == pytest.approx(10_000, rel=0.05, abs=2 * scale)
    assert max(months[:3]) < PARAMETERS.design_cars_per_year / 12


@pytest.mark.need(22)
def test_delivered_orders_waited_98_days_on_average(case: tuple[Maker, int]) -> None:
    maker, _ = case
    done = maker.handed_day <= PARAMETERS.now_day
    waits = maker.handed_day[done] - maker.locked_day[done]
    assert waits.mean() == pytest.approx(98, abs=1)
    assert waits.min() > 0
    assert PARAMETERS.promised_days == 45


@pytest.mark.need(23)
def test_some_orders_of_2024_are_not_built_yet(case: tuple[Maker, int]) -> None:
    maker, _ = case
    old = (maker.locked_day < day(2025, 1, 1)) & (maker.built_day > PARAMETERS.now_day)
    assert old.any()
    assert maker.scarce[old].all()
    assert maker.locked_day[maker.handed_day > PARAMETERS.now_day].min() >= day(2024, 9, 1)


def test_as_many_orders_wait_as_were_asked_for(case: tuple[Maker, int]) -> None:
    maker, scale = case
    waiting = (maker.handed_day > PARAMETERS.now_day).sum() * scale
    assert waiting == pytest.approx(600_000, rel=0.02, abs=30 * scale)


def test_launches_bring_many_orders_at_once(case: tuple[Maker, int]) -> None:
    maker, _ = case
    weeks = np.bincount((maker.locked_day // 7).astype(int))
    launch = weeks[day(2025, 6, 26) // 7] + weeks[day(2025, 6, 26) // 7 + 1]
    assert launch > 3 * np.median(weeks[weeks > 0])


@pytest.mark.need(26)
def test_no_order_passes_an_earlier_one_of_its_line(case: tuple[Maker, int]) -> None:
    maker, _ = case
    line = maker.spec.astype(int) * 4 + maker.region
    assert (np.diff(maker.locked_day) >= 0).all()
    for one in np.unique(line):
        mine = line == one
        for stage in (maker.built_day, maker.departed_day, maker.arrived_day, maker.handed_day):
            assert (np.diff(stage[mine]) >= -1e-9).all()


def test_a_car_is_built_sent_received_and_handed_over_in_this_order(
    case: tuple[Maker, int],
) -> None:
    maker, _ = case
    assert (maker.built_day <= maker.departed_day).all()
    assert (maker.departed_day <= maker.arrived_day).all()
    assert (maker.arrived_day <= maker.handed_day).all()
    assert (maker.locked_day < maker.handed_day).all()


def test_trains_leave_on_their_weekdays_with_no_more_than_they_hold(
    case: tuple[Maker, int],
) -> None:
    maker, scale = case
    for region, weekdays in enumerate(PARAMETERS.departure_weekdays):
        departs = maker.train_departs_day[maker.train_region == region]
        assert set((departs.astype(int) % 7).tolist()) <= set(weekdays)
    limit = 200 if scale == 1 else max(60, 200 // scale)
    assert np.bincount(maker.train).max() <= limit
    assert (maker.train_region[maker.train] == maker.region).all()


def test_nothing_is_handed_over_on_a_day_off(case: tuple[Maker, int]) -> None:
    maker, _ = case
    days = maker.handed_day.astype(int)
    known = days < len(calendar())
    assert not calendar()[days[known]].any()


def test_the_scarce_option_is_one_spec_of_one_model(case: tuple[Maker, int]) -> None:
    maker, _ = case
    assert set(maker.spec[maker.scarce].tolist()) == {17}
    assert not (maker.spec[~maker.scarce] == 17).any()
    assert (maker.model == maker.spec // 6).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = invent(7, 100), invent(7, 100), invent(8, 100)
    for field in fields(Maker):
        one, two = getattr(first, field.name), getattr(again, field.name)
        assert np.asarray(one).tobytes() == np.asarray(two).tobytes()
    assert first.handed_day.tobytes() != other.handed_day.tobytes()


def test_full_size_is_as_quick_as_a_demo_needs() -> None:
    maker = invent(3, 1)
    assert len(maker.locked_day) > 1_200_000
    assert handed_by(maker, 1, day(2025, 12, 2)) == pytest.approx(500_000, rel=0.012)


def test_output_meets_every_anchor_exactly() -> None:
    output = daily_output(PARAMETERS, calendar(), np.random.default_rng(1))
    for anchor, cars in zip(PARAMETERS.anchor_days, PARAMETERS.anchor_cars, strict=True):
        assert output[:anchor].sum() == pytest.approx(cars, abs=1e-6 + cars * 1e-9)
    assert not output[: PARAMETERS.anchor_days[0]].any()


def test_days_off_are_missing_from_the_output_when_their_cars_would_have_come() -> None:
    quiet = replace(PARAMETERS, weekly_noise=0.0)
    output = daily_output(quiet, calendar(), np.random.default_rng(1))
    holiday = slice(day(2026, 2, 15) + 12, day(2026, 2, 24) + 12)
    ordinary = output[holiday.start - 9 : holiday.start]
    assert output[holiday].mean() == pytest.approx(quiet.closed_rate * ordinary.mean(), rel=0.05)


def test_cubic_goes_through_its_knots_and_never_falls() -> None:
    x = np.array([0.0, 10, 30, 31, 100])
    y = np.array([0.0, 5, 6, 40, 41])
    at = np.arange(0, 101)
    values = monotone_cubic(x, y, at)
    assert values[x.astype(int)] == pytest.approx(y)
    assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"anchor_days": (93,), "anchor_cars": (0.0,)}, "at least two"),
        ({"anchor_days": (93, 93), "anchor_cars": (0.0, 1.0)}, "days rise"),
        ({"anchor_days": (93, 99), "anchor_cars": (5.0, 1.0)}, "cumulative"),
        ({"regions": (0.5, 0.4, 0.05, 0.06)}, "sum to 1"),
        ({"transit_days": (1.0,)}, "each centre"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(PARAMETERS, **change)  # type: ignore[arg-type]


def test_a_calendar_that_is_too_short_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="200 days"):
        make_maker(PARAMETERS, np.zeros(800, np.bool_), rng)
    with pytest.raises(ValueError, match="before the open orders"):
        make_maker(PARAMETERS, np.zeros(1000, np.bool_), rng)
    with pytest.raises(ValueError, match="last anchor"):
        daily_output(PARAMETERS, np.zeros(700, np.bool_), rng)
    with pytest.raises(ValueError, match="positive"):
        make_maker(PARAMETERS, calendar(), rng, scale=0)


def test_a_mean_wait_that_no_queue_has_is_refused() -> None:
    with pytest.raises(ValueError, match="published mean"):
        invent(1, 100, replace(PARAMETERS, mean_wait_days=2000.0))


def test_no_centre_hands_over_more_than_its_busiest_day_allows(case: tuple[Maker, int]) -> None:
    maker, _ = case
    for centre in range(4):
        days = np.sort(maker.handed_day[maker.region == centre]).astype(np.int64)
        daily = np.bincount(days, minlength=1000).astype(float)
        for first in range(300, 900):
            usual = daily[first - 14 : first + 15].mean()
            # What is put off counts in the mean of its neighbours as well.
            assert daily[first] <= np.ceil(PARAMETERS.rush * 2 * usual) + 2
