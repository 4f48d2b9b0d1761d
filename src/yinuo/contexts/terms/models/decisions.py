"""What the law was found to say of a case, as it was decided."""

from django.db import models


class Decision(models.Model):
    """A stored decision of the rule engine; its record explains itself whatever changes later.

    `at` is the moment at which the product had to ask. A decision on a ticket belongs to the
    order too once the order exists.
    """

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey("orders.Ticket", models.PROTECT, null=True, related_name="+")
    at = models.TextField()
    on_date = models.DateField()
    clearance = models.TextField()
    digest = models.TextField()
    record = models.JSONField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "ticket", "at", "digest"],
                name="decision_once",
                nulls_distinct=False,
            ),
        ]
