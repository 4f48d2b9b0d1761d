"""One inspection of one car as a document with versions, and what the customer decided on it."""

from django.db import models

VERDICTS = ("GOOD", "PROBLEM", "NOT_CHECKED")


class Inspection(models.Model):
    """A car put before its customer: a document whose version counts every change.

    `checklist` is the whole list as it was shown, so a list that changes later changes no record.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        DECIDED = "DECIDED"
        SIGNED = "SIGNED"
        REFUSED = "REFUSED"
        CLOSED = "CLOSED"

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    number = models.SmallIntegerField(default=1)
    vin = models.TextField()
    state = models.TextField(choices=State, default=State.OPEN)
    version = models.IntegerField(default=1)
    checklist = models.JSONField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    keys_given_at = models.DateTimeField(null=True)
    keys_given_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    # Since when three ways on after a refusal are late, and the customer was told so.
    ways_late_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["order"], name="inspection_refused", condition=models.Q(state="REFUSED")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="inspection_once"),
            models.UniqueConstraint(
                fields=["order"],
                name="inspection_one_live",
                condition=models.Q(state__in=["OPEN", "DECIDED", "SIGNED"]),
            ),
            models.CheckConstraint(
                name="inspection_state",
                condition=models.Q(state__in=["OPEN", "DECIDED", "SIGNED", "REFUSED", "CLOSED"]),
            ),
            models.CheckConstraint(name="inspection_has_car", condition=~models.Q(vin="")),
            models.CheckConstraint(
                name="keys_only_after_signing",
                condition=models.Q(keys_given_at__isnull=True) | models.Q(state="CLOSED"),
            ),
        ]


class Answer(models.Model):
    """What was found at one check. `helper` names who inspected for the customer, else empty."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="answers")
    code = models.TextField()
    verdict = models.TextField()
    words = models.TextField(blank=True)
    answered_at = models.DateTimeField()
    helper = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "code"], name="answer_once"),
            models.CheckConstraint(name="answer_verdict", condition=models.Q(verdict__in=VERDICTS)),
        ]


class Statement(models.Model):
    """What a customer said about a car, word for word. Never changed; triggers refuse it."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="statements")
    code = models.TextField(blank=True)
    words = models.TextField()
    said_at = models.DateTimeField()
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    helper = models.TextField(blank=True)


class FeatureState(models.Model):
    """One promised feature on the day of the hand-over: working, or by when it will be."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="features")
    code = models.TextField()
    enabled = models.BooleanField()
    enabled_by_date = models.DateField(null=True)
    stated_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "code"], name="feature_state_once"),
            models.CheckConstraint(
                name="feature_missing_has_date",
                condition=models.Q(enabled=True) | models.Q(enabled_by_date__isnull=False),
            ),
        ]


class Outcome(models.Model):
    """What the customer decided on one version of an inspection. Never changed; triggers refuse it.

    The one with the inspection's own version counts. A repair has a date; a refusal has the time
    by which three ways on are named.
    """

    class Taken(models.TextChoices):
        TAKE = "TAKE"
        TAKE_FIX = "TAKE_FIX"
        REFUSE = "REFUSE"

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="outcomes")
    taken = models.TextField(choices=Taken)
    version = models.IntegerField()
    words = models.TextField(blank=True)
    fix_by_date = models.DateField(null=True)
    answer_by_at = models.DateTimeField(null=True)
    answerer = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    # What the law said to it.
    decision = models.ForeignKey("terms.Decision", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "version"], name="outcome_once"),
            models.CheckConstraint(
                name="outcome_taken",
                condition=models.Q(taken="TAKE")
                | models.Q(taken="TAKE_FIX", fix_by_date__isnull=False)
                | models.Q(taken="REFUSE", answer_by_at__isnull=False),
            ),
        ]


class InspectorPass(models.Model):
    """A code with which somebody else inspects for the customer; only its digest is kept."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    name = models.TextField()
    code_digest = models.TextField(unique=True)
    given_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="pass_has_name", condition=~models.Q(name="")),
            models.CheckConstraint(
                name="pass_ends_after_start", condition=models.Q(until_at__gt=models.F("given_at"))
            ),
        ]
