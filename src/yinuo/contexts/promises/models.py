"""The promise of each order, the forecasts behind it, and what its customer chose."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ForecastRun(models.Model):
    """One working-out of dates, for all orders or for those that an event touched."""

    public_id = models.TextField(unique=True)
    cause_ref = models.TextField(unique=True)
    seed = models.BigIntegerField()
    orders_count = models.IntegerField(default=0)
    changed_count = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class Promise(models.Model):
    """What one customer has been told: a range, and the latest date we promise with its odds."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE"
        BROKEN = "BROKEN"
        CLOSED = "CLOSED"

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    from_date = models.DateField()
    until_date = models.DateField()
    latest_date = models.DateField()
    odds_percent = models.SmallIntegerField()
    # Twenty equally likely hand-over days, earliest first: the dots of "will it be in time".
    dot_dates = ArrayField(models.DateField(), size=20)
    first_latest_date = models.DateField()
    worked_out_at = models.DateTimeField()
    next_update_at = models.DateTimeField()
    run = models.ForeignKey(ForecastRun, models.PROTECT, related_name="+")
    state = models.TextField(choices=State, default=State.ACTIVE)
    moved_count = models.SmallIntegerField(default=0)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="promise_dates_in_order",
                condition=models.Q(from_date__lte=models.F("until_date"))
                & models.Q(until_date__lte=models.F("latest_date")),
            ),
            models.CheckConstraint(
                name="promise_odds", condition=models.Q(odds_percent__range=(50, 99))
            ),
        ]
        indexes = [
            models.Index(
                fields=["latest_date"],
                name="promise_due",
                condition=models.Q(state="ACTIVE"),
            ),
            models.Index(
                fields=["next_update_at"],
                name="promise_update_due",
                condition=models.Q(state="ACTIVE"),
            ),
        ]


class Choice(models.Model):
    """What a customer may decide after a change, until when, and who answers by when."""

    entry_id = models.BigIntegerField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    choose_by_at = models.DateTimeField()
    chosen = models.TextField(blank=True)
    chosen_at = models.DateTimeField(null=True)
    answer_by_at = models.DateTimeField()
    answerer = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["answer_by_at"],
                name="choice_to_answer",
                condition=~models.Q(chosen="") & models.Q(answered_at__isnull=True),
            ),
            models.Index(fields=["order", "-id"], name="choice_newest"),
        ]


class Deadline(models.Model):
    """The day by which a customer needs the car, and why."""

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    date = models.DateField()
    reason = models.TextField()
    saved_at = models.DateTimeField()
    # The chance fell below half and the customer was told.
    told_at = models.DateTimeField(null=True)
