"""What a quote rests on: comparable launches, unusual times, and no date without grounds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from tests.workflows.story import DAY, HOUR, MONDAY, NOW, WEEK, make_story
from tests.workflows.test_quote import lock, measured
from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import LaunchReference, Need, Resource
from yinuo.contexts.production.operations.reference import save_launch_reference
from yinuo.contexts.promises.models import Promise, UnusualPeriod
from yinuo.contexts.promises.operations.unusual import Declared, declare_unusual, end_unusual
from yinuo.contexts.promises.queries import quotes
from yinuo.contexts.promises.queries.work import load_current
from yinuo.contexts.promises.rules import must_revise
from yinuo.workflows import first_promise, quote
from yinuo.workflows.dates import compare
from yinuo.workflows.outlook import work_out

pytestmark = pytest.mark.django_db


def launches(**changed: Any) -> None:
    """Three launches before this one came to about two thirds of their plans."""
    given: dict[str, Any] = {
        "resource_code": "P1",
        "from_date": MONDAY,
        "mean": -0.33,
        "sd": 0.2,
        "launches": 3,
        "note_zh": "2021、2023、2024 年三次投产",
        "note_en": "the launches of 2021, 2023 and 2024",
    }
    save_launch_reference(**(given | changed))


def asked(at: Any = NOW) -> quote.Offer:
    return quote.ask(spec_code="S7-A", centre_code="NC", now=at).asked


@pytest.mark.need(22, 112)
def test_comparable_launches_are_grounds_for_a_first_date_and_it_says_so() -> None:
    make_story(grounded=False)
    quote.refresh(now=NOW)
    assert (asked().window, asked().why) == (None, "NO_OUTPUT")
    launches()
    quote.refresh(now=NOW + 2 * HOUR)
    answer = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW + 2 * HOUR)
    assert answer.asked.window is not None
    assert answer.output_weeks == 0
    assert quote.as_json(answer, NOW)["reference"] == {
        "launches": 3,
        "output_low_percent": 47,
        "output_high_percent": 87,
        "note": {"zh": "2021、2023、2024 年三次投产", "en": "the launches of 2021, 2023 and 2024"},
    }


def test_a_date_by_launches_alone_is_wider_than_one_by_sure_launches() -> None:
    make_story()
    widths = []
    for number, sd in enumerate((0.05, 0.4)):
        launches(sd=sd)
        at = NOW + (number + 1) * 2 * HOUR
        quote.refresh(now=at)
        window = asked(at).window
        assert window is not None
        widths.append(window.latest_date - window.from_date)
    assert widths[1] > 2 * widths[0]


def test_a_reference_that_begins_later_or_is_of_another_plant_is_no_ground() -> None:
    make_story(grounded=False)
    launches(from_date=MONDAY + WEEK)
    Resource.objects.create(code="P2", kind="PLANT", name_zh="二厂", name_en="Plant 2")
    launches(resource_code="P2")
    assert quote.refresh(now=NOW + 2 * HOUR) == 1
    assert (asked().window, asked().why) == (None, "NO_OUTPUT")
    assert quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).reference is None
    assert LaunchReference.objects.count() == 2


def test_tables_of_an_older_version_are_read_until_they_are_renewed() -> None:
    make_story(promised=False)
    launches()
    quote.refresh(now=NOW)
    base = quotes.get_base()
    assert base is not None
    assert base.tables.references[0].count == 3
    with np.load(io.BytesIO(quotes.pack(base.tables))) as arrays:
        older = {name: arrays[name] for name in arrays if not name.startswith("reference")}
    file = io.BytesIO()
    np.savez(file, **older)
    read = quotes.unpack(file.getvalue())
    assert read.references == ()
    assert set(read.reference_of.tolist()) == {-1}


def storm(factor: int = 200) -> UnusualPeriod:
    """Declared everywhere for 200 days."""
    ref = declare_unusual(
        what=Declared(
            None, NOW.date(), NOW.date() + 200 * DAY, factor,
            "寒潮，北方铁路限速", "Cold wave, speed limits on northern railways", "调度通知 0211-7",
        ),
        staff_id=StaffMember.objects.get(role="MANAGER").id,
        now=NOW,
    )  # fmt: skip
    return UnusualPeriod.objects.get(public_id=ref)


@pytest.mark.need(93)
def test_in_an_unusual_time_a_quote_widens_as_the_promise_does_and_says_why() -> None:
    story = make_story(promised=False)
    measured(story)
    first_promise.run(now=NOW)
    quote.refresh(now=NOW)
    before = asked()
    period = storm()
    during = asked()
    assert before.window is not None
    assert during.window is not None
    assert during.window.from_date == before.window.from_date
    assert during.window.latest_date > before.window.latest_date
    answer = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW)
    assert quote.as_json(answer, NOW)["unusual"] == {
        "zh": "寒潮，北方铁路限速",
        "en": "Cold wave, speed limits on northern railways",
    }
    order = lock(story, Spec.objects.get(code="S7-A"), NOW)
    first_promise.run(now=NOW)
    promise = Promise.objects.get(order=order)
    assert during.window == quotes.Floor(promise.from_date, promise.until_date, promise.latest_date)
    assert promise.unusual_id == period.id
    end_unusual(period_id=period.id, staff_id=period.declared_by_id, now=NOW)
    assert asked(NOW).unusual is None


def test_an_unusual_time_of_a_plant_widens_the_cars_it_builds_and_no_others() -> None:
    measured(make_story(promised=False))
    first_promise.run(now=NOW)
    quote.refresh(now=NOW)
    plain = asked().window
    period = storm()
    rows = UnusualPeriod.objects.filter(id=period.id)
    # A plant of the list of places that builds none of the cars by a code of its own: all cars.
    rows.update(place=Place.objects.get(code="BJ"))
    assert asked().window != plain
    Resource.objects.create(code="BJ", kind="PLANT", name_zh="京", name_en="Beijing")
    spec = Spec.objects.create(
        code="S7-B", car_model=CarModel.objects.get(), name_zh="京产", name_en="B", price_fen=1
    )
    Need.objects.create(spec=spec, resource=Resource.objects.get(code="BJ"))
    assert asked().window == plain
    Need.objects.filter(spec__code="S7-A").update(resource=Resource.objects.get(code="BJ"))
    assert asked().window != plain


@pytest.mark.need(93)
def test_a_range_that_was_widened_is_not_told_again_by_the_next_event() -> None:
    """Measured dates lie off the middle of a widened range; that alone is no change."""
    make_story(promised=False)
    storm(300)
    first_promise.run(now=NOW)
    assert set(Promise.objects.values_list("unusual__factor_percent", flat=True)) >= {300}
    outlook = work_out(load_open(), now=NOW)
    every = np.ones(outlook.orders.order_ids.size, np.bool_)
    current = load_current(outlook.orders.order_ids)
    assert must_revise(current.windows, outlook.windows).any()
    assert not compare(outlook, every, routine=False, now=NOW).move.any()
    # Ended: the next event finds the range wider than it needs to be and moves it.
    period = UnusualPeriod.objects.get()
    end_unusual(period_id=period.id, staff_id=period.declared_by_id, now=NOW)
    assert compare(outlook, every, routine=False, now=NOW).move.any()
