"""Lanes, shipments, the cars on them, and what carriers report."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models


class Lane(models.Model):
    """The way from a plant to a delivery centre: when trains leave and how long they take."""

    origin = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    destination = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    mode = models.TextField()
    # ISO weekdays (1 = Monday) on which a train or truck leaves.
    departure_weekdays = ArrayField(models.SmallIntegerField())
    transit_days_mean = models.FloatField()
    transit_days_sd = models.FloatField()
    preparation_days = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin", "destination"], name="lane_once"),
        ]


class Shipment(models.Model):
    """A train or truck with cars on it."""

    class State(models.TextChoices):
        PLANNED = "PLANNED"
        DEPARTED = "DEPARTED"
        STOPPED = "STOPPED"
        CANCELLED = "CANCELLED"
        ARRIVED = "ARRIVED"

    code = models.TextField(unique=True)
    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="shipments")
    mode = models.TextField()
    departs_at = models.DateTimeField()
    arrives_at = models.DateTimeField()
    # What is expected now; differs from `arrives_at` after a delay was reported.
    expected_at = models.DateTimeField()
    state = models.TextField(choices=State, default=State.PLANNED)
    departed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="shipment_once"),
            models.CheckConstraint(
                name="shipment_arrives_after_departure",
                condition=models.Q(arrives_at__gt=models.F("departs_at")),
            ),
        ]


class Load(models.Model):
    """One car on one shipment; the database lets no car be on two at a time."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="loads")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    during = DateTimeRangeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "order"], name="load_once"),
            ExclusionConstraint(
                name="a_car_is_on_one_shipment",
                expressions=[
                    ("order", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class CarrierEvent(models.Model):
    """What a carrier reported about a shipment, or about one car on it."""

    class Kind(models.TextChoices):
        DEPARTED = "DEPARTED"
        ARRIVED = "ARRIVED"
        DELAYED = "DELAYED"
        CANCELLED = "CANCELLED"
        DAMAGED = "DAMAGED"
        POSITION = "POSITION"
        HANDED_OVER = "HANDED_OVER"

    class State(models.TextChoices):
        RECEIVED = "RECEIVED"
        APPLIED = "APPLIED"
        QUARANTINED = "QUARANTINED"
        SET_ASIDE = "SET_ASIDE"

    public_id = models.TextField(unique=True)
    sender = models.TextField()
    external_id = models.TextField()
    digest = models.TextField()
    shipment = models.ForeignKey(Shipment, models.PROTECT, null=True, related_name="events")
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    kind = models.TextField(choices=Kind)
    cause_code = models.TextField(blank=True)
    # What the carrier said of the cars: INTACT or DAMAGED; empty where it said nothing.
    condition = models.TextField(blank=True)
    # What shows it, where staff wrote the report down from a telephone call.
    evidence = models.TextField(blank=True)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    expected_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.TextField(choices=State, default=State.RECEIVED)
    problem = models.TextField(blank=True)
    # Who released it from quarantine, or set it aside.
    decided_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "external_id"], name="carrier_event_once"),
            models.CheckConstraint(
                name="carrier_event_has_object",
                condition=models.Q(shipment__isnull=False) | models.Q(order__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="carrier_event_open", condition=models.Q(state="RECEIVED")
            ),
            models.Index(
                fields=["received_at"],
                name="carrier_event_quarantined",
                condition=models.Q(state="QUARANTINED"),
            ),
        ]
