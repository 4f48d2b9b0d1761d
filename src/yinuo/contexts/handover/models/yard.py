"""The yard: who and what is in a zone, cars that may move, stops, and what nearly went wrong."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from yinuo.contexts.handover.models.centres import BOUNDED, Zone
from yinuo.contexts.handover.models.visits import Visit


class MovePermit(models.Model):
    """One car may be driven from one zone to another in a period by one person."""

    class State(models.TextChoices):
        ISSUED = "ISSUED"
        DONE = "DONE"
        WITHDRAWN = "WITHDRAWN"

    public_id = models.TextField(unique=True)
    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    driver = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    vin = models.TextField()
    from_zone = models.ForeignKey(Zone, models.PROTECT, related_name="+")
    to_zone = models.ForeignKey(Zone, models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    state = models.TextField(choices=State, default=State.ISSUED)
    issued_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="permit_half_open", condition=BOUNDED),
            models.CheckConstraint(name="permit_names_a_car", condition=~models.Q(vin="")),
            ExclusionConstraint(
                name="a_car_moves_once_at_a_time",
                expressions=[("vin", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=models.Q(state="ISSUED"),
            ),
        ]


class SlotStop(models.Model):
    """Nobody and nothing may be in a zone in this period; no booking gets past it."""

    public_id = models.TextField(unique=True)
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="stops")
    during = DateTimeRangeField()
    reason = models.TextField()
    near_miss = models.ForeignKey(
        "handover.NearMiss", models.PROTECT, null=True, related_name="stops"
    )
    ordered_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="stop_half_open", condition=BOUNDED),
            models.CheckConstraint(name="stop_has_reason", condition=~models.Q(reason="")),
        ]


class NearMiss(models.Model):
    """Something that hurt somebody or nearly did: what, where, when, who saw it, who follows up."""

    class Kind(models.TextChoices):
        NEAR_MISS = "NEAR_MISS"
        ACCIDENT = "ACCIDENT"

    public_id = models.TextField(unique=True)
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="near_misses")
    kind = models.TextField(choices=Kind)
    at = models.DateTimeField()
    words = models.TextField()
    seen_by = models.TextField()
    reported_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    follows_up = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    follow_up_by_at = models.DateTimeField()
    outcome = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="near_miss_says_what",
                condition=~models.Q(words="") & ~models.Q(seen_by=""),
            ),
            models.CheckConstraint(
                name="near_miss_closed_with_outcome",
                condition=models.Q(closed_at__isnull=True, outcome="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(outcome="")),
            ),
            models.CheckConstraint(
                name="near_miss_not_in_the_future",
                condition=models.Q(at__lte=models.F("reported_at")),
            ),
        ]


class Occupancy(models.Model):
    """What fills a zone for a time: people, a moving car, or a stop. Written by triggers only.

    `use` is 0 for people and a number of its own for each move and stop, so that one constraint
    says it all: people may be with people, a moving car and a stop with nothing.
    """

    class Kind(models.TextChoices):
        PEOPLE = "PEOPLE"
        VEHICLE_MOVE = "VEHICLE_MOVE"
        STOP = "STOP"

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="+")
    kind = models.TextField(choices=Kind)
    use = models.BigIntegerField()
    during = DateTimeRangeField()
    # Who is bound by it: at a visit, or at the wheel.
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="+")
    permit = models.ForeignKey(MovePermit, models.PROTECT, null=True, related_name="+")
    stop = models.ForeignKey(SlotStop, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="occupancy_of_one_thing",
                condition=models.Q(kind="PEOPLE", use=0, visit__isnull=False)
                | models.Q(kind="VEHICLE_MOVE", permit__isnull=False, use__gt=0)
                | models.Q(kind="STOP", stop__isnull=False, use__lt=0),
            ),
            ExclusionConstraint(
                name="people_and_moving_cars_apart",
                expressions=[
                    ("zone", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                    ("use", RangeOperators.NOT_EQUAL),
                ],
            ),
            ExclusionConstraint(
                name="nobody_in_two_places",
                expressions=[("staff", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        ]
