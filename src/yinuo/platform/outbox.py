"""Nudges: a job that commits, or vanishes, with the row it points at."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def nudge(task: str, **ids: int | str) -> None:
    """Ask a worker to run `task` for these ids soon. Bursts for the same ids are joined.

    Losing a nudge loses nothing: the row is the work, and a sweep finds it each minute.
    """
    lock = task + "".join(f"|{name}={ids[name]}" for name in sorted(ids))
    try:
        # The savepoint keeps the caller's transaction usable when the same nudge waits already.
        with transaction.atomic():
            app.configure_task(task, queueing_lock=lock, allow_unknown=True).defer(**ids)
    except AlreadyEnqueued:
        pass
