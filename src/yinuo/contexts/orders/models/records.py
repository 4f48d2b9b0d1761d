"""What was handed out of an order's record: files whose digests we remember, links to share."""

from django.db import models

from yinuo.contexts.orders.models.orders import Order


class IssuedCopy(models.Model):
    """A file of an order's record as it was given to its customer, known again by its digest.

    Neither the file nor the numbers of its entries are kept: nothing joins them to an order.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    digest = models.BinaryField(unique=True)
    entries = models.IntegerField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="issued_copy_entries", condition=models.Q(entries__gte=0))
        ]


class ShareLink(models.Model):
    """An address at which anybody reads how an order's date moved, and nothing about a person."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    token = models.TextField(unique=True)
    made_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="share_link_expires_later",
                condition=models.Q(expires_at__gt=models.F("made_at")),
            )
        ]
