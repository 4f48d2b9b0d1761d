"""When a visit may be offered, moved, missed, and by when somebody answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.platform.spoken import CHINA, at_local

AT_CENTRE = frozenset({"AT_CENTRE", "INSPECTED", "SIGNED", "PAID"})
ENDED = frozenset({"DELIVERED", "CANCELLED"})
# From booking to the visit, and from the car's expected arrival to the first visit to it.
NOTICE = dt.timedelta(hours=2)
PREPARATION = dt.timedelta(hours=4)
# How long we wait for a customer, and how long a customer waits for us.
GRACE = dt.timedelta(minutes=30)
# That long before a visit the car must stand at the centre, or the customer is told.
CAR_THERE_BEFORE = dt.timedelta(hours=2)
ANSWER_WITHIN = dt.timedelta(hours=3)
OFFICE_FROM_HOUR, OFFICE_UNTIL_HOUR = 9, 18


@dataclass(frozen=True)
class Car:
    """Where an ordered car is: the order's state, and when it is expected at its centre.

    `expected_at` is None where no train with the car is on its way, or the car is there already.
    """

    state: str
    expected_at: dt.datetime | None
    damage_hidden: bool


def why_no_visit(car: Car) -> str:
    """Why no visit can be booked now: ENDED, DAMAGE_NOT_TOLD, CAR_NOT_HERE; empty where one can."""
    if car.state in ENDED:
        return "ENDED"
    if car.damage_hidden:
        return "DAMAGE_NOT_TOLD"
    if car.state not in AT_CENTRE and car.expected_at is None:
        return "CAR_NOT_HERE"
    return ""


def earliest_visit(car: Car, now: dt.datetime) -> dt.datetime:
    """From when on a visit may begin."""
    soonest = now + NOTICE
    if car.expected_at is None:
        return soonest
    return max(soonest, car.expected_at + PREPARATION)


def is_affected(from_at: dt.datetime, expected_at: dt.datetime | None) -> bool:
    """Whether a car that comes then (None: nobody knows when) is too late for a visit."""
    return expected_at is None or from_at < expected_at + PREPARATION


def may_be_missed_by_customer(from_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether the customer has been waited for long enough."""
    return now >= from_at + GRACE


def is_missed_by_us(
    from_at: dt.datetime, arrived_at: dt.datetime | None, car_here: bool, now: dt.datetime
) -> bool:
    """Whether we let a customer down: who came was not received, or the car is not there.

    A car that is missing is owned up to two hours ahead, before the customer sets out in vain.
    """
    if arrived_at is not None and now >= max(from_at, arrived_at) + GRACE:
        return True
    return not car_here and now >= from_at - CAR_THERE_BEFORE


def answer_by(now: dt.datetime) -> dt.datetime:
    """Three hours on, within 09:00-18:00."""
    by = (now + ANSWER_WITHIN).astimezone(CHINA)
    if by.hour < OFFICE_FROM_HOUR:
        return at_local(by.date(), OFFICE_FROM_HOUR + 3)
    if by.hour >= OFFICE_UNTIL_HOUR:
        return at_local(by.date() + dt.timedelta(days=1), OFFICE_FROM_HOUR + 3)
    return by.astimezone(dt.UTC)


def day_before(from_at: dt.datetime) -> dt.datetime:
    """When a visit is recalled to the customer: 17:00 of the day before."""
    return at_local(from_at.astimezone(CHINA).date() - dt.timedelta(days=1), 17)


def take_over_by(from_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """By when somebody takes over from a person who is away; the manager does it after that."""
    return max(now, from_at) + dt.timedelta(hours=2)


def is_for_manager(due_at: dt.datetime, take_over_by_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether what is due then goes to the manager now: time is up, or hardly any is left."""
    return now >= min(take_over_by_at, due_at - dt.timedelta(hours=2))
