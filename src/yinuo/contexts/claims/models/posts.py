"""Posts of the maker's community that were hidden or removed, and what became of it."""

from django.db import models

from yinuo.contexts.claims.models.proofs import Evidence


class HiddenPost(models.Model):
    """One post that is not shown any more. Its text is not kept; `seal` commits to its digest.

    `post_ref` is the post's public address or number at its place. `salt` opens the seal, and gives
    the author's code; without it the seal says nothing.
    """

    class Act(models.TextChoices):
        HIDDEN = "HIDDEN"
        REMOVED = "REMOVED"

    public_id = models.TextField(unique=True)
    sender = models.TextField()
    request_key = models.TextField()
    request_digest = models.TextField()
    post_ref = models.TextField()
    act = models.TextField(choices=Act)
    rule = models.TextField()
    reason = models.TextField()
    reviewer = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, related_name="+", db_index=False
    )
    salt = models.BinaryField()
    text_sha256 = models.TextField()
    seal = models.TextField()
    acted_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "request_key"], name="hidden_post_once"),
            models.CheckConstraint(
                name="hidden_post_bots_shown",
                condition=~models.Q(rule="BOTS") | models.Q(evidence__isnull=False),
            ),
            models.CheckConstraint(
                name="hidden_post_says_why",
                condition=~models.Q(reason="") & ~models.Q(post_ref="") & ~models.Q(rule=""),
            ),
        ]
        indexes = [models.Index(fields=["rule"], name="hidden_post_by_rule")]


class Appeal(models.Model):
    """The author asks somebody else to look again; `decider` is not who hid the post."""

    class Outcome(models.TextChoices):
        RESTORED = "RESTORED"
        UPHELD = "UPHELD"

    post = models.OneToOneField(HiddenPost, models.PROTECT, related_name="appeal")
    words = models.TextField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decider = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    outcome = models.TextField(choices=Outcome, blank=True)
    why = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    entry = models.ForeignKey(
        "ledger.Entry", models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="appeal_decided_whole",
                condition=models.Q(
                    outcome="", why="", decided_at__isnull=True, decided_by__isnull=True
                )
                | (
                    models.Q(decided_at__isnull=False, decided_by__isnull=False)
                    & ~models.Q(outcome="")
                    & ~models.Q(why="")
                ),
            ),
        ]
