"""What is said in public, in versions that never change, and who answers for it."""

from django.db import models


class Claim(models.Model):
    """A public statement by its lasting name; its words stand in its versions.

    `speaker` is the executive who says it, null for the company. An executive's utterance is a
    statement like any other and passes the same gate.
    """

    class End(models.TextChoices):
        WITHDRAWN = "WITHDRAWN"
        DELETED = "DELETED"
        REPLACED = "REPLACED"
        RAN_OUT = "RAN_OUT"
        WRONG = "WRONG"

    code = models.TextField(unique=True)
    topic = models.TextField()
    speaker = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_code = models.TextField(choices=End, blank=True)
    ended_why = models.TextField(blank=True)
    ended_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="claim_code_form", condition=models.Q(code__regex=r"^[a-z][a-z0-9-]{2,59}$")
            ),
            models.CheckConstraint(
                name="claim_ended_says_why",
                condition=models.Q(ended_at__isnull=True, ended_code="", ended_why="")
                | (
                    models.Q(ended_at__isnull=False, ended_by__isnull=False)
                    & ~models.Q(ended_code="")
                    & ~models.Q(ended_why="")
                ),
            ),
        ]


class ClaimVersion(models.Model):
    """One wording. Once published nothing of it changes; before that it is the one draft.

    `text` and `condition` are the exact public words, `text_en` and `condition_en` our own
    translation for readers. `layout` holds the fields of `rules.Layout`. `sha256` is of the
    public text as it lies under `blob/`. `missing` are the codes of what the gate still asked for
    when it came out, which can only be so for something that was said already.
    """

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="versions")
    number = models.IntegerField()
    text = models.TextField()
    text_en = models.TextField(blank=True)
    condition = models.TextField(blank=True)
    condition_en = models.TextField(blank=True)
    unconditional = models.BooleanField(default=False)
    url = models.TextField(blank=True)
    channel = models.TextField()
    expires_date = models.DateField(null=True)
    layout = models.JSONField()
    written_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    written_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    published_code = models.TextField(blank=True)
    missing = models.JSONField(default=list)
    sha256 = models.TextField(blank=True)
    entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "number"], name="claim_version_once"),
            models.UniqueConstraint(
                fields=["claim"],
                condition=models.Q(published_at__isnull=True),
                name="claim_draft_once",
            ),
            models.CheckConstraint(
                name="claim_published_whole",
                condition=models.Q(published_at__isnull=True, sha256="", published_code="")
                | (
                    models.Q(published_at__isnull=False, published_by__isnull=False)
                    & ~models.Q(sha256="")
                    & ~models.Q(text="")
                    & ~models.Q(url="")
                    & ~models.Q(published_code="")
                ),
            ),
        ]


class Signature(models.Model):
    """One side's word for a version exactly as `digest` names it."""

    class Side(models.TextChoices):
        ENGINEERING = "ENGINEERING"
        LEGAL = "LEGAL"

    version = models.ForeignKey(ClaimVersion, models.PROTECT, related_name="signatures")
    side = models.TextField(choices=Side)
    staff = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    digest = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "side", "digest"], name="claim_signed_once"),
        ]


class Blob(models.Model):
    """A public text under its digest, until and after it lies in the public folder."""

    sha256 = models.TextField(primary_key=True)
    content = models.BinaryField()


class Conflict(models.Model):
    """A clause in force that breaks what a statement promises; somebody has to mend it."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="conflicts")
    template = models.TextField()
    clause = models.TextField()
    clause_zh = models.TextField()
    clause_en = models.TextField()
    owner = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    found_at = models.DateTimeField()
    due_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "template", "clause"],
                condition=models.Q(mended_at__isnull=True),
                name="claim_conflict_open_once",
            ),
        ]
