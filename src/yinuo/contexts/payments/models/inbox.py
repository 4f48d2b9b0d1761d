"""What came in from outside, what was settled, and what a person must look at."""

from django.db import models

from yinuo.contexts.payments.models.bills import Bill, Charge, Provider
from yinuo.contexts.payments.models.refunds import Refund


class ProviderMessage(models.Model):
    """What a provider told us, after its signature was checked; applied from here.

    `said` holds only what the books need: numbers, states and amounts, nothing of a person.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        APPLIED = "APPLIED"
        REFUSED = "REFUSED"

    provider = models.TextField(choices=Provider)
    message_key = models.TextField()
    number = models.TextField()
    said = models.JSONField()
    state = models.TextField(choices=State, default=State.WAITING)
    why = models.TextField(blank=True, default="")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "message_key"], name="message_once"),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="message_waiting", condition=models.Q(state="WAITING")
            ),
        ]


class BankRow(models.Model):
    """One row of a bank's statement: money in (above 0) or out (below 0)."""

    reference = models.TextField(unique=True)
    booked_date = models.DateField()
    amount_fen = models.BigIntegerField()
    purpose = models.TextField()
    matched = models.TextField(blank=True, default="")
    imported_at = models.DateTimeField()


class Settled(models.Model):
    """Something came to its end with money: a bill paid, a refund paid, a charge that failed.

    What follows from it in other contexts is done from this row, until `applied_at` is set.
    """

    class Kind(models.TextChoices):
        DEPOSIT_PAID = "DEPOSIT_PAID"
        BALANCE_PAID = "BALANCE_PAID"
        CHARGE_FAILED = "CHARGE_FAILED"
        REFUND_PAID = "REFUND_PAID"

    key = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    bill = models.ForeignKey(Bill, models.PROTECT, null=True, related_name="+")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="settled_waiting",
                condition=models.Q(applied_at__isnull=True),
            ),
        ]


class MoneyTask(models.Model):
    """Something about money that a member of staff must look at; closed once, by one of them."""

    class Kind(models.TextChoices):
        BLOCKED_BILL = "BLOCKED_BILL"
        WRONG_AMOUNT = "WRONG_AMOUNT"
        PAID_TWICE = "PAID_TWICE"
        PAID_AFTER_END = "PAID_AFTER_END"
        UNMATCHED = "UNMATCHED"
        PAY_BY_HAND = "PAY_BY_HAND"
        REFUND_FAILED = "REFUND_FAILED"
        KEEP_DISPUTED = "KEEP_DISPUTED"
        LAW_STOPPED = "LAW_STOPPED"

    key = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    about = models.TextField()
    amount_fen = models.BigIntegerField()
    bill = models.ForeignKey(Bill, models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="money_task_done_with_words",
                condition=models.Q(done_at__isnull=True, outcome="")
                | models.Q(done_at__isnull=False) & ~models.Q(outcome=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"],
                name="money_task_open",
                condition=models.Q(done_at__isnull=True),
            ),
        ]
