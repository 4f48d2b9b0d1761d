"""What the database itself refuses about money, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests import factories
from tests.contexts.payments import scenes
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Charge, Keep, Posting, PostingLine, Refund

NOW = scenes.NOW


@pytest.fixture
def world(db: None) -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return factories.make_order(world, "PM26AA", state="AT_CENTRE")


def refuses(match: str) -> Any:
    return pytest.raises(IntegrityError, match=match)


def write(lines: dict[str, int]) -> None:
    with transaction.atomic():
        posting = Posting.objects.create(key=f"test:{lines}", kind="test", posted_at=NOW)
        for account, amount_fen in lines.items():
            PostingLine.objects.create(posting=posting, account=account, amount_fen=amount_fen)
        scenes.check_deferred()


@pytest.mark.parametrize(
    "lines",
    [{"CLAIMS": 100, "ASKED": -99}, {"CLAIMS": 100}, {}, {"CLAIMS": 1, "ASKED": -2, "REVENUE": 2}],
)
def test_a_posting_that_does_not_balance(db: None, lines: dict[str, int]) -> None:
    with refuses("does not balance"):
        write(lines)


def test_a_posting_that_balances(db: None) -> None:
    write({"CLAIMS": 100, "ASKED": -70, "REVENUE": -30})
    assert scenes.sums() == {"CLAIMS": 100, "ASKED": -70, "REVENUE": -30}


def test_a_line_added_later_is_refused(db: None) -> None:
    write({"CLAIMS": 100, "ASKED": -100})
    posting = Posting.objects.get()
    with refuses("does not balance"), transaction.atomic():
        PostingLine.objects.create(posting=posting, account="SUSPENSE", amount_fen=5)
        scenes.check_deferred()


def test_an_account_that_does_not_exist(db: None) -> None:
    with refuses("line_account_is_known"):
        write({"POCKET": 100, "ASKED": -100})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_posting SET kind = 'other'",
        "DELETE FROM payments_posting",
        "UPDATE payments_postingline SET amount_fen = amount_fen * 2",
        "DELETE FROM payments_postingline",
        "TRUNCATE payments_posting CASCADE",
        "TRUNCATE payments_postingline",
        "DELETE FROM payments_bill",
        "DELETE FROM payments_charge",
    ],
)
def test_the_books_are_append_only(order: Order, statement: str) -> None:
    scenes.paid_deposit(order)
    scenes.check_deferred()
    for session in ("origin", "replica"):
        with refuses("append-only"), transaction.atomic(), connection.cursor() as cursor:
            if "DELETE FROM payments_bill" in statement or "charge" in statement:
                session = "origin"
            cursor.execute(f"SET LOCAL session_replication_role = {session}")
            cursor.execute(statement)


@pytest.mark.need(13)
def test_no_balance_without_a_signature(order: Order) -> None:
    with refuses("balance_only_after_signature"), transaction.atomic():
        Bill.objects.create(
            public_id="bil_1",
            request_key="1",
            kind="BALANCE",
            order=order,
            amount_fen=100,
            contract_amount_fen=100,
            opened_at=NOW,
        )


@pytest.mark.need(85)
def test_no_deposit_above_a_fifth(order: Order) -> None:
    fields: dict[str, Any] = {
        "kind": "DEPOSIT",
        "order": order,
        "opened_at": NOW,
        "price_fen": 24_590_000,
    }
    Bill.objects.create(
        public_id="bil_1",
        request_key="1",
        amount_fen=4_918_000,
        contract_amount_fen=4_918_000,
        **fields,
    )
    with refuses("deposit_at_most_a_fifth"), transaction.atomic():
        Bill.objects.create(
            public_id="bil_2",
            request_key="2",
            amount_fen=4_918_001,
            contract_amount_fen=4_918_001,
            **fields,
        )


def test_an_open_bill_is_the_contracts(order: Order) -> None:
    with refuses("bill_amount_is_the_contracts"), transaction.atomic():
        Bill.objects.create(
            public_id="bil_1",
            request_key="1",
            kind="DEPOSIT",
            order=order,
            amount_fen=500_001,
            contract_amount_fen=500_000,
            opened_at=NOW,
        )


def test_a_bill_is_of_one_order_or_ticket(order: Order) -> None:
    with refuses("bill_of_order_or_ticket"), transaction.atomic():
        Bill.objects.create(
            public_id="bil_1",
            request_key="1",
            kind="DEPOSIT",
            amount_fen=500_000,
            contract_amount_fen=500_000,
            opened_at=NOW,
        )


@pytest.mark.need(134)
@pytest.mark.parametrize(
    "change",
    [
        {"refunded_fen": 500_001},
        {"kept_fen": 500_001},
        {"kept_fen": 300_000, "refunded_fen": 200_001},
        {"refunded_fen": -1},
        {"paid_fen": 400_000},
        {"paid_fen": 600_000},
    ],
)
def test_never_more_back_than_was_paid(order: Order, change: dict[str, Any]) -> None:
    bill = scenes.paid_deposit(order)
    with pytest.raises(IntegrityError), transaction.atomic():
        Bill.objects.filter(id=bill.id).update(**change)


def test_a_bill_is_paid_by_one_charge(order: Order) -> None:
    bill = scenes.ask_deposit(order)
    scenes.pay(bill)
    second = scenes.charge(bill)
    with refuses("charge_paid_once"), transaction.atomic():
        Charge.objects.filter(id=second.id).update(
            state="PAID", provider_ref="other", settled_at=NOW
        )


@pytest.mark.need(134)
@pytest.mark.parametrize(
    ("missing", "constraint"),
    [({"approver": None}, "keep_has_approver"), ({"clause": ""}, "keep_says_why")],
)
def test_nothing_is_kept_without_a_name_and_a_clause(
    world: factories.World, order: Order, missing: dict[str, object], constraint: str
) -> None:
    fields: dict[str, Any] = {
        "order": order,
        "bill": scenes.paid_deposit(order),
        "amount_fen": 1,
        "decision": scenes.decide(order),
        "approver": world.manager,
        "clause": "第 7 条",
        "reason": "买方不再要车",
        "state": "KEPT",
        "proposed_at": NOW,
        "kept_at": NOW,
    }
    with refuses(constraint), transaction.atomic():
        Keep.objects.create(**{**fields, **missing})


def test_a_paid_refund_has_a_bank_reference(order: Order) -> None:
    with refuses("refund_paid_has_reference"), transaction.atomic():
        Refund.objects.create(
            public_id="rfd_1",
            request_key="1",
            order=order,
            amount_fen=1,
            reason="test",
            state="PAID",
            ordered_at=NOW,
            due_at=NOW,
            paid_at=NOW,
        )
