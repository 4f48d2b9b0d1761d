"""Capacity, committed plans, what was built and what is held for quality."""

from django.db import models


class Resource(models.Model):
    """Something a car needs and that there is only so much of each week."""

    class Kind(models.TextChoices):
        PLANT = "PLANT"
        OPTION = "OPTION"
        CENTRE = "CENTRE"

    code = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    name_zh = models.TextField()
    name_en = models.TextField()


class Need(models.Model):
    """A spec needs this resource when it is built by this alternative (0 is preferred)."""

    spec = models.ForeignKey("catalogue.Spec", models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="needs")
    alternative = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["spec", "resource", "alternative"], name="need_once"),
        ]


class SupplyWeek(models.Model):
    """How much of an option or a centre's hand-overs there is in one week, as last reported."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="supply_weeks")
    week_date = models.DateField()
    quantity = models.IntegerField()
    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="supply_once"),
            models.CheckConstraint(name="supply_not_negative", condition=models.Q(quantity__gte=0)),
            models.CheckConstraint(
                name="supply_week_starts_monday",
                condition=models.Q(week_date__iso_week_day=1),
            ),
        ]
        indexes = [
            models.Index(fields=["resource", "week_date", "-id"], name="supply_newest"),
        ]


class HeldSupply(models.Model):
    """A reported quantity that jumps so much that somebody must look before it is used."""

    class State(models.TextChoices):
        QUARANTINED = "QUARANTINED"
        RELEASED = "RELEASED"
        SET_ASIDE = "SET_ASIDE"

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="held_supply")
    week_date = models.DateField()
    quantity = models.IntegerField()
    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    received_at = models.DateTimeField()
    # The line it stood in and why it is held, in both languages.
    problem = models.JSONField()
    state = models.TextField(choices=State, default=State.QUARANTINED)
    decided_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="held_supply_once"),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                name="held_supply_open",
                condition=models.Q(state="QUARANTINED"),
            ),
        ]


class Plan(models.Model):
    """A production plan: uploaded, looked at, then committed with a cause or refused."""

    class State(models.TextChoices):
        UPLOADED = "UPLOADED"
        REFUSED = "REFUSED"
        COMMITTED = "COMMITTED"

    public_id = models.TextField(unique=True)
    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    state = models.TextField(choices=State, default=State.UPLOADED)
    problem = models.JSONField(null=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    impact = models.JSONField(null=True)
    cause_code = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    committed_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    committed_at = models.DateTimeField(null=True)
    # Set last, when every order has been compared and every changed promise recorded.
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="plan_once"),
            models.CheckConstraint(
                name="committed_plan_has_cause_and_evidence",
                condition=~models.Q(state="COMMITTED")
                | (
                    ~models.Q(cause_code="")
                    & ~models.Q(evidence="")
                    & models.Q(committed_at__isnull=False)
                ),
            ),
        ]


class PlanWeek(models.Model):
    """Cars that a plant means to build in one week."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="weeks")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    week_date = models.DateField()
    cars = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "resource", "week_date"], name="plan_week_once"
            ),
            models.CheckConstraint(name="plan_not_negative", condition=models.Q(cars__gte=0)),
            models.CheckConstraint(
                name="plan_week_starts_monday", condition=models.Q(week_date__iso_week_day=1)
            ),
        ]


class LaunchReference(models.Model):
    """What earlier launches say of a plant's plans: its reference class, from a week on.

    `mean` is output over plan less 1, far ahead, and `sd` its spread among `launches` launches.
    A later row for the same plant is another launch: earlier plans then say nothing of its plans.
    `source` and `second_source` are two that do not depend on each other.
    """

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    from_date = models.DateField()
    mean = models.FloatField()
    sd = models.FloatField()
    launches = models.SmallIntegerField()
    note_zh = models.TextField()
    note_en = models.TextField()
    source = models.TextField(blank=True, default="")
    second_source = models.TextField(blank=True, default="")
    stated_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    stated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "from_date"], name="reference_once"),
            models.CheckConstraint(
                name="reference_in_range",
                condition=models.Q(mean__gt=-1, sd__gt=0, launches__gte=1),
            ),
            models.CheckConstraint(
                name="reference_starts_monday", condition=models.Q(from_date__iso_week_day=1)
            ),
        ]


class Build(models.Model):
    """The making of one ordered car."""

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    batch = models.TextField(blank=True)
    vin = models.TextField(blank=True)
    scheduled_week_date = models.DateField(null=True)
    started_at = models.DateTimeField(null=True)
    built_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vin"], name="vin_once", condition=~models.Q(vin="")),
        ]
        indexes = [
            models.Index(fields=["batch"], name="build_by_batch"),
            models.Index(fields=["built_at"], name="build_by_time"),
        ]


class BuildEvent(models.Model):
    """What the plant reported about one car."""

    class State(models.TextChoices):
        RECEIVED = "RECEIVED"
        APPLIED = "APPLIED"
        QUARANTINED = "QUARANTINED"
        SET_ASIDE = "SET_ASIDE"

    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    kind = models.TextField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    batch = models.TextField(blank=True)
    vin = models.TextField(blank=True)
    week_date = models.DateField(null=True)
    state = models.TextField(choices=State, default=State.RECEIVED)
    problem = models.TextField(blank=True)
    # Who released it from quarantine, or set it aside.
    decided_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="build_event_once"),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="build_event_open", condition=models.Q(state="RECEIVED")
            ),
            models.Index(
                fields=["received_at"],
                name="build_event_quarantined",
                condition=models.Q(state="QUARANTINED"),
            ),
        ]


class QualityHold(models.Model):
    """Cars of a batch that may not leave until a fault is put right."""

    public_id = models.TextField(unique=True)
    batch = models.TextField()
    cause_code = models.TextField()
    evidence = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    expected_release_date = models.DateField()
    released_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch"],
                name="one_open_hold_per_batch",
                condition=models.Q(released_at__isnull=True),
            ),
            models.CheckConstraint(name="hold_has_evidence", condition=~models.Q(evidence="")),
        ]
