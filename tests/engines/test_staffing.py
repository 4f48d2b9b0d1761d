"""Staffing formulas against hand-computed values, a slow twin and their own bounds."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.staffing import (
    PreparationParameters,
    agents_needed,
    answered_in_time,
    bay_bounds,
    bays_needed,
    erlang_c,
    on_time_share,
    service_bays_needed,
    square_root_staffing,
)

USUAL = PreparationParameters()


def by_factorials(agents: int, load: float) -> float:
    """Erlang's formula as it stands in the textbooks, in whole fractions of factorials."""
    top = load**agents / math.factorial(agents) * agents / (agents - load)
    return top / (sum(load**k / math.factorial(k) for k in range(agents)) + top)


@pytest.mark.parametrize(("calls", "agents"), [(60, 9), (200, 25), (600, 67), (2000, 211)])
def test_eighty_percent_within_twenty_seconds_at_six_minutes_a_call(
    calls: float, agents: int
) -> None:
    assert agents_needed(calls) == agents
    assert answered_in_time(agents, calls, 360, 20) >= 0.8
    assert answered_in_time(agents - 1, calls, 360, 20) < 0.8


def test_one_agent_and_two_agents_by_hand() -> None:
    # One agent: everybody waits who meets a busy one, that is with chance `load`.
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    # Two agents at load 1: (1/2 * 2) / (1 + 1 + 1/2 * 2) = 1/3.
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(2, 0.0) == 0
    assert (erlang_c(3, 3.0), answered_in_time(3, 30, 360, 20)) == (1, 0)
    assert agents_needed(0) == 0


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_recursion_is_the_formula(agents: int, busy: float) -> None:
    assert erlang_c(agents, busy * agents) == pytest.approx(
        by_factorials(agents, busy * agents), rel=1e-9
    )


@given(st.floats(1, 5000), st.floats(30, 900), st.floats(0.5, 0.99))
@settings(max_examples=50)
def test_the_least_number_of_agents_is_the_least(
    calls: float, seconds: float, share: float
) -> None:
    agents = agents_needed(calls, seconds=seconds, share=share)
    assert answered_in_time(agents, calls, seconds, 20) >= share
    assert agents == 1 or answered_in_time(agents - 1, calls, seconds, 20) < share


@pytest.mark.parametrize(("batch", "bays"), [(8, 6), (60, 10), (230, 25)])
def test_train_size_matters_more_than_volume(batch: int, bays: int) -> None:
    """Twenty cars a day: truckloads of 8, part trains of 60, whole trains of 230."""
    found = bays_needed(20, batch, USUAL, np.random.default_rng(7))
    assert abs(found - bays) <= 1
    low, high = bay_bounds(20, batch, USUAL)
    assert math.floor(low) <= found <= math.ceil(high)


def test_square_root_staffing_alone_is_wrong_by_three_for_whole_trains() -> None:
    load = 20 * 1.6 / 9
    assert bay_bounds(20, 1, USUAL)[0] == pytest.approx(load * 7 / 6 + 1.3 * math.sqrt(load))
    alone = math.ceil(square_root_staffing(load * 7 / 6, 1.3))
    assert bays_needed(20, 230, USUAL, np.random.default_rng(7)) > 3 * alone


def car_by_car(arrivals: list[int], cars_a_day: int, open_days: int, wait: int) -> float:
    """Share in time when each car is carried through the queue by hand."""
    queue: deque[int] = deque()
    in_time = total = 0
    for day, came in enumerate(arrivals):
        queue.extend([day] * came)
        for _ in range(cars_a_day if day % 7 < open_days else 0):
            if queue:
                arrived = queue.popleft()
                in_time += day - arrived <= wait and arrived < len(arrivals) - wait
        total += came if day < len(arrivals) - wait else 0
    return in_time / total if total else 1.0


@given(
    st.integers(0, 2**31),
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(1, 7),
    st.integers(0, 4),
)
@settings(max_examples=40, deadline=None)
def test_cumulative_curves_are_the_queue_car_by_car(
    seed: int, bays: int, batch: int, open_days: int, wait: int
) -> None:
    usual = PreparationParameters(3.0, 9.0, open_days, wait, days=700)
    found = on_time_share(bays, 4, batch, usual, np.random.default_rng(seed))
    arrivals = np.random.default_rng(seed).poisson(4 / batch, 700) * batch
    assert found == pytest.approx(car_by_car(arrivals.tolist(), 3 * bays, open_days, wait))


@given(st.floats(0.1, 200), st.integers(1, 300), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_bays_are_enough_and_one_fewer_is_not(cars: float, batch: int, seed: int) -> None:
    short = PreparationParameters(days=1400)
    bays = bays_needed(cars, batch, short, np.random.default_rng(seed))
    assert bays == bays_needed(cars, batch, short, np.random.default_rng(seed))
    assert on_time_share(bays, cars, batch, short, np.random.default_rng(seed)) >= short.share
    stable = math.floor(cars * 7 / 6 / (9 / 1.6)) + 1
    if bays > max(1, stable):
        fewer = on_time_share(bays - 1, cars, batch, short, np.random.default_rng(seed))
        assert fewer < short.share


def test_service_bays_by_hand() -> None:
    # 1,000 cars, 1.5 visits of 2 hours, 2,500 hours of which 80 % are worked: load 1.5.
    bays = service_bays_needed(
        1000, visits_per_year=1.5, hours_per_visit=2, hours_per_year=2500, safety=1.0
    )
    assert bays == math.ceil(1.5 + math.sqrt(1.5)) == 3
    nobody = service_bays_needed(0, visits_per_year=1, hours_per_visit=2, hours_per_year=2500)
    assert nobody == 0
    assert bays_needed(0, 8, USUAL, np.random.default_rng(1)) == 0
    assert bay_bounds(0, 230, USUAL) == (0, 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: erlang_c(0, 1),
        lambda: erlang_c(2, -1),
        lambda: erlang_c(2, math.nan),
        lambda: agents_needed(-1),
        lambda: agents_needed(10, seconds=0),
        lambda: agents_needed(10, share=1),
        lambda: agents_needed(10, within=-1),
        lambda: agents_needed(1e9),
        lambda: answered_in_time(2, 10, 0, 20),
        lambda: PreparationParameters(hours_per_car=0),
        lambda: PreparationParameters(hours_per_day=math.inf),
        lambda: PreparationParameters(open_days=0),
        lambda: PreparationParameters(wait_days=-1),
        lambda: PreparationParameters(share=1.0),
        lambda: bays_needed(-1, 8, USUAL, np.random.default_rng(1)),
        lambda: bays_needed(20, 0, USUAL, np.random.default_rng(1)),
        lambda: bays_needed(1e7, 8, USUAL, np.random.default_rng(1)),
        lambda: on_time_share(-1, 20, 8, USUAL, np.random.default_rng(1)),
        lambda: bay_bounds(math.nan, 8, USUAL),
        lambda: square_root_staffing(-1, 1),
        lambda: service_bays_needed(-1, visits_per_year=1, hours_per_visit=1, hours_per_year=1),
        lambda: service_bays_needed(1, visits_per_year=1, hours_per_visit=1, hours_per_year=0),
        lambda: service_bays_needed(
            1, visits_per_year=1, hours_per_visit=1, hours_per_year=1, usable=0
        ),
    ],
)
def test_numbers_that_mean_nothing_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=r"must|needed|no call|more than"):
        call()
