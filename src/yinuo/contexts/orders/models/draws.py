"""A draw for the places of a launch: which tickets share it, what it draws from, what came out."""

from django.db import models

from yinuo.contexts.orders.models.launches import Launch, Ticket


class Draw(models.Model):
    """The tickets of a launch that are taken before `until_at` share their places by a draw.

    `source` names a public draw that nobody here can foresee, and `drawn_at` when it happens; both
    are stated before the launch opens and cannot be changed. `number` is the last ticket of the
    window, known when it closes. `value` is what the source published.
    """

    class Outcome(models.TextChoices):
        DRAWN = "DRAWN"
        NOT_SEALED = "NOT_SEALED"

    launch = models.OneToOneField(Launch, models.PROTECT, primary_key=True, related_name="draw")
    source = models.TextField()
    until_at = models.DateTimeField()
    drawn_at = models.DateTimeField()
    number = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    value = models.TextField(blank=True)
    outcome = models.TextField(choices=Outcome, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="draw_after_its_window",
                condition=models.Q(drawn_at__gt=models.F("until_at")),
            ),
            models.CheckConstraint(
                name="draw_ended_has_outcome",
                condition=models.Q(ended_at__isnull=True, outcome="")
                | (
                    models.Q(ended_at__isnull=False, number__isnull=False)
                    & models.Q(outcome__in=["DRAWN", "NOT_SEALED"])
                ),
            ),
            models.CheckConstraint(
                name="draw_closed_has_number",
                condition=models.Q(number__isnull=True, closed_at__isnull=True)
                | models.Q(number__gte=0, closed_at__isnull=False),
            ),
        ]


class DrawnPlace(models.Model):
    """The place that a ticket drew among those of its window, 1 first.

    `rank` is the moment of the ticket whose number this place is: the window as a whole stands
    where it stood, and nobody outside of it moves.
    """

    ticket = models.OneToOneField(Ticket, models.PROTECT, primary_key=True, related_name="drawn")
    draw = models.ForeignKey(Draw, models.PROTECT, db_index=False, related_name="places")
    place = models.BigIntegerField()
    rank = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draw", "place"], name="drawn_place_once"),
            models.CheckConstraint(
                name="drawn_place_counts_from_one", condition=models.Q(place__gte=1)
            ),
        ]
