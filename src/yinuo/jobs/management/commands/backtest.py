"""Try the forecast on your own past orders, in order of time."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.jobs.arguments import read_day
from yinuo.platform.speech import terminal_language, word
from yinuo.workflows.backtest.orders import Columns, read_orders
from yinuo.workflows.backtest.page import write_page
from yinuo.workflows.backtest.telling import as_json, tell
from yinuo.workflows.backtest.trial import run_trial


def read_chance(text: str) -> float:
    """A chance such as 0.8, between 0.02 and 0.98.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none.
    """
    try:
        chance = float(text)
    except ValueError:
        chance = 0.0
    if not 0.02 <= chance <= 0.98:
        said = word(
            f"“{text}”应是 0.02 到 0.98 之间的数，例如 0.8",
            f"{text!r} should be a number from 0.02 to 0.98, such as 0.8",
        )
        raise argparse.ArgumentTypeError(said)
    return chance


class Command(BaseCommand):
    """`yinuo backtest`: reads one file, needs no database; exits 0 when a result was found."""

    help = "Forecast past orders in strict order of time and compare with what came."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, what its columns mean, and what to test."""
        parser.add_argument("file", metavar="FILE.csv", type=Path)
        parser.add_argument("--ordered", required=True, metavar="COL", help="date of order")
        parser.add_argument("--delivered", required=True, metavar="COL", help="date of delivery")
        parser.add_argument("--promised", default="", metavar="COL", help="date promised")
        parser.add_argument("--group", nargs="+", default=[], metavar="COL", action="extend")
        parser.add_argument("--features", nargs="+", default=[], metavar="COL", action="extend")
        parser.add_argument("--test-from", required=True, type=read_day, metavar="DATE")
        parser.add_argument("--test-until", type=read_day, metavar="DATE", help="not included")
        parser.add_argument("--level", type=read_chance, default=0.8, help="of the window")
        parser.add_argument("--one-sided", type=read_chance, help="chance of a latest date")
        parser.add_argument("--json", action="store_true", help="print for a program")
        parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write backtest.html")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, forecast, compare, print."""
        columns = Columns(
            options["ordered"],
            options["delivered"],
            options["promised"],
            tuple(options["group"]),
            tuple(options["features"]),
        )
        orders = read_orders(options["file"], columns)
        result = run_trial(
            orders,
            start=options["test_from"],
            until=options["test_until"],
            level=options["level"],
            one_sided=options["one_sided"],
        )
        if options["json"]:
            self.stdout.write(json.dumps(as_json(result, orders), ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(tell(result, orders, terminal_language())))
        if options["plots"]:
            path = write_page(options["plots"], options["file"].name, result, orders)
            if not options["json"]:
                self.stdout.write(word(f"图：{path}", f"Plots: {path}"))
