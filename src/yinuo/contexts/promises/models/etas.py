"""The dates that are public for the next lock of each line."""

from django.db import models


class Eta(models.Model):
    """What was last stated in public of one line: its days, or why it has none.

    One row a line, moved when something new is stated; `entry` is the entry that states it, and
    the entries are the history. `beyond` is the month that the forecast does not reach, as 2029-02,
    where that is why there is no date.
    """

    spec = models.ForeignKey("catalogue.Spec", models.PROTECT, related_name="+")
    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    from_date = models.DateField(null=True)
    until_date = models.DateField(null=True)
    latest_date = models.DateField(null=True)
    why = models.TextField()
    beyond = models.TextField()
    entry = models.ForeignKey("ledger.Entry", models.PROTECT, db_index=False, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["spec", "centre"], name="eta_once"),
            models.CheckConstraint(
                name="eta_dates_or_why",
                condition=models.Q(
                    why="",
                    from_date__isnull=False,
                    until_date__isnull=False,
                    latest_date__isnull=False,
                )
                | (
                    ~models.Q(why="")
                    & models.Q(
                        from_date__isnull=True, until_date__isnull=True, latest_date__isnull=True
                    )
                ),
            ),
        ]
