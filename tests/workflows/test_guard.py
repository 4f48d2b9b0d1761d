"""The guard where it is used: new promises and quotes are wider, standing ones do not move."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.workflows.story import DAY, HOUR, MONDAY, NOW, WEEK, Story, make_story
from tests.workflows.test_quote import lock, measured, with_hood
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.production.queries.forecasting import list_cells
from yinuo.contexts.promises.models import GuardWeek, Promise
from yinuo.contexts.promises.queries import quotes
from yinuo.workflows import first_promise, quote, ticks
from yinuo.workflows.dates import compare
from yinuo.workflows.guard import load_percents
from yinuo.workflows.outlook import work_out

pytestmark = pytest.mark.django_db
HORIZONS = ("DAYS", "WEEKS", "MONTHS")


@pytest.fixture
def story() -> Story:
    found = make_story(promised=False)
    measured(found)
    first_promise.run(now=NOW)
    return found


def set_guard(percent: int, cell: str = "P1", week: dt.date = MONDAY - WEEK) -> None:
    for horizon in HORIZONS:
        GuardWeek.objects.create(
            cell=cell, horizon=horizon, week_date=week, known=40, missed=9,
            level=percent / 100, percent=percent,
        )  # fmt: skip


@pytest.mark.need(22, 23)
def test_new_promises_and_quotes_are_wider_by_the_guard_alike(story: Story) -> None:
    quote.refresh(now=NOW)
    before = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked.window
    set_guard(150)
    quote.refresh(now=NOW + 2 * HOUR)
    after = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW + 2 * HOUR).asked
    assert before is not None
    assert after.window is not None
    assert after.window.from_date == before.from_date
    assert after.window.latest_date > before.latest_date
    assert after.unusual is None
    order = lock(story, Spec.objects.get(code="S7-A"), NOW)
    first_promise.run(now=NOW + 2 * HOUR)
    row = Promise.objects.get(order=order)
    assert after.window == quotes.Floor(row.from_date, row.until_date, row.latest_date)
    assert (row.unusual_id, row.odds_percent) == (None, 95)


def test_standing_promises_do_not_move_because_the_guard_did(story: Story) -> None:
    assert story.queued
    set_guard(300)
    outlook = work_out(load_open(), now=NOW)
    every = np.ones(outlook.orders.order_ids.size, np.bool_)
    assert not compare(outlook, every, routine=False, now=NOW).move.any()
    ticks.look_again(now=(NOW + DAY).replace(hour=2, minute=0))
    assert not Entry.objects.filter(kind="promise.revised").exists()


def test_built_cars_are_not_widened(story: Story) -> None:
    set_guard(300)
    Promise.objects.all().delete()
    first_promise.run(now=NOW + HOUR)
    plain = {one.order_id: one for one in Promise.objects.all()}
    GuardWeek.objects.all().delete()
    Promise.objects.all().delete()
    first_promise.run(now=NOW + 2 * HOUR)
    wider = {
        one.order_id for one in Promise.objects.all()
        if plain[one.order_id].latest_date > one.latest_date
    }  # fmt: skip
    assert wider
    assert wider <= {order.id for order in story.queued}


@pytest.mark.need(104)
def test_a_scarce_part_is_a_cell_of_its_own(story: Story) -> None:
    plain, hood = Spec.objects.get(code="S7-A"), with_hood(story)
    assert list_cells() == {plain.id: "P1", hood.id: "P1 + HOOD"}
    set_guard(120, "P1 + HOOD")
    assert load_percents(np.array([plain.id, hood.id])).tolist() == [[100] * 3, [120] * 3]


def test_the_nightly_look_judges_the_weeks_that_are_over(story: Story) -> None:
    latest = MONDAY - WEEK + DAY
    Promise.objects.filter(order__in=story.queued[:5]).update(first_latest_date=latest)
    ticks.look_again(now=(NOW + DAY).replace(hour=2, minute=0))
    row = GuardWeek.objects.get()
    assert (row.cell, row.week_date, row.known, row.missed) == ("P1", MONDAY - WEEK, 5, 5)
