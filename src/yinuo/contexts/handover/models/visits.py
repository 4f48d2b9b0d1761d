"""Visits: a customer, a bay and a member of staff at one time, and how many people that makes."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from yinuo.contexts.handover.models.centres import BOUNDED, Bay, Zone

HOLDING = ("BOOKED", "STARTED", "ENDED")
OPEN = ("BOOKED", "STARTED")


def _never_twice(name: str, field: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[(field, RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
        condition=models.Q(state__in=HOLDING),
    )


class Visit(models.Model):
    """One visit of an order's customer. Moving it changes its period and counts `version` up.

    Triggers let nobody be booked outside duty or in an absence, write the zone's occupancy and
    count people while they are awaited or there; so no writer can forget one of them.
    """

    class State(models.TextChoices):
        BOOKED = "BOOKED"
        STARTED = "STARTED"
        ENDED = "ENDED"
        CANCELLED = "CANCELLED"
        CALLED_OFF = "CALLED_OFF"
        MISSED_BY_CUSTOMER = "MISSED_BY_CUSTOMER"
        MISSED_BY_CENTRE = "MISSED_BY_CENTRE"

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    bay = models.ForeignKey(Bay, models.PROTECT, related_name="visits")
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    # The customer and whoever comes along.
    party = models.SmallIntegerField()
    state = models.TextField(choices=State, default=State.BOOKED)
    version = models.IntegerField(default=1)
    booked_at = models.DateTimeField()
    # The customer said "I am here" on the page.
    arrived_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="visit_half_open", condition=BOUNDED),
            models.CheckConstraint(name="visit_has_people", condition=models.Q(party__gt=0)),
            models.CheckConstraint(
                name="visit_started_has_time",
                condition=~models.Q(state="STARTED") | models.Q(started_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["order"], name="visit_one_open", condition=models.Q(state__in=OPEN)
            ),
            _never_twice("bay_never_twice", "bay"),
            _never_twice("staff_never_twice", "staff"),
            _never_twice("order_never_twice", "order"),
        ]
        indexes = [models.Index(fields=["centre", "state"], name="visit_by_centre")]


class SlotCount(models.Model):
    """How many people are expected in a half hour, at a centre (no zone) and in each zone.

    Counted by the triggers of the visits; the CHECK has the last word on how many fit.
    """

    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, related_name="+")
    slot_at = models.DateTimeField()
    people = models.SmallIntegerField()
    people_max = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "zone", "slot_at"], name="slot_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="slot_people_cap",
                condition=models.Q(people__gte=0, people__lte=models.F("people_max")),
            ),
        ]
