"""What must grow: the study against cases that can be worked out by hand."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from tests.workflows.story import DAY, MONDAY, NOW, WEEK, Story, facts, make_story
from tests.workflows.test_whatif import supply
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.planning.models import Figure, Study
from yinuo.contexts.planning.operations import (
    FigureOutOfRange,
    NotAPlanner,
    SourceNeeded,
    UnknownFigure,
    state_figure,
)
from yinuo.contexts.planning.queries import get_figures, get_growth_study
from yinuo.contexts.planning.rules import all_parameters
from yinuo.contexts.production.models import PlanWeek
from yinuo.contexts.promises.models import Promise
from yinuo.platform import clock
from yinuo.workflows import inverse
from yinuo.workflows.future import Intake, weekly_orders
from yinuo.workflows.whatif import NobodyWaits

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return make_story()


def state(name: str, value: float, place: str = "") -> None:
    state_figure(
        name=name, place_code=place, value=value, source="盘点 02-10", staff_id=None, now=NOW
    )


def lock_lately(story: Story, count: int, days: int = 60) -> None:
    """The last orders of the queue are copies locked in these weeks, promised `days` from then."""
    template, promise = story.queued[-1], Promise.objects.get(order=story.queued[-1])
    for number in range(count):
        at = NOW - (number % 20 + 1) * DAY
        template.pk = None
        template.public_id, template.code = f"ord_new{number}", f"NW{number:04d}"
        template.external_id, template.locked_at = f"new-{number}", at
        template.rank = int(at.timestamp() * 1_000_000) + number
        template.save()
        promise.pk = promise.order_id = template.pk
        promise.latest_date = at.date() + days * DAY
        promise.until_date = promise.from_date = promise.latest_date - DAY
        promise.save(force_insert=True)


def rows(study: inverse.Inverse) -> dict[str, Any]:
    return {f"{one.stage} {one.code}".strip(): one for one in study.stages}


@pytest.mark.need(113)
def test_promises_made_by_the_forecast_are_kept_by_the_forecast(story: Story) -> None:
    before = facts()
    study = inverse.work_out(now=NOW)
    assert facts() == before
    assert study.kept_now is not None
    assert study.kept_now > 0.93
    assert (study.plant_factor, study.month_last, study.month_max) == (1.0, 0, None)
    assert study.growth_max is None
    assert study.kept_then == study.kept_now
    plant = rows(study)["PLANT P1"]
    assert plant.have == pytest.approx(6, rel=0.3)
    assert plant.gap == 0
    assert plant.first_breach is None
    assert sum(block.required for block in plant.blocks) * 4 == pytest.approx(
        len(story.queued), abs=8
    )


@pytest.mark.need(113)
def test_a_plant_that_makes_half_must_double(story: Story) -> None:
    PlanWeek.objects.filter(week_date__gte=MONDAY).update(cars=3)
    study = inverse.work_out(now=NOW)
    assert study.kept_now is not None
    assert study.kept_now < 0.9
    assert study.plant_factor == pytest.approx(2, abs=0.35)
    plant = rows(study)["PLANT P1"]
    assert plant.have == pytest.approx(3, rel=0.3)
    assert plant.gap > 0
    assert MONDAY <= plant.first_breach <= MONDAY + 20 * WEEK
    assert plant.marginal > 0
    assert study.bottleneck == "P1"


@pytest.mark.need(114, 163)
def test_the_gate_says_how_many_orders_may_be_taken(story: Story) -> None:
    # 44 wait, then 12 more; a car a day comes off the line: the next ones wait ten weeks or so.
    lock_lately(story, 12, days=105)
    easy = inverse.work_out(now=NOW)
    assert easy.month_last == 12
    assert easy.month_max is not None
    assert easy.growth_max is not None
    assert 100 <= easy.wait_days <= 105
    Promise.objects.filter(order__code__startswith="NW").update(latest_date=NOW.date() + 200 * DAY)
    patient = inverse.work_out(now=NOW)
    assert patient.month_max is not None
    assert patient.month_max > easy.month_max
    assert patient.growth_max is not None
    assert patient.growth_max >= easy.growth_max
    Promise.objects.filter(order__code__startswith="NW").update(
        from_date=NOW.date() + 30 * DAY,
        until_date=NOW.date() + 40 * DAY,
        latest_date=NOW.date() + 40 * DAY,
    )
    hasty = inverse.work_out(now=NOW)
    # Even fewer orders would not come in time: the wait promised is too short.
    assert (hasty.month_max, hasty.growth_max) == (0, None)
    PlanWeek.objects.update(cars=1)
    slow = inverse.work_out(now=NOW)
    assert slow.month_max == 0
    assert slow.kept_then is not None
    assert slow.kept_then < 0.5


def test_a_higher_target_asks_for_more(story: Story) -> None:
    PlanWeek.objects.update(cars=3)
    factors = [inverse.work_out(kept=kept, now=NOW).plant_factor for kept in (0.6, 0.8, 0.95)]
    sizes = [factor for factor in factors if factor is not None]
    assert len(sizes) == 3
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_growth_raises_what_is_required(story: Story) -> None:
    lock_lately(story, 20, days=100)
    flat, steep = (rows(inverse.work_out(growth=g, now=NOW)) for g in (0.0, 0.5))
    for key in ("PLANT P1", "LANE NC", "PDI NC", "SERVICE NC", "HOTLINE"):
        assert steep[key].required >= flat[key].required, key
    assert steep["PLANT P1"].required > flat["PLANT P1"].required


def test_stated_figures_are_what_there_is(story: Story) -> None:
    bare = rows(inverse.work_out(now=NOW))
    for key in ("LANE NC", "PDI NC", "SERVICE NC", "HOTLINE", "HANDOVER NC"):
        assert (bare[key].have, bare[key].gap, bare[key].first_breach) == (None, None, None)
        assert bare[key].required > 0
    for name, place in (
        ("lane_seats", "NC"),
        ("pdi_bays", "NC"),
        ("service_bays", "NC"),
        ("hotline_agents", ""),
    ):
        state(name, 0, place)
    empty = rows(inverse.work_out(now=NOW))
    for key in ("LANE NC", "PDI NC", "SERVICE NC", "HOTLINE"):
        assert (empty[key].have, empty[key].gap) == (0, empty[key].required)
        assert empty[key].first_breach == min(
            one.from_date for one in empty[key].blocks if one.required > 0
        )
    state("pdi_bays", 900, "NC")
    assert rows(inverse.work_out(now=NOW))["PDI NC"].gap == 0


def test_trains_by_the_whole_ask_for_more_bays_than_trucks(story: Story) -> None:
    state("batch_cars", 8)
    trucks = rows(inverse.work_out(now=NOW))["PDI NC"].required
    state("batch_cars", 230)
    trains = rows(inverse.work_out(now=NOW))["PDI NC"].required
    assert trains > 3 * trucks


def test_a_centre_that_hands_over_too_few(story: Story) -> None:
    supply("NC", 8, kind="CENTRE")
    study = inverse.work_out(now=NOW)
    centre = rows(study)["HANDOVER NC"]
    # Eight a week, nothing in the closed week of the holiday.
    assert centre.have == pytest.approx(8 * 27 / 28, abs=0.2)
    assert centre.gap > 0
    assert centre.first_breach is not None
    assert centre.marginal > 0
    assert study.bottleneck in ("NC", "P1")


def test_calls_come_from_orders_notices_and_cars(story: Story) -> None:
    state("calls_per_order_week", 10)
    state("calls_per_car_week", 0)
    state("calls_per_notice", 0)
    state("hotline_hours_per_week", 10)
    # 60 orders x 10 calls over 10 hours: at most 60 calls an hour at first, nine people.
    agents = rows(inverse.work_out(now=NOW))["HOTLINE"]
    assert 6 <= agents.required <= 9
    assert agents.blocks[0].required == agents.required
    assert agents.blocks[-1].required == 0


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"growth": -0.01}, inverse.GrowthOutOfRange),
        ({"growth": float("nan")}, inverse.GrowthOutOfRange),
        ({"growth": 1.5}, inverse.GrowthOutOfRange),
        ({"kept": 1.0}, inverse.KeptOutOfRange),
        ({"kept": 0.2}, inverse.KeptOutOfRange),
    ],
)
def test_targets_that_mean_nothing_are_refused(
    story: Story, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        inverse.work_out(**given, now=NOW)


def test_without_a_plant_or_an_order_there_is_no_study(story: Story) -> None:
    PlanWeek.objects.update(cars=0)
    with pytest.raises(inverse.NothingIsBuilt):
        inverse.work_out(now=NOW)
    Order.objects.update(state="CANCELLED", cancelled_at=NOW)
    with pytest.raises(NobodyWaits):
        inverse.work_out(now=NOW)
    assert inverse.every_night(now=NOW) == 0


def test_figures_are_stated_with_a_source_by_planners_and_never_changed(story: Story) -> None:
    planner = StaffMember.objects.create(
        public_id="stf_p", name_zh="周扬", name_en="Zhou", phone="10012345672", role="PLANNER"
    )
    common: dict[str, Any] = {
        "place_code": "NC",
        "source": "盘点 02-10",
        "staff_id": planner.id,
        "now": NOW,
    }
    state_figure(name="pdi_bays", value=6, **common)
    state_figure(name="pdi_bays", value=8, **common)
    assert (get_figures().get("pdi_bays", "NC"), get_figures().get("pdi_bays", "SH")) == (8, None)
    assert Figure.objects.count() == 2
    for changed, refusal in (
        ({"name": "pdi_bay"}, UnknownFigure),
        ({"name": "kept_target"}, UnknownFigure),
        ({"place_code": "ZZ"}, UnknownFigure),
        ({"value": -1}, FigureOutOfRange),
        ({"value": float("inf")}, FigureOutOfRange),
        ({"source": "  "}, SourceNeeded),
        ({"staff_id": story.staff.id}, NotAPlanner),
    ):
        with pytest.raises(refusal):
            state_figure(**{"name": "pdi_bays", "value": 6, **common, **changed})
    with pytest.raises(IntegrityError), transaction.atomic():
        Figure.objects.update(value=9)


def test_every_figure_has_words_limits_and_a_source() -> None:
    for one in all_parameters().values():
        assert all((one.zh, one.en, one.source_zh, one.source_en)), one.name
        assert 0 <= one.least < one.most
        assert one.value is None or one.least <= one.value <= one.most


def test_orders_to_come_add_up() -> None:
    intake = Intake({1: 30, 2: 10}, {1: (1, 1), 2: (2, 1)}, 50)
    assert weekly_orders(intake, 8, 0.0).tolist() == [10] * 8
    growing = weekly_orders(intake, 28, 0.1)
    assert growing.sum() == pytest.approx(40 * np.sum(1.1 ** (np.arange(28) / 4 + 0.25)) / 4, abs=1)
    assert (np.diff(growing) >= -1).all()


def test_the_night_keeps_one_study(story: Story) -> None:
    night = dt.datetime(2026, 2, 12, 3, 10, tzinfo=NOW.tzinfo)
    assert inverse.every_night(now=night - dt.timedelta(hours=1)) == 0
    assert inverse.every_night(now=night + dt.timedelta(hours=6)) == 0
    assert inverse.every_night(now=night) == 1
    assert inverse.every_night(now=night + dt.timedelta(minutes=1)) == 0
    kept = get_growth_study()
    assert kept is not None
    assert kept.result == json.loads(json.dumps(inverse.write(inverse.work_out(now=night))))
    inverse.keep(now=NOW)
    assert Study.objects.get().made_at == night


def test_the_command_prints_the_study(story: Story) -> None:
    clock.set_test_clock(at=NOW, running=False)
    out = StringIO()
    call_command("plan", "inverse", "--kept", "0.9", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said == json.loads(json.dumps(inverse.write(inverse.work_out(kept=0.9, now=NOW))))
    out = StringIO()
    call_command("plan", "inverse", "--growth", "10", stdout=out)
    assert "P1" in out.getvalue()
