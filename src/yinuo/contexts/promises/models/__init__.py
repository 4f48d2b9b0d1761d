"""The promise of each order, the forecasts behind it, and what its customer chose."""

import datetime as dt
from collections.abc import Sequence

from django.db import models

from yinuo.contexts.promises import rules
from yinuo.contexts.promises.dots import pack_dates, unpack_dates
from yinuo.contexts.promises.models.etas import Eta
from yinuo.contexts.promises.models.weeks import DriftAlarm, GuardWeek, HeldWeek

__all__ = [
    "Choice",
    "Credit",
    "Deadline",
    "DriftAlarm",
    "Eta",
    "ForecastRun",
    "GuardWeek",
    "HeldWeek",
    "KeptFigures",
    "Outcome",
    "OwedVersion",
    "Promise",
    "Quote",
    "QuoteBase",
    "Settlement",
    "Undated",
    "UnusualPeriod",
]


class ForecastRun(models.Model):
    """One working-out of dates, for all orders or for those that an event touched."""

    public_id = models.TextField(unique=True)
    cause_ref = models.TextField(unique=True)
    seed = models.BigIntegerField()
    orders_count = models.IntegerField(default=0)
    changed_count = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class Promise(models.Model):
    """What one customer has been told: a range, and the latest date we promise with its odds."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE"
        BROKEN = "BROKEN"
        CLOSED = "CLOSED"

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    from_date = models.DateField()
    until_date = models.DateField()
    latest_date = models.DateField()
    odds_percent = models.SmallIntegerField()
    # Twenty equally likely hand-over days, earliest first: the dots of "will it be in time".
    dots = models.BinaryField()
    # The first promise of all, which is never forgotten when the range moves.
    first_from_date = models.DateField()
    first_until_date = models.DateField()
    first_latest_date = models.DateField()
    first_odds_percent = models.SmallIntegerField()
    first_made_at = models.DateTimeField()
    worked_out_at = models.DateTimeField()
    next_update_at = models.DateTimeField()
    # Runs are never removed, and half a million promises may change theirs at once: an index or a
    # check for each of them would keep the row from being changed in place.
    run = models.ForeignKey(
        ForecastRun, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    state = models.TextField(choices=State, default=State.ACTIVE)
    # Where the promise is in its life: a copy of what its facts say (`rules.life`).
    stage = models.TextField(default="COMMITTED", db_default="COMMITTED")
    # What the routine looks saw so many times in a row, and the run that saw it last.
    outside_count = models.SmallIntegerField(default=0, db_default=0)
    risk_count = models.SmallIntegerField(default=0, db_default=0)
    watched_run = models.ForeignKey(
        ForecastRun, models.PROTECT, null=True, related_name="+", db_index=False
    )
    # The declared period that made this range wider, if one did.
    unusual = models.ForeignKey(
        "UnusualPeriod", models.PROTECT, null=True, related_name="+", db_index=False
    )
    moved_count = models.SmallIntegerField(default=0)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="promise_dates_in_order",
                condition=models.Q(from_date__lte=models.F("until_date"))
                & models.Q(until_date__lte=models.F("latest_date")),
            ),
            models.CheckConstraint(
                name="promise_stage", condition=models.Q(stage__in=rules.STAGES)
            ),
            models.CheckConstraint(
                name="promise_odds", condition=models.Q(odds_percent__range=(50, 99))
            ),
        ]
        # No index on what moves: what is due is found by reading all rows, in a tenth of a second.
        indexes = [
            models.Index(
                fields=["first_latest_date"],
                name="promise_first_due",
                condition=~models.Q(state="CLOSED"),
            ),
        ]

    @property
    def dot_dates(self) -> list[dt.date]:
        """The dots as dates; a day that is out of sight is the last day there is."""
        return unpack_dates(self.dots)

    @dot_dates.setter
    def dot_dates(self, dates: Sequence[dt.date]) -> None:
        self.dots = pack_dates(dates)


class Undated(models.Model):
    """An open order for which no date can be given, and why.

    `why` names what the date cannot be worked out without; BEYOND says that the order's turn comes
    on `after_date` or later. `tried_at` is when that was last found. The row goes when a promise
    is made.
    """

    class Why(models.TextChoices):
        NOT_PLANNED = "NOT_PLANNED"
        NO_LANE = "NO_LANE"
        NO_SUPPLY = "NO_SUPPLY"
        NO_OUTPUT = "NO_OUTPUT"
        NOT_ASKED = "NOT_ASKED"
        NOT_DRAWN = "NOT_DRAWN"
        BEYOND = "BEYOND"

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    why = models.TextField(choices=Why)
    after_date = models.DateField(null=True)
    tried_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="undated_why",
                condition=models.Q(
                    why__in=[
                        "NOT_PLANNED",
                        "NO_LANE",
                        "NO_SUPPLY",
                        "NO_OUTPUT",
                        "NOT_ASKED",
                        "NOT_DRAWN",
                        "BEYOND",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="undated_after_is_beyond",
                condition=models.Q(why="BEYOND", after_date__isnull=False)
                | (~models.Q(why="BEYOND") & models.Q(after_date__isnull=True)),
            ),
        ]


class UnusualPeriod(models.Model):
    """A time that staff declared unusual, with evidence: new ranges in it are wider.

    Days from `from_date` up to but without `until_date`. `place` is a centre, or a plant (then all
    cars that are not built yet), or nothing: everybody. `factor_percent` stretches the later side.
    """

    public_id = models.TextField(unique=True)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    from_date = models.DateField()
    until_date = models.DateField()
    factor_percent = models.SmallIntegerField()
    reason_zh = models.TextField()
    reason_en = models.TextField()
    evidence = models.TextField()
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey("people.StaffMember", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="unusual_period_in_order",
                condition=models.Q(from_date__lt=models.F("until_date")),
            ),
            models.CheckConstraint(
                name="unusual_factor", condition=models.Q(factor_percent__range=(101, 300))
            ),
        ]


class Outcome(models.Model):
    """How one promise ended: what was promised first and last, and the day the order ended.

    Written once and never changed; triggers refuse it. Late days count from the latest date to
    the day of the hand-over or of the cancellation, 0 where that came in time.
    """

    class Ended(models.TextChoices):
        HANDED_OVER = "HANDED_OVER"
        CANCELLED = "CANCELLED"

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    ended_how = models.TextField(choices=Ended)
    ended_date = models.DateField()
    first_from_date = models.DateField()
    first_until_date = models.DateField()
    first_latest_date = models.DateField()
    first_odds_percent = models.SmallIntegerField()
    first_made_at = models.DateTimeField()
    last_from_date = models.DateField()
    last_until_date = models.DateField()
    last_latest_date = models.DateField()
    last_odds_percent = models.SmallIntegerField()
    last_made_at = models.DateTimeField()
    moved_count = models.SmallIntegerField()
    late_days_first = models.IntegerField()
    late_days_last = models.IntegerField()
    # Whether word of the delay was recorded before the first latest date had passed; True where
    # the car came in time.
    told_before = models.BooleanField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outcome_ended_how",
                condition=models.Q(ended_how__in=["HANDED_OVER", "CANCELLED"]),
            ),
            models.CheckConstraint(
                name="outcome_late_days",
                condition=models.Q(late_days_first__gte=0) & models.Q(late_days_last__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["ended_date"], name="outcome_by_day"),
            models.Index(
                fields=["order"],
                name="outcome_late",
                condition=models.Q(late_days_first__gt=0),
            ),
        ]


class Choice(models.Model):
    """What a customer decided after a change, until when it may change, who answers by when.

    The row begins with the decision. Before it, what may be decided stands in the entry alone: see
    `queries.choices`.
    """

    # The entry that opened it is what it goes by: no number of its own, no second index.
    entry_id = models.BigIntegerField(primary_key=True)
    # An order with a choice has a promise, and that keeps the order; staff are never removed.
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    opened_at = models.DateTimeField()
    choose_by_at = models.DateTimeField()
    chosen = models.TextField()
    chosen_at = models.DateTimeField()
    answer_by_at = models.DateTimeField()
    answerer = models.ForeignKey(
        "people.StaffMember", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["answer_by_at"],
                name="choice_to_answer",
                condition=models.Q(answered_at__isnull=True),
            ),
            models.Index(fields=["order", "-entry_id"], name="choice_newest"),
        ]
        constraints = [
            models.CheckConstraint(name="choice_made", condition=~models.Q(chosen="")),
        ]


class Deadline(models.Model):
    """The day by which a customer needs the car, and why."""

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    date = models.DateField()
    reason = models.TextField()
    saved_at = models.DateTimeField()
    # The chance fell below half and the customer was told.
    told_at = models.DateTimeField(null=True)


class QuoteBase(models.Model):
    """What the next lock would be given, for every class at every centre, at one moment.

    `tables` is a NumPy archive; the newest few are kept, because all can be worked out again.
    `stated_at` is when what is public was last held against it.
    """

    cause_ref = models.TextField()
    worked_out_at = models.DateTimeField()
    tables = models.BinaryField()
    stated_at = models.DateTimeField(null=True)


class Quote(models.Model):
    """What somebody was told before any money: kept word for word, never changed.

    Triggers refuse every change. `latest_date` is null where no date was named.
    """

    public_id = models.TextField(unique=True)
    made_at = models.DateTimeField()
    valid_until_at = models.DateTimeField()
    spec = models.ForeignKey("catalogue.Spec", models.PROTECT, related_name="+")
    centre = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    from_date = models.DateField(null=True)
    until_date = models.DateField(null=True)
    latest_date = models.DateField(null=True)
    ahead_count = models.IntegerField()
    # Everything that was shown, as it was shown.
    shown = models.JSONField()


class OwedVersion(models.Model):
    """One version of the maker's table of what late days are worth. Never changed; see triggers."""

    version = models.TextField(unique=True)
    effective_from_date = models.DateField(unique=True)
    unit = models.TextField()
    start_after_days = models.IntegerField()
    per_day = models.IntegerField()
    cap = models.IntegerField()
    rates = models.JSONField()
    also_ours = models.JSONField()
    stored_at = models.DateTimeField()


class Credit(models.Model):
    """One late day of one order: whose cause it was and what it is worth, fen or points.

    Written once by day and order; never changed. An amount of 0 is a day that is not ours, lies
    before the first that counts, or past the cap.
    """

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    step = models.IntegerField()
    late_date = models.DateField()
    cause = models.TextField()
    ours = models.BooleanField()
    amount = models.IntegerField()
    owed_version = models.ForeignKey(OwedVersion, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "step"], name="credit_once"),
            models.CheckConstraint(
                name="credit_amount", condition=models.Q(amount__gte=0) & models.Q(step__gte=1)
            ),
        ]


class Settlement(models.Model):
    """The end of what is owed to an order: its late days were counted to the last."""

    order = models.OneToOneField("orders.Order", models.PROTECT, primary_key=True, related_name="+")
    late_days = models.IntegerField()
    total = models.IntegerField()
    settled_at = models.DateTimeField()


class KeptFigures(models.Model):
    """How first promises were kept, as everybody reads it: one row for each day, made that day."""

    date = models.DateField(unique=True)
    made_at = models.DateTimeField()
    figures = models.JSONField()
