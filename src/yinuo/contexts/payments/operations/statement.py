"""A bank's statement: checked row by row, then written whole, or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.payments.models import BankRow, Charge, MoneyTask, RefundPart
from yinuo.contexts.payments.operations import refunded, settle
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.contexts.payments.rules import books

COLUMNS = ("reference", "booked_date", "amount", "purpose")
AMOUNT = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")
NUMBER = re.compile(r"\b[CRX][2-9A-HJ-NP-Z]{20}\b")
ROWS_MAX = 100_000


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in one line of the file, counted from 1 with its heading."""

    line: int
    zh: str
    en: str


@dataclass(frozen=True)
class Report:
    """What came of a file. With problems nothing was written."""

    problems: list[RowProblem]
    rows: int = 0
    known: int = 0
    paid: int = 0
    refunded: int = 0
    unmatched: int = 0


@dataclass(frozen=True)
class _Row:
    reference: str
    booked_date: dt.date
    amount_fen: int
    purpose: str


def read_statement(text: str) -> tuple[list[_Row], list[RowProblem]]:
    """The rows of a statement as CSV with the columns of `COLUMNS`, and every problem in it."""
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [name for name in COLUMNS if name not in (lines.fieldnames or ())]
    if missing:
        said = ", ".join(missing)
        return [], [RowProblem(1, f"缺少这些列：{said}", f"columns are missing: {said}")]
    rows, problems, seen = [], [], set[str]()
    for line, fields in enumerate(lines, start=2):
        if line > ROWS_MAX:
            problems.append(RowProblem(line, "行数太多", "too many rows"))
            break
        try:
            row = _read(fields)
            if row.reference in seen:
                raise ValueError("流水号在文件里出现两次", "the reference stands twice")
        except ValueError as wrong:
            problems.append(RowProblem(line, *map(str, wrong.args)))
        else:
            seen.add(row.reference)
            rows.append(row)
    return rows, problems


def _read(fields: dict[str, str | None]) -> _Row:
    value = {name: (fields.get(name) or "").strip() for name in COLUMNS}
    if not value["reference"]:
        raise ValueError("没有流水号", "there is no reference")
    try:
        booked = dt.date.fromisoformat(value["booked_date"])
    except ValueError:
        said = value["booked_date"]
        raise ValueError(f"日期不对：{said}", f"not a date: {said}") from None
    found = AMOUNT.fullmatch(value["amount"].replace(",", ""))
    if found is None:
        said = value["amount"]
        raise ValueError(f"金额不对：{said}", f"not an amount: {said}")
    fen = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    if fen == 0:
        raise ValueError("金额是 0", "the amount is 0")
    return _Row(value["reference"], booked, -fen if found[1] else fen, value["purpose"])


def import_statement(*, text: str, now: dt.datetime) -> Report:
    """Take a statement in. A row that is known is left; a file with a bad row changes nothing.

    Money in with a charge's number pays its bill; money out with a refund's number ends that part.
    All else that came in waits in suspense with a task; what went out unknown is a task.
    """
    rows, problems = read_statement(text)
    with transaction.atomic():
        references = [row.reference for row in rows]
        known = {row.reference: row for row in BankRow.objects.filter(reference__in=references)}
        problems += [
            RowProblem(
                number + 2,
                f"流水号 {row.reference} 以前的金额不一样",
                f"reference {row.reference} had another amount before",
            )
            for number, row in enumerate(rows)
            if row.reference in known and known[row.reference].amount_fen != row.amount_fen
        ]
        if problems:
            return Report(sorted(problems, key=lambda one: one.line))
        fresh = [row for row in rows if row.reference not in known]
        came = [_apply(row, now) for row in fresh]
    return Report(
        [],
        rows=len(rows),
        known=len(rows) - len(fresh),
        paid=came.count("PAID"),
        refunded=came.count("REFUNDED"),
        unmatched=came.count("UNMATCHED"),
    )


def _apply(row: _Row, now: dt.datetime) -> str:
    came = _pay(row, now) if row.amount_fen > 0 else _refund(row, now)
    if came == "UNMATCHED":
        _suspend(row, now)
    BankRow.objects.create(
        reference=row.reference,
        booked_date=row.booked_date,
        amount_fen=row.amount_fen,
        purpose=row.purpose[:500],
        matched=came,
        imported_at=now,
    )
    return came


def _pay(row: _Row, now: dt.datetime) -> str:
    for number in NUMBER.findall(row.purpose.upper()):
        if Charge.objects.filter(number=number, provider="BANK").exists():
            return settle.charge_paid(
                provider="BANK",
                number=number,
                ref=row.reference,
                amount_fen=row.amount_fen,
                now=now,
            )
    return "UNMATCHED"


def _refund(row: _Row, now: dt.datetime) -> str:
    for number in NUMBER.findall(row.purpose.upper()):
        part = RefundPart.objects.filter(number=number, provider="BANK").first()
        if part is not None and part.amount_fen == -row.amount_fen and part.state != "PAID":
            refunded.part_paid(number=number, ref=row.reference, now=now)
            return "REFUNDED"
        if part is not None and part.provider_ref == row.reference:
            return "REFUNDED"
    return "UNMATCHED"


def _suspend(row: _Row, now: dt.datetime) -> None:
    key = f"bank:{row.reference}"
    post(key, "money.unexplained", books.unexplained("BANK", row.amount_fen), now=now)
    open_task(
        key=key,
        kind=MoneyTask.Kind.UNMATCHED,
        about=f"{row.reference} {row.purpose[:200]}",
        amount_fen=row.amount_fen,
        now=now,
    )
