"""Visits: a bay, a person and a customer at one time, never twice; moved without loss."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from tests import factories
from tests.contexts.handover.centre_worlds import (
    NOW,
    PLAN,
    book,
    booked,
    facts_of,
    make_centre,
    row,
    tomorrow,
)
from tests.contexts.ledger.samples import sample
from yinuo.contexts.handover.models import Absence, Damage, Duty, SlotCount, Visit
from yinuo.contexts.handover.operations import missed, visits
from yinuo.contexts.handover.operations.seats import AlreadyBooked, SlotGone
from yinuo.contexts.handover.operations.visits import By
from yinuo.contexts.handover.queries import slots
from yinuo.contexts.handover.queries.visits import find_open, get_for_customer
from yinuo.contexts.ledger.operations import record
from yinuo.contexts.orders.models import Order
from yinuo.platform.spoken import at_local

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def test_a_booking_takes_a_bay_and_the_orders_own_person() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10), party=2)
    assert (visit.from_at, visit.until_at) == (tomorrow(10), tomorrow(11, 30))
    assert (visit.staff_id, visit.state, visit.party) == (world.dora.id, "BOOKED", 2)
    kinds = facts_of(visit.order_id)
    assert [kind for kind, _ in kinds] == ["visit.booked"]
    assert kinds[0][1]["visit_at"] == "2026-02-12T02:00:00Z"


def test_a_repeated_form_books_once() -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    first, second = book(order, tomorrow(10)), book(order, tomorrow(10))
    assert first.public_id == second.public_id
    assert Visit.objects.count() == 1
    assert len(facts_of(order.id)) == 1
    with pytest.raises(AlreadyBooked):
        book(order, tomorrow(14), key="another form")


def test_two_bays_take_two_visits_and_no_third() -> None:
    world = factories.make_world()
    make_centre(world)
    one, two = (booked(world, code, tomorrow(10)) for code in ("AA26AA", "BB26BB"))
    assert one.bay_id != two.bay_id
    assert one.staff_id != two.staff_id
    third = factories.make_order(world, "CC26CC", state="AT_CENTRE")
    for at in (tomorrow(9), tomorrow(10), tomorrow(11)):
        with pytest.raises(SlotGone):
            book(third, at)
    # Periods are half-open: the next visit begins when the last one ends.
    assert book(third, tomorrow(11, 30)).from_at == tomorrow(11, 30)


def test_the_database_itself_refuses_a_bay_or_a_person_twice() -> None:
    world = factories.make_world()
    centre = make_centre(world)
    visit = row(booked(world, "AA26AA", tomorrow(10)))
    other = factories.make_order(world, "BB26BB", state="AT_CENTRE")
    for bay, staff, constraint in (
        (visit.bay_id, centre.eve.id, "bay_never_twice"),
        (next(b.id for b in centre.bays if b.id != visit.bay_id), visit.staff_id, "staff_never_"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Visit.objects.create(
                public_id="vis_x",
                order=other,
                centre=world.centre,
                bay_id=bay,
                staff_id=staff,
                during=DateTimeTZRange(tomorrow(11), tomorrow(12, 30)),
                party=1,
                booked_at=NOW,
            )


@pytest.mark.parametrize(
    ("hours", "constraint"),
    [((17, 19), "booked_within_duty"), ((10, 12), "booked_outside_absence")],
)
def test_the_database_itself_refuses_who_is_not_on_duty_or_away(
    hours: tuple[int, int], constraint: str
) -> None:
    world = factories.make_world()
    centre = make_centre(world)
    Absence.objects.create(
        public_id="abs_x",
        staff=world.dora,
        during=DateTimeTZRange(tomorrow(11), None),
        reason="SICK",
        take_over_by_at=NOW,
        recorded_by=world.manager,
        recorded_at=NOW,
    )
    with pytest.raises(IntegrityError, match=r"duty|away") as refused, transaction.atomic():
        Visit.objects.create(
            public_id="vis_x",
            order=factories.make_order(world, "AA26AA", state="AT_CENTRE"),
            centre=world.centre,
            bay=centre.bays[0],
            staff=world.dora,
            during=DateTimeTZRange(*(tomorrow(hour) for hour in hours)),
            party=1,
            booked_at=NOW,
        )
    assert refused.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_duty_with_a_visit_in_it_cannot_be_taken_away() -> None:
    world = factories.make_world()
    make_centre(world)
    booked(world, "AA26AA", tomorrow(10))
    with pytest.raises(IntegrityError, match="booked in these hours"), transaction.atomic():
        Duty.objects.filter(staff=world.dora, during__contains=tomorrow(10)).delete()


@pytest.mark.need(53)
def test_people_are_counted_with_whoever_comes_along_and_capped() -> None:
    world = factories.make_world()
    make_centre(world)
    booked(world, "AA26AA", tomorrow(10), party=4)
    second = factories.make_order(world, "BB26BB", state="AT_CENTRE")
    with pytest.raises(SlotGone):
        book(second, tomorrow(10), party=3)
    with pytest.raises(visits.PartySize, match="1 to 4"):
        book(second, tomorrow(14), party=5)
    book(second, tomorrow(10), party=2)
    of_hall = SlotCount.objects.get(zone__code="HALL", slot_at=tomorrow(11))
    assert (of_hall.people, of_hall.people_max) == (6, 6)
    assert not SlotCount.objects.filter(slot_at=tomorrow(11, 30)).exists()


def test_counts_go_down_when_a_visit_is_cancelled() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10), party=4)
    visits.cancel(order_id=visit.order_id, by=By(person_id=world.alice.id), now=NOW)
    assert {one.people for one in SlotCount.objects.all()} == {0}
    assert find_open(visit.order_id) is None
    assert booked(world, "BB26BB", tomorrow(10), party=4).state == "BOOKED"


def test_moving_keeps_rank_and_place_and_frees_the_old_time() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10), party=2)
    before = Order.objects.get(id=visit.order_id)
    moved = visits.move(
        order_id=visit.order_id,
        by=By(person_id=world.alice.id),
        from_at=tomorrow(14),
        party=3,
        expected_at=None,
        now=NOW,
    )
    after = Order.objects.get(id=visit.order_id)
    assert (before.rank, before.line_id, before.locked_at) == (
        after.rank,
        after.line_id,
        after.locked_at,
    )
    assert (moved.public_id, moved.from_at, moved.party) == (visit.public_id, tomorrow(14), 3)
    assert SlotCount.objects.get(zone=None, slot_at=tomorrow(10)).people == 0
    kind, fields = facts_of(visit.order_id)[-1]
    assert (kind, fields["old_at"]) == ("visit.moved", "2026-02-12T02:00:00Z")
    # The same form again moves nothing and tells nothing.
    visits.move(
        order_id=visit.order_id,
        by=By(person_id=world.alice.id),
        from_at=tomorrow(14),
        party=3,
        expected_at=None,
        now=NOW,
    )
    assert len(facts_of(visit.order_id)) == 2


def test_a_visit_moved_by_half_an_hour_does_not_stand_in_its_own_way() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10), party=4)
    booked(world, "BB26BB", tomorrow(10), party=2)
    moved = visits.move(
        order_id=visit.order_id,
        by=By(person_id=world.alice.id),
        from_at=tomorrow(10, 30),
        party=4,
        expected_at=None,
        now=NOW,
    )
    assert moved.from_at == tomorrow(10, 30)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ("CANCELLED", visits.OrderEnded),
        ("DELIVERED", visits.OrderEnded),
        ("IN_BUILD", visits.CarNotHere),
    ],
)
def test_no_visit_without_a_car_or_an_order(state: str, refusal: type[Exception]) -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state=state)
    with pytest.raises(refusal):
        book(order, tomorrow(10))


@pytest.mark.need(15)
def test_known_damage_is_told_before_a_visit_can_be_booked() -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    damage = Damage.objects.create(
        public_id="dmg_1",
        order=order,
        spot_zh="右后门",
        spot_en="Right rear door",
        words_zh="一处划痕",
        words_en="A scratch",
        found_at=NOW,
    )
    with pytest.raises(visits.DamageNotTold):
        book(order, tomorrow(10))
    damage.told_at, damage.told_entry_id = NOW, record(sample("damage.told"), now=NOW)
    damage.save()
    assert book(order, tomorrow(10)).state == "BOOKED"


def test_a_car_on_its_way_is_visited_after_it_has_come() -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="IN_TRANSIT")

    def try_at(at: dt.datetime) -> object:
        return visits.book(
            order_id=order.id,
            by=By(person_id=world.alice.id),
            from_at=at,
            party=1,
            expected_at=tomorrow(9),
            request_key="k",
            now=NOW,
        )

    with pytest.raises(visits.TooSoon):
        try_at(tomorrow(12, 30))
    assert try_at(tomorrow(13)) is not None


@pytest.mark.parametrize(
    "at",
    [NOW - HOUR, NOW + HOUR, tomorrow(8), tomorrow(17), tomorrow(10, 15), tomorrow(23)],
    ids=["past", "too soon", "before opening", "past closing", "odd minutes", "midnight"],
)
def test_times_that_are_no_slot(at: dt.datetime) -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    with pytest.raises((visits.TooSoon, SlotGone)):
        book(order, at)


def test_a_public_holiday_is_closed_and_a_working_saturday_open() -> None:
    world = factories.make_world()
    make_centre(world, days=20)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    with pytest.raises(SlotGone):
        book(order, at_local(dt.date(2026, 2, 18), 10))
    free = slots.list_free(
        world.centre.id, not_before=at_local(dt.date(2026, 2, 14), 16), party=1, prefer_staff=None
    )
    assert [slot.from_at for slot in free[:2]] == [
        at_local(dt.date(2026, 2, 14), 16),
        at_local(dt.date(2026, 2, 24), 9),
    ]


def test_who_may_book_and_read() -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    for person in (world.bob, world.carol):
        with pytest.raises(visits.NotYours):
            visits.book(
                order_id=order.id,
                by=By(person_id=person.id),
                from_at=tomorrow(10),
                party=1,
                expected_at=None,
                request_key="k",
                now=NOW,
            )
    book(order, tomorrow(10))
    assert get_for_customer(world.alice.id, order.id) is not None
    assert get_for_customer(world.bob.id, order.id) is not None
    assert get_for_customer(world.carol.id, order.id) is None
    by_staff = visits.move(
        order_id=order.id,
        by=By(staff_id=world.dora.id),
        from_at=tomorrow(14),
        party=1,
        expected_at=None,
        now=NOW,
    )
    assert by_staff.from_at == tomorrow(14)


def test_a_visit_begins_ends_and_frees_the_rest_of_its_time() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10))
    for _ in range(2):
        visits.start(public_id=visit.public_id, staff_id=world.dora.id, now=tomorrow(10))
    with pytest.raises(visits.NothingBooked):
        visits.cancel(order_id=visit.order_id, by=By(person_id=world.alice.id), now=tomorrow(10))
    for _ in range(2):
        visits.end(public_id=visit.public_id, staff_id=world.dora.id, now=tomorrow(10, 40))
    after = row(visit)
    assert (after.state, after.during.upper) == ("ENDED", tomorrow(10, 40))
    assert {one.people for one in SlotCount.objects.all()} == {0}


@pytest.mark.need(14)
def test_a_visit_that_we_do_not_keep_is_owned_up_to_with_the_next_times() -> None:
    """The day was fixed and there was no car: said two hours ahead, with an apology and ways on."""
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="IN_TRANSIT")
    visit = visits.book(
        order_id=order.id,
        by=By(person_id=world.alice.id),
        from_at=tomorrow(14),
        party=1,
        expected_at=tomorrow(9),
        request_key="k",
        now=NOW,
    )
    expected = {visit.order_id: tomorrow(20)}
    assert missed.own_up(expected=expected, now=tomorrow(11, 59)) == 0
    for _ in range(2):
        missed.own_up(expected=expected, now=tomorrow(12))
    assert row(visit).state == "MISSED_BY_CENTRE"
    found = [fields for kind, fields in facts_of(visit.order_id) if kind == "visit.missed_by_us"]
    assert len(found) == 1
    # Nothing is offered before the car has come: the day after, from opening.
    assert found[0]["offers"][0] == "2026-02-13T01:00:00Z"
    assert len(found[0]["offers"]) == 3


@pytest.mark.need(14)
def test_who_came_and_was_not_received_is_never_blamed() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10))
    visits.say_here(order_id=visit.order_id, person_id=world.alice.id, now=tomorrow(9, 50))
    with pytest.raises(missed.CustomerWasHere):
        missed.record_no_show(
            public_id=visit.public_id, by="CUSTOMER", staff_id=world.dora.id, now=tomorrow(11)
        )
    assert missed.own_up(expected={}, now=tomorrow(10, 29)) == 0
    assert missed.own_up(expected={}, now=tomorrow(10, 30)) == 1
    assert row(visit).state == "MISSED_BY_CENTRE"


def test_a_customer_who_did_not_come_is_offered_other_times_without_blame() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10))
    with pytest.raises(missed.StillTime):
        missed.record_no_show(
            public_id=visit.public_id, by="CUSTOMER", staff_id=world.dora.id, now=tomorrow(10, 29)
        )
    for _ in range(2):
        missed.record_no_show(
            public_id=visit.public_id, by="CUSTOMER", staff_id=world.dora.id, now=tomorrow(10, 30)
        )
    kinds = [kind for kind, _ in facts_of(visit.order_id)]
    assert kinds == ["visit.booked", "visit.missed_by_customer"]
    order = Order.objects.get(id=visit.order_id)
    assert order.state == "AT_CENTRE"
    assert book(order, tomorrow(14), key="again", now=tomorrow(11)).state == "BOOKED"


def test_a_visit_nobody_recorded_does_not_block_the_next_one() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10))
    assert missed.own_up(expected={}, now=tomorrow(12, 29)) == 0
    assert missed.own_up(expected={}, now=tomorrow(12, 30)) == 1
    assert row(visit).state == "MISSED_BY_CUSTOMER"


def test_the_visit_of_a_cancelled_order_ends_with_it() -> None:
    world = factories.make_world()
    make_centre(world)
    one, two = (booked(world, code, tomorrow(10)) for code in ("AA26AA", "BB26BB"))
    assert visits.drop_for_order(order_id=one.order_id)
    assert not visits.drop_for_order(order_id=one.order_id)
    Order.objects.filter(id=two.order_id).update(state="CANCELLED", cancelled_at=NOW)
    assert missed.own_up(expected={}, now=tomorrow(9)) == 0
    assert {row(one).state, row(two).state} == {"CANCELLED"}


def test_tomorrows_visit_is_recalled_once_from_five_o_clock_on() -> None:
    world = factories.make_world()
    make_centre(world)
    visit = booked(world, "AA26AA", tomorrow(10))
    evening = at_local(factories.today(), 17)
    late = factories.make_order(world, "BB26BB", state="AT_CENTRE")
    book(late, tomorrow(14), now=evening + HOUR)
    assert missed.remind(now=evening - dt.timedelta(minutes=1)) == 0
    assert missed.remind(now=evening) == 1
    assert missed.remind(now=evening + 2 * HOUR) == 0
    assert [kind for kind, _ in facts_of(visit.order_id)][-1] == "visit.tomorrow"


def test_the_earliest_real_times_are_shown_and_no_grey_days() -> None:
    world = factories.make_world()
    make_centre(world)
    for number in range(2):
        booked(world, f"A{number}26AA", tomorrow(9))
    free = slots.list_free(
        world.centre.id, not_before=tomorrow(0), party=1, prefer_staff=world.dora.id
    )
    assert [slot.from_at for slot in free] == [
        tomorrow(10, 30),
        tomorrow(12, 30),
        tomorrow(14, 30),
        *(at_local(dt.date(2026, 2, 13), hour) for hour in (9, 11, 13)),
    ]
    assert {slot.staff_id for slot in free} == {world.dora.id}


def test_a_centre_without_hours_offers_nothing() -> None:
    world = factories.make_world()
    free = slots.list_free(world.centre.id, not_before=NOW, party=1, prefer_staff=None)
    assert free == []
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    with pytest.raises(SlotGone):
        book(order, tomorrow(10))
    assert PLAN.party_max == 4
