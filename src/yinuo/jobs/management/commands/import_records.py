"""Read files of orders, capacity, plans and reports."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.platform import clock
from yinuo.platform.records.problems import RowProblem
from yinuo.platform.speech import say, terminal_language, word
from yinuo.workflows.intake import FEEDS, Report, run_feed


class Command(BaseCommand):
    """`yinuo import`: exits 0 when all is well, 1 when rows are bad or held, 2 on wrong use."""

    help = "Read a file of records."

    def add_arguments(self, parser: CommandParser) -> None:
        """The feed, the file (`-` is standard input) and how to take it."""
        parser.add_argument("feed", choices=list(FEEDS))
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="check and write nothing")
        parser.add_argument("--skip-bad", action="store_true", help="write the good rows")
        parser.add_argument("--sender", default="file", help="who numbered the records")
        parser.add_argument("--json", action="store_true", help="print the report for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the file in and say what became of it."""
        name = options["file"]
        try:
            report = run_feed(
                options["feed"],
                sys.stdin.buffer if name == "-" else Path(name),
                sender=options["sender"],
                now=clock.now(),
                dry_run=options["dry_run"],
                skip_bad=options["skip_bad"],
            )
        except OSError as problem:
            reason = problem.strerror
            say(f"读不了 {name}：{reason}", f"{name} cannot be read: {reason}")
            raise SystemExit(2) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
        else:
            self._print(report, "stdin" if name == "-" else name)
        if not report.ok or report.held:
            raise SystemExit(1)

    def _print(self, report: Report, name: str) -> None:
        for problem in (*report.problems.kept, *report.warnings):
            self.stdout.write(_line(name, problem))
        unsaid = report.problems.count - len(report.problems.kept)
        if unsaid:
            self.stdout.write(word(f"……还有 {unsaid} 处", f"... and {unsaid} more"))
        self.stdout.write(_summary(report))


def _line(name: str, problem: RowProblem) -> str:
    """FILE:LINE: field: what is wrong, in the reader's language first and in the other below."""
    where = f"{name}:{problem.line}: " + (f"{problem.field}: " if problem.field else "")
    said = (problem.zh, problem.en)
    first, second = said if terminal_language() == "zh" else said[::-1]
    return f"{where}{first}\n{' ' * 4}{second}"


def _summary(report: Report) -> str:
    if report.dry_run:
        end = ("试运行，没有写入。", "Dry run: nothing was written.")
    elif report.written:
        end = ("已写入。", "Written.")
    else:
        end = ("没有写入任何一行。", "Nothing was written.")
    return word(
        f"共 {report.rows} 行：接收 {report.accepted}，重复 {report.duplicates}，"
        f"有误 {report.refused}，待处理 {report.held}。{end[0]}",
        f"{report.rows} rows: {report.accepted} accepted, {report.duplicates} known already,"
        f" {report.refused} wrong, {report.held} held. {end[1]}",
    )
