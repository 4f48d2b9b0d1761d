"""A scarce part's own output: its supplier's word, corrected by what came, up to the quote."""

from __future__ import annotations

import datetime as dt
from itertools import count

import numpy as np
import pytest

from tests.workflows.story import DAY, HOUR, MONDAY, NOW, WEEK, Story, make_story
from tests.workflows.test_quote import lock, measured, with_hood
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.production.models import PlanWeek, Resource, SupplyWeek
from yinuo.contexts.production.queries.forecasting import OUTPUT_WEEKS, load_capacity
from yinuo.platform.spoken import at_local
from yinuo.workflows import first_promise, quote
from yinuo.workflows.levels import SUPPLY_LOG_SD, learned_levels

pytestmark = pytest.mark.django_db
_numbers = count(1)


@pytest.fixture
def story() -> Story:
    found = make_story(promised=False)
    measured(found)
    with_hood(found, cars_a_week=4)
    return found


def say(weeks_ago: int, quantity: int, received_at: dt.datetime) -> None:
    """The supplier says how many hoods one past week has."""
    SupplyWeek.objects.create(
        resource=Resource.objects.get(code="HOOD"),
        week_date=MONDAY - weeks_ago * WEEK,
        quantity=quantity,
        sender="supplier",
        external_id=f"p-{next(_numbers)}",
        digest="",
        received_at=received_at,
    )


def before(weeks_ago: int) -> dt.datetime:
    return at_local(MONDAY - weeks_ago * WEEK - 2 * DAY, 12)


def after(weeks_ago: int) -> dt.datetime:
    return at_local(MONDAY - (weeks_ago - 1) * WEEK, 9)


def deliveries(said: int, came: int, weeks: int = 8) -> None:
    for number in range(1, weeks + 1):
        say(number, said, before(number))
        say(number, came, after(number))


def hood_row() -> tuple[list[float], list[float]]:
    capacity = load_capacity(MONDAY, 10)
    row = capacity.codes.index("HOOD")
    return capacity.target[row].tolist(), capacity.actual[row].tolist()


@pytest.mark.need(104)
def test_what_was_said_before_a_week_stands_against_what_came(story: Story) -> None:
    assert story
    say(1, 4, before(1) - DAY)
    say(1, 6, before(1))
    # In the middle of the week nothing is over yet.
    say(1, 5, at_local(MONDAY - WEEK + 3 * DAY, 9))
    assert hood_row() == ([0.0] * OUTPUT_WEEKS, [0.0] * OUTPUT_WEEKS)
    say(1, 2, after(1))
    say(1, 3, after(1) + HOUR)
    said, came = hood_row()
    assert (said[-1], came[-1]) == (6.0, 3.0)
    assert sum(said[:-1]) == sum(came[:-1]) == 0
    # Nothing said before the week began: no word to be held against.
    say(2, 4, after(2))
    assert hood_row()[0][-2] == 0.0


def test_a_supplier_that_brings_half_is_believed_half_and_one_without_a_record_wholly(
    story: Story,
) -> None:
    assert story

    def hood_level() -> tuple[float, float]:
        capacity = load_capacity(MONDAY, 10)
        levels = learned_levels(capacity, {})
        row = capacity.codes.index("HOOD")
        return float(levels.log_mean[row, 5]), float(levels.log_sd[row, 5])

    assert hood_level() == (0.0, SUPPLY_LOG_SD)
    deliveries(said=4, came=4)
    kept, spread = hood_level()
    assert kept == pytest.approx(0.0)
    assert spread < SUPPLY_LOG_SD
    SupplyWeek.objects.filter(week_date__lt=MONDAY).delete()
    deliveries(said=4, came=2)
    assert np.log(0.5) < hood_level()[0] < -0.3


@pytest.mark.need(104)
def test_a_quote_for_a_scarce_part_follows_what_came_and_the_plain_car_does_not(
    story: Story,
) -> None:
    spec = Spec.objects.get(code="S7-H")
    for number in range(30):
        lock(story, spec, NOW + dt.timedelta(seconds=number))
    first_promise.run(now=NOW)

    def quoted(at: dt.datetime) -> tuple[dt.date, dt.date]:
        quote.refresh(now=at)
        answer = quote.ask(spec_code="S7-H", centre_code="NC", now=at)
        hood, plain = answer.asked.window, answer.other_specs[0].window
        assert hood is not None
        assert plain is not None
        return hood.until_date, plain.until_date

    hood_before, plain_before = quoted(NOW)
    deliveries(said=4, came=2)
    hood_after, plain_after = quoted(NOW + 2 * HOUR)
    assert hood_after > hood_before + 14 * DAY
    assert plain_after <= plain_before + 3 * DAY


def test_a_supplier_that_keeps_its_word_is_no_ground_for_a_line_that_built_nothing(
    story: Story,
) -> None:
    PlanWeek.objects.filter(resource=story.plant, week_date__lt=MONDAY).delete()
    deliveries(said=4, came=4)
    quote.refresh(now=NOW)
    found = quote.ask(spec_code="S7-H", centre_code="NC", now=NOW)
    assert (found.asked.why, found.output_weeks) == ("NO_OUTPUT", 0)
