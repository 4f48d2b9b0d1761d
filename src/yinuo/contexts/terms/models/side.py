"""A side term before its buyer agreed to it, and one that we did not keep."""

from django.db import models

from yinuo.contexts.terms.models.clauses import ClauseVersion
from yinuo.contexts.terms.models.contracts import SideTerm


class SideOffer(models.Model):
    """Something that was said to a buyer, written down for the buyer to agree to or decline.

    `said_by` and `said_where` name who of the maker said it and where, such as in which shop; an
    offer binds nobody until the buyer agreed, which makes `term`.
    """

    class Answer(models.TextChoices):
        AGREED = "AGREED"
        DECLINED = "DECLINED"
        WITHDRAWN = "WITHDRAWN"

    public_id = models.TextField(unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    kind = models.TextField(choices=SideTerm.Kind)
    text = models.TextField()
    days = models.IntegerField(null=True)
    until_date = models.DateField(null=True)
    amount_fen = models.BigIntegerField(null=True)
    beats = models.ForeignKey(
        ClauseVersion, models.PROTECT, null=True, related_name="+", db_index=False
    )
    said_by = models.TextField()
    said_where = models.TextField()
    said_date = models.DateField()
    offered_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False
    )
    offered_at = models.DateTimeField()
    answer = models.TextField(choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    term = models.OneToOneField(SideTerm, models.PROTECT, null=True, related_name="offer")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="side_offer_says",
                condition=~models.Q(text="") & ~models.Q(said_by="") & ~models.Q(said_where=""),
            ),
            models.CheckConstraint(
                name="side_offer_answered",
                condition=models.Q(answer="", answered_at__isnull=True, term__isnull=True)
                | models.Q(answer="AGREED", answered_at__isnull=False, term__isnull=False)
                | models.Q(
                    answer__in=["DECLINED", "WITHDRAWN"],
                    answered_at__isnull=False,
                    term__isnull=True,
                ),
            ),
        ]


class TermBreach(models.Model):
    """A date of delivery agreed on singly that we do not keep: as expected, then as it came.

    `latest_date` is what was promised when it was found; for a day that passed, that day.
    """

    class Stage(models.TextChoices):
        EXPECTED = "EXPECTED"
        PASSED = "PASSED"

    term = models.ForeignKey(SideTerm, models.PROTECT, related_name="breaches")
    stage = models.TextField(choices=Stage)
    latest_date = models.DateField()
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["term", "stage"], name="term_breach_once"),
        ]
