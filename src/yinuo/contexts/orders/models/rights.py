"""What customers do by right: leave, come back, wait longer, disagree; what we offer unasked."""

from django.db import models

from yinuo.contexts.orders.models.orders import Order


class Cancellation(models.Model):
    """A customer left; what comes back and by when is fixed at that moment.

    Until `back_until_at` the order stands again where it stood, once the deposit is paid again.
    `decide_by_at` is when a named person has said whether anything is kept; after it nothing is.
    Why somebody left is asked afterwards, and may stay empty.
    """

    public_id = models.TextField(unique=True)
    request_key = models.TextField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="cancellations")
    asked_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state_before = models.TextField()
    ground = models.TextField()
    # What had been paid, and what the rules add on top, in fen.
    paid_fen = models.BigIntegerField()
    interest_fen = models.BigIntegerField(default=0)
    penalty_fen = models.BigIntegerField(default=0)
    refund_by_date = models.DateField()
    back_until_at = models.DateTimeField(null=True)
    decide_by_at = models.DateTimeField(null=True)
    decider = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    # When what comes back was ordered to be paid.
    settled_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(restored_at=None),
                name="cancellation_stands_once",
            ),
            models.UniqueConstraint(
                fields=["order", "request_key"], name="cancellation_request_once"
            ),
            models.CheckConstraint(
                name="cancellation_amounts",
                condition=models.Q(paid_fen__gte=0, interest_fen__gte=0, penalty_fen__gte=0),
            ),
            models.CheckConstraint(
                name="cancellation_decider_has_time",
                condition=models.Q(decider__isnull=True) | models.Q(decide_by_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["decide_by_at"],
                name="cancellation_undecided",
                condition=models.Q(settled_at=None, restored_at=None),
            ),
        ]


class Dispute(models.Model):
    """A customer does not agree; until a named person answers, money and cancellation stand still.

    `code` is what customer and staff read on every page that shows it.
    """

    public_id = models.TextField(unique=True)
    request_key = models.TextField()
    code = models.TextField(unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="disputes")
    about = models.TextField()
    words = models.TextField(blank=True)
    opened_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    answerer = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    answer_by_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    outcome = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(settled_at=None), name="dispute_open_once"
            ),
            models.UniqueConstraint(fields=["order", "request_key"], name="dispute_request_once"),
            models.CheckConstraint(
                name="dispute_settled_by_somebody",
                condition=models.Q(settled_at=None)
                | (models.Q(settled_by__isnull=False) & ~models.Q(outcome="")),
            ),
        ]


class Postponement(models.Model):
    """A customer asked for the car not before a day; the place in line is kept meanwhile."""

    public_id = models.TextField(unique=True)
    request_key = models.TextField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="postponements")
    asked_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    not_before_date = models.DateField()
    # From then on the order goes on from its rank, so that its car comes on the day; found together
    # with the promised date, which follows what was asked at `applied_at`.
    release_date = models.DateField(null=True)
    applied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(ended_at=None), name="postponed_once"
            ),
            models.UniqueConstraint(
                fields=["order", "request_key"], name="postponement_request_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="postponement_to_apply",
                condition=models.Q(applied_at=None),
            ),
        ]


class ExitOffer(models.Model):
    """Who has waited past the cap was offered the way out without asking; once for each order."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="exit_offer")
    waited_days = models.IntegerField()
    offered_at = models.DateTimeField()
