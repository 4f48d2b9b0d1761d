"""Signatures: what a balance rests on."""

from django.db import models


class Signature(models.Model):
    """A customer's signature under one version of one inspection. Never changed.

    `document_sha256` is the digest of exactly what was signed. `drawing` holds the strokes as
    JSON text, `name` what was typed. A trigger refuses a version that is not the newest.
    """

    class Kind(models.TextChoices):
        DRAWN = "DRAWN"
        TYPED = "TYPED"

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    inspection = models.OneToOneField(
        "handover.Inspection", models.PROTECT, related_name="signature"
    )
    version = models.IntegerField()
    document_sha256 = models.TextField()
    document = models.TextField()
    kind = models.TextField(choices=Kind)
    name = models.TextField(blank=True)
    drawing = models.TextField(blank=True)
    signed_at = models.DateTimeField()
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="signature_is_written",
                condition=(models.Q(kind="DRAWN") & ~models.Q(drawing=""))
                | (models.Q(kind="TYPED") & ~models.Q(name="")),
            ),
            models.CheckConstraint(
                name="signature_digest", condition=models.Q(document_sha256__regex="^[0-9a-f]{64}$")
            ),
        ]
