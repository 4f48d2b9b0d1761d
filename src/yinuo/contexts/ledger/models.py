"""The append-only record of facts. Triggers refuse every update, delete and truncate of it."""

from django.db import models


class Secret(models.Model):
    """The random 32 bytes that bind one order's entries; without them nothing can be opened."""

    subject_id = models.BigIntegerField(primary_key=True)
    k = models.BinaryField()


class StreamHead(models.Model):
    """The newest entry of one stream: its number and the hash that the next entry names."""

    stream = models.TextField(primary_key=True)
    subject_id = models.BigIntegerField()
    letter = models.TextField()
    n = models.IntegerField()
    leaf_hash = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "letter"], name="stream_once"),
        ]


class Entry(models.Model):
    """One fact. `body` is the exact leaf that is sealed: no personal data, no time in it."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    subject_id = models.BigIntegerField(null=True)
    stream = models.TextField(blank=True)
    n = models.IntegerField(null=True)
    body = models.TextField()
    # The cause and the order it touched: one cause changes one order once, however often it is run.
    change_key = models.TextField(unique=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "n"], name="entry_number_once", condition=~models.Q(stream="")
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "id"], name="entry_by_subject"),
            models.Index(fields=["kind", "recorded_at"], name="entry_by_kind"),
        ]


class Opening(models.Model):
    """The committed part of an entry, as canonical JSON; `c` in the entry's body commits to it."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="opening")
    payload = models.TextField()


class Untold(models.Model):
    """An entry that somebody must be told of and that no notice covers yet."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="+")
