"""The books alone, under any order of events: they balance, nothing is paid twice or lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.contexts.payments import scenes
from tests.contexts.payments.desk import Desk
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Charge, Keep, Refund, RefundPart
from yinuo.contexts.payments.operations import asking, bills, keep, refunded, refunds, settle
from yinuo.contexts.payments.operations.adopting import adopt_deposits
from yinuo.contexts.payments.queries.books import check_books
from yinuo.platform.refusals import Refusal
from yinuo.workflows import money

NOW, MINUTE = scenes.NOW, dt.timedelta(minutes=3)
EVENTS = ("ask", "begin", "pay", "word", "wrong", "fail", "sweep", "void",
          "refund", "double", "keep", "dispute", "decide", "transfer")  # fmt: skip


class Life:
    """One order's money, driven by random events; providers may be silent at any time."""

    def __init__(self, world: factories.World, order: Order, decision_id: int) -> None:
        self.world, self.order, self.decision_id = world, order, decision_id
        self.desks = {name: Desk(name) for name in ("WECHAT", "ALIPAY", "SANDBOX")}
        self.now, self.n = NOW, 0

    def do(self, event: str, pick: int, silent: bool) -> None:
        """One event, three minutes after the last; what the world may not do is refused."""
        self.now += MINUTE
        self.n += 1
        for desk in self.desks.values():
            desk.silent = silent
        try:
            with transaction.atomic():
                getattr(self, event)(pick)
        except (Refusal, settle.UnknownCharge):
            pass

    def one(self, rows: Any, pick: int) -> Any:
        found = list(rows.order_by("id"))
        return found[pick % len(found)] if found else None

    def ask(self, pick: int) -> None:
        bills.open_bill(
            kind="DEPOSIT",
            amount_fen=1_000 + pick,
            contract_amount_fen=1_000 + pick % 50,
            price_fen=5_000 + pick * 5,
            order_id=self.order.id,
            request_key=f"b{pick % 5}",
            now=self.now,
        )

    def begin(self, pick: int) -> None:
        bill = self.one(Bill.objects.filter(state="OPEN"), pick)
        if bill is not None:
            name = list(self.desks)[pick % 3]
            charge = scenes.charge(bills.OpenedBill(bill.id, "", "", "", bill.amount_fen), name)
            self.desks[name].charges[charge.number] = bill.amount_fen

    def pay(self, pick: int) -> None:
        charge = self.one(Charge.objects.all(), pick)
        if charge is not None:
            self.desks[charge.provider].paid[charge.number] = f"ref-{charge.number}"

    def word(self, pick: int, amount_fen: int | None = None) -> None:
        charge = self.one(Charge.objects.all(), pick)
        if charge is not None and charge.number in self.desks[charge.provider].paid:
            settle.charge_paid(
                provider=charge.provider,
                number=charge.number,
                ref=f"ref-{charge.number}",
                amount_fen=charge.amount_fen if amount_fen is None else amount_fen,
                now=self.now,
            )

    def wrong(self, pick: int) -> None:
        self.word(pick, 1 + pick)

    def fail(self, pick: int) -> None:
        charge = self.one(Charge.objects.all(), pick)
        if charge is not None:
            settle.charge_failed(provider=charge.provider, number=charge.number, now=self.now)

    def sweep(self, pick: int) -> None:
        del pick
        money.close_attempts(providers=self.desks, now=self.now)
        asking.ask(providers=self.desks, now=self.now)
        money.send_refunds(providers=self.desks, now=self.now)

    def void(self, pick: int) -> None:
        bill = self.one(Bill.objects.all(), pick)
        if bill is not None:
            bills.void_bill(bill_id=bill.id, now=self.now)

    def refund(self, pick: int) -> None:
        refunds.order_refund(
            order_id=self.order.id,
            amount_fen=pick * 7,
            reason="CANCELLED",
            request_key=f"r{pick % 4}",
            due_at=self.now - dt.timedelta(days=pick % 40),
            now=self.now,
        )

    def double(self, pick: int) -> None:
        refunds.double_deposit(
            order_id=self.order.id,
            penalty_fen=pick * 3,
            decision_id=self.decision_id,
            request_key="d",
            now=self.now,
        )

    def keep(self, pick: int) -> None:
        scenes.keep_deposit(
            self.world,
            self.order,
            amount_fen=pick * 5,
            decision_id=self.decision_id,
            now=self.now,
        )

    def dispute(self, pick: int) -> None:
        row = self.one(Keep.objects.all(), pick)
        if row is not None:
            keep.dispute_keep(keep_id=row.id, person_id=self.world.alice.id, now=self.now)

    def decide(self, pick: int) -> None:
        row = self.one(Keep.objects.all(), pick)
        if row is not None:
            keep.decide_dispute(
                keep_id=row.id, staff_id=self.world.dora.id, give_back=pick % 2 == 0, now=self.now
            )

    def transfer(self, pick: int) -> None:
        part = self.one(RefundPart.objects.filter(provider="BANK"), pick)
        if part is not None:
            refunded.transfer_done(
                number=part.number,
                reference=f"B{part.id}",
                staff_id=self.world.dora.id,
                now=self.now,
            )

    def check(self) -> None:
        """What holds after every life."""
        scenes.check_deferred()
        assert check_books() == []
        for bill in Bill.objects.all():
            assert bill.paid_fen >= bill.refunded_fen + bill.kept_fen
            paid = [one for one in bill.charges.all() if one.state == "PAID"]
            assert len(paid) == (bill.state == "PAID")
        for name, desk in self.desks.items():
            parts = RefundPart.objects.filter(provider=name)
            known = {part.number: part for part in parts}
            assert set(desk.refunds) <= set(known)
            for number, ask in desk.refunds.items():
                assert ask.amount_fen == known[number].amount_fen

    def finish(self) -> None:
        """Providers answer again, people do their transfers: all that is owed is paid."""
        for _ in range(3):
            self.do("sweep", 0, silent=False)
            for part in RefundPart.objects.filter(provider="BANK").exclude(state="PAID"):
                self.do("transfer", _index(part), silent=False)
        assert not Refund.objects.exclude(state="PAID").exists()
        self.check()


def _index(part: RefundPart) -> int:
    ids = list(
        RefundPart.objects.filter(provider="BANK").order_by("id").values_list("id", flat=True)
    )
    return ids.index(part.id)


@pytest.mark.need(134)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    events=st.lists(
        st.tuples(st.sampled_from(EVENTS), st.integers(0, 300), st.booleans()),
        min_size=5,
        max_size=30,
    )
)
def test_any_life_of_an_orders_money(db: None, events: list[tuple[str, int, bool]]) -> None:
    with transaction.atomic():
        world = factories.make_world()
        order = factories.make_order(world, "HY26AA", state="AT_CENTRE")
        life = Life(world, order, scenes.decide(order).id)
        for event, pick, silent in [("ask", 1, False), ("begin", 0, False), *events]:
            life.do(event, pick, silent)
        life.check()
        life.finish()
        transaction.set_rollback(True)


def test_a_difference_is_found(db: None) -> None:
    """The check itself sees what is wrong: it is not a check that cannot fail."""
    order = factories.make_order(factories.make_world(), "HY26BB")
    bill = scenes.paid_deposit(order)
    assert check_books() == []
    Bill.objects.filter(id=bill.id).update(refunded_fen=1)
    assert [fault.where for fault in check_books()] == ["DEPOSITS_HELD"]
    Bill.objects.filter(id=bill.id).update(refunded_fen=0)
    Charge.objects.update(state="CLOSED")
    assert [fault.what for fault in check_books()] == ["charge"]


def test_deposits_from_before_the_books(db: None) -> None:
    world = factories.make_world()
    for code, state in (("AD26AA", "LOCKED"), ("AD26BB", "DELIVERED"), ("AD26CC", "CANCELLED")):
        factories.make_order(world, code, state=state)
    paid = factories.make_order(world, "AD26DD")
    scenes.paid_deposit(paid)
    assert adopt_deposits(deposit_fen=500_000, provider="SANDBOX") == 2
    assert adopt_deposits(deposit_fen=500_000, provider="SANDBOX") == 0
    scenes.check_deferred()
    assert check_books() == []
    assert scenes.sums() == {
        "CLEARING_SANDBOX": 1_000_000,
        "CLEARING_WECHAT": 500_000,
        "DEPOSITS_HELD": -1_000_000,
        "REVENUE": -500_000,
    }
