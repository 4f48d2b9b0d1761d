"""What earlier launches say of a plant's plans: state it, or list what is stated."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.production.operations.reference import save_launch_reference
from yinuo.contexts.production.queries.vintages import Stated, list_plant_codes, list_references
from yinuo.jobs.arguments import read_day
from yinuo.platform.speech import word

EXAMPLES = """examples:
  yinuo reference set P1 --from 2026-03-02 --mean -0.33 --sd 0.2 --launches 3 \\
      --note-zh "2021、2023、2024 年三次投产" --note-en "launches of 2021, 2023 and 2024" \\
      --source "ramp review of 2025-01" --second-source "published monthly deliveries"
  yinuo reference list --json
"""


class Command(BaseCommand):
    """`yinuo reference`."""

    help = "State what earlier launches say of a plant's plans, or list what is stated."

    def add_arguments(self, parser: CommandParser) -> None:
        """`set` takes a plant and the figures, `list` only how to print."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        stating = verbs.add_parser("set", help="once per plant and launch; again replaces it")
        stating.add_argument("plant", help="the plant's code")
        stating.add_argument("--from", dest="since", required=True, type=read_day)
        stating.add_argument("--mean", required=True, type=float, help="output over plan less 1")
        stating.add_argument("--sd", required=True, type=float)
        stating.add_argument("--launches", required=True, type=int)
        stating.add_argument("--note-zh", required=True)
        stating.add_argument("--note-en", required=True)
        stating.add_argument("--source", default="", help="who says so")
        stating.add_argument("--second-source", default="", help="another, not copied")
        listing = verbs.add_parser("list")
        listing.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is stated, after stating it if asked to."""
        if options["verb"] == "set":
            if options["plant"] not in (known := list_plant_codes()):
                some = "、".join(known) or "—"
                said = word(
                    f"没有工厂“{options['plant']}”，有：{some}",
                    f"There is no plant {options['plant']!r}; there are: {some}",
                )
                raise CommandError(said, returncode=2)
            try:
                save_launch_reference(
                    resource_code=options["plant"],
                    from_date=options["since"],
                    mean=options["mean"],
                    sd=options["sd"],
                    launches=options["launches"],
                    note_zh=options["note_zh"],
                    note_en=options["note_en"],
                    sources=(options["source"], options["second_source"]),
                )
            except ValueError as problem:
                raise CommandError(str(problem), returncode=2) from problem
        stated = list_references()
        if options.get("json"):
            rows = [asdict(one) for one in stated]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, default=str, indent=1))
            return
        for one in stated:
            self.stdout.write(_in_words(one))
        if not stated:
            self.stdout.write(
                word(
                    "还没有参照：各厂只按最近几周的产量修正计划。",
                    "Nothing is stated: plans are corrected by the last weeks of output alone.",
                )
            )


def _in_words(one: Stated) -> str:
    low, high = (100 * (1 + one.mean + side * one.sd) for side in (-1, 1))
    return word(
        f"{one.code}  自 {one.from_date} 起：{one.launches} 次投产，远期产量约为计划的 "
        f"{low:.0f}% 到 {high:.0f}%（{one.note_zh}）",
        f"{one.code}  from {one.from_date}: {one.launches} launches, far output about "
        f"{low:.0f} to {high:.0f} % of plan ({one.note_en})",
    )
