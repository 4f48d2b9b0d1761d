"""`kill -9` between any two steps of pay and refund: books balance, nothing twice, nothing lost.

A child process pays and gives back through a provider that lives in this process. It kills itself
before or after a statement drawn at random; then only the clock's own steps run, then the customer
tries again.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests import factories
from tests.contexts.payments import scenes
from tests.platform import pay_peers
from tests.platform.channel_peers import Reply, Request, http_peer
from tests.platform.pay_peers import WechatPeer
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Charge, ProviderMessage, Refund, Settled
from yinuo.contexts.payments.operations import bills, collect, refunds
from yinuo.contexts.payments.queries.books import check_books
from yinuo.platform.pay.configure import configured_providers
from yinuo.platform.pay.port import Message, Provider
from yinuo.workflows import money, settled

SEED, KILLS = 20260211, 24
NOW, LATER = scenes.NOW, dt.timedelta(minutes=3)
Providers = dict[str, Provider]


class Quick(WechatPeer):
    """A provider whose customer pays as soon as the page is there."""

    def __call__(self, request: Request) -> Reply:
        answer = super().__call__(request)
        for trade in self.trades.values():
            trade.state = "SUCCESS"
        return answer


def pay_and_give_back(order: Order, providers: Providers, now: dt.datetime) -> None:
    """The story: asked for, begun, paid, told of, wanted back, sent back. Safe to tell again."""
    bill = bills.open_bill(
        kind="DEPOSIT",
        amount_fen=500_000,
        contract_amount_fen=500_000,
        order_id=order.id,
        request_key=f"bill:{order.code}",
        now=now,
    )
    try:
        link = collect.start(
            bill_id=bill.id,
            provider="WECHAT",
            providers=providers,
            subject="定金",
            back_url="https://car.example.cn",
            request_key=f"charge:{order.code}",
            now=now,
        )
    except collect.NotOpen:
        pass
    else:
        tell(link.number, providers, now)
    refunds.order_refund(
        order_id=order.id,
        amount_fen=500_000,
        reason="CANCELLED",
        request_key=f"refund:{order.code}",
        now=now,
    )
    sweep(providers, now)


def tell(number: str, providers: Providers, now: dt.datetime) -> None:
    """The provider's word comes in, under one key however often."""
    known = providers["WECHAT"].query(number)
    message = Message(f"EV-{number}", "CHARGE", number, "PAID", known.amount_fen, known.ref)
    money.take_message(provider="WECHAT", message=message, now=now)


def sweep(providers: Providers, now: dt.datetime) -> None:
    """What happens by the clock."""
    money.apply_messages(now=now)
    money.ask_providers(providers=providers, now=now)
    money.send_refunds(providers=providers, now=now)
    settled.run(now)


def fatal(step: int, before: bool) -> Callable[..., Any]:
    """Dies with statement number `step`."""
    seen = 0

    def wrapper(execute: Any, *call: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == step and before:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return execute(*call)
        finally:
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    return wrapper


def in_a_child(order: Order, providers: Providers, step: int, before: bool) -> bool:
    """Tell the story in a process that dies at a step; False when it ended before that."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with connection.execute_wrapper(fatal(step, before)):
                pay_and_give_back(order, providers, NOW)
            code = 0
        except BaseException:  # noqa: BLE001 -- the fork must never return into the test
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


def count_steps(order: Order, providers: Providers) -> int:
    """How many statements the whole story has."""
    steps = 0

    def wrapper(execute: Any, *call: Any) -> Any:
        nonlocal steps
        steps += 1
        return execute(*call)

    with connection.execute_wrapper(wrapper):
        pay_and_give_back(order, providers, NOW)
    return steps


def state_of(order: Order) -> str:
    """How far it had come when it died."""
    bill = Bill.objects.filter(order=order).first()
    charge = Charge.objects.filter(bill__order=order).first()
    refund = Refund.objects.filter(order=order).first()
    return "/".join(
        [
            bill.state if bill else "-",
            f"{charge.state}{'+' if charge.link else ''}" if charge else "-",
            refund.state if refund else "-",
        ]
    )


def check_clock_alone(order: Order, peer: WechatPeer) -> None:
    """Nobody tried again: what had begun is finished, what was never ordered is not there."""
    assert check_books() == []
    for charge in Charge.objects.filter(bill__order=order):
        if charge.number in peer.trades:
            assert charge.state == "PAID"
    for refund in Refund.objects.filter(order=order):
        assert refund.state == "PAID"
    assert not Settled.objects.filter(applied_at=None).exists()


def check_end(order: Order, peer: WechatPeer) -> None:
    """All of it happened, once."""
    assert check_books() == []
    assert Bill.objects.get(order=order).state == "PAID"
    charge = Charge.objects.get(bill__order=order)
    back = [one for one in peer.refunds.values() if one["out_trade_no"] == charge.number]
    assert [one["amount"]["refund"] for one in back] == [500_000]
    assert Refund.objects.get(order=order).state == "PAID"
    assert ProviderMessage.objects.filter(number=charge.number).count() <= 1


@pytest.mark.need(117)
@pytest.mark.need(134)
def test_killed_between_any_two_steps(fresh_database: str, tmp_path: Path) -> None:
    lots, died = random.Random(SEED), []
    peer = Quick()
    with http_peer(peer) as address:
        given = pay_peers.settings(tmp_path, wechat=address, alipay=address)
        providers = configured_providers(given, site="https://car.example.cn", real=True)
        world = factories.make_world()
        # The second time: jobs that wait already are not asked for again.
        for code in ("KILLX0", "KILLX1"):
            steps = count_steps(factories.make_order(world, code), providers)
        for number in range(1, KILLS + 1):
            order = factories.make_order(world, f"KILL{number:02}")
            step, before = lots.randint(1, steps), lots.random() < 0.5
            assert in_a_child(order, providers, step, before), f"{step} of {steps}"
            died.append(state_of(order))
            for later in (LATER, 2 * LATER):
                sweep(providers, NOW + later)
            check_clock_alone(order, peer)
            pay_and_give_back(order, providers, NOW + 3 * LATER)
            sweep(providers, NOW + 4 * LATER)
            check_end(order, peer)
    assert scenes.sums() == {}
    assert len(set(died)) >= 5, died
    assert peer.problems == []
