"""The risk that a waiting customer gives up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.engines.warning import CancellationWeights, cancellation_risk

WEIGHTS = CancellationWeights()
COUNTS = st.integers(0, 400)


def risk(late: float, silent: float, moves: int, questions: int, said_so: bool) -> float:
    found = cancellation_risk([late], [silent], [moves], [questions], [said_so], WEIGHTS)
    return float(found[0])


@pytest.mark.need(5)
def test_a_customer_moved_far_in_silence_stands_far_above_one_left_in_peace() -> None:
    assert risk(0, 3, 0, 0, False) < 0.06
    assert risk(53, 20, 3, 2, False) > 0.7
    assert risk(0, 3, 0, 0, True) > 0.5


@given(COUNTS, COUNTS, st.integers(0, 20), st.integers(0, 20), st.booleans(), st.integers(0, 3))
def test_more_trouble_never_lowers_the_risk(
    late: int, silent: int, moves: int, questions: int, said_so: bool, which: int
) -> None:
    before = [late, silent, moves, questions]
    after = list(before)
    after[which] += 1
    assert risk(*after, said_so) >= risk(*before, said_so)  # type: ignore[arg-type, call-arg]
    assert risk(*before, True) >= risk(*before, said_so)  # type: ignore[arg-type, call-arg]
    assert 0 <= risk(*before, said_so) <= 1  # type: ignore[arg-type, call-arg]


def test_an_order_ahead_of_its_first_promise_is_no_better_than_one_on_time() -> None:
    assert risk(-30, 0, 0, 0, False) == risk(0, 0, 0, 0, False)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        cancellation_risk([1.0, 2.0], [1.0], [0], [0], [False], WEIGHTS)


def test_unknown_figures_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        cancellation_risk([np.nan], [1.0], [0], [0], [False], WEIGHTS)
