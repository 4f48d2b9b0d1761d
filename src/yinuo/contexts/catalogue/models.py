"""What can be ordered: models, options and specs (a model with all its options chosen)."""

from django.db import models


class CarModel(models.Model):
    """A car as it is sold, before options."""

    code = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()


class Option(models.Model):
    """A choice that a part must be supplied for."""

    code = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()


class Spec(models.Model):
    """One exact configuration; orders of one spec can be built in each other's place."""

    code = models.TextField(unique=True)
    car_model = models.ForeignKey(CarModel, models.PROTECT, related_name="specs")
    name_zh = models.TextField()
    name_en = models.TextField()
    price_fen = models.BigIntegerField()
    options = models.ManyToManyField(Option, related_name="specs")
