"""Somebody is away: what falls due is listed, taken over, and never left with nobody."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from tests.contexts.handover.centre_worlds import (
    NOW,
    Centre,
    booked,
    facts_of,
    make_centre,
    row,
    tomorrow,
)
from yinuo.contexts.handover.models import Absence, Visit
from yinuo.contexts.handover.operations import absences
from yinuo.contexts.handover.operations.seats import SlotGone
from yinuo.contexts.handover.queries.yard import AbsenceSeen, list_absences
from yinuo.contexts.orders.models import Amendment, Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.promises.models import Choice
from yinuo.workflows import absence

pytestmark = [pytest.mark.django_db, pytest.mark.need(12)]
HOUR = dt.timedelta(hours=1)


def away(centre: Centre, from_at: dt.datetime = NOW) -> AbsenceSeen:
    """Dora is away until tomorrow night."""
    absences.record_absence(
        away_id=centre.world.dora.id,
        from_at=from_at,
        until_at=tomorrow(23),
        reason="SICK",
        staff_id=centre.eve.id,
        now=NOW,
    )
    (found,) = list_absences(NOW, ahead=absence.AHEAD)
    return found


@pytest.fixture
def centre() -> Centre:
    """Dora is in charge of a promise due tomorrow, a choice, a change of buyer and a visit."""
    centre = make_centre(factories.make_world())
    world = centre.world
    due = factories.make_order(world, "PR26AA", state="BUILT")
    factories.make_promise(
        due,
        from_date=factories.today(),
        until_date=factories.today(),
        latest_date=factories.today() + factories.DAY,
    )
    later = factories.make_order(world, "LA26AA")
    factories.make_promise(later)
    moved = factories.make_order(world, "CH26AA")
    factories.make_promise(moved)
    factories.move_promise(world, moved)
    factories.make_choice(moved)
    Amendment.objects.create(
        public_id="amd_1",
        order=factories.make_order(world, "BU26AA", state="BUILT"),
        kind="TO_COMPANY",
        state="CONFIRMED",
        asked_by=world.alice,
        asked_at=NOW,
        checked_at=NOW,
        old_confirmed_at=NOW,
        new_confirmed_at=NOW,
        owner=world.dora,
        answer_by_at=tomorrow(12),
        told_at=NOW,
        company_name="安通",
        company_code="91350211M000100Y43",
    )
    booked(world, "VI26AA", tomorrow(10))
    return centre


def codes(centre: Centre, found: AbsenceSeen) -> dict[str, str]:
    """What is left, as kind by order code."""
    left = absence.list_left(found, viewer_id=centre.eve.id, now=NOW)
    return {Order.objects.get(id=one.order_id).code: one.kind for one in left}


ALL = {"PR26AA": "PROMISE", "CH26AA": "CHOICE", "BU26AA": "AMENDMENT", "VI26AA": "VISIT"}


def test_what_falls_due_meanwhile_is_listed_and_nothing_else(centre: Centre) -> None:
    """A promise of next month stays with its person, who is back by then."""
    assert codes(centre, away(centre)) == ALL


def test_a_colleague_takes_things_over_and_the_customer_is_told_once(centre: Centre) -> None:
    found = away(centre)
    for left in absence.list_left(found, viewer_id=centre.eve.id, now=NOW):
        for _ in range(2):
            absence.take(found, left, staff_id=centre.eve.id, now=NOW)
    assert codes(centre, found) == {}
    for code in ALL:
        order = Order.objects.get(code=code)
        assert order.owner_id == centre.eve.id
        changed = [fields for kind, fields in facts_of(order.id) if kind == "owner.changed"]
        assert [one["answerer"] for one in changed] == ["stf_eve"]
    assert Order.objects.get(code="LA26AA").owner_id == centre.world.dora.id
    assert Amendment.objects.get().owner_id == centre.eve.id
    assert Choice.objects.get().answerer_id == centre.eve.id


def test_what_nobody_took_over_goes_to_the_manager_by_itself(centre: Centre) -> None:
    found = away(centre)
    assert found.take_over_by_at == NOW + 2 * HOUR
    assert absence.run(now=NOW + 2 * HOUR - dt.timedelta(minutes=1)) == 0
    assert absence.run(now=NOW + 2 * HOUR) == len(ALL)
    assert absence.run(now=NOW + 2 * HOUR) == 0
    assert codes(centre, found) == {}
    manager = centre.world.manager
    assert {Order.objects.get(code=code).owner_id for code in ALL} == {manager.id}
    # The manager has no duty at the centre that day, so a colleague on duty receives.
    assert Visit.objects.get(order__code="VI26AA").staff_id == centre.eve.id


def test_a_visit_that_nobody_can_receive_is_moved_and_told(centre: Centre) -> None:
    second = booked(centre.world, "SE26AA", tomorrow(10))
    assert second.staff_id == centre.eve.id
    away(centre)
    absence.run(now=NOW + 2 * HOUR)
    order = Order.objects.get(code="VI26AA")
    kind, fields = [one for one in facts_of(order.id) if one[0].startswith("visit.")][-1]
    assert (kind, fields["old_at"]) == ("visit.moved", "2026-02-12T02:00:00Z")
    assert row(second).staff_id == centre.eve.id


def test_something_due_within_two_hours_does_not_wait(centre: Centre) -> None:
    found = away(centre, from_at=tomorrow(9))
    assert found.take_over_by_at == tomorrow(11)
    early = tomorrow(8)
    assert absence.run(now=early) == 1
    assert "VI26AA" not in codes(centre, found)


def test_nobody_who_is_away_gets_anything(centre: Centre) -> None:
    away(centre)
    absences.record_absence(
        away_id=centre.world.manager.id,
        from_at=NOW,
        until_at=None,
        reason="LEAVE",
        staff_id=centre.eve.id,
        now=NOW,
    )
    absence.run(now=NOW + 2 * HOUR)
    assert {Order.objects.get(code=code).owner_id for code in ALL} == {centre.eve.id}


def test_without_anybody_the_rows_stay_where_they_are(centre: Centre) -> None:
    found = away(centre)
    StaffMember.objects.exclude(id=centre.world.dora.id).update(active=False)
    assert absence.manager_of(found, [], set()) is None
    assert absence.run(now=NOW + 2 * HOUR) == 0


def test_nobody_is_booked_with_who_is_away_and_the_way_back_is_free(centre: Centre) -> None:
    found = away(centre)
    first = booked(centre.world, "X126AA", tomorrow(14))
    assert first.staff_id == centre.eve.id
    with pytest.raises(SlotGone):
        booked(centre.world, "X226AA", tomorrow(14))
    for _ in range(2):
        absences.end_absence(public_id=found.public_id, staff_id=centre.eve.id, now=NOW + HOUR)
    assert booked(centre.world, "X326AA", tomorrow(14)).staff_id == centre.world.dora.id


@pytest.mark.parametrize(
    ("from_at", "until_at", "reason", "refusal"),
    [
        (tomorrow(9), tomorrow(9), "SICK", absences.AbsencePeriod),
        (NOW - 2 * HOUR, NOW - HOUR, "SICK", absences.AbsencePeriod),
        (NOW, None, "MOON", absences.AbsencePeriod),
        (tomorrow(9), None, "SICK", absences.AwayAlready),
    ],
)
def test_absences_that_make_no_sense(
    centre: Centre,
    from_at: dt.datetime,
    until_at: dt.datetime | None,
    reason: str,
    refusal: type[Exception],
) -> None:
    away(centre)
    with pytest.raises(refusal):
        absences.record_absence(
            away_id=centre.world.dora.id,
            from_at=from_at,
            until_at=until_at,
            reason=reason,
            staff_id=centre.eve.id,
            now=NOW,
        )
    assert Absence.objects.count() == 1
