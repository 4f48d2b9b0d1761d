"""Do the jobs that wait, until told to stop; jobs of a dead worker are taken up again."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from procrastinate import App, exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Job, Status

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 3.0
DEAD_AFTER_SECONDS = 12.0
LOOK_SECONDS = 3.0
GRACE_SECONDS = 8.0
# A new job is heard of at once; but once PostgreSQL was restarted nobody listens any more, and
# this is how long a job waits then.
POLL_SECONDS = 1.0


class Command(BaseCommand):
    """`yinuo worker`."""

    help = "Do the jobs that wait, until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many jobs run side by side, and whether to leave when none waits."""
        parser.add_argument("--concurrency", type=int, default=2)
        parser.add_argument("--one-shot", action="store_true", help="stop when no job waits")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        threading.Thread(target=leave_after, args=(os.getppid(),), daemon=True).start()
        asyncio.run(work(options["concurrency"], wait=not options["one_shot"]))


def leave_after(parent: int) -> None:
    """End this process soon after `parent` has gone, whatever it waits for.

    The database may go at the same moment; an orderly end would wait for it in vain. The jobs
    under way are taken up by the next worker.
    """
    while os.getppid() == parent:
        time.sleep(1.0)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


async def work(concurrency: int, *, wait: bool) -> None:
    """Run a worker, and beside it the look for jobs that died with theirs."""
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    # A second app over the same tasks: the worker listens on a connection of its own, while a
    # nudge given inside a task still commits with that task's rows through Django's.
    working = App(connector=connector.get_worker_connector(), import_paths=app.import_paths)
    working.tasks = app.tasks
    working.periodic_registry = app.periodic_registry
    async with working.open_async():
        await recover(working)
        looking = asyncio.create_task(keep_recovering(working))
        try:
            await working.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=POLL_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=DEAD_AFTER_SECONDS,
                shutdown_graceful_timeout=GRACE_SECONDS,
                delete_jobs="successful",
                task_middleware=[with_own_connections],
            )
        finally:
            looking.cancel()


def with_own_connections(call_next: Callable[[], Any], *_: Any) -> Any:
    """Give a task's database connection back when it ends; the pool would run dry otherwise."""
    close_old_connections()
    try:
        return call_next()
    finally:
        close_old_connections()


async def keep_recovering(working: App) -> None:
    """Look again every few seconds, as long as the worker runs."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await recover(working)
        except exceptions.ConnectorException:
            log.warning("The database is away; dead workers are looked for later.")


async def recover(working: App) -> int:
    """Put jobs whose worker died back in the queue; how many there were."""
    manager = working.job_manager
    stalled: list[Job] = list(
        await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS)
    )
    for job in stalled:
        try:
            await manager.retry_job(job)
            log.warning("Job %s of a dead worker is done again.", job.call_string)
        except exceptions.UniqueViolation:
            # The same nudge waits already, and will do this job's work too.
            await manager.finish_job(job, status=Status.ABORTED, delete_job=True)
    return len(stalled)
