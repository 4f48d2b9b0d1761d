"""What became of ranges and dates week by week, and the alarms that follow from it."""

from django.db import models


class HeldWeek(models.Model):
    """First ranges of one horizon that ended in the week of this Monday, and what came of them.

    Counted anew each night for the last weeks: a copy for pages, not the truth.
    """

    week_date = models.DateField()
    horizon = models.TextField()
    due_count = models.IntegerField()
    inside_count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["week_date", "horizon"], name="held_week_once"),
            models.CheckConstraint(
                name="held_week_counts",
                condition=models.Q(inside_count__gte=0)
                & models.Q(inside_count__lte=models.F("due_count")),
            ),
        ]


class GuardWeek(models.Model):
    """What the slow guard made of one week's verdicts on the latest dates of one cell.

    `known` dates came due in the week of this Monday, `missed` of them were not kept. `level` is
    the multiplier after that week, `percent` the one in use. Written once for each week.
    """

    cell = models.TextField()
    horizon = models.TextField()
    week_date = models.DateField()
    known = models.IntegerField()
    missed = models.IntegerField()
    level = models.FloatField()
    percent = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cell", "horizon", "week_date"], name="guard_week_once"
            ),
            models.CheckConstraint(
                name="guard_percent", condition=models.Q(percent__range=(100, 400))
            ),
        ]


class DriftAlarm(models.Model):
    """Latest dates of one cell came true too late for too long to be chance.

    The cell is all cars of a plant or of a centre, `code` and the names are its own. `evidence`
    after `weeks` weeks with outcomes reached `limit`; in the last of these weeks `late_count` of
    `due_count` were late. `factor_percent` is the offered widening. `decision` is ACCEPTED or
    REJECTED; `ended_at` is set when dates hold again.
    """

    public_id = models.TextField(unique=True)
    kind = models.TextField()
    code = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField()
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    week_date = models.DateField()
    weeks = models.IntegerField()
    evidence = models.FloatField()
    limit = models.FloatField()
    due_count = models.IntegerField()
    late_count = models.IntegerField()
    recent_weeks = models.SmallIntegerField()
    factor_percent = models.SmallIntegerField()
    raised_at = models.DateTimeField()
    decision = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    period = models.ForeignKey("UnusualPeriod", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                name="one_open_alarm",
                condition=models.Q(ended_at__isnull=True),
            ),
        ]
