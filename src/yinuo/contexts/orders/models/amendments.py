"""What customers ask to have changed: the buyer, the line, or something special."""

from django.db import models

from yinuo.contexts.orders.models.orders import Line, Order


class Buyer(models.Model):
    """Who buys the car of an order from when on: a person, or a company through that person.

    An order without a row is bought by its own person, as it was ordered.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="buyers")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    company_name = models.TextField(blank=True)
    company_code = models.TextField(blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(until_at=None), name="buyer_one_at_a_time"
            ),
            models.CheckConstraint(
                name="buyer_company_has_both",
                condition=models.Q(company_name="", company_code="")
                | (~models.Q(company_name="") & models.Q(company_code__regex="^[0-9A-Z]{18}$")),
            ),
        ]


class Amendment(models.Model):
    """A change of an order that its customer asked for and a named person decides by a named time.

    `owner` and `answer_by_at` stand from the moment in which everything we need is here; the clock
    hands it up the line when that time passes. `told_at` is when the customer last heard of it.
    """

    class Kind(models.TextChoices):
        TO_COMPANY = "TO_COMPANY"
        TO_PERSON = "TO_PERSON"
        TRANSFER = "TRANSFER"
        SPECIAL = "SPECIAL"

    class State(models.TextChoices):
        ASKED = "ASKED"
        CHECKED = "CHECKED"
        CONFIRMED = "CONFIRMED"
        DECIDED = "DECIDED"
        REFUSED = "REFUSED"
        WITHDRAWN = "WITHDRAWN"

    RUNNING = ("ASKED", "CHECKED", "CONFIRMED")

    public_id = models.TextField(unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="amendments")
    kind = models.TextField(choices=Kind)
    # What a special request is about, from a closed list; empty for a change of the buyer.
    about = models.TextField(blank=True)
    words = models.TextField(blank=True)
    state = models.TextField(choices=State)
    asked_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    loan = models.TextField(blank=True)
    plate = models.TextField(blank=True)
    to_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    company_name = models.TextField(blank=True)
    company_code = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    old_confirmed_at = models.DateTimeField(null=True)
    new_confirmed_at = models.DateTimeField(null=True)
    owner = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    answer_by_at = models.DateTimeField(null=True)
    handed_up_at = models.DateTimeField(null=True)
    handed_up_count = models.SmallIntegerField(default=0)
    told_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)
    clause = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(state__in=["ASKED", "CHECKED", "CONFIRMED"])
                & ~models.Q(kind="SPECIAL"),
                name="buyer_change_runs_once",
            ),
            models.CheckConstraint(
                name="amendment_confirmed_by_both",
                condition=models.Q(kind="SPECIAL")
                | ~models.Q(state__in=["CONFIRMED", "DECIDED"])
                | models.Q(old_confirmed_at__isnull=False, new_confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="amendment_decided_by_somebody",
                condition=~models.Q(state__in=["DECIDED", "REFUSED"])
                | models.Q(decided_by__isnull=False, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="amendment_refused_with_reason",
                condition=~models.Q(state="REFUSED")
                | ~(models.Q(outcome="") | models.Q(clause="")),
            ),
            models.CheckConstraint(
                name="amendment_checked_has_owner",
                condition=~models.Q(state__in=["CHECKED", "CONFIRMED"])
                | models.Q(owner__isnull=False, answer_by_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by_at"],
                name="amendment_due",
                condition=models.Q(state__in=["ASKED", "CHECKED", "CONFIRMED"]),
            ),
        ]


class AmendmentPaper(models.Model):
    """A paper that came with an amendment; the file lies in the upload room under its digest."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="papers")
    kind = models.TextField()
    digest = models.TextField()
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["amendment", "kind", "digest"], name="amendment_paper_once"
            ),
        ]


class AmendmentTask(models.Model):
    """One thing to do for an amendment, from the template of its kind."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="tasks")
    code = models.TextField()
    done_by = models.ForeignKey("people.StaffMember", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["amendment", "code"], name="amendment_task_once"),
        ]


class LineMove(models.Model):
    """An order went to another line by its customer's wish: another configuration or centre.

    Who changes the configuration stands behind those who chose it before; who only changes the
    centre keeps the moment of the lock. Until `undo_until_at` the way back leads to `old_rank`.
    """

    class Kind(models.TextChoices):
        CONFIGURATION = "CONFIGURATION"
        CENTRE = "CENTRE"

    public_id = models.TextField(unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="line_moves")
    kind = models.TextField(choices=Kind)
    from_line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    to_line = models.ForeignKey(Line, models.PROTECT, related_name="+")
    old_rank = models.BigIntegerField()
    new_rank = models.BigIntegerField()
    asked_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    undo_until_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    # When promised dates had followed the move, and its undoing.
    applied_at = models.DateTimeField(null=True)
    undo_applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(undone_at=None, applied_at=None),
                name="line_move_one_waits",
            ),
            models.CheckConstraint(
                name="line_move_goes_somewhere",
                condition=~models.Q(from_line=models.F("to_line")),
            ),
        ]
