"""What may stand in a contract: clauses by version, templates, and what was promised in public."""

from django.db import models


class Clause(models.Model):
    """A clause by its lasting name; its wording stands in its versions."""

    code = models.TextField(unique=True)
    title_zh = models.TextField()
    title_en = models.TextField()


class ClauseVersion(models.Model):
    """One wording of a clause. Never changed: another wording is another version.

    `facts` are what the rules ask of a clause (`standard`, `material`, ...), without the subject's
    name. `wording_digest` is of the Chinese text without blanks and marks, so that the same words
    are found again under any name. It may stand in contracts from `effective_from` on and before
    `effective_until`; null for at once and for no end.
    """

    clause = models.ForeignKey(Clause, models.PROTECT, related_name="versions")
    version = models.IntegerField()
    text_zh = models.TextField()
    text_en = models.TextField()
    facts = models.JSONField()
    wording_digest = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    effective_from = models.DateField(null=True)
    effective_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clause", "version"], name="clause_version_once"),
            models.CheckConstraint(
                name="clause_version_ends_later",
                condition=models.Q(effective_from__isnull=True)
                | models.Q(effective_until__isnull=True)
                | models.Q(effective_until__gt=models.F("effective_from")),
            ),
            models.CheckConstraint(
                name="clause_has_words", condition=~models.Q(text_zh="") & ~models.Q(text_en="")
            ),
        ]
        indexes = [models.Index(fields=["wording_digest"], name="clause_by_wording")]


class Template(models.Model):
    """One version of a contract template. Once issued its clauses stay as they are.

    `whole` are facts of the template as a whole, such as whether the deposit is one in the legal
    sense; `check` is the record of the law check under which it was issued.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT"
        ISSUED = "ISSUED"
        WITHDRAWN = "WITHDRAWN"

    code = models.TextField()
    version = models.IntegerField()
    title_zh = models.TextField()
    title_en = models.TextField()
    whole = models.JSONField(default=dict)
    state = models.TextField(choices=State, default=State.DRAFT)
    check_record = models.JSONField(null=True)
    digest = models.TextField(blank=True)
    drafted_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="template_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(state="ISSUED"), name="template_issued_once"
            ),
            models.CheckConstraint(
                name="template_issued_has_check",
                condition=~models.Q(state="ISSUED")
                | (
                    models.Q(issued_at__isnull=False, check_record__isnull=False)
                    & ~models.Q(digest="")
                ),
            ),
            models.CheckConstraint(
                name="template_withdrawn_has_reason",
                condition=~models.Q(state="WITHDRAWN")
                | (models.Q(withdrawn_at__isnull=False) & ~models.Q(withdrawn_why="")),
            ),
        ]


class TemplateClause(models.Model):
    """A clause in its place in a template, and how large its words stand on the page: in px."""

    template = models.ForeignKey(Template, models.PROTECT, related_name="places")
    clause_version = models.ForeignKey(ClauseVersion, models.PROTECT, related_name="places")
    position = models.IntegerField()
    prompt_px = models.SmallIntegerField(default=20, db_default=20)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="template_clause_size", condition=models.Q(prompt_px__range=(8, 96))
            ),
            models.UniqueConstraint(
                fields=["template", "clause_version"], name="template_clause_once"
            ),
            models.UniqueConstraint(fields=["template", "position"], name="template_place_once"),
        ]


class Statement(models.Model):
    """Something promised to everybody in public, which a contract made meanwhile carries.

    `forbids` is the fact of a clause that would contradict it, such as
    `balance_before_inspection`; empty where no clause can.
    """

    code = models.TextField(unique=True)
    text_zh = models.TextField()
    text_en = models.TextField()
    source = models.TextField()
    said_date = models.DateField()
    ended_date = models.DateField(null=True)
    forbids = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="statement_ends_later",
                condition=models.Q(ended_date__isnull=True)
                | models.Q(ended_date__gt=models.F("said_date")),
            ),
        ]
