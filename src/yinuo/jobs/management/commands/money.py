"""The books: check them, and take a bank's statement in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.payments.operations.statement import Report, import_statement
from yinuo.contexts.payments.queries.books import check_books, count_postings, list_sums
from yinuo.platform import clock
from yinuo.platform.speech import word


class Command(BaseCommand):
    """`yinuo money`: exit 1 when the books or the file have faults."""

    help = "Check the books, or take a bank's statement in."

    def add_arguments(self, parser: CommandParser) -> None:
        """`check` or `import FILE`."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("check", help="exit 1 when the books do not balance")
        importing = verbs.add_parser("import", help="a bank statement as CSV, all of it or nothing")
        importing.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found or done."""
        if options["verb"] == "check":
            self._check()
        else:
            self._import(options["file"])

    def _check(self) -> None:
        faults = check_books()
        for fault in faults:
            self.stdout.write(f"{fault.what} {fault.where} {fault.fen / 100:,.2f}")
        for account, fen in list_sums().items():
            self.stdout.write(f"{account:<20}{fen / 100:>20,.2f}")
        n = count_postings()
        if faults:
            self.stdout.write(word(f"账不平：{len(faults)} 处。", f"{len(faults)} faults."))
            raise SystemExit(1)
        self.stdout.write(word(f"账是平的，共 {n} 笔。", f"The books balance; {n} postings."))

    def _import(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as failed:
            self.stderr.write(word(f"读不了 {path}：{failed}", f"cannot read {path}: {failed}"))
            raise SystemExit(1) from None
        report = import_statement(text=text, now=clock.now())
        for problem in report.problems:
            self.stderr.write(
                word(f"第 {problem.line} 行：{problem.zh}", f"line {problem.line}: {problem.en}")
            )
        if report.problems:
            self.stderr.write(word("没有写入任何一行。", "Nothing was written."))
            raise SystemExit(1)
        self.stdout.write(_said(report))


def _said(report: Report) -> str:
    return word(
        f"共 {report.rows} 行：付款 {report.paid}，退款 {report.refunded}，"
        f"待查 {report.unmatched}，以前有过 {report.known}。",
        f"{report.rows} rows: {report.paid} payments, {report.refunded} refunds, "
        f"{report.unmatched} unmatched, {report.known} known before.",
    )
