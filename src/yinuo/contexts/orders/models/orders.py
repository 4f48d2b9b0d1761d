"""Orders, the lines they stand in, and the recorded exceptions to the order of a line."""

from django.db import models


class Line(models.Model):
    """The queue of one spec at one delivery centre; served in the order of locking."""

    spec = models.ForeignKey("catalogue.Spec", models.PROTECT, related_name="+")
    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["spec", "centre"], name="line_once")]


class Order(models.Model):
    """A car that somebody ordered. `rank` is fixed when it is locked and never changes."""

    class State(models.TextChoices):
        LOCKED = "LOCKED"
        SCHEDULED = "SCHEDULED"
        IN_BUILD = "IN_BUILD"
        BUILT = "BUILT"
        IN_TRANSIT = "IN_TRANSIT"
        AT_CENTRE = "AT_CENTRE"
        INSPECTED = "INSPECTED"
        SIGNED = "SIGNED"
        PAID = "PAID"
        DELIVERED = "DELIVERED"
        CANCELLED = "CANCELLED"

    public_id = models.TextField(unique=True)
    code = models.TextField(unique=True)
    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    line = models.ForeignKey(Line, models.PROTECT, related_name="orders")
    owner = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    locked_at = models.DateTimeField()
    # Microseconds of `locked_at`; one more where two orders of a line were locked in the same one.
    rank = models.BigIntegerField()
    state = models.TextField(choices=State, default=State.LOCKED)
    state_at = models.DateTimeField()
    # Days that were promised when the order was locked, before there were windows.
    days_told_at_lock = models.IntegerField(null=True)
    # The quote from which the order was made, as its customer was shown it; empty for none.
    quote_ref = models.TextField(blank=True, db_default="")
    # Where it is handed over instead of the centre of its line: its customer took a car that
    # stands there. The line stays that in which the order was locked.
    handover_place = models.ForeignKey(
        "places.Place", models.PROTECT, null=True, related_name="+", db_index=False
    )
    delivered_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="order_once"),
            models.UniqueConstraint(fields=["line", "rank"], name="rank_once_in_line"),
            models.UniqueConstraint(
                fields=["quote_ref"], condition=~models.Q(quote_ref=""), name="quote_ordered_once"
            ),
            models.CheckConstraint(
                name="delivered_has_time",
                condition=~models.Q(state="DELIVERED") | models.Q(delivered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="cancelled_has_time",
                condition=~models.Q(state="CANCELLED") | models.Q(cancelled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["line", "rank"],
                name="order_open_in_line",
                condition=~models.Q(state__in=["DELIVERED", "CANCELLED"]),
            ),
            models.Index(fields=["person"], name="order_by_person"),
            models.Index(fields=["state", "state_at"], name="order_by_state"),
            models.Index(
                fields=["handover_place"],
                name="order_handed_over_elsewhere",
                condition=models.Q(handover_place__isnull=False),
            ),
        ]


class QueueNote(models.Model):
    """A recorded reason why an order leaves the order of its line: held, or let past."""

    class Kind(models.TextChoices):
        HOLD = "HOLD"
        EXCEPTION = "EXCEPTION"

    order = models.ForeignKey(Order, models.PROTECT, related_name="queue_notes")
    kind = models.TextField(choices=Kind)
    code = models.TextField()
    cause_ref = models.TextField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind", "code", "cause_ref"], name="queue_note_once"
            ),
        ]


class Condition(models.Model):
    """Something that stands beside the state of an order for a time and stops some steps."""

    class Name(models.TextChoices):
        BUYER_CHANGE = "BUYER_CHANGE"
        POSTPONED = "POSTPONED"
        DISPUTED = "DISPUTED"

    order = models.ForeignKey(Order, models.PROTECT, related_name="conditions")
    name = models.TextField(choices=Name)
    cause_ref = models.TextField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "name"],
                condition=models.Q(until_at=None),
                name="condition_stands_once",
            ),
        ]


class StaffLook(models.Model):
    """Somebody of the maker opened or changed this order; the customer sees role and time."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="staff_looks")
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    action = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "-at"], name="staff_look_newest")]


class Inquiry(models.Model):
    """A customer asked us something about an order; kept to know whether we told first."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="inquiries")
    about = models.TextField()
    asked_at = models.DateTimeField()
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
