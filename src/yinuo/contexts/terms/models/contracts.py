"""The contract of one order as it was agreed, what was shown, and what was agreed besides."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yinuo.contexts.terms.models.clauses import ClauseVersion, Template
from yinuo.contexts.terms.models.decisions import Decision

# A deposit is at most this part of the price (Civil Code art. 586), here in parts of one.
DEPOSIT_PARTS_MAX = 5


class Contract(models.Model):
    """The snapshot of a contract. Never changed: what changes is agreed as the next version.

    Its clauses are those of its template, which never change either. `facts` hold what was
    promised with the car, such as features and limits of power. `digest` is of the whole.
    """

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey("orders.Ticket", models.PROTECT, null=True, related_name="+")
    version = models.IntegerField(default=1)
    template = models.ForeignKey(Template, models.PROTECT, related_name="contracts")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", db_index=False)
    language = models.TextField()
    price_fen = models.BigIntegerField()
    deposit_fen = models.BigIntegerField()
    statement_ids = ArrayField(models.BigIntegerField(), default=list)
    facts = models.JSONField(default=dict)
    digest = models.TextField()
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, related_name="+", db_index=False
    )
    agreed_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(superseded_at__isnull=True, order__isnull=False),
                name="contract_current_of_order",
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=models.Q(superseded_at__isnull=True, ticket__isnull=False),
                name="contract_current_of_ticket",
            ),
            models.CheckConstraint(
                name="contract_has_subject",
                condition=models.Q(order__isnull=False) | models.Q(ticket__isnull=False),
            ),
            models.CheckConstraint(
                name="contract_amounts",
                condition=models.Q(price_fen__gt=0)
                & models.Q(deposit_fen__gte=0)
                & models.Q(price_fen__gte=models.F("deposit_fen") * DEPOSIT_PARTS_MAX),
            ),
        ]


class ClauseShown(models.Model):
    """How one clause was put before the customer: the evidence that it was shown conspicuously."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="shown")
    clause_version = models.ForeignKey(
        ClauseVersion, models.PROTECT, related_name="+", db_index=False
    )
    page = models.TextField()
    means = ArrayField(models.TextField())
    type_px = models.IntegerField()
    price_type_px = models.IntegerField()
    contrast_x100 = models.IntegerField()
    explanation_asked = models.BooleanField(default=False)
    explained = models.BooleanField(default=False)
    shown_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "clause_version"], name="shown_once"),
        ]


class SideTerm(models.Model):
    """Something agreed singly beside the template; it beats the template where they conflict.

    It holds for the order, through whatever versions of the contract, until it ended.
    """

    class Kind(models.TextChoices):
        SCHEDULE_HOLD = "SCHEDULE_HOLD"
        PRICE = "PRICE"
        DELIVERY_BY = "DELIVERY_BY"
        FREE_TEXT = "FREE_TEXT"

    class Ended(models.TextChoices):
        ASKED = "ASKED"
        LAPSED = "LAPSED"
        # Another one of its kind was agreed later.
        REPLACED = "REPLACED"

    public_id = models.TextField(unique=True)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="side_terms")
    kind = models.TextField(choices=Kind)
    text = models.TextField()
    days = models.IntegerField(null=True)
    until_date = models.DateField(null=True)
    amount_fen = models.BigIntegerField(null=True)
    # A clause of the template that says otherwise.
    beats = models.ForeignKey(ClauseVersion, models.PROTECT, null=True, related_name="+")
    signed_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    signed_by_staff = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    signed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(choices=Ended, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="side_term_says", condition=~models.Q(text="")),
            models.CheckConstraint(
                name="side_term_hold_ends",
                condition=~models.Q(kind="SCHEDULE_HOLD")
                | models.Q(days__gt=0, until_date__isnull=False),
            ),
            models.CheckConstraint(
                name="side_term_price",
                condition=~models.Q(kind="PRICE") | models.Q(amount_fen__gt=0),
            ),
            models.CheckConstraint(
                name="side_term_date",
                condition=~models.Q(kind="DELIVERY_BY") | models.Q(until_date__isnull=False),
            ),
            models.CheckConstraint(
                name="side_term_ended_why",
                condition=models.Q(ended_at__isnull=True, ended_why="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_why="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract"],
                condition=models.Q(kind="SCHEDULE_HOLD", ended_at__isnull=True),
                name="side_term_live_hold",
            ),
        ]
