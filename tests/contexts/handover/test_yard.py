"""The yard: people and moving cars never in one zone at one time; stops; the near-miss log."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

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
from yinuo.contexts.handover.models import MovePermit, NearMiss, Occupancy, SlotStop, Zone
from yinuo.contexts.handover.operations import visits, yard
from yinuo.contexts.handover.operations.seats import (
    InTwoPlaces,
    NotOfCentre,
    OutsideDuty,
    PeopleAndCars,
    SlotGone,
)
from yinuo.contexts.people.queries.staff import NotStaff

pytestmark = [pytest.mark.django_db, pytest.mark.need(53)]


def permit(centre: Centre, first: dt.datetime, last: dt.datetime, **changed: object) -> str:
    """A car moved from the gate into the hall by Eve."""
    given: dict[str, object] = {
        "driver_id": centre.eve.id,
        "vin": "lyfnc01p000000001",
        "from_zone_id": centre.gate.id,
        "to_zone_id": centre.hall.id,
        "from_at": first,
        "until_at": last,
        "staff_id": centre.world.dora.id,
        "now": NOW,
        **changed,
    }
    return yard.issue_permit(**given)  # type: ignore[arg-type]


def test_no_car_moves_where_people_are() -> None:
    centre = make_centre(factories.make_world())
    booked(centre.world, "AA26AA", tomorrow(10))
    with pytest.raises(PeopleAndCars, match="People and moving cars stay apart"):
        permit(centre, tomorrow(11), tomorrow(11, 40))
    # Half-open: the car moves from the moment the people are gone.
    public_id = permit(centre, tomorrow(11, 30), tomorrow(11, 40))
    assert MovePermit.objects.get(public_id=public_id).vin == "LYFNC01P000000001"


def test_no_visit_is_booked_where_a_car_moves() -> None:
    centre = make_centre(factories.make_world())
    public_id = permit(centre, tomorrow(10), tomorrow(10, 10))
    with pytest.raises(SlotGone):
        booked(centre.world, "AA26AA", tomorrow(9))
    yard.end_permit(public_id=public_id, state="WITHDRAWN", staff_id=centre.world.dora.id, now=NOW)
    assert booked(centre.world, "BB26BB", tomorrow(9)).state == "BOOKED"


def test_two_cars_never_move_in_one_zone() -> None:
    centre = make_centre(factories.make_world())
    permit(centre, tomorrow(10), tomorrow(10, 10))
    with pytest.raises(PeopleAndCars):
        permit(
            centre,
            tomorrow(10, 5),
            tomorrow(10, 15),
            driver_id=centre.world.dora.id,
            vin="OTHER",
            to_zone_id=centre.gate.id,
        )


def test_nobody_drives_and_receives_at_once() -> None:
    centre = make_centre(factories.make_world())
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    with pytest.raises(InTwoPlaces):
        permit(
            centre,
            tomorrow(10),
            tomorrow(10, 10),
            driver_id=visit.staff_id,
            to_zone_id=centre.gate.id,
        )


def test_a_permit_names_a_car_a_time_and_somebody_on_duty() -> None:
    centre = make_centre(factories.make_world())
    with pytest.raises(yard.SayWhat):
        permit(centre, tomorrow(10), tomorrow(11), vin=" ")
    with pytest.raises(yard.BadPeriod):
        permit(centre, tomorrow(11), tomorrow(10))
    with pytest.raises(yard.BadPeriod):
        permit(centre, NOW - factories.DAY, NOW - dt.timedelta(hours=1))
    with pytest.raises(OutsideDuty):
        permit(centre, tomorrow(20), tomorrow(20, 10))
    with pytest.raises(NotStaff):
        permit(centre, tomorrow(10), tomorrow(11), staff_id=0)
    elsewhere = Zone.objects.create(
        centre=centre.world.other_line.centre, code="Y", name_zh="场", name_en="Y", people_max=1
    )
    with pytest.raises(NotOfCentre):
        permit(centre, tomorrow(10), tomorrow(11), to_zone_id=elsewhere.id)
    assert not Occupancy.objects.exists()


def test_a_permit_ends_once_and_frees_its_zones() -> None:
    centre = make_centre(factories.make_world())
    public_id = permit(centre, tomorrow(10), tomorrow(10, 10))
    assert Occupancy.objects.count() == 2
    dora = centre.world.dora.id
    for _ in range(2):
        yard.end_permit(public_id=public_id, state="DONE", staff_id=dora, now=NOW)
    assert not Occupancy.objects.exists()
    with pytest.raises(yard.NoSuchThing):
        yard.end_permit(public_id=public_id, state="WITHDRAWN", staff_id=dora, now=NOW)


def stop(centre: Centre, first: dt.datetime, last: dt.datetime) -> yard.Stopped:
    """The hall is closed."""
    return yard.stop_slot(
        zone_id=centre.hall.id,
        from_at=first,
        until_at=last,
        reason="地面有油",
        staff_id=centre.world.dora.id,
        now=NOW,
    )


def test_a_stop_moves_the_visits_in_it_and_tells_their_customers() -> None:
    centre = make_centre(factories.make_world())
    inside = [booked(centre.world, code, tomorrow(10)) for code in ("AA26AA", "BB26BB")]
    outside = booked(centre.world, "CC26CC", tomorrow(14))
    stopped = stop(centre, tomorrow(9), tomorrow(12))
    assert set(stopped.moved) == {one.public_id for one in inside}
    assert row(outside).during.lower == tomorrow(14)
    for one in inside:
        kind, fields = facts_of(one.order_id)[-1]
        assert (kind, fields["old_at"]) == ("visit.moved", "2026-02-12T02:00:00Z")
        assert row(one).during.lower >= tomorrow(12)
    with pytest.raises(SlotGone):
        booked(centre.world, "DD26DD", tomorrow(10))


def test_a_stop_of_today_is_told_at_any_hour() -> None:
    centre = make_centre(factories.make_world())
    today = NOW + dt.timedelta(hours=4, minutes=40)
    visit = booked(centre.world, "AA26AA", today)
    stop(centre, NOW, today + dt.timedelta(hours=2))
    assert facts_of(visit.order_id)[-1][0] == "visit.moved_same_day"


def test_a_stop_withdraws_the_permits_in_it() -> None:
    centre = make_centre(factories.make_world())
    public_id = permit(centre, tomorrow(10), tomorrow(10, 10))
    assert stop(centre, tomorrow(10), tomorrow(11)).withdrawn == (public_id,)
    assert MovePermit.objects.get().state == "WITHDRAWN"
    with pytest.raises(PeopleAndCars):
        permit(centre, tomorrow(10), tomorrow(10, 10))


def test_where_nothing_is_free_the_visit_is_called_off_and_stays_with_a_person() -> None:
    centre = make_centre(factories.make_world(), days=2)
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    stopped = stop(centre, NOW, tomorrow(18))
    assert stopped.called_off == (visit.public_id,)
    kind, fields = facts_of(visit.order_id)[-1]
    assert (kind, fields["answerer"], fields["offers"]) == ("visit.called_off", "stf_dora", [])
    assert row(visit).state == "CALLED_OFF"


def test_stops_that_overlap_become_one_and_a_lifted_one_frees_the_zone() -> None:
    centre = make_centre(factories.make_world())
    stop(centre, tomorrow(9), tomorrow(11))
    last = stop(centre, tomorrow(10), tomorrow(12))
    in_force = SlotStop.objects.get(lifted_at=None)
    assert (in_force.during.lower, in_force.during.upper) == (tomorrow(9), tomorrow(12))
    for _ in range(2):
        yard.lift_stop(public_id=last.public_id, staff_id=centre.world.dora.id, now=NOW)
    assert booked(centre.world, "AA26AA", tomorrow(9)).state == "BOOKED"


def test_people_who_are_there_when_a_zone_is_stopped_come_back_another_time() -> None:
    centre = make_centre(factories.make_world())
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    visits.start(public_id=visit.public_id, staff_id=centre.world.dora.id, now=tomorrow(10))
    yard.stop_slot(
        zone_id=centre.hall.id,
        from_at=tomorrow(10, 20),
        until_at=tomorrow(13),
        reason="事故",
        staff_id=centre.world.dora.id,
        now=tomorrow(10, 20),
    )
    after = row(visit)
    assert (after.state, after.during.lower, after.started_at) == ("BOOKED", tomorrow(13), None)


def test_the_database_itself_keeps_people_and_a_stop_apart() -> None:
    centre = make_centre(factories.make_world())
    booked(centre.world, "AA26AA", tomorrow(10))
    visit = Occupancy.objects.get()
    with pytest.raises(IntegrityError, match="apart"), transaction.atomic():
        SlotStop.objects.create(
            public_id="stp_x",
            zone=centre.hall,
            during=visit.during,
            reason="x",
            ordered_by=centre.world.dora,
            ordered_at=NOW,
        )


def near_miss(centre: Centre, **changed: object) -> str:
    """Somebody stepped back in time."""
    given: dict[str, object] = {
        "zone_id": centre.gate.id,
        "kind": "NEAR_MISS",
        "at": NOW - dt.timedelta(hours=1),
        "words": "倒车时有人走过",
        "seen_by": "门卫老李",
        "follows_up_id": centre.world.manager.id,
        "follow_up_by_at": tomorrow(18),
        "staff_id": centre.world.dora.id,
        "now": NOW,
        **changed,
    }
    return yard.report_near_miss(**given)  # type: ignore[arg-type]


def test_a_near_miss_has_words_a_witness_and_somebody_who_follows_up() -> None:
    centre = make_centre(factories.make_world())
    for wrong in ({"words": ""}, {"seen_by": " "}, {"kind": "JOKE"}):
        with pytest.raises(yard.SayWhat):
            near_miss(centre, **wrong)
    for late in ({"at": tomorrow(9)}, {"follow_up_by_at": NOW}):
        with pytest.raises(yard.BadPeriod):
            near_miss(centre, **late)
    with pytest.raises(NotStaff):
        near_miss(centre, follows_up_id=0)
    public_id = near_miss(centre)
    with pytest.raises(yard.SayWhat):
        yard.close_near_miss(
            public_id=public_id, outcome="ok", staff_id=centre.world.dora.id, now=NOW
        )
    yard.close_near_miss(
        public_id=public_id, outcome="加了镜子和护栏", staff_id=centre.world.dora.id, now=NOW
    )
    assert NearMiss.objects.get().closed_at == NOW
    with pytest.raises(yard.NoSuchThing):
        yard.close_near_miss(
            public_id=public_id, outcome="又关一次", staff_id=centre.world.dora.id, now=NOW
        )


def test_a_stop_names_the_near_miss_it_follows_from() -> None:
    centre = make_centre(factories.make_world())
    public_id = near_miss(centre, kind="ACCIDENT")
    with pytest.raises(yard.NoSuchThing):
        yard.stop_slot(
            zone_id=centre.gate.id,
            from_at=NOW,
            until_at=tomorrow(9),
            reason="查原因",
            staff_id=centre.world.dora.id,
            near_miss="nms_none",
            now=NOW,
        )
    yard.stop_slot(
        zone_id=centre.gate.id,
        from_at=NOW,
        until_at=tomorrow(9),
        reason="查原因",
        staff_id=centre.world.dora.id,
        near_miss=public_id,
        now=NOW,
    )
    assert SlotStop.objects.get().near_miss == NearMiss.objects.get()
