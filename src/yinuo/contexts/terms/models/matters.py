"""Disputes before courts, and what was done in them: settling comes first."""

from django.db import models


class Matter(models.Model):
    """A dispute, without any name of a person; `claims_fen` is what is asked of us."""

    public_id = models.TextField(unique=True)
    title = models.TextField()
    claims_fen = models.BigIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="matter_says",
                condition=~models.Q(title="") & models.Q(claims_fen__gte=0),
            ),
        ]


class MatterStep(models.Model):
    """Something done in a dispute, by whom and why.

    A step against the other side carries the answers to every question of settling first, its cost
    and what it costs in trust.
    """

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="steps")
    tactic = models.TextField()
    why = models.TextField()
    cost_fen = models.BigIntegerField()
    trust = models.TextField()
    answers = models.JSONField(default=dict)
    decided_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="matter_step_says",
                condition=~models.Q(why="") & ~models.Q(trust="") & models.Q(cost_fen__gte=0),
            ),
            models.CheckConstraint(
                name="matter_settles_first",
                condition=models.Q(tactic__in=["SETTLE", "PAY", "ADMIT"]) | ~models.Q(answers={}),
            ),
        ]
