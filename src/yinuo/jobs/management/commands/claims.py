"""What is said in public: `yinuo claims lint` looks at its small print, evidence and time."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.claims.queries.drafts import lint_all
from yinuo.platform import clock
from yinuo.platform.speech import terminal_language, word
from yinuo.platform.spoken import local_date

EXAMPLES = """examples:
  yinuo claims lint
  yinuo claims lint --json
"""


class Command(BaseCommand):
    """Exit 0 when all is well, 1 with findings."""

    help = "Look at the small print, evidence and time of all that is said in public."

    def add_arguments(self, parser: CommandParser) -> None:
        """`lint` is the only action."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        parser.add_argument("action", choices=["lint"])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is wrong with each statement that stands or waits."""
        found = lint_all(today=local_date(clock.now()))
        wrong = [one for one in found if one.missing]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in wrong], ensure_ascii=False))
        else:
            self._print(len(found), wrong)
        if wrong:
            raise SystemExit(1)

    def _print(self, looked_at: int, wrong: list[Any]) -> None:
        chinese = terminal_language() == "zh"
        for one in wrong:
            state = word("已发布", "public") if one.published else word("草稿", "draft")
            said = "；".join(each.zh for each in one.missing)
            if not chinese:
                said = "; ".join(each.en for each in one.missing)
            self.stdout.write(
                f"{one.code}-{one.number}  {state}  {word('要改', 'to mend')}: {said}"
            )
        if not wrong:
            self.stdout.write(
                word(f"看了 {looked_at} 个说法，没有问题。", f"Looked at {looked_at}; all is well.")
            )
