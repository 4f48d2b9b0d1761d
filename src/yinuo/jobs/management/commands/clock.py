"""Show the clock of the installation, or set that of a demo."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.platform import clock, installation
from yinuo.platform.durations import read_duration
from yinuo.platform.spoken import CHINA


class Command(BaseCommand):
    """`yinuo clock`."""

    help = "Show the clock, or set the test clock of a demo."

    def add_arguments(self, parser: CommandParser) -> None:
        """`show`, `set ISO`, `advance 3h`, `freeze`, `run`, `real`."""
        verbs = parser.add_subparsers(dest="verb")
        verbs.add_parser("show", help="what time it is")
        setting = verbs.add_parser("set", help="put the test clock at a moment")
        setting.add_argument("at", metavar="ISO")
        advancing = verbs.add_parser("advance", help="put the test clock on by 30m, 3h or 2d")
        advancing.add_argument("by", metavar="DURATION")
        verbs.add_parser("freeze", help="stop the test clock")
        verbs.add_parser("run", help="let the test clock run")
        verbs.add_parser("real", help="go back to the machine's clock")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print the time."""
        verb = options["verb"] or "show"
        if verb != "show":
            installation.get_demo()
            self._set(verb, options)
        self.stdout.write(clock.now().astimezone(CHINA).isoformat(timespec="seconds"))

    def _set(self, verb: str, options: dict[str, Any]) -> None:
        now, running = clock.now(), not clock.is_frozen()
        try:
            if verb == "set":
                at = dt.datetime.fromisoformat(options["at"])
                now = at if at.tzinfo else at.replace(tzinfo=CHINA)
            elif verb == "advance":
                now += read_duration(options["by"])
        except ValueError as problem:
            raise CommandError(str(problem), returncode=2) from problem
        if verb == "real":
            clock.clear_test_clock()
            return
        clock.set_test_clock(at=now, running={"freeze": False, "run": True}.get(verb, running))
