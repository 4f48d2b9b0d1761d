"""What was said to whom, when, by which channel and with what outcome."""

from django.db import models


class Notice(models.Model):
    """One thing said to one person about one order; may cover several entries of the ledger."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        SENT = "SENT"

    # The entry it was made for: the first that it tells, and an entry is told in one notice only.
    id = models.BigIntegerField(primary_key=True)
    # Both are drawn when the notice is written out: before that nobody can have them. The first
    # goes with its messages; the code is typed by the customer at the short address and long
    # enough not to be guessed.
    public_id = models.TextField(null=True, db_collation="C")
    code = models.TextField(null=True, db_collation="C")
    # Whoever is told of an order has ordered it, and an order that is told of has a promise or an
    # entry: both rows are kept by others, and found by the indexes below.
    person = models.ForeignKey(
        "people.Person", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.TextField()
    language = models.TextField()
    # Not before this moment: quiet hours, or changes that are told together.
    send_at = models.DateTimeField()
    state = models.TextField(choices=State, default=State.WAITING)
    # When we learned of the earliest cause that it tells.
    known_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    # Set in one place, from a notice that is there; notices are never removed.
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["public_id"],
                name="notice_public_id_once",
                condition=models.Q(public_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["code"],
                name="notice_code_once",
                condition=models.Q(code__isnull=False),
            ),
            models.CheckConstraint(
                name="notice_sent_has_code",
                condition=models.Q(state="WAITING")
                | models.Q(code__isnull=False, public_id__isnull=False),
            ),
            # One that waits for each person; the same index finds the notices of an order.
            models.UniqueConstraint(
                "order",
                "person",
                models.Case(
                    models.When(state="WAITING", then=0),
                    default=models.F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="one_waiting_notice",
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_at"], name="notice_due", condition=models.Q(state="WAITING")
            ),
        ]

    @property
    def told_id(self) -> str:
        """Its public id, which everything has that was written out."""
        assert self.public_id is not None
        return self.public_id


class FurtherEntry(models.Model):
    """An entry that came while a notice waited and is told in it as well."""

    entry_id = models.BigIntegerField(primary_key=True)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="+")


class NoticeEntry(models.Model):
    """This notice tells this entry: a view of each notice's first entry and the further ones."""

    entry_id = models.BigIntegerField(primary_key=True)
    notice = models.ForeignKey(
        Notice, models.DO_NOTHING, related_name="told_entries", db_constraint=False
    )

    class Meta:
        managed = False


class Delivery(models.Model):
    """One notice on one channel, exactly as sent."""

    class State(models.TextChoices):
        QUEUED = "QUEUED"
        SENDING = "SENDING"
        SENT = "SENT"
        DELIVERED = "DELIVERED"
        BOUNCED = "BOUNCED"

    # The unique pair below serves for looking up.
    notice = models.ForeignKey(
        Notice, models.PROTECT, related_name="deliveries", db_index=False, db_constraint=False
    )
    channel = models.TextField()
    address = models.TextField()
    subject = models.TextField(blank=True)
    text = models.TextField()
    params = models.JSONField(default=dict)
    # The gateway that took it; OUTBOX when none is configured.
    provider = models.TextField(blank=True)
    provider_id = models.TextField(blank=True)
    state = models.TextField(choices=State, default=State.QUEUED)
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="one_delivery_per_channel"),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="delivery_due",
                condition=models.Q(state__in=["QUEUED", "SENDING"]),
            ),
        ]


class CallTask(models.Model):
    """Somebody must telephone, because a message bounced or was not read in time."""

    notice = models.OneToOneField(Notice, models.PROTECT, related_name="call_task")
    reason = models.TextField()
    due_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    owner = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], name="call_task_open", condition=models.Q(done_at__isnull=True)
            ),
        ]


class DirectMessage(models.Model):
    """A message that is not about a customer's fact: a login code, an alert to staff."""

    # What it is about, so that it is written once; a login code has none.
    key = models.TextField(unique=True, null=True)
    channel = models.TextField()
    address = models.TextField()
    text = models.TextField()
    provider = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
