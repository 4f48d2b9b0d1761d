"""What the maker knows of a car: damage, a look from afar, a diagnosis, a safety signal."""

from django.db import models


class Damage(models.Model):
    """Known damage of an ordered car. Until it is told, the car cannot be put to inspection.

    `told_at` is set in the transaction that records the entry from which the customer is told;
    `answer` is what the customer said to it: COME, STAY_AWAY or ASK.
    """

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    spot_zh = models.TextField()
    spot_en = models.TextField()
    words_zh = models.TextField()
    words_en = models.TextField()
    # The carrier's event, or empty where the centre found it.
    cause_ref = models.TextField(blank=True)
    found_at = models.DateTimeField()
    found_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)
    told_entry = models.ForeignKey("ledger.Entry", models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    repaired_at = models.DateTimeField(null=True)
    # Since when the order has another car, whose damage this is not.
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="damage_told_by_entry",
                condition=models.Q(told_at__isnull=True, told_entry__isnull=True)
                | models.Q(told_at__isnull=False, told_entry__isnull=False),
            ),
            models.CheckConstraint(
                name="damage_answer",
                condition=models.Q(answer__in=["", "COME", "STAY_AWAY", "ASK"]),
            ),
            models.UniqueConstraint(
                fields=["order", "cause_ref"],
                name="damage_once_per_report",
                condition=~models.Q(cause_ref=""),
            ),
        ]
        indexes = [models.Index(fields=["order"], name="damage_by_order")]


class RemoteLook(models.Model):
    """A film of the car and what the centre found, sent before the customer travels."""

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    film = models.ForeignKey("handover.Evidence", models.PROTECT, related_name="+")
    findings = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)
    words = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answer_by_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="remote_answer", condition=models.Q(answer__in=["", "COME", "ASK", "REFUSE"])
            ),
        ]


class Diagnosis(models.Model):
    """What the maker says of a reported problem.

    "No fault" needs something to show for it and a second person who looked.
    """

    class Finding(models.TextChoices):
        FAULT = "FAULT"
        NO_FAULT = "NO_FAULT"

    inspection = models.ForeignKey("handover.Inspection", models.PROTECT, related_name="diagnoses")
    code = models.TextField()
    finding = models.TextField(choices=Finding)
    words = models.TextField()
    evidence = models.ForeignKey("handover.Evidence", models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    second_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    # Until then the maker has to prove that the car was sound when it was handed over.
    maker_proves_until_date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="no_fault_needs_proof_and_a_second",
                condition=~models.Q(finding="NO_FAULT")
                | (
                    models.Q(evidence__isnull=False)
                    & models.Q(second_by__isnull=False)
                    & ~models.Q(second_by=models.F("made_by"))
                ),
            ),
        ]


class SafetySignal(models.Model):
    """A check on which life depends failed on one car: raised with the answer, once.

    The car is held until somebody of quality clears it, in words.
    """

    inspection = models.ForeignKey("handover.Inspection", models.PROTECT, related_name="signals")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    vin = models.TextField()
    code = models.TextField()
    system = models.TextField()
    raised_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    cleared_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    cleared_at = models.DateTimeField(null=True)
    cleared_words = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "code"], name="safety_signal_once"),
            models.CheckConstraint(
                name="cleared_signal_says_why",
                condition=models.Q(cleared_at__isnull=True)
                | (models.Q(cleared_by__isnull=False) & ~models.Q(cleared_words="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["raised_at"],
                name="safety_signal_open",
                condition=models.Q(cleared_at__isnull=True),
            ),
        ]
