"""Moments that need not be known to the second any more become days."""

from __future__ import annotations

from typing import Any

from django.db.models import DateTimeField, Expression, Func, QuerySet


class Day(Func):
    """The beginning of a moment's day in China, reckoned by the database."""

    template = "date_trunc('day', %(expressions)s, 'Asia/Shanghai')"
    output_field = DateTimeField()


def to_days(rows: QuerySet[Any], **also: Expression) -> int:
    """Turn every moment of these rows into the beginning of its day in China; how many rows.

    Two things that happened at the same moment can then no longer be told by it. `also` are other
    columns that change in the same step.
    """
    fields = [
        one.name for one in rows.model._meta.concrete_fields if isinstance(one, DateTimeField)
    ]
    return rows.order_by().update(**{name: Day(name) for name in fields}, **also)
