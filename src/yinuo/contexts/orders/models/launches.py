"""Before the lock: launches, what of them may be sold, and the tickets people took.

What is left is read from one row that is counted down; nothing is ever counted over tickets or
orders to find out whether one more may be sold.
"""

from django.db import models


class Launch(models.Model):
    """A car that can be reserved from a moment on. Its row gives out the numbers of the tickets."""

    code = models.TextField(unique=True)
    car_model = models.ForeignKey("catalogue.CarModel", models.PROTECT, related_name="+")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True)
    # How long somebody who holds a place has for name, contract and deposit.
    finish_hours = models.IntegerField(default=48)
    deposit_fen = models.BigIntegerField(default=500_000)
    template_code = models.TextField(blank=True, db_default="")
    numbers_given = models.BigIntegerField(default=0, db_default=0)
    last_taken_at = models.DateTimeField(null=True)
    # The digest of the last ticket: each ticket's own contains that of the one before.
    chain = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="launch_closes_after_it_opens",
                condition=models.Q(closes_at__isnull=True)
                | models.Q(closes_at__gt=models.F("opens_at")),
            ),
            models.CheckConstraint(
                name="launch_figures",
                condition=models.Q(finish_hours__gte=1, deposit_fen__gte=0, numbers_given__gte=0),
            ),
        ]


class SalesGroup(models.Model):
    """The specs of a launch that are sold from the same capacity, and who waits for it."""

    launch = models.ForeignKey(Launch, models.PROTECT, related_name="groups")
    code = models.TextField()
    specs = models.ManyToManyField("catalogue.Spec", related_name="+")
    # Waiting numbers given out, and the highest that has got a place or left.
    waiting_given = models.BigIntegerField(default=0, db_default=0)
    waiting_served = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "code"], name="sales_group_once"),
            models.CheckConstraint(
                name="sales_group_waiting",
                condition=models.Q(waiting_served__gte=0)
                & models.Q(waiting_served__lte=models.F("waiting_given")),
            ),
        ]


class SalesCell(models.Model):
    """How many of a group may be sold, as a whole or against the capacity of one day."""

    group = models.ForeignKey(SalesGroup, models.PROTECT, related_name="cells")
    day = models.DateField(null=True)
    for_sale = models.BigIntegerField()
    taken = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "day"], name="sales_cell_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="sales_cell_never_oversold",
                condition=models.Q(taken__gte=0) & models.Q(taken__lte=models.F("for_sale")),
            ),
        ]


class Ticket(models.Model):
    """A place in the queue of a launch, taken before anything else is asked.

    Number, moment, chain and signature are fixed when it is taken; a trigger refuses to change
    them. `cell` is set while it holds a place of the cell's capacity. WAITING stands in the
    waiting list, TAKEN holds a place, ORDERED has agreed to the contract, LOCKED is an order;
    ERASED was one whose record is gone: the number was used, and nobody can say by whom.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        TAKEN = "TAKEN"
        ORDERED = "ORDERED"
        LOCKED = "LOCKED"
        WITHDRAWN = "WITHDRAWN"
        LAPSED = "LAPSED"
        ERASED = "ERASED"

    # Thousands come in a second: no index that nobody asks for is kept.
    launch = models.ForeignKey(Launch, models.PROTECT, db_index=False, related_name="tickets")
    group = models.ForeignKey(SalesGroup, models.PROTECT, db_index=False, related_name="tickets")
    cell = models.ForeignKey(
        SalesCell, models.PROTECT, null=True, db_index=False, related_name="tickets"
    )
    number = models.BigIntegerField()
    code = models.TextField()
    request_key = models.TextField()
    taken_at = models.DateTimeField()
    chain = models.TextField()
    signature = models.TextField()
    state = models.TextField(choices=State)
    waiting_no = models.BigIntegerField(null=True)
    person = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    spec = models.ForeignKey(
        "catalogue.Spec", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    centre = models.ForeignKey(
        "places.Place", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    # Until then name, contract and deposit must be there; nobody loses the place before.
    due_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    ordered_at = models.DateTimeField(null=True)
    order = models.OneToOneField("orders.Order", models.PROTECT, null=True, related_name="ticket")
    undo_until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "number"], name="ticket_number_once"),
            models.UniqueConstraint(fields=["code"], name="ticket_code_once"),
            models.UniqueConstraint(fields=["launch", "request_key"], name="ticket_request_once"),
            models.UniqueConstraint(
                fields=["launch", "person"],
                condition=models.Q(state__in=["WAITING", "TAKEN", "ORDERED"]),
                name="ticket_open_once_a_person",
            ),
            models.CheckConstraint(
                name="ticket_place_is_held",
                condition=models.Q(state__in=["TAKEN", "ORDERED", "LOCKED"], cell__isnull=False)
                | models.Q(state__in=["WAITING", "WITHDRAWN", "LAPSED"], cell__isnull=True)
                | models.Q(state="ERASED", order__isnull=True, person__isnull=True),
            ),
            models.CheckConstraint(
                name="ticket_waits_with_number",
                condition=~models.Q(state="WAITING") | models.Q(waiting_no__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_locked_is_an_order",
                condition=~models.Q(state="LOCKED")
                | models.Q(order__isnull=False, person__isnull=False, undo_until_at__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_holder_is_given_time",
                condition=~models.Q(state__in=["TAKEN", "ORDERED"])
                | models.Q(due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["group", "waiting_no"],
                name="ticket_waiting",
                condition=models.Q(state="WAITING"),
            ),
            models.Index(
                fields=["due_at"],
                name="ticket_due",
                condition=models.Q(state__in=["TAKEN", "ORDERED"]),
            ),
            models.Index(
                fields=["person"],
                name="ticket_by_person",
                condition=models.Q(person__isnull=False),
            ),
        ]
