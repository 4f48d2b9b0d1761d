"""Studies that staff ask for: one after another, once each, whoever dies in them."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.workflows.story import DAY, MINUTE, NOW, Story, make_story
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.planning.models import AskedStudy, Study
from yinuo.contexts.planning.operations import (
    ASKED_KEPT,
    GIVEN_UP,
    SILENT_AFTER,
    TRIES_MAX,
    NotAPlanner,
    finish_study,
    take_study,
)
from yinuo.contexts.planning.queries import (
    get_asked_study_for_staff,
    list_asked_studies_for_staff,
)
from yinuo.workflows import inverse, studies
from yinuo.workflows.pace import Pace

pytestmark = pytest.mark.django_db


class Clock:
    """A clock that goes on a second whenever somebody looks at it."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> dt.datetime:
        self.at += dt.timedelta(seconds=1)
        return self.at


@pytest.fixture
def story() -> Story:
    return make_story()


def ask(story: Story, growth: float = 0.05, *, standing: bool = False) -> str:
    return studies.ask(growth=growth, standing=standing, staff_id=story.manager.id, now=NOW)


def test_what_is_asked_is_worked_out_in_order_as_it_would_be_at_once(story: Story) -> None:
    first, second = ask(story, 0.05), ask(story, 0.1)
    assert ask(story, 0.05) == first
    assert studies.run(clock=Clock()) == 2
    rows = AskedStudy.objects.order_by("finished_at")
    assert [row.public_id for row in rows] == [first, second]
    assert rows[0].result == inverse.write(inverse.work_out(growth=0.05, now=NOW))
    assert not Study.objects.exists()
    assert studies.run(clock=Clock()) == 0


def test_a_standing_one_takes_the_place_of_the_nights(story: Story) -> None:
    inverse.keep(now=NOW - DAY)
    ask(story, 0.0, standing=True)
    studies.run(clock=Clock())
    kept = Study.objects.get()
    assert kept.made_at > NOW
    assert kept.result == AskedStudy.objects.get().result


def test_a_standing_one_under_way_does_not_answer_for_figures_stated_since(story: Story) -> None:
    first = ask(story, 0.0, standing=True)
    assert ask(story, 0.0, standing=True) == first
    assert take_study(now=NOW) is not None
    assert ask(story, 0.0, standing=True) != first


def test_who_may_ask_for_what(story: Story) -> None:
    dora: StaffMember = story.staff
    assert studies.ask(growth=0.0, standing=False, staff_id=dora.id, now=NOW)
    with pytest.raises(NotAPlanner):
        studies.ask(growth=0.0, standing=True, staff_id=dora.id, now=NOW)
    for growth in (-0.01, 1.01):
        with pytest.raises(inverse.GrowthOutOfRange):
            ask(story, growth)


def test_one_at_a_time_and_the_next_after_whoever_died(story: Story) -> None:
    ask(story, 0.05)
    ask(story, 0.1)
    taken = take_study(now=NOW)
    assert taken is not None
    assert take_study(now=NOW + SILENT_AFTER / 2) is None
    late = NOW + SILENT_AFTER + MINUTE
    again = take_study(now=late)
    assert again == taken
    assert AskedStudy.objects.get(id=taken.id).started_at == NOW
    # Whoever comes back from the dead finishes it; the other finds it done.
    finish_study(study_id=taken.id, result={"n": 1}, now=late)
    finish_study(study_id=taken.id, result={"n": 2}, now=late)
    assert AskedStudy.objects.get(id=taken.id).result == {"n": 1}


def test_a_study_that_kills_its_worker_is_given_up(story: Story) -> None:
    public_id, at = ask(story), NOW
    for _ in range(TRIES_MAX):
        assert take_study(now=at) is not None
        at += 2 * SILENT_AFTER
    assert take_study(now=at) is None
    found = get_asked_study_for_staff(story.staff.id, public_id)
    assert found is not None
    assert (found.refused_zh, found.refused_en) == GIVEN_UP
    assert found.finished_at == at


def test_old_ones_go_and_those_that_wait_stay(story: Story) -> None:
    waiting = ask(story, 0.5)
    for number in range(ASKED_KEPT + 5):
        row = AskedStudy.objects.create(
            public_id=f"stu_{number}", growth=0, standing=False, asked_by=story.staff, asked_at=NOW
        )
        finish_study(study_id=row.id, result={}, now=NOW)
    assert AskedStudy.objects.count() == ASKED_KEPT + 1
    assert AskedStudy.objects.filter(public_id=waiting).exists()
    listed = list_asked_studies_for_staff(story.staff.id, 3)
    assert [one.public_id for one in listed] == ["stu_24", "stu_23", "stu_22"]
    assert {one.result is None for one in listed} == {True}


def test_progress_never_goes_back_and_never_passes_its_end() -> None:
    told: list[tuple[str, int, int]] = []
    pace = Pace({"A": 2, "B": 0, "C": 3}, lambda *said: told.append(said))
    for phase in "AAAC":
        pace.step(phase)
    assert told == [("A", 0, 5), ("A", 1, 5), ("A", 2, 5), ("C", 2, 5)]


def test_a_whole_study_tells_every_forecast_within_its_bound(story: Story) -> None:
    told: list[tuple[str, int, int]] = []
    inverse.work_out(now=NOW, tell=lambda *said: told.append(said))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert len({most for _, _, most in told}) == 1
    assert told[-1][1] < told[-1][2]
    assert [phase for phase, _, _ in told][:3] == ["QUEUE", "GAINS", "GAINS"]
