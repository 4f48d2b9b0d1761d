"""What a car could do when it was handed over, and after each update, against its contract."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yinuo.contexts.terms.models.contracts import Contract


class EnabledFeatures(models.Model):
    """Features that work and limits that hold in the car of a contract, as they were found.

    `limits` are numbers by code, such as `power_kw`. What the contract promised stands in its
    `facts`; `lacking` are the codes of what was promised and is not there, or is less.
    """

    class Cause(models.TextChoices):
        HANDOVER = "HANDOVER"
        UPDATE = "UPDATE"

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="enabled")
    cause = models.TextField(choices=Cause)
    source = models.TextField()
    features = ArrayField(models.TextField())
    limits = models.JSONField(default=dict)
    lacking = ArrayField(models.TextField())
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "cause", "source"], name="enabled_found_once"
            ),
        ]
