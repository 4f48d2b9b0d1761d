"""Plants, yards, hubs and delivery centres."""

from django.db import models


class Place(models.Model):
    """A place where a car is made, waits, changes trains or is handed over."""

    class Kind(models.TextChoices):
        PLANT = "PLANT"
        YARD = "YARD"
        HUB = "HUB"
        CENTRE = "CENTRE"

    code = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    name_zh = models.TextField()
    name_en = models.TextField()
    city_zh = models.TextField()
    city_en = models.TextField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    timezone = models.TextField(default="Asia/Shanghai")
