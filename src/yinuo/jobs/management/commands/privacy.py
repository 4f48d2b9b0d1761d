"""Personal data: erase one order's record, keep it as evidence, or hand a copy of it out."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.ledger.operations import erasing
from yinuo.contexts.orders.queries.ending import Ending
from yinuo.platform import clock
from yinuo.platform.speech import say, terminal_language, word
from yinuo.workflows import erasure, leaks

EXAMPLES = """examples:
  yinuo privacy look NC26LU
  yinuo privacy export NC26LU --to NC26LU.json
  yinuo privacy erase NC26LU --reason ASKED
  yinuo privacy hold NC26LU --why "(2026)沪01民初8号"
  yinuo privacy release NC26LU
  yinuo privacy scan
"""


class Command(BaseCommand):
    """`yinuo privacy`."""

    help = "Erase an order's record, keep it as evidence, hand out a copy."

    def add_arguments(self, parser: CommandParser) -> None:
        """Each verb names one order by its code."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        for name, words in (
            ("look", "whether it may be erased, and what stands in the way"),
            ("export", "all that the record says, with the secret that opens it"),
            ("erase", "destroy secret and openings; there is no way back"),
            ("hold", "keep the record as evidence"),
            ("release", "the record is no longer evidence"),
        ):
            verb = verbs.add_parser(name, help=words)
            verb.add_argument("code", metavar="ORDER")
            if name == "erase":
                reasons = ["ASKED", "PURPOSE_ENDED", "ORDERED_BY_LAW"]
                verb.add_argument("--reason", required=True, choices=reasons)
            elif name == "hold":
                verb.add_argument("--why", required=True)
            elif name == "export":
                verb.add_argument("--to", type=Path, required=True, metavar="FILE")

        verbs.add_parser("scan", help="look for personal values in every public file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry the verb out; a refusal is said by the command line."""
        if options["verb"] == "scan":
            self._scan()
            return
        getattr(self, f"_{options['verb']}")(erasure.find(options["code"]), options)

    def _scan(self) -> None:
        found = leaks.find(Path(settings.LOG_DIR))
        for leak in found:
            self.stdout.write(f"{leak.column}: {leak.value!r} {leak.where}")
        columns = len(leaks.list_personal())
        say(
            f"查了 {columns} 列，公开文件里有 {len(found)} 处。",
            f"{columns} columns looked for; {len(found)} found in public files.",
        )
        left = leaks.find_left()
        for table, count in left.items():
            say(f"{table}：已删除订单的 {count} 行。", f"{table}: {count} rows of erased orders.")
        if found or left:
            raise SystemExit(1)

    def _look(self, ending: Ending, options: dict[str, Any]) -> None:
        outlook = erasure.look(ending, now=clock.now())
        if outlook.done:
            say("已经删除。", "Erased.")
        elif outlook.against:
            say(outlook.refusal().message("zh"), outlook.refusal().message("en"))
            raise SystemExit(1)
        else:
            say("可以删除。", "It may be erased.")

    def _export(self, ending: Ending, options: dict[str, Any]) -> None:
        copy = erasure.export(ending, language=terminal_language())
        # Whoever has this file can open everything in it.
        options["to"].touch(mode=0o600, exist_ok=False)
        text = json.dumps(copy, ensure_ascii=False, indent=1)
        options["to"].write_text(text + "\n", encoding="utf-8")
        count = len(copy["entries"])
        say(f"写好了，{count} 条记录。", f"Written, {count} entries.")

    def _erase(self, ending: Ending, options: dict[str, Any]) -> None:
        fresh = erasure.erase(code=ending.code, reason=options["reason"], now=clock.now())
        erasing.wipe_space()
        if fresh:
            say("密钥和内容已销毁。", "Secret and openings are destroyed.")
        else:
            say("以前已经删除。", "It was erased before.")

    def _hold(self, ending: Ending, options: dict[str, Any]) -> None:
        fresh = erasing.place_hold(
            subject_id=ending.order_id, why=options["why"], staff_id=None, now=clock.now()
        )
        self.stdout.write(
            word("留作证据，不删。", "Kept as evidence.")
            if fresh
            else word("本来就留着。", "It was kept already.")
        )

    def _release(self, ending: Ending, options: dict[str, Any]) -> None:
        stood = erasing.lift_hold(subject_id=ending.order_id, now=clock.now())
        self.stdout.write(
            word("不再留作证据。", "No longer kept as evidence.")
            if stood
            else word("本来就没有留。", "It was not kept.")
        )
