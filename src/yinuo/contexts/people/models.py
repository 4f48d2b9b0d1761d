"""Customers, their households, staff, login codes and the keys of sending systems."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Household(models.Model):
    """People who share an address and may see each other's orders, not act on them."""

    public_id = models.TextField(unique=True)


class Person(models.Model):
    """A customer."""

    class Language(models.TextChoices):
        ZH = "zh"
        EN = "en"

    public_id = models.TextField(unique=True)
    name = models.TextField()
    phone = models.TextField(unique=True)
    email = models.TextField(blank=True)
    language = models.TextField(choices=Language, default=Language.ZH)
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="members")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="person_phone_digits", condition=models.Q(phone__regex=r"^\+?[0-9]{6,15}$")
            ),
        ]


class StaffMember(models.Model):
    """Somebody who works for the maker; the person who is named when we owe an answer."""

    class Role(models.TextChoices):
        SPECIALIST = "SPECIALIST"
        MANAGER = "MANAGER"
        PLANNER = "PLANNER"
        QUALITY = "QUALITY"
        EXECUTIVE = "EXECUTIVE"
        OPERATOR = "OPERATOR"
        LEGAL = "LEGAL"

    public_id = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    phone = models.TextField(unique=True)
    role = models.TextField(choices=Role)
    centre_code = models.TextField(blank=True)
    active = models.BooleanField(default=True)


class LoginCode(models.Model):
    """A one-time code sent to a telephone; only its digest is kept."""

    phone = models.TextField()
    code_digest = models.TextField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone", "-sent_at"], name="login_code_newest")]


class ApiKey(models.Model):
    """A key with which another system sends us records."""

    public_id = models.TextField(unique=True)
    sender = models.TextField()
    secret_digest = models.TextField()
    # When set, every request of this key must be signed with it.
    signing_secret = models.TextField(blank=True)
    feeds = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
