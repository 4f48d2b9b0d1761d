"""Pictures and films: files on their way, and files that were taken in."""

from django.db import models


class Upload(models.Model):
    """A file that is sent in parts. `received_bytes` is where the next part begins."""

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    inspection = models.ForeignKey(
        "handover.Inspection", models.PROTECT, null=True, related_name="+"
    )
    code = models.TextField(blank=True)
    size_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="upload_within_size",
                condition=models.Q(received_bytes__gte=0)
                & models.Q(received_bytes__lte=models.F("size_bytes"))
                & models.Q(size_bytes__gt=0),
            ),
        ]
        indexes = [
            models.Index(
                fields=["begun_at"],
                name="upload_open",
                condition=models.Q(finished_at__isnull=True),
            ),
        ]


class Evidence(models.Model):
    """A file as it is kept: without place or device data, named by its digest. Never changed."""

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    inspection = models.ForeignKey(
        "handover.Inspection", models.PROTECT, null=True, related_name="evidence"
    )
    damage = models.ForeignKey("handover.Damage", models.PROTECT, null=True, related_name="photos")
    code = models.TextField(blank=True)
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    sha256 = models.TextField()
    received_at = models.DateTimeField()
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    staff = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    helper = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="evidence_digest", condition=models.Q(sha256__regex="^[0-9a-f]{64}$")
            ),
            models.UniqueConstraint(
                fields=["order", "inspection", "damage", "code", "sha256"],
                name="evidence_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["order"], name="evidence_by_order")]
