"""The append-only record of facts. Triggers refuse every update, delete and truncate of it.

One event may write half a million entries, so each index and each check by the database has to
earn its cost. Rows that name an entry are written with it, by the one writer, and an entry can
never be removed: the database need not look it up once more for each of them.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models


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
    # Which of the order's streams (q, p or n), and its public id; both empty for a fact of none.
    letter = models.TextField(blank=True)
    stream = models.TextField(blank=True)
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


class Opening(models.Model):
    """The committed part of an entry, as canonical JSON; `c` in the entry's body commits to it."""

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="opening", db_constraint=False
    )
    payload = models.TextField()


class Untold(models.Model):
    """An entry that somebody must be told of and that no notice covers yet."""

    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
