"""The evidence of statements, what keeps it from going, and what was promised to be done."""

from django.db import models

from yinuo.contexts.claims.models.statements import Claim


class Evidence(models.Model):
    """A file that shows what a statement says; the file is kept in the upload room.

    `made_date` is the day of the test or report, `valid_until_date` its last day, null for none.
    """

    public_id = models.TextField(unique=True)
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="evidence")
    title = models.TextField()
    sha256 = models.TextField()
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    made_date = models.DateField()
    valid_until_date = models.DateField(null=True)
    added_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    added_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "sha256"], name="evidence_file_once"),
            models.CheckConstraint(
                name="evidence_valid_later",
                condition=models.Q(valid_until_date__isnull=True)
                | models.Q(valid_until_date__gte=models.F("made_date")),
            ),
            models.CheckConstraint(
                name="evidence_public_stays",
                condition=models.Q(dropped_at__isnull=True) | models.Q(published_at__isnull=True),
            ),
            models.CheckConstraint(
                name="evidence_published_by",
                condition=models.Q(published_at__isnull=True, published_by__isnull=True)
                | models.Q(published_at__isnull=False, published_by__isnull=False),
            ),
        ]


class Hold(models.Model):
    """A legal hold: while it lasts nothing of the statement goes."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="holds")
    why = models.TextField()
    placed_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=models.Q(lifted_at__isnull=True), name="claim_hold_once"
            ),
            models.CheckConstraint(name="claim_hold_says_why", condition=~models.Q(why="")),
        ]


class Commitment(models.Model):
    """Something the maker said in public that it will do: who, what, by when, and how it ended.

    `proof` says where it can be seen that it was done, or why it is given up.
    """

    class Close(models.TextChoices):
        DONE = "DONE"
        GIVEN_UP = "GIVEN_UP"

    public_id = models.TextField(unique=True)
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, related_name="commitments")
    owner = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    what_zh = models.TextField()
    what_en = models.TextField()
    due_date = models.DateField()
    made_at = models.DateTimeField()
    sha256 = models.TextField()
    entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    closed_code = models.TextField(choices=Close, blank=True)
    closed_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    proof = models.TextField(blank=True)
    closed_entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="commitment_closed_shows",
                condition=models.Q(closed_at__isnull=True, closed_code="", proof="")
                | (
                    models.Q(closed_at__isnull=False, closed_by__isnull=False)
                    & ~models.Q(closed_code="")
                    & ~models.Q(proof="")
                ),
            ),
        ]
