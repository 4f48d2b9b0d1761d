"""What a customer is asked to pay, and each attempt to collect it."""

from django.db import models


class Provider(models.TextChoices):
    """By which way money comes and goes."""

    SANDBOX = "SANDBOX"
    WECHAT = "WECHAT"
    ALIPAY = "ALIPAY"
    BANK = "BANK"


class Bill(models.Model):
    """One sum that a customer is asked for: the deposit of a ticket or order, or its balance.

    `paid_fen` is 0 or the whole amount. What of it goes back or is kept is counted here, so that
    the database itself refuses to give back more than was paid.
    """

    class Kind(models.TextChoices):
        DEPOSIT = "DEPOSIT"
        BALANCE = "BALANCE"

    class State(models.TextChoices):
        OPEN = "OPEN"
        BLOCKED = "BLOCKED"
        PAID = "PAID"
        VOID = "VOID"

    public_id = models.TextField(unique=True)
    request_key = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    # Of a ticket until its order exists, then of the order.
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey(
        "orders.Ticket", models.PROTECT, null=True, related_name="+", db_index=False
    )
    # What was signed after the inspection; no balance without it.
    signature = models.ForeignKey(
        "handover.Signature", models.PROTECT, null=True, related_name="+", db_index=False
    )
    amount_fen = models.BigIntegerField()
    # What the contract says; a bill that says otherwise is blocked.
    contract_amount_fen = models.BigIntegerField()
    # Of a deposit: the price that it belongs to, of which it may be a fifth.
    price_fen = models.BigIntegerField(null=True)
    state = models.TextField(choices=State, default=State.OPEN)
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    paid_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)
    kept_fen = models.BigIntegerField(default=0)
    # The car was handed over: what is left of it is the maker's.
    earned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="bill_amount", condition=models.Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="bill_of_order_or_ticket",
                condition=models.Q(order__isnull=True, ticket__isnull=False)
                | models.Q(order__isnull=False, ticket__isnull=True),
            ),
            models.CheckConstraint(
                name="balance_only_after_signature",
                condition=~models.Q(kind="BALANCE") | models.Q(signature__isnull=False),
            ),
            models.CheckConstraint(
                name="bill_amount_is_the_contracts",
                condition=models.Q(state__in=["BLOCKED", "VOID"])
                | models.Q(amount_fen=models.F("contract_amount_fen")),
            ),
            models.CheckConstraint(
                name="deposit_at_most_a_fifth",
                condition=~models.Q(kind="DEPOSIT")
                | models.Q(state__in=["BLOCKED", "VOID"])
                | models.Q(price_fen__isnull=True)
                | models.Q(price_fen__gte=models.F("amount_fen") * 5),
            ),
            models.CheckConstraint(
                name="bill_paid_whole",
                condition=models.Q(state="PAID", paid_fen=models.F("amount_fen"))
                & models.Q(paid_at__isnull=False)
                | ~models.Q(state="PAID") & models.Q(paid_fen=0, paid_at__isnull=True),
            ),
            models.CheckConstraint(
                name="bill_never_gives_back_more",
                condition=models.Q(refunded_fen__gte=0, kept_fen__gte=0)
                & models.Q(paid_fen__gte=models.F("refunded_fen") + models.F("kept_fen")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["ticket"],
                name="bill_by_ticket",
                condition=models.Q(ticket__isnull=False),
            ),
            models.Index(
                fields=["signature"],
                name="bill_by_signature",
                condition=models.Q(signature__isnull=False),
            ),
        ]


class Charge(models.Model):
    """One attempt to collect a bill by one provider; its number is the provider's key to it."""

    class State(models.TextChoices):
        STARTED = "STARTED"
        PAID = "PAID"
        FAILED = "FAILED"
        CLOSED = "CLOSED"

    # 32 letters and digits at most: what both providers take as the merchant's own number.
    number = models.TextField(unique=True)
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="charges")
    provider = models.TextField(choices=Provider)
    request_key = models.TextField(unique=True)
    amount_fen = models.BigIntegerField()
    state = models.TextField(choices=State, default=State.STARTED)
    # The provider's own number of the payment, once it took place.
    provider_ref = models.TextField(null=True)
    link = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bill"], condition=models.Q(state="PAID"), name="charge_paid_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_ref"], name="charge_provider_ref_once"
            ),
            models.CheckConstraint(
                name="charge_paid_has_ref",
                condition=~models.Q(state="PAID")
                | models.Q(provider_ref__isnull=False, settled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["started_at"],
                name="charge_unanswered",
                condition=models.Q(state="STARTED"),
            ),
        ]
