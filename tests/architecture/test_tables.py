"""Tables of different contexts meet in few, declared places."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models

PREFIX = "yinuo.contexts."
# Anybody may point at these; they are asked, never told.
FOUNDATION = {"people", "places", "catalogue", "ledger"}
# Any fact may hang on an order: it is what all of them are about. A decision by law is what keeping
# money, refusing a car and paying rest on; a balance can be asked for only with a signature.
DECLARED = {
    ("*", "orders"),
    ("payments", "terms"),
    ("payments", "handover"),
    ("handover", "terms"),
    ("vehicles", "terms"),
}


def context_of(model: type[models.Model]) -> str | None:
    """The context a table belongs to, None for a table of another room or of a library."""
    name = apps.get_app_config(model._meta.app_label).name
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None


def crossing_keys() -> list[tuple[str, str, Any]]:
    """Every foreign key from one context to another: from, to, the field."""
    found = []
    for model in apps.get_models():
        here = context_of(model)
        for field in model._meta.get_fields() if here else ():
            if isinstance(field, models.ForeignKey):
                there = context_of(field.related_model)
                if there != here and here is not None:
                    found.append((here, there or "", field))
    return found


def is_declared(here: str, there: str) -> bool:
    """Whether a key from `here` to `there` is agreed on."""
    return there in FOUNDATION or bool({(here, there), ("*", there)} & DECLARED)


def test_keys_between_contexts() -> None:
    keys = crossing_keys()
    assert keys
    wrong = [
        f"{field}: {here} -> {there}"
        for here, there, field in keys
        if not is_declared(here, there)
        or field.remote_field.on_delete is not models.PROTECT
        or not field.remote_field.hidden
    ]
    assert not wrong, "undeclared, not PROTECT, or related_name is not '+'"


def test_foundation_tables_point_at_no_business() -> None:
    wrong = [(a, b) for a, b, _ in crossing_keys() if a in FOUNDATION and b not in FOUNDATION]
    assert not wrong


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("orders", "people", True),
        ("promises", "orders", True),
        ("orders", "promises", False),
        ("transit", "production", False),
        ("orders", "", False),
    ],
)
def test_what_counts_as_declared(here: str, there: str, expected: bool) -> None:
    assert is_declared(here, there) is expected
