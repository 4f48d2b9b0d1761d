"""Who is about to be let down: promises and answers that are due."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.promises.queries.staff import list_due
from yinuo.platform import clock
from yinuo.platform.speech import say, terminal_language
from yinuo.platform.spoken import say_instant, write_instant

SPAN = re.compile(r"(\d{1,4})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_span(text: str) -> dt.timedelta:
    """A span such as 30m, 2h or 3d.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none of these.
    """
    found = SPAN.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span; write 30m, 2h or 3d")
    return dt.timedelta(**{UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    """`yinuo promise`."""

    help = "List promises and answers that are due."

    def add_arguments(self, parser: CommandParser) -> None:
        """`due --within 2h`; example: yinuo promise due --within 1d --json."""
        due = parser.add_subparsers(dest="verb", required=True).add_parser("due")
        due.add_argument("--within", type=read_span, default=dt.timedelta(hours=2))
        due.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is due, the oldest first; exit with 1 when anything is overdue."""
        now = clock.now()
        found = list_due(until=now + options["within"])
        late = sum(one.due_at <= now for one in found)
        if options["json"]:
            rows = [
                {"order": one.order_code, "kind": one.kind, "due_at": write_instant(one.due_at)}
                for one in found
            ]
            self.stdout.write(json.dumps({"due": len(rows), "overdue": late, "rows": rows}))
        else:
            for one in found:
                at = say_instant(one.due_at, terminal_language())
                self.stdout.write(f"{at}  {one.order_code}  {one.kind}")
            say(f"{len(found)} 条到期，{late} 条已过。", f"{len(found)} due, {late} overdue.")
        if late:
            raise SystemExit(1)
