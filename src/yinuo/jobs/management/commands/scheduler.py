"""Look once a minute at what is due, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from yinuo.jobs import schedule
from yinuo.platform import clock

log = logging.getLogger(__name__)
BEAT_SECONDS = 60.0


class Command(BaseCommand):
    """`yinuo scheduler`."""

    help = "Look once a minute at what is due, until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        """How often to look."""
        parser.add_argument("--seconds", type=float, default=BEAT_SECONDS)
        parser.add_argument("--beats", type=int, default=0, help="stop after so many; 0: never")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        beats = 0
        while not stop.is_set():
            begun = time.monotonic()
            beat_once()
            beats += 1
            if beats == options["beats"]:
                return
            stop.wait(max(0.0, options["seconds"] - (time.monotonic() - begun)))


def beat_once() -> None:
    """One look; a database that is away for a moment only costs this one."""
    close_old_connections()
    try:
        schedule.beat(clock.now())
    except (OperationalError, InterfaceError) as failure:
        log.warning("The database is away; the next look is in a minute (%s).", failure)
    finally:
        close_old_connections()
