"""What a late day is worth: set it and show it."""

from __future__ import annotations

import argparse
import json
import tomllib
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.promises.operations.owed import store_table
from yinuo.contexts.promises.queries.owed import get_totals, list_tables
from yinuo.contexts.promises.rules import BadTable, read_table
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import terminal_language, word
from yinuo.platform.spoken import local_date

EXAMPLES = """examples:
  yinuo owed set owed-2026.toml
  yinuo owed show --json

a table:
  version = "2026-01"
  effective_from = 2026-01-01
  unit = "FEN"            # or "POINTS"
  start_after_days = 0    # late days that count nothing
  per_day = 10000
  cap = 500000            # for one order
  also_ours = ["TRAIN_CANCELLED"]
  [rates]                 # where a cause is worth something else
  TRAIN_CANCELLED = 5000
"""


class Command(BaseCommand):
    """`yinuo owed`."""

    help = "Set the table of what a late day is worth (set FILE), or show it with its totals."

    def add_arguments(self, parser: CommandParser) -> None:
        """`set` takes a TOML file."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        setting = verbs.add_parser("set")
        setting.add_argument("file", type=argparse.FileType("rb"))
        show = verbs.add_parser("show")
        show.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when the table is refused."""
        if options["verb"] == "set":
            self._set(Path(options["file"].name))
        else:
            self._show(as_json=options["json"])

    def _set(self, path: Path) -> None:
        language = terminal_language()
        try:
            table = read_table(tomllib.loads(path.read_text(encoding="utf-8")))
            new = store_table(table=table, now=clock.now())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise CommandError(f"{path}: {broken}") from None
        except BadTable as bad:
            lines = [zh if language == "zh" else en for zh, en in bad.problems]
            raise CommandError("\n".join(lines)) from None
        except Refusal as refused:
            raise CommandError(refused.message(language)) from None
        self.stdout.write(
            word(f"已设置 {table.version}", f"{table.version} is set")
            if new
            else word(f"{table.version} 已经在用", f"{table.version} is set already")
        )

    def _show(self, *, as_json: bool) -> None:
        totals = get_totals(local_date(clock.now()))
        tables = [
            {**asdict(one), "rates": dict(one.rates), "also_ours": sorted(one.also_ours)}
            for one in list_tables()
        ]
        if as_json:
            said = {"tables": tables, "totals": asdict(totals)}
            self.stdout.write(json.dumps(said, ensure_ascii=False, default=str))
            return
        for table in tables:
            self.stdout.write(
                f"{table['version']}  {table['effective_from_date']}  {table['unit']}"
                f"  {table['per_day']}/{table['cap']}"
            )
        self.stdout.write(
            word(
                f"记给 {totals.orders} 个订单：{totals.fen} 分，{totals.points} 积分",
                f"credited to {totals.orders} orders: {totals.fen} fen, {totals.points} points",
            )
        )
