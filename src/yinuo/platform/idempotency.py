"""First answers: who repeats a request under the same key is given the answer of the first time."""

from __future__ import annotations

import datetime as dt
from typing import Any

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
