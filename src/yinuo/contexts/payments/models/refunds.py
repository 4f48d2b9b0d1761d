"""Money that goes back, and money that is kept."""

from django.db import models

from yinuo.contexts.payments.models.bills import Bill, Charge, Provider


class Refund(models.Model):
    """Money owed back to a customer, with the day by which it is due and what a late day adds.

    `amount_fen` was paid by the customer; `penalty_fen` is what the maker adds where a deposit is
    returned double; `interest_fen` is worked out when the money is sent, and is paid with it.
    """

    class State(models.TextChoices):
        DUE = "DUE"
        SENT = "SENT"
        PAID = "PAID"

    public_id = models.TextField(unique=True)
    request_key = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey(
        "orders.Ticket", models.PROTECT, null=True, related_name="+", db_index=False
    )
    amount_fen = models.BigIntegerField()
    penalty_fen = models.BigIntegerField(default=0)
    interest_fen = models.BigIntegerField(default=0)
    reason = models.TextField()
    decision = models.ForeignKey(
        "terms.Decision", models.PROTECT, null=True, related_name="+", db_index=False
    )
    state = models.TextField(choices=State, default=State.DUE)
    ordered_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # Interest runs from this day; null: only if the refund is late, from the day it was due.
    interest_from_date = models.DateField(null=True)
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)
    bank_reference = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="refund_of_order_or_ticket",
                condition=models.Q(order__isnull=True, ticket__isnull=False)
                | models.Q(order__isnull=False, ticket__isnull=True),
            ),
            models.CheckConstraint(
                name="refund_amounts",
                condition=models.Q(amount_fen__gte=0, penalty_fen__gte=0, interest_fen__gte=0),
            ),
            models.CheckConstraint(
                name="refund_paid_has_reference",
                condition=~models.Q(state="PAID")
                | models.Q(paid_at__isnull=False) & ~models.Q(bank_reference=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["ticket"],
                name="refund_by_ticket",
                condition=models.Q(ticket__isnull=False),
            ),
            models.Index(fields=["due_at"], name="refund_open", condition=~models.Q(state="PAID")),
        ]


class RefundPart(models.Model):
    """One way on which a refund goes: back over the charge it came by, or by bank transfer.

    Interest and what is added to a doubled deposit were never paid in, so they go by transfer.
    """

    class State(models.TextChoices):
        DUE = "DUE"
        SENT = "SENT"
        PAID = "PAID"
        FAILED = "FAILED"

    # What the provider knows it by: asking twice with one number pays once.
    number = models.TextField(unique=True)
    refund = models.ForeignKey(Refund, models.PROTECT, related_name="parts")
    bill = models.ForeignKey(Bill, models.PROTECT, null=True, related_name="+")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="+")
    provider = models.TextField(choices=Provider)
    amount_fen = models.BigIntegerField()
    state = models.TextField(choices=State, default=State.DUE)
    provider_ref = models.TextField(null=True)
    why = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="part_amount", condition=models.Q(amount_fen__gt=0)),
            models.UniqueConstraint(
                fields=["provider", "provider_ref"], name="part_provider_ref_once"
            ),
            models.CheckConstraint(
                name="part_paid_has_ref",
                condition=~models.Q(state="PAID")
                | models.Q(provider_ref__isnull=False, paid_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["refund"], name="part_open", condition=~models.Q(state="PAID")),
        ]


class Keep(models.Model):
    """Money that the maker wants to keep, or keeps: by a decision of law and with a name.

    Somebody proposes, a named person approves. A customer who does not agree freezes it; then a
    person decides again, or it goes back.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED"
        DECLINED = "DECLINED"
        KEPT = "KEPT"
        DISPUTED = "DISPUTED"
        GIVEN_BACK = "GIVEN_BACK"

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="keeps")
    amount_fen = models.BigIntegerField()
    # A trigger lets money be kept only with one on this order that passes.
    decision = models.ForeignKey("terms.Decision", models.PROTECT, related_name="+", db_index=False)
    proposer = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    approver = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    clause = models.TextField()
    reason = models.TextField()
    state = models.TextField(choices=State, default=State.KEPT)
    proposed_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="keep_amount", condition=models.Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="keep_has_approver",
                condition=models.Q(state__in=["PROPOSED", "DECLINED"])
                | models.Q(approver__isnull=False, kept_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["bill"], condition=models.Q(state="PROPOSED"), name="keep_proposed_once"
            ),
            models.CheckConstraint(
                name="keep_says_why",
                condition=~models.Q(clause="") & ~models.Q(reason=""),
            ),
        ]
