"""A change at some centres is read from the queue kept, to the same day as a whole new forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.workflows.story import NOW, Story, make_story
from tests.workflows.test_whatif import supply
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.workflows import inverse, outlook
from yinuo.workflows.inputs import Inputs, load_inputs
from yinuo.workflows.outlook import (
    MEDIAN,
    Effort,
    work_out_again,
    work_out_days,
    work_out_queue,
)
from yinuo.workflows.supposed import scale
from yinuo.workflows.whatif import kept_chance

pytestmark = pytest.mark.django_db
QUICK = Effort(scenarios=64, method="split")


@pytest.fixture
def story() -> Story:
    found = make_story()
    supply("NC", 6, kind="CENTRE")
    return found


@pytest.fixture
def inputs(story: Story) -> Inputs:
    return load_inputs(load_open(), now=NOW)


@pytest.mark.need(114)
@pytest.mark.parametrize("effort", [outlook.FULL, QUICK])
def test_a_centre_with_less_room_is_read_alone(
    inputs: Inputs, effort: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = work_out_queue(inputs, effort)
    changed = scale(inputs, "NC", 0.3)
    whole = work_out_days(changed, effort)
    with monkeypatch.context() as watched:
        watched.setattr(outlook, "build_run", _never)
        alone = work_out_again(worked, changed)
    np.testing.assert_array_equal(alone, whole)
    assert (alone[:, MEDIAN] > worked.days[:, MEDIAN]).any()
    # What was kept is not touched.
    np.testing.assert_array_equal(worked.days, work_out_days(inputs, effort))


def test_any_other_change_is_worked_out_as_a_whole(inputs: Inputs) -> None:
    worked = work_out_queue(inputs)
    slower = scale(inputs, "P1", 0.7)
    np.testing.assert_array_equal(work_out_again(worked, slower), work_out_days(slower))
    shut = inputs.shared.closed.copy()
    shut[3] = True
    closed = replace(inputs, shared=replace(inputs.shared, closed=shut))
    np.testing.assert_array_equal(work_out_again(worked, closed), work_out_days(closed))
    assert (work_out_days(closed) != worked.days).any()


def test_nothing_changed_gives_the_same_days(inputs: Inputs) -> None:
    worked = work_out_queue(inputs)
    np.testing.assert_array_equal(work_out_again(worked, inputs), worked.days)


def test_fewer_scenarios_give_nearly_the_same_days(inputs: Inputs) -> None:
    full, quick = work_out_days(inputs), work_out_days(inputs, QUICK)
    assert quick.shape == full.shape
    assert np.abs(quick[:, MEDIAN] - full[:, MEDIAN]).mean() < 2
    few = work_out_days(inputs, replace(QUICK, dots=False))
    np.testing.assert_array_equal(few, quick[:, :4])


def _never(*_: object, **__: object) -> None:
    raise AssertionError("the queue is not simulated again")


@pytest.mark.need(114)
def test_centres_larger_together_gain_what_each_gains_alone(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inverse, "TRIAL", 1.0)
    worked = work_out_queue(inputs)
    due = worked.days[:, MEDIAN].astype(np.int64) + inputs.shared.origin.toordinal() - 1
    before = kept_chance(worked.days, due, inputs.shared.origin)
    alone = kept_chance(work_out_days(scale(inputs, "NC", 2.0)), due, inputs.shared.origin)
    assert before is not None
    assert alone is not None
    gains = inverse._centre_gains(worked, due)
    assert gains == {"NC": pytest.approx((alone - before) / 6)}
    assert gains["NC"] > 0
