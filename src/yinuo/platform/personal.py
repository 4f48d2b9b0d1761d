"""What the tables hold of people: every value of every column that is not known to be open.

Whoever adds a column need not remember this. It counts as personal until it is named as open.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

CHINA = ZoneInfo("Asia/Shanghai")
# Whole numbers shorter than this are counts, prices and row numbers: they single nobody out.
DIGITS_MIN = 9
# So many signs a value needs to be looked for: fewer stand everywhere by chance. Two Chinese signs
# are a name.
SIGNS_MIN, CHINESE_MIN = 4, 2
WORKED = (models.TextField, models.CharField, models.DateTimeField, models.JSONField)


def list_columns() -> dict[str, models.Field[Any, Any]]:
    """Every column that can hold a value of a person, by `app.Model.field`."""
    found: dict[str, models.Field[Any, Any]] = {}
    for model in apps.get_models():
        if not model._meta.managed or model.__module__.startswith(("django.", "procrastinate.")):
            continue
        for field in model._meta.concrete_fields:
            kinds = (*WORKED, ArrayField, models.BigIntegerField, models.BinaryField)
            # A word from a closed list is nobody's own.
            number = field.primary_key and isinstance(field, models.IntegerField)
            if field.choices or number or isinstance(field, models.ForeignKey):
                continue
            if isinstance(field, kinds):
                found[f"{model._meta.label}.{field.name}"] = field
    return found


def count_rows_of(label: str, ids: Collection[int], known: Collection[str]) -> dict[str, int]:
    """In which tables, but for the `known`, rows name one of these rows of the table `label`."""
    found = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            named = field.remote_field.model._meta.label == label
            if named and model._meta.managed and model._meta.label not in known:
                rows = model._default_manager.filter(**{f"{field.name}__in": list(ids)})
                if count := rows.count():
                    found[model._meta.label] = count
    return found


def values_of(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every value that these columns hold, in each form in which it may be written down, with the
    column's name."""
    columns = list_columns()
    tables: dict[type[models.Model], list[str]] = defaultdict(list)
    for name in names:
        tables[columns[name].model].append(name)
    for model, its in tables.items():
        fields = [columns[name].attname for name in its]
        seen: list[set[object]] = [set() for _ in its]
        for row in model._default_manager.order_by().values_list(*fields).iterator():
            for name, value, before in zip(its, row, seen, strict=True):
                if isinstance(value, Hashable):
                    if value in before:
                        continue
                    before.add(value)
                for text in forms_of(value):
                    yield name, text


def forms_of(value: object) -> Iterator[str]:
    """The texts by which a value could be recognised; nothing for what is too short to be."""
    if isinstance(value, dt.datetime):
        yield from _moments(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if len(str(value)) >= DIGITS_MIN:
            yield str(value)
    elif isinstance(value, (bytes, memoryview)):
        if len(value):
            yield bytes(value).hex()
            yield base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    elif isinstance(value, dict):
        for one in value.values():
            yield from forms_of(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from forms_of(one)
    else:
        text = str(value).strip()
        if len(text) >= (SIGNS_MIN if text.isascii() else CHINESE_MIN):
            yield text
            if not text.isascii():
                # As JSON may write it.
                yield json.dumps(text)[1:-1]


@lru_cache(maxsize=2**16)
def _moments(at: dt.datetime) -> tuple[str, ...]:
    """A moment to the minute in the ways in which it is written, here and in UTC."""
    found = []
    for zone in (dt.UTC, CHINA):
        text = at.astimezone(zone).isoformat(timespec="minutes")[:16]
        found += [text, text.replace("T", " "), "".join(filter(str.isdigit, text))]
    seconds = at.timestamp()
    return (*found, str(int(seconds)), str(int(seconds * 1_000_000)))
