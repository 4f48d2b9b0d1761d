"""What a centre has to receive people with: hours, zones, bays, people on duty, people away."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

# A period of a table: bounded below, its end not in it.
HALF_OPEN = models.Q(during__isempty=False, during__lower_inc=True, during__lower_inf=False) & (
    models.Q(during__upper_inc=False)
)
BOUNDED = HALF_OPEN & models.Q(during__upper_inf=False)


class Opening(models.Model):
    """When a centre receives people, by the clock of its own zone, and how many at a time.

    `people_max` are customers and whoever comes along, at the whole centre in one slot;
    `party_max` those of one visit. Public holidays are closed by the State Council's calendar.
    """

    centre = models.OneToOneField("places.Place", models.PROTECT, related_name="+")
    opens_at = models.TimeField()
    closes_at = models.TimeField()
    visit_minutes = models.SmallIntegerField()
    people_max = models.SmallIntegerField()
    party_max = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="opening_opens_before_it_closes",
                condition=models.Q(closes_at__gt=models.F("opens_at")),
            ),
            models.CheckConstraint(
                name="opening_has_room",
                condition=models.Q(visit_minutes__gt=0, party_max__gt=0)
                & models.Q(people_max__gte=models.F("party_max")),
            ),
        ]


class Zone(models.Model):
    """A part of a centre's ground. `people_max` customers may be in it in one slot."""

    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    code = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField()
    people_max = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "code"], name="zone_once"),
            models.CheckConstraint(name="zone_people_max", condition=models.Q(people_max__gte=0)),
        ]


class Bay(models.Model):
    """Where one car at a time is handed over; it stands in a zone."""

    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="bays")
    code = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField()
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["centre", "code"], name="bay_once")]


class Duty(models.Model):
    """Hours in which a member of staff works at a centre."""

    staff = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    during = DateTimeRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="duty_half_open", condition=BOUNDED),
            ExclusionConstraint(
                name="nobody_on_duty_twice",
                expressions=[("staff", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        ]


class Absence(models.Model):
    """A member of staff is away; without an upper end until further notice.

    What falls due meanwhile and was not taken over by `take_over_by_at` goes to the manager.
    """

    class Reason(models.TextChoices):
        SICK = "SICK"
        LEAVE = "LEAVE"
        TRAINING = "TRAINING"
        OTHER = "OTHER"

    public_id = models.TextField(unique=True)
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    reason = models.TextField(choices=Reason)
    take_over_by_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="absence_half_open", condition=HALF_OPEN),
            ExclusionConstraint(
                name="nobody_away_twice",
                expressions=[("staff", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        ]
