"""Nudges: a job that commits, or vanishes, with the row it points at."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued


def nudge(task: str, *, alone: bool = False, **ids: int | str) -> None:
    """Ask a worker to run `task` for these ids soon. Bursts for the same ids are joined.

    With `alone` the next of its kind begins only when the one under way has ended.
    Losing a nudge loses nothing: the row is the work, and a sweep finds it each minute.
    """
    lock = task + "".join(f"|{name}={ids[name]}" for name in sorted(ids))
    # Asked first: in a burst it waits nearly always, and an error would cost the transaction more.
    if ProcrastinateJob.objects.filter(queueing_lock=lock, status="todo").exists():
        return
    try:
        # The savepoint keeps the caller's transaction usable when the same nudge waits already.
        with transaction.atomic():
            app.configure_task(
                task, lock=lock if alone else None, queueing_lock=lock, allow_unknown=True
            ).defer(**ids)
    except AlreadyEnqueued:
        pass
