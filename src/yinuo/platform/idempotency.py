"""First answers: who repeats a request under the same key is given the answer of the first time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction

from yinuo.platform.models import RequestKey


def first_answer(scope: str, key: str) -> Any | None:
    """The answer (a JSON value) that was kept under `key`, or None."""
    return RequestKey.objects.filter(scope=scope, key=key).values_list("answer", flat=True).first()


def keep_answer(scope: str, key: str, answer: Any, *, now: dt.datetime) -> Any:
    """Keep `answer` unless one was kept meanwhile; returns the one that counts."""
    row, _ = RequestKey.objects.get_or_create(
        scope=scope, key=key, defaults={"answer": answer, "created_at": now}
    )
    return row.answer


def once(scope: str, key: str, order: Callable[[], str], *, now: dt.datetime) -> str:
    """Carry out `order` for this key once, and answer every repetition with its first answer.

    The key and what the order writes are one transaction: a second request that comes meanwhile
    waits for the first, and an order that is refused leaves its key unused.
    """
    with transaction.atomic():
        row, fresh = RequestKey.objects.get_or_create(
            scope=scope, key=key, defaults={"answer": "", "created_at": now}
        )
        if fresh:
            row.answer = order()
            row.save(update_fields=["answer"])
        return str(row.answer)


def forget_before(moment: dt.datetime) -> int:
    """Remove first answers that nobody asks for again; how many."""
    return RequestKey.objects.filter(created_at__lt=moment).delete()[0]
