"""Figures that planners state, and studies that were worked out from them."""

from django.db import models


class Figure(models.Model):
    """A figure as somebody stated it; the newest of a name and place holds. Never changed."""

    name = models.TextField()
    # The code of a delivery centre; empty for a figure that holds everywhere.
    place_code = models.TextField(blank=True)
    value = models.FloatField()
    source = models.TextField()
    set_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="figure_has_source", condition=~models.Q(source="")),
            models.CheckConstraint(name="figure_not_negative", condition=models.Q(value__gte=0)),
        ]
        indexes = [models.Index(fields=["name", "place_code", "-id"], name="figure_newest")]


class Study(models.Model):
    """The newest result of one kind of study, for pages that may not wait for it."""

    class Kind(models.TextChoices):
        GROWTH = "GROWTH"

    kind = models.TextField(choices=Kind, unique=True)
    result = models.JSONField()
    made_at = models.DateTimeField()


class AskedStudy(models.Model):
    """A growth study that somebody asked for: how far it is, and what came of it.

    `growth` is a month's (0.1 is a tenth). One that is `standing` takes the place of the night's
    study. Of at most `most_count` forecasts `done_count` are done, the next one in `phase`.
    `heard_at` is when it last went on: who works it out and falls silent is replaced.
    """

    public_id = models.TextField(unique=True)
    growth = models.FloatField()
    standing = models.BooleanField()
    asked_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    phase = models.TextField(blank=True)
    done_count = models.IntegerField(default=0)
    most_count = models.IntegerField(default=0)
    refused_zh = models.TextField(blank=True)
    refused_en = models.TextField(blank=True)
    result = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="asked_study_ends_in_one_way",
                condition=models.Q(finished_at__isnull=True, result__isnull=True, refused_zh="")
                | models.Q(finished_at__isnull=False, result__isnull=False, refused_zh="")
                | (
                    models.Q(finished_at__isnull=False, result__isnull=True)
                    & ~models.Q(refused_zh="")
                ),
            ),
        ]


class Snapshot(models.Model):
    """What dates were worked out from at one moment, to be laid beside a later moment."""

    ref = models.TextField(unique=True)
    content = models.BinaryField()
    taken_at = models.DateTimeField()


class Explanation(models.Model):
    """How a plan's change of dates is shared out among its factors; for staff."""

    plan_ref = models.TextField(unique=True)
    summary = models.JSONField()
    # Order ids, whole days by factor and the rest, as arrays.
    content = models.BinaryField()
    made_at = models.DateTimeField()


class Look(models.Model):
    """What the newest routine look of one kind forecast, order by order."""

    name = models.TextField(unique=True)
    # Order ids, versions of their promises and the three days of their ranges, as one array.
    content = models.BinaryField()
    made_at = models.DateTimeField()
