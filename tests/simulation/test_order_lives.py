"""A thousand random lives of one order, by the real operations; what may never happen does not.

Customer, staff, plant, clock and money act in any order, also where they may not. After each act
the rights are looked at, and at the end of a life the database checks its books.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests import factories, handovers
from tests.contexts.payments.scenes import check_deferred, sign, sums
from yinuo.contexts.handover.models import Signature
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations import postponing
from yinuo.contexts.orders.operations.disputing import settle_dispute
from yinuo.contexts.orders.operations.progress import (
    Step,
    advance,
    begin_condition,
    end_condition,
    lock_orders,
    move,
)
from yinuo.contexts.orders.queries.rights import get_dispute
from yinuo.contexts.orders.rules import is_forward, life
from yinuo.contexts.payments.models import Bill
from yinuo.contexts.payments.operations.bills import DepositAboveCap, SignFirst, open_bill
from yinuo.contexts.payments.queries.leaving import list_proposed
from yinuo.contexts.people.models import StaffMember
from yinuo.platform.refusals import Refusal
from yinuo.workflows import cancellation, disagreement, forfeit, handover

LIVES, ACTS = 1_000, 6
CODE = "LF26AA"
# More lives begin before the car does: there is more to choose.
BEGINS = ("LOCKED", "LOCKED", "SCHEDULED", "IN_BUILD", "IN_TRANSIT", "AT_CENTRE")
KEEP_FEN = 200_000


class Seen(NamedTuple):
    """What one look at the order and its money finds."""

    state: str
    rank: int
    line_id: int
    locked_at: dt.datetime
    unsigned: int
    above_a_fifth: int
    overdrawn: int
    balances_open: int
    kept: int
    kept_otherwise: int
    refunds: int
    left: int
    disputed: bool
    waits: int


LOOK = """
WITH b AS (SELECT * FROM payments_bill WHERE order_id = %(order)s),
     k AS (SELECT p.*, d.clearance FROM payments_keep p
           JOIN terms_decision d ON d.id = p.decision_id WHERE p.order_id = %(order)s)
SELECT o.state, o.rank, o.line_id, o.locked_at,
    (SELECT count(*) FROM b WHERE kind = 'BALANCE' AND signature_id IS NULL),
    (SELECT count(*) FROM b WHERE kind = 'DEPOSIT' AND amount_fen * 5 > price_fen),
    (SELECT count(*) FROM b WHERE paid_fen < refunded_fen + kept_fen),
    (SELECT count(*) FROM b WHERE kind = 'BALANCE' AND state = 'OPEN'),
    (SELECT count(*) FROM k WHERE state = 'KEPT'),
    (SELECT count(*) FROM k WHERE clearance <> 'go'
        OR (state = 'KEPT' AND (approver_id IS NULL OR approver_id = proposer_id))),
    (SELECT count(*) FROM payments_refund WHERE order_id = o.id),
    (SELECT count(*) FROM orders_cancellation WHERE order_id = o.id),
    EXISTS (SELECT FROM orders_condition
            WHERE order_id = o.id AND name = 'DISPUTED' AND until_at IS NULL),
    (SELECT count(*) FROM orders_queuenote
        WHERE order_id = o.id AND code = 'CUSTOMER_WAITS' AND until_at IS NULL)
FROM orders_order o WHERE o.id = %(order)s
"""


class Ground:
    """The one order that all lives begin with, and who acts on it."""

    order: ClassVar[Order]
    world: ClassVar[factories.World]
    second: ClassVar[StaffMember]
    lives: ClassVar[int] = 0
    reached: ClassVar[set[str]] = set()
    kept: ClassVar[int] = 0
    returned: ClassVar[int] = 0


class Life(RuleBasedStateMachine):
    """One life, in a transaction of its own that is undone at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.now = factories.NOW
        self.number = 0
        self.words: list[str] = []
        self.frozen = (-1, -1)
        self.life = transaction.atomic()
        self.life.__enter__()
        self.state = Ground.order.state

    def teardown(self) -> None:
        try:
            assert sum(sums().values()) == 0
            check_deferred()
            assert all(self.words)
            Ground.lives += 1
        finally:
            transaction.set_rollback(True)
            self.life.__exit__(None, None, None)

    def try_to(self, act: Any, **data: Any) -> Any:
        """Do it, or be refused in words; anything else is a fault."""
        try:
            with transaction.atomic():
                return act(**data)
        except Refusal as refused:
            self.words += [refused.message("zh"), refused.message("en")]
            return None

    @property
    def order_id(self) -> int:
        """The order's row."""
        return Ground.order.id

    @initialize(reached=st.sampled_from(BEGINS))
    def begin(self, reached: str) -> None:
        """The plant has brought the car so far."""
        self.report(reached)

    @rule(hours=st.integers(1, 80))
    def time_passes(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)
        cancellation.settle_undecided(now=self.now)
        postponing.resume_due(now=self.now)

    @rule(reached=st.sampled_from(life.STATES[:6]))
    def report(self, reached: str) -> None:
        standings = lock_orders([self.order_id])
        advance([Step(self.order_id, reached, self.now)], standings)

    @rule(verb=st.sampled_from(["inspect", "inspect_again", "hand_over"]))
    def somebody_moves_it(self, verb: str) -> None:
        self.try_to(move, order_id=self.order_id, verb=verb, now=self.now)

    @rule()
    def sign(self) -> None:
        if Signature.objects.filter(order=self.order_id).exists():
            return
        if self.try_to(move, order_id=self.order_id, verb="sign", now=self.now):
            sign(Ground.order)

    @rule(steps=st.integers(1, 5))
    def go_through_the_centre(self, steps: int) -> None:
        """The usual way, so that lives come so far: inspect, sign, ask, pay, keys."""
        self.report(life.AT_CENTRE)
        acts: tuple[Callable[[], Any], ...] = (
            lambda: self.somebody_moves_it("inspect"),
            self.sign,
            self.ask_for_the_balance,
            self.pay_what_is_asked,
            lambda: self.somebody_moves_it("hand_over"),
        )
        for act in acts[:steps]:
            act()

    @rule()
    def ask_for_the_balance(self) -> None:
        """Without a signature there is no bill, so there is no link."""
        signature = Signature.objects.filter(order=self.order_id).first()
        asked = {
            "kind": "BALANCE",
            "amount_fen": handovers.PRICE - handovers.DEPOSIT,
            "contract_amount_fen": handovers.PRICE - handovers.DEPOSIT,
            "order_id": self.order_id,
            "now": self.now,
        }
        if signature is None:
            with pytest.raises(SignFirst):
                open_bill(**asked, signature_id=None, request_key="early")  # type: ignore[arg-type]
        elif Order.objects.get(id=self.order_id).state == life.SIGNED:
            open_bill(**asked, signature_id=signature.id, request_key="balance")  # type: ignore[arg-type]

    @rule()
    def ask_for_too_much(self) -> None:
        with pytest.raises(DepositAboveCap):
            open_bill(
                kind="DEPOSIT",
                amount_fen=handovers.PRICE // 5 + 1,
                contract_amount_fen=handovers.PRICE // 5 + 1,
                price_fen=handovers.PRICE,
                order_id=self.order_id,
                request_key="too much",
                now=self.now,
            )

    @rule()
    def pay_what_is_asked(self) -> None:
        bill = Bill.objects.filter(order=self.order_id, state="OPEN").order_by("-id").first()
        if bill is None:
            return
        handovers.pay(bill.id, self.now)
        if bill.kind == "BALANCE":
            self.try_to(handover.balance_paid, order_id=self.order_id, now=self.now)
        else:
            back = cancellation.deposit_paid_again(
                order_id=self.order_id, paid_at=self.now, now=self.now
            )
            Ground.returned += back

    @rule(who=st.sampled_from(["alice", "bob", "carol"]))
    def leave(self, who: str) -> None:
        self.number += 1
        person = getattr(Ground.world, who)
        done = self.try_to(
            cancellation.cancel,
            person_id=person.id,
            order_id=self.order_id,
            request_key=f"leave{self.number}",
            now=self.now,
        )
        assert done is None or who == "alice"

    @rule()
    def come_back(self) -> None:
        self.try_to(
            cancellation.come_back,
            person_id=Ground.world.alice.id,
            order_id=self.order_id,
            now=self.now,
        )

    @rule()
    def disagree(self) -> None:
        self.number += 1
        self.try_to(
            disagreement.open_one,
            person_id=Ground.world.alice.id,
            order_id=self.order_id,
            about="CANCELLATION",
            words="",
            request_key=f"no{self.number}",
            now=self.now,
        )

    @rule()
    def answer(self) -> None:
        if dispute := get_dispute(self.order_id):
            settle_dispute(
                dispute_id=dispute.id, staff_id=Ground.world.dora.id, outcome="好", now=self.now
            )

    @rule(days=st.integers(0, 40))
    def wait_longer(self, days: int) -> None:
        self.number += 1
        self.try_to(
            postponing.postpone,
            person_id=Ground.world.alice.id,
            order_id=self.order_id,
            not_before_date=self.now.date() + dt.timedelta(days=days),
            request_key=f"later{self.number}",
            now=self.now,
        )

    @rule(begins=st.booleans())
    def change_the_buyer(self, begins: bool) -> None:
        change = begin_condition if begins else end_condition
        self.try_to(
            change, order_id=self.order_id, name="BUYER_CHANGE", cause_ref="b", now=self.now
        )

    @rule(defeats=st.booleans(), clause=st.sampled_from([f"deposit-{CODE}", "made-up"]))
    def propose_to_keep(self, defeats: bool, clause: str) -> None:
        kept = self.try_to(
            forfeit.propose,
            staff_id=Ground.world.dora.id,
            order_id=self.order_id,
            amount_fen=KEEP_FEN,
            clause_code=clause,
            reason="没有理由也没有",
            defeats_purpose=defeats,
            now=self.now,
        )
        assert kept is None or (defeats and clause != "made-up")

    @rule(defeats=st.booleans(), second=st.booleans())
    def leave_a_begun_car(self, defeats: bool, second: bool) -> None:
        """The way on which a part may be kept, so that lives come so far."""
        self.report(life.IN_BUILD)
        self.leave("alice")
        self.propose_to_keep(defeats, f"deposit-{CODE}")
        self.approve(second)

    @rule(hours=st.sampled_from([1, 71, 72, 80]))
    def leave_and_pay_again(self, hours: int) -> None:
        """The way back to the old place, in time and too late."""
        self.leave("alice")
        self.every_right_is_kept()
        self.come_back()
        self.time_passes(hours)
        self.pay_what_is_asked()

    @rule(second=st.booleans())
    def approve(self, second: bool) -> None:
        staff = Ground.second if second else Ground.world.dora
        for one in list_proposed(self.order_id):
            self.try_to(
                forfeit.approve,
                keep_id=one.id,
                order_id=self.order_id,
                staff_id=staff.id,
                now=self.now,
            )

    @invariant()
    def every_right_is_kept(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LOOK, {"order": self.order_id})
            row = cursor.fetchone()
        assert row is not None
        seen = Seen(*row)
        order = Ground.order
        assert (seen.rank, seen.line_id, seen.locked_at) == (
            order.rank,
            order.line_id,
            order.locked_at,
        )
        before, self.state = self.state, seen.state
        assert (
            before == seen.state
            or any(way.target == seen.state for way in life.list_ways(before))
            or is_forward(before, seen.state)
        ), (before, seen.state)
        assert (seen.unsigned, seen.above_a_fifth, seen.overdrawn) == (0, 0, 0)
        assert seen.kept_otherwise == 0
        if seen.state == life.CANCELLED:
            assert (seen.balances_open, seen.waits) == (0, 0)
        moved = (seen.refunds, seen.left)
        assert self.frozen in ((-1, -1), moved)
        self.frozen = moved if seen.disputed else (-1, -1)
        Ground.reached.add(seen.state)
        Ground.kept += seen.kept


def live_the_rare_lives() -> None:
    """Two lives that chance seldom finds: a place taken again, and a part that is kept."""
    for begins, act, said in (
        ("LOCKED", Life.leave_and_pay_again, (1,)),
        ("IN_BUILD", Life.leave_a_begun_car, (True, True)),
    ):
        one = Life()
        one.begin(begins)
        one.every_right_is_kept()
        act(one, *said)
        one.every_right_is_kept()
        one.teardown()


@pytest.mark.need(13, 45, 134)
def test_a_thousand_lives_keep_every_right(db: None) -> None:
    Ground.world = factories.make_world()
    Ground.second = handovers.quality()
    locked_at = factories.NOW - dt.timedelta(days=30)
    Ground.order = factories.make_order(Ground.world, CODE, locked_at=locked_at)
    handovers.make_contract(Ground.world, Ground.order)
    handovers.pay_deposit(Ground.order)
    Ground.lives, Ground.kept, Ground.returned = 0, 0, 0
    live_the_rare_lives()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=ACTS,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # The lives went everywhere, and the rare things happened: else the test shows nothing.
    assert Ground.lives >= LIVES
    assert Ground.reached == {*life.STATES, life.CANCELLED}
    assert Ground.kept
    assert Ground.returned
