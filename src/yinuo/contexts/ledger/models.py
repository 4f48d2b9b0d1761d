"""The append-only record of facts. Triggers refuse every update, delete and truncate of it, but
that one order's secret and openings are destroyed (`Erasure`).

One event may write half a million entries, so each index and each check by the database has to
earn its cost. Rows that name an entry are written with it, by the one writer, and an entry can
never be removed: the database need not look it up once more for each of them.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from yinuo.contexts.ledger.forms import put_together


class Secret(models.Model):
    """The random 32 bytes that bind one order's entries; without them nothing can be opened."""

    subject_id = models.BigIntegerField(primary_key=True)
    k = models.BinaryField()


class StreamHead(models.Model):
    """The newest entry of one stream: its number and the hash that the next entry names."""

    pk = models.CompositePrimaryKey("subject_id", "letter")
    subject_id = models.BigIntegerField()
    letter = models.TextField()
    stream = models.TextField()
    n = models.IntegerField()
    leaf_hash = models.TextField()


class Entry(models.Model):
    """One fact. `body` is the exact leaf that is sealed: no personal data, no time in it."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    subject_id = models.BigIntegerField(null=True)
    # Which of the streams of an order (q, p or n), empty for a fact of none, or where the record
    # of the order was erased. The stream's public id stands in the body.
    letter = models.TextField(blank=True)
    n = models.IntegerField(null=True)
    body = models.TextField()
    # The cause and the order it touched: one cause changes one order once, however often it is run.
    change_key = models.TextField(db_collation="C")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change_key"], name="entry_change_once"),
            # Also the way to what was recorded of one order.
            models.UniqueConstraint(fields=["subject_id", "letter", "n"], name="entry_number_once"),
        ]
        indexes = [
            # Entries lie in the order of time: a few ranges of pages say where a time begins.
            BrinIndex(fields=["recorded_at"], name="entry_by_time", autosummarize=True),
        ]


class Form(models.Model):
    """What very many openings share: see `forms`. It holds nothing of one order alone.

    Who needs a form that is not there makes it, without waiting for somebody who is making the
    same: it may then stand here twice, and both say the same.
    """

    id = models.AutoField(primary_key=True)
    # SHA-256 of the pieces, by which a form is found again.
    digest = models.BinaryField(db_index=True)
    pieces = models.TextField()


class Opening(models.Model):
    """The committed part of an entry; `c` in the entry's body commits to it.

    `parts` are put into the form, or are all of it where there is no form. A form can never be
    removed, so the database need not look it up for each opening.
    """

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="opening", db_constraint=False
    )
    form = models.ForeignKey(
        Form, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    parts = models.TextField()

    @property
    def payload(self) -> str:
        """What was committed to, as canonical JSON."""
        return put_together(self.form.pieces, self.parts) if self.form else self.parts


class Erasure(models.Model):
    """Somebody asked that one order's record can no longer be opened; done for good at `done_at`.

    Triggers let secret, openings and the link from entry to order go only in the transaction
    that marks it as done, and nothing is recorded of that order again.
    """

    class Reason(models.TextChoices):
        ASKED = "ASKED"  # by the customer
        PURPOSE_ENDED = "PURPOSE_ENDED"  # nothing is left for which it would be kept
        ORDERED_BY_LAW = "ORDERED_BY_LAW"  # a court or an authority said so

    subject_id = models.BigIntegerField(primary_key=True)
    asked_at = models.DateTimeField()
    reason = models.TextField(choices=Reason)
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    # The transaction in which it is done; set by a trigger.
    during = models.BigIntegerField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="erasure_reason_is_known",
                condition=models.Q(reason__in=["ASKED", "PURPOSE_ENDED", "ORDERED_BY_LAW"]),
            ),
        ]


class LegalHold(models.Model):
    """The record of an order is needed as evidence: it is not erased while this stands."""

    id = models.AutoField(primary_key=True)
    subject_id = models.BigIntegerField()
    why = models.TextField()
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id"],
                condition=models.Q(until_at=None),
                name="legal_hold_stands_once",
            ),
        ]


class Untold(models.Model):
    """An entry that somebody must be told of and that no notice covers yet."""

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )


class Inbox(models.Model):
    """An entry that has no number in the log yet. A trigger writes it with every entry."""

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )


class Leaf(models.Model):
    """Leaf `idx` of the log: an entry, or `body` where only the published files knew it still.

    The latter are leaves found again after a backup was restored that is older than they.
    """

    idx = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        Entry, models.PROTECT, null=True, related_name="leaf", db_constraint=False
    )
    # A check of the database sees to it that exactly one of the two is there.
    body = models.TextField(null=True)


class Tree(models.Model):
    """The one row that says how far the log has come; who locks it may make the log longer.

    `edge` holds the roots of the full subtrees at its right edge, 32 bytes each, in the order of
    `tlog.Edge`; `locks` counts the leaves that gave a customer a place.
    """

    singleton = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    edge = models.BinaryField()
    root = models.BinaryField()
    locks = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(singleton=1), name="tree_is_one"),
        ]


class Checkpoint(models.Model):
    """A signed head of the log that was published; one size is published again and again.

    `quorum_at` is the time by which enough witnesses had seen it, None where none is asked.
    """

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    locks = models.BigIntegerField()
    published_at = models.DateTimeField()
    quorum_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["size"], name="checkpoint_by_size"),
            models.Index(fields=["quorum_at"], name="checkpoint_by_quorum"),
        ]


class QueueFigures(models.Model):
    """Who was passed, week by week, worked out from the first `size` leaves of the log.

    Nothing stands here that the leaves do not say; it only need not be worked out for each reader.
    """

    size = models.BigIntegerField(primary_key=True)
    said = models.JSONField()
    made_at = models.DateTimeField()
