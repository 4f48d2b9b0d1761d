"""Cars that stand somewhere: stock, display, nearly new; what is known of each, and whose it is."""

from django.db import models


class StockCar(models.Model):
    """A car that was built for nobody, or that came back. It is given to orders that wait, only.

    Until `first_until_at` orders of the same city come first.
    """

    class Kind(models.TextChoices):
        STOCK = "STOCK"
        DISPLAY = "DISPLAY"
        NEARLY_NEW = "NEARLY_NEW"

    class State(models.TextChoices):
        OFFERED = "OFFERED"
        TAKEN = "TAKEN"
        WITHDRAWN = "WITHDRAWN"

    public_id = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    vin = models.TextField(unique=True)
    spec = models.ForeignKey("catalogue.Spec", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    price_fen = models.BigIntegerField()
    mileage_km = models.IntegerField()
    built_date = models.DateField()
    # The first day on which it can be handed over.
    ready_date = models.DateField()
    warranty_from_date = models.DateField(null=True)
    listed_at = models.DateTimeField()
    first_until_at = models.DateTimeField()
    state = models.TextField(choices=State, default=State.OFFERED)
    state_at = models.DateTimeField()
    # Who took it off the list and why; nobody where it was done at the command line.
    withdrawn_by = models.ForeignKey(
        "people.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    withdrawn_why = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stock_car_withdrawn_for_a_reason",
                condition=~models.Q(state="WITHDRAWN") | ~models.Q(withdrawn_why=""),
            ),
            models.CheckConstraint(
                name="stock_car_vin", condition=models.Q(vin__regex="^[0-9A-HJ-NPR-Z]{17}$")
            ),
            models.CheckConstraint(
                name="stock_car_numbers",
                condition=models.Q(price_fen__gt=0, mileage_km__gte=0),
            ),
        ]
        indexes = [
            models.Index(
                fields=["spec", "place"],
                name="stock_car_offered",
                condition=models.Q(state="OFFERED"),
            ),
        ]


class ConditionItem(models.Model):
    """One thing about the car that is disclosed: a part as it is, or a damage and its repair."""

    class Grade(models.TextChoices):
        AS_NEW = "AS_NEW"
        WORN = "WORN"
        REPAIRED = "REPAIRED"
        DAMAGED = "DAMAGED"

    car = models.ForeignKey(StockCar, models.PROTECT, related_name="items")
    place_zh = models.TextField()
    place_en = models.TextField()
    grade = models.TextField(choices=Grade)
    text_zh = models.TextField()
    text_en = models.TextField()
    photo_digest = models.TextField(blank=True)
    photo_type = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["car", "place_en"], name="condition_item_once"),
        ]


class CarEvent(models.Model):
    """Something that happened to the car before: shown, driven, repaired, given back."""

    car = models.ForeignKey(StockCar, models.PROTECT, related_name="events")
    at_date = models.DateField()
    text_zh = models.TextField()
    text_en = models.TextField()


class CarHold(models.Model):
    """A car is kept for one order, so that its customer can see it before deciding.

    One runs at a time for a car, and one for an order; who comes second is told.
    """

    class End(models.TextChoices):
        TAKEN = "TAKEN"
        GIVEN_BACK = "GIVEN_BACK"
        RAN_OUT = "RAN_OUT"

    car = models.ForeignKey(StockCar, models.PROTECT, related_name="holds")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.TextField(choices=End, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["car"], condition=models.Q(ended_at=None), name="car_held_once"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(ended_at=None), name="order_holds_one_car"
            ),
            models.CheckConstraint(
                name="car_hold_ends_somehow",
                condition=models.Q(ended_at=None, end="") | (~models.Q(end="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["until_at"], name="car_hold_running", condition=models.Q(ended_at=None)
            ),
        ]


class Disclosure(models.Model):
    """What a customer was told of a car and signed: the whole text, its digest, who and when.

    The customer keeps a copy under the same digest. Without one a car can be nobody's.
    """

    public_id = models.TextField(unique=True)
    car = models.ForeignKey(StockCar, models.PROTECT, related_name="disclosures")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    text = models.TextField()
    language = models.TextField()
    digest = models.TextField()
    signed_name = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["car", "order", "digest"], name="disclosure_signed_once"
            ),
            models.CheckConstraint(
                name="disclosure_is_signed",
                condition=~models.Q(signed_name="") & models.Q(digest__regex="^[0-9a-f]{64}$"),
            ),
        ]


class Assignment(models.Model):
    """The car is this order's, by the disclosure that was signed for this car and this order."""

    car = models.OneToOneField(StockCar, models.PROTECT, related_name="assignment")
    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="+")
    disclosure = models.OneToOneField(Disclosure, models.PROTECT, related_name="+")
    # The order's place in line when it left it; what others gained by it can be counted.
    left_state = models.TextField()
    price_fen = models.BigIntegerField()
    assigned_at = models.DateTimeField()
