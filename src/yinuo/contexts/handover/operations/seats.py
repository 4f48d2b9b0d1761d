"""Putting a visit into a bay; the database has the last word, and its words are said here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from yinuo.contexts.handover.models import Visit
from yinuo.contexts.handover.rules.slots import Slot
from yinuo.platform.refusals import Refusal

TRIES = 12


class SlotGone(Refusal):
    """Somebody was faster, or the ground is closed then."""

    code = "slot_gone"
    zh = "这个时间刚被别人约走了。您填的还在，请另选一个。"
    en = "That time was taken a moment ago. What you typed is kept; pick another."


class AlreadyBooked(Refusal):
    """An order has one open visit."""

    code = "already_booked"
    zh = "您已经约好了一次。要换时间，请改那一次。"
    en = "You have a visit booked. To change the time, move that one."


class OutsideDuty(Refusal):
    """Nobody is booked outside duty, or in an absence."""

    code = "outside_duty"
    zh = "这位同事那时不当班，或者请了假。"
    en = "This person is not on duty then, or is away."


class PeopleAndCars(Refusal):
    """People and a moving car may not be in one zone at one time, nor anything in a stop."""

    code = "people_and_cars"
    zh = "那时这个区域有人、有车在动，或者停用了。人和车不能同时在。"
    en = "The zone has people, a moving car or a stop then. People and moving cars stay apart."


class TooManyPeople(Refusal):
    """No more people fit in that half hour."""

    code = "too_many_people"
    zh = "那半小时的人已经满了。"
    en = "No more people fit in that half hour."


class InTwoPlaces(Refusal):
    """A person or a car cannot be at two things at once."""

    code = "in_two_places"
    zh = "这个人或这台车，那时已经有安排。"
    en = "This person or this car is taken at that time."


class NotOfCentre(Refusal):
    """Bays and zones belong to one centre each."""

    code = "not_of_centre"
    zh = "这个车位或区域不是这家店的。"
    en = "This bay or zone does not belong to the centre."


BY_CONSTRAINT: dict[str, type[Refusal]] = {
    "visit_one_open": AlreadyBooked,
    "order_never_twice": AlreadyBooked,
    "bay_never_twice": SlotGone,
    "staff_never_twice": SlotGone,
    "booked_within_duty": OutsideDuty,
    "booked_outside_absence": OutsideDuty,
    "people_and_moving_cars_apart": PeopleAndCars,
    "slot_people_cap": TooManyPeople,
    "nobody_in_two_places": InTwoPlaces,
    "a_car_moves_once_at_a_time": InTwoPlaces,
    "bay_of_the_centre": NotOfCentre,
    "zone_of_the_centre": NotOfCentre,
}
# A race over these is lost to one bay or one person; another may still be free.
ONE_WAY = (SlotGone, OutsideDuty, PeopleAndCars, TooManyPeople, InTwoPlaces)


def refusal_of(error: IntegrityError) -> Refusal:
    """The words for what the database refused; the error itself where it has none.

    Raises
    ------
    IntegrityError
    """
    diag = getattr(error.__cause__, "diag", None)
    known = BY_CONSTRAINT.get(getattr(diag, "constraint_name", None) or "")
    if known is None:
        raise error
    return known()


def seat(visit: Visit, ways: Iterable[Slot]) -> None:
    """Save the visit with the first way that the database takes, in the caller's transaction.

    Raises
    ------
    SlotGone
        None of the ways is free any more.
    AlreadyBooked
    """
    for slot in islice(ways, TRIES):
        visit.bay_id, visit.staff_id = slot.bay_id, slot.staff_id
        visit.during = DateTimeTZRange(slot.from_at, slot.until_at)
        try:
            with transaction.atomic():
                visit.save()
        except IntegrityError as error:
            refusal = refusal_of(error)
            if not isinstance(refusal, ONE_WAY):
                raise refusal from error
        else:
            return
    raise SlotGone
