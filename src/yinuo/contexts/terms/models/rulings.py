"""What courts and authorities held void, and what is done for those it concerns."""

from django.db import models

from yinuo.contexts.terms.models.clauses import ClauseVersion
from yinuo.contexts.terms.models.contracts import Contract


class Ruling(models.Model):
    """A judgment or a penalty by which clauses are void."""

    public_id = models.TextField(unique=True)
    court = models.TextField()
    case_no = models.TextField()
    ruled_date = models.DateField()
    source = models.TextField()
    summary_zh = models.TextField()
    summary_en = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    overturned_at = models.DateTimeField(null=True)
    overturned_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    overturned_why = models.TextField(blank=True)
    overturned_source = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ruling_overturned_why",
                condition=models.Q(overturned_at__isnull=True, overturned_by__isnull=True)
                | models.Q(overturned_at__isnull=False, overturned_by__isnull=False)
                & ~models.Q(overturned_why="")
                & ~models.Q(overturned_source=""),
            ),
            models.UniqueConstraint(fields=["court", "case_no"], name="ruling_once"),
            models.CheckConstraint(
                name="ruling_has_source",
                condition=~models.Q(court="") & ~models.Q(case_no="") & ~models.Q(source=""),
            ),
        ]


class VoidClause(models.Model):
    """A wording that a ruling holds void."""

    ruling = models.ForeignKey(Ruling, models.PROTECT, related_name="void")
    clause_version = models.ForeignKey(ClauseVersion, models.PROTECT, related_name="void")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ruling", "clause_version"], name="void_once"),
        ]


class Remedy(models.Model):
    """What is owed to one order that holds a void clause: by whom and until when."""

    class Outcome(models.TextChoices):
        STRUCK = "STRUCK"
        REPLACED = "REPLACED"
        PAID_BACK = "PAID_BACK"
        # The ruling fell before anything was done.
        OVERTURNED = "OVERTURNED"

    ruling = models.ForeignKey(Ruling, models.PROTECT, related_name="remedies")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # When it was entered into the ledger, from which the customer is told.
    entered_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    outcome = models.TextField(choices=Outcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ruling", "order"], name="remedy_once"),
            models.CheckConstraint(
                name="remedy_done_how",
                condition=models.Q(done_at__isnull=True, outcome="")
                | (models.Q(done_at__isnull=False) & ~models.Q(outcome="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["ruling"], condition=models.Q(done_at__isnull=True), name="remedy_open"
            ),
            models.Index(
                fields=["ruling", "order"],
                condition=models.Q(entered_at__isnull=True),
                name="remedy_to_enter",
            ),
        ]
