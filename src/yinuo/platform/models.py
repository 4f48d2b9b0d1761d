"""Tables that any product would need."""

from django.db import models


class ClockSetting(models.Model):
    """Where the installation's clock stands, if it is not the machine's clock.

    One row at most. ``RUNNING`` counts on from ``at`` since ``set_at``; ``FROZEN`` stays at ``at``.
    Only a demo installation has this row.
    """

    class Mode(models.TextChoices):
        RUNNING = "RUNNING"
        FROZEN = "FROZEN"

    singleton = models.SmallIntegerField(primary_key=True, default=1)
    mode = models.TextField(choices=Mode)
    at = models.DateTimeField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="clock_one_row", condition=models.Q(singleton=1)),
        ]


class Installation(models.Model):
    """What this database is for; a demo may be wiped, anything else may not."""

    class Kind(models.TextChoices):
        DEMO = "DEMO"
        REAL = "REAL"

    singleton = models.SmallIntegerField(primary_key=True, default=1)
    kind = models.TextField(choices=Kind)
    seed = models.BigIntegerField(null=True)
    scale = models.IntegerField(null=True)
    started_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="installation_one_row", condition=models.Q(singleton=1)),
        ]


class RequestKey(models.Model):
    """A form's hidden key or an API's Idempotency-Key with the first answer it was given."""

    scope = models.TextField()
    key = models.TextField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="request_key_once"),
        ]


class Attempt(models.Model):
    """How often something guessable was tried from one address in one stretch of time."""

    scope = models.TextField()
    # A digest; an address is not kept in clear.
    key = models.TextField()
    since_at = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="attempt_once"),
        ]
