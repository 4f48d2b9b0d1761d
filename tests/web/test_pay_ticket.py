"""The deposit of a ticket: who may pay it, once, and what is said where it cannot be paid."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.contexts.orders.launch_worlds import HOUR, Sale
from tests.contexts.payments import scenes
from tests.factories import NOW
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows.launch_story import agree, choose, make_launch, pay
from yinuo.contexts.orders.models import Order, Ticket
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.contexts.payments.models import Bill, Charge, Refund
from yinuo.platform import clock
from yinuo.workflows import launch, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sale]:
    monkeypatch.setenv("PAY_MODE", "sandbox")
    clock.set_test_clock(at=NOW, running=False)
    yield make_launch(3)
    scenes.check_books()


@pytest.fixture
def ticket(sale: Sale) -> TicketSeen:
    """Alice's ticket with its car; its contract is not agreed yet."""
    return choose(sale, "a", sale.world.alice)


@pytest.fixture
def alice(sale: Sale) -> Client:
    return sign_in(sale.world.alice)


def key_of(page: str) -> str:
    found = re.search(r'name="request_key" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.need(126)
def test_from_the_contract_to_the_order_in_three_taps(
    sale: Sale, ticket: TicketSeen, alice: Client
) -> None:
    agree(ticket, sale.world.alice)
    address = f"/t/{ticket.code}/pay"
    assert f'action="{address}"' in read(alice, f"/t/{ticket.code}")
    assert send(alice, address, 302) == address, "the button of the ticket's page leads here"
    page = read(alice, address)
    assert "定金 5,000 元，和合同一样" in page
    there = send(alice, address, 302, provider="SANDBOX", request_key=key_of(page))
    assert there.startswith("/pay/sandbox/C")
    assert "定金 5,000 元" in read(alice, there)
    assert send(alice, there, 302, do="pay") == address
    assert "收到了：定金 5,000 元" in read(alice, address)
    assert settled.run(NOW) == 1
    code = Order.objects.get().code
    assert send(alice, address, 302) == f"/o/{code}/money", "from the lock on it is the order's"
    assert "5,000 元" in read(alice, f"/o/{code}/money")


@pytest.mark.parametrize(
    ("who", "status"), [("bob", 404), ("carol", 404), ("dora", 302), ("", 302)]
)
def test_nobody_else_comes_to_it(sale: Sale, ticket: TicketSeen, who: str, status: int) -> None:
    """The household reads the ticket and does not pay for it; a stranger finds nothing."""
    agree(ticket, sale.world.alice)
    client = Client()
    if who:
        person = getattr(sale.world, who)
        client = sign_in_staff(person) if who == "dora" else sign_in(person)
    address = f"/t/{ticket.code}/pay"
    answer = client.get(address)
    assert answer.status_code == status
    assert "定金".encode() not in answer.content
    posted = client.post(address, {"provider": "SANDBOX", "request_key": "k"})
    assert posted.status_code == status
    assert Charge.objects.count() == 0
    # What the household does read leads nowhere to pay.
    assert not re.search(rf'"{address}"', client.get(f"/t/{ticket.code}").content.decode())


def test_before_the_contract_there_is_nothing_to_pay(ticket: TicketSeen, alice: Client) -> None:
    address = f"/t/{ticket.code}/pay"
    assert alice.get(address).status_code == 404
    assert alice.post(address, {"provider": "SANDBOX"}).status_code == 404
    assert alice.get("/t/NOSUCH22/pay").status_code == 404
    assert not Bill.objects.exists()


def test_a_double_tap_a_reload_and_two_pages_collect_once(
    sale: Sale, ticket: TicketSeen, alice: Client
) -> None:
    agree(ticket, sale.world.alice)
    address = f"/t/{ticket.code}/pay"
    first = send(alice, address, 302, provider="SANDBOX", request_key="k1")
    assert send(alice, address, 302, provider="SANDBOX", request_key="k1") == first
    other = send(alice, address, 302, provider="SANDBOX", request_key="k2")
    assert Charge.objects.count() == 2
    for there in (first, first, other):
        send(alice, there, 302, do="pay")
    assert Bill.objects.get().paid_fen == 500_000
    assert Refund.objects.get().amount_fen == 500_000, "the second page's money goes back"
    assert "已经付过" in send(alice, address, 409, provider="SANDBOX", request_key="k3")


def test_a_payment_that_fails_and_a_way_that_is_not_there(
    sale: Sale, ticket: TicketSeen, alice: Client
) -> None:
    agree(ticket, sale.world.alice)
    address = f"/t/{ticket.code}/pay"
    page = send(alice, address, 409, provider="PAYPAL", request_key="mine")
    assert "这种付款方式现在不能用" in page
    assert key_of(page) == "mine", "the same form goes on"
    there = send(alice, address, 302, provider="SANDBOX", request_key="k1")
    assert "我付好了，查一下" in read(alice, address)
    assert send(alice, address, 302, do="check") == address
    send(alice, there, 302, do="fail")
    assert "钱没有动" in read(alice, address)
    assert Ticket.objects.get().state == "ORDERED"


def test_a_ticket_that_was_given_back_takes_no_money(
    sale: Sale, ticket: TicketSeen, alice: Client
) -> None:
    agree(ticket, sale.world.alice)
    address = f"/t/{ticket.code}/pay"
    there = send(alice, address, 302, provider="SANDBOX", request_key="k1")
    launch.give_back(ticket_id=ticket.id, now=NOW)
    page = read(alice, address)
    assert "这一笔不用付了" in page
    assert 'name="provider"' not in page
    assert "已经取消" in send(alice, address, 409, provider="SANDBOX", request_key="k2")
    # The provider's page was open all the while.
    send(alice, there, 302, do="pay")
    assert (Bill.objects.get().state, Refund.objects.get().amount_fen) == ("VOID", 500_000)


def test_money_that_came_after_the_ticket_was_over(sale: Sale, ticket: TicketSeen) -> None:
    bill = agree(ticket, sale.world.alice)
    launch.give_back(ticket_id=ticket.id, now=NOW)
    assert pay(bill, now=NOW + HOUR) == "PAID_AFTER_END"
    assert settled.run(NOW + HOUR) == 0, "nothing follows from it but the refund"
    assert not Order.objects.exists()


def test_in_english(sale: Sale, ticket: TicketSeen) -> None:
    agree(ticket, sale.world.alice)
    client = sign_in(sale.world.alice, **{"Accept-Language": "en"})
    address = f"/t/{ticket.code}/pay"
    page = read(client, address)
    for words in ("Pay the deposit", "as the contract says", "Demo payment"):
        assert words in page
    there = send(client, address, 302, provider="SANDBOX", request_key="k1")
    assert "Demo: no real money moves" in read(client, there)
    send(client, there, 302, do="pay")
    assert "was received" in read(client, address)
    refused = send(client, address, 409, provider="SANDBOX", request_key="k2")
    assert "There is nothing to pay here" in refused
