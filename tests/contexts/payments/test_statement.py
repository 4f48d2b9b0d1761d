"""Bank statements: every bad row is named and nothing written; unknown money waits for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests import factories
from tests.contexts.payments import scenes
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import BankRow, Bill, MoneyTask, Refund, RefundPart
from yinuo.contexts.payments.operations import refunds, sending
from yinuo.contexts.payments.operations.statement import import_statement

NOW = scenes.NOW
HEAD = "reference,booked_date,amount,purpose\n"


@pytest.fixture
def order(db: None) -> Order:
    return factories.make_order(factories.make_world(), "BK26AA", state="AT_CENTRE")


def test_money_in_pays_its_bill_once(order: Order) -> None:
    charge = scenes.charge(scenes.ask_deposit(order), "BANK")
    type(charge).objects.filter(id=charge.id).update(number="C" + "2" * 20)
    text = f'{HEAD}T1,2026-02-11,"5,000.00",定金 c{"2" * 20} 陈安\n'
    first = import_statement(text=text, now=NOW)
    assert (first.rows, first.paid, first.known) == (1, 1, 0)
    assert Bill.objects.get().state == "PAID"
    again = import_statement(text=text, now=NOW)
    assert (again.paid, again.known) == (0, 1)
    assert scenes.sums() == {"CLEARING_BANK": 500_000, "DEPOSITS_HELD": -500_000}


def test_money_out_ends_a_refund(order: Order) -> None:
    scenes.paid_deposit(order, "BANK")
    refund = refunds.order_refund(
        order_id=order.id, amount_fen=500_000, reason="CANCELLED", request_key="k", now=NOW
    )
    sending.send(refund_id=refund.id, providers={}, now=NOW)
    number = RefundPart.objects.get().number
    wrong = import_statement(text=f"{HEAD}T7,2026-02-12,-4999.99,{number}\n", now=NOW)
    assert wrong.unmatched == 1
    report = import_statement(text=f"{HEAD}T8,2026-02-12,-5000,退 {number}\n", now=NOW)
    assert report.refunded == 1
    assert Refund.objects.get().bank_reference == "T8"


def test_unknown_money_waits_for_a_person(order: Order) -> None:
    report = import_statement(text=f"{HEAD}T2,2026-02-11,88.50,谢谢\n", now=NOW)
    assert report.unmatched == 1
    assert scenes.sums() == {"CLEARING_BANK": 8_850, "SUSPENSE": -8_850}
    assert MoneyTask.objects.get().kind == "UNMATCHED"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",2026-02-11,1,x", "there is no reference"),
        ("T3,2026-02-30,1,x", "not a date"),
        ("T3,2026-02-11,1.234,x", "not an amount"),
        ("T3,2026-02-11,,x", "not an amount"),
        ("T3,2026-02-11,五,x", "not an amount"),
        ("T3,2026-02-11,0.00,x", "the amount is 0"),
        ("T1,2026-02-11,1,x", "the reference stands twice"),
        ("T3", "not a date"),
    ],
)
def test_one_bad_row_and_nothing_is_written(order: Order, row: str, said: str) -> None:
    report = import_statement(text=f"{HEAD}T1,2026-02-11,1,x\n{row}\n", now=NOW)
    (problem,) = report.problems
    assert (problem.line, problem.zh != "") == (3, True)
    assert said in problem.en
    assert not BankRow.objects.exists()
    assert scenes.sums() == {}


def test_a_file_without_its_columns(order: Order) -> None:
    (problem,) = import_statement(text="a;b\n1;2\n", now=NOW).problems
    assert "reference" in problem.en


def test_a_row_that_changed_since(order: Order) -> None:
    import_statement(text=f"{HEAD}T1,2026-02-11,1,x\n", now=NOW)
    (problem,) = import_statement(text=f"{HEAD}T1,2026-02-11,2,x\n", now=NOW).problems
    assert "another amount" in problem.en


def test_the_command(order: Order, tmp_path: Path, capsys: Any) -> None:
    scenes.paid_deposit(order)
    call_command("money", "check")
    assert "500,000" not in capsys.readouterr().out
    path = tmp_path / "statement.csv"
    path.write_text(f"\ufeff{HEAD}T1,2026-02-11,1,x\n", encoding="utf-8")
    call_command("money", "import", str(path))
    assert BankRow.objects.count() == 1
    path.write_text(f"{HEAD}T2,no,1,x\n", encoding="utf-8")
    for bad in (path, tmp_path / "missing.csv"):
        with pytest.raises(SystemExit):
            call_command("money", "import", str(bad))
    Bill.objects.update(refunded_fen=1)
    with pytest.raises(SystemExit):
        call_command("money", "check")
