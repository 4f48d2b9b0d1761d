"""A launch through HTTP: before, at the beginning, sold out, closed; and from the ticket to C12."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.test import Client

from tests.contexts.orders.launch_worlds import HOUR, KEY, Sale, take
from tests.factories import NOW
from tests.web.people import read, send, sign_in
from tests.workflows.launch_story import choose, make_launch
from yinuo.contexts.orders.models import Launch, SalesCell, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.rules.tickets import is_signed
from yinuo.contexts.payments.models import Bill
from yinuo.contexts.people.models import LoginCode, Person
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.terms.models import ClauseShown, Contract
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
PAGE = "/launch/S7-2026"
HIDDEN = re.compile(r'name="request_key" value="([^"]+)"')
SHOWN = re.compile(r'name="page" value="([^"]+)"')


@pytest.fixture
def sale(monkeypatch: pytest.MonkeyPatch) -> Sale:
    """Three cars, on sale for an hour, at a moment of the tests' own."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_launch(3)


def move(launch: Sale, **changed: object) -> None:
    """The launch as it would stand at another time."""
    Launch.objects.filter(id=launch.launch_id).update(**changed)


def press(client: Client, key: str = "", **fields: str) -> str:
    """Press the button of the page; the address of the ticket."""
    key = key or HIDDEN.findall(read(client, PAGE))[0]
    return send(client, PAGE, 302, request_key=key, **fields)


def ticket_at(address: str) -> Ticket:
    """The ticket of an address."""
    return Ticket.objects.get(code=address.rsplit("/", 1)[1])


def test_one_page_before_during_and_after(sale: Sale) -> None:
    move(sale, opens_at=NOW + HOUR)
    before = read(Client(), PAGE)
    assert "2月11日 10:20 开始" in before
    assert "不用刷新" in before
    assert HIDDEN.search(before), "the form is there, nobody has to reload for it"
    assert "<script" not in before
    move(sale, opens_at=NOW - HOUR)
    assert "还有 3 个位置" in read(Client(), PAGE)
    move(sale, closes_at=NOW - HOUR / 2)
    closed = read(Client(), PAGE)
    assert "不再发号" in closed
    assert not HIDDEN.search(closed)
    read(Client(), "/launch/none", 404)


def test_pressed_too_early_nothing_typed_is_lost(sale: Sale) -> None:
    move(sale, opens_at=NOW + HOUR)
    client = Client()
    key = HIDDEN.findall(read(client, PAGE))[0]
    again = send(client, PAGE, 409, request_key=key, spec="S7-A", centre="TJ")
    assert "还没有开始" in again
    assert HIDDEN.findall(again) == [key]
    assert 'value="TJ" selected' in again
    move(sale, opens_at=NOW - HOUR / 60)
    assert ticket_at(press(client, key, spec="S7-A", centre="TJ")).centre is not None


@pytest.mark.need(126)
def test_pressing_twice_is_one_ticket(sale: Sale) -> None:
    client = Client()
    key = HIDDEN.findall(read(client, PAGE))[0]
    assert press(client, key) == press(client, key)
    assert Ticket.objects.count() == SalesCell.objects.get().taken == 1
    assert "已经取了 1 号" in read(client, PAGE)


def test_a_car_that_does_not_exist_costs_nobody_the_ticket(sale: Sale) -> None:
    found = ticket_at(press(Client(), spec="no such car", centre="nowhere"))
    assert (found.state, found.spec, found.centre) == ("TAKEN", None, None)
    assert ticket_at(press(Client(), "not a key of ours")).number == 2
    assert sale.launch_id


def test_when_sold_out_the_page_says_what_a_ticket_is_worth(sale: Sale) -> None:
    for number in range(4):
        take(f"k{number}")
    assert "前面最多 1 人" in read(Client(), PAGE)
    address = press(Client())
    assert "您在候补，前面最多还有 1 人" in read(Client(), address)
    english = Client(headers={"accept-language": "en"})
    assert "with 1 ahead at most" in read(english, address)
    assert ticket_at(address).cell is None
    assert sale.launch_id


def test_from_ticket_to_contract(sale: Sale) -> None:
    alice = sale.world.alice
    client = sign_in(alice)
    address = press(client)
    assert "还差这些" in read(client, address)
    assert send(client, f"{address}/name", 302) == address
    assert send(client, f"{address}/car", 302, spec="S7-A", centre="NC") == f"{address}/confirm"
    page = read(client, f"{address}/confirm")
    for words in ("车价 245,900 元", "锁单后 72 小时内可以无条件取消。", "先验车", "定金按法律办"):
        assert words in page
    shown = SHOWN.findall(page)[0]
    assert send(client, f"{address}/confirm", 302, page=shown) == f"{address}/pay"
    assert "合同已经成立" in read(client, address)
    assert Contract.objects.get(ticket=ticket_at(address)).person == alice
    assert ClauseShown.objects.count() == 2
    assert send(client, f"{address}/confirm", 302, page=shown) == address
    assert Bill.objects.get().amount_fen == 500_000


def test_what_changed_meanwhile_is_shown_again_and_not_agreed_to(sale: Sale) -> None:
    ticket = choose(sale, "a", sale.world.alice)
    client = sign_in(sale.world.alice)
    address = f"/t/{ticket.code}/confirm"
    shown = SHOWN.findall(read(client, address))[0]
    move(sale, deposit_fen=600_000)
    again = send(client, address, 409, page=shown)
    assert "内容刚刚变了" in again
    assert "6,000" in again
    assert "内容刚刚变了" in send(client, address, 409, page="forged")
    assert not Contract.objects.exists()


def test_somebody_new_gives_a_name_and_logs_in(sale: Sale) -> None:
    client = Client()
    address = press(client)
    assert "请填姓名" in send(client, f"{address}/name", 400, phone="13900001111")
    send(client, f"{address}/name", 400, name="林一", phone="1")
    to = send(client, f"{address}/name", 302, name="林一", phone="139 0000 1111")
    assert to == f"/login?next={address}"
    assert Person.objects.get(phone="13900001111").name == "林一"
    assert ticket_at(address).person is None, "a name is put to it by whoever proves the telephone"
    # The code that the button promised is on its way; nothing is typed twice.
    assert LoginCode.objects.get().phone == "13900001111"
    page = read(client, to)
    assert "139****1111" in page
    assert 'id="digits"' in page
    assert 'id="phone"' not in page
    again = press(Client(), "another device")
    send(client, f"{again}/name", 302, name="林一", phone="13900001111")
    assert LoginCode.objects.count() == 1, "a minute has not passed; the first code is still good"
    assert sale.launch_id


def test_what_is_missing_is_not_ticked_off(sale: Sale) -> None:
    client = Client()
    page = read(client, press(client))
    assert page.index('<ul class="steps">') < page.index("姓名和手机号")
    assert 'class="ticks"' not in page
    assert "下单时留的手机号" not in page, "nobody has ordered yet"
    assert sale.launch_id


def test_too_many_names_for_one_ticket(sale: Sale) -> None:
    client = Client()
    address = press(client)
    for number in range(6):
        send(client, f"{address}/name", 302, name="林", phone=f"1390000111{number}")
    assert "您的号还在" in send(client, f"{address}/name", 429, name="林", phone="13900002222")
    assert sale.launch_id


def test_who_may_see_and_who_may_act(sale: Sale) -> None:
    """Alice owns the ticket, Bob of her household reads, Carol gets nothing, Dora is staff."""
    world = sale.world
    code = choose(sale, "a", world.alice).code
    assert "退掉这个号" in read(sign_in(world.alice), f"/t/{code}")
    assert "您能看，不能办" in read(sign_in(world.bob), f"/t/{code}")
    read(sign_in(world.carol), f"/t/{code}", 404)
    assert Client().get(f"/t/{code}")["Location"] == f"/login?next=/t/{code}"
    for path in ("name", "car", "back", "confirm"):
        fields = {"sure": "1", "spec": "S7-A", "centre": "NC"}
        send(sign_in(world.bob), f"/t/{code}/{path}", 403, **fields)
        send(sign_in(world.carol), f"/t/{code}/{path}", 404, **fields)
        send(Client(), f"/t/{code}/{path}", 404, **fields)
    assert Ticket.objects.get(code=code).state == "TAKEN"
    read(sign_in(world.carol), "/t/NOSUCHTICKET", 404)


def test_a_second_ticket_in_the_same_name_is_refused_and_kept(sale: Sale) -> None:
    choose(sale, "a", sale.world.alice)
    other = take("b")
    said = send(sign_in(sale.world.alice), f"/t/{other.code}/name", 409)
    assert "每人一个号" in said
    assert Ticket.objects.get(id=other.id).state == "TAKEN"


def test_giving_back_is_asked_once_more(sale: Sale) -> None:
    ticket = choose(sale, "a", sale.world.alice)
    client = sign_in(sale.world.alice)
    assert "位置马上给下一位" in send(client, f"/t/{ticket.code}/back", 200)
    assert SalesCell.objects.get().taken == 1
    send(client, f"/t/{ticket.code}/back", 302, sure="1")
    assert SalesCell.objects.get().taken == 0
    assert "这个号已经退了" in read(client, f"/t/{ticket.code}")


def test_without_a_date_the_page_says_so_and_nothing_is_lost(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = choose(sale, "a", sale.world.alice)
    monkeypatch.setattr(clock, "now", lambda: NOW + 24 * HOUR)
    said = read(sign_in(sale.world.alice), f"/t/{ticket.code}/confirm", 409)
    assert "没有日期，合同不能签" in said
    assert "耽误的时间不算您的" in said


# --- the API -------------------------------------------------------------------------------------


def call(
    key: str, name: str | None, body: dict[str, str] | None = None, code: str = "S7-2026"
) -> tuple[int, dict[str, object]]:
    """POST a request for a ticket."""
    headers = {"authorization": f"Bearer {key}"}
    if name is not None:
        headers["idempotency-key"] = name
    answer = Client(headers=headers).post(
        f"/api/v1/launches/{code}/tickets",
        json.dumps(body or {}),
        content_type="application/json",
    )
    said: dict[str, object] = json.loads(answer.content)
    return answer.status_code, said


@pytest.fixture
def key() -> str:
    """A key that may take tickets."""
    return create_key(sender="app", feeds=["tickets"], signed=False, now=NOW).key


@pytest.mark.need(126)
def test_a_ticket_over_the_api_once_for_each_key(sale: Sale, key: str, settings: object) -> None:
    settings.TICKET_KEY = KEY  # type: ignore[attr-defined]
    status, said = call(key, "request-0001", {"spec": "S7-A", "centre": "NC"})
    assert (status, said["number"], said["state"]) == (201, 1, "TAKEN")
    assert is_signed(KEY, str(said["chain"]), str(said["signature"]))
    again, same = call(key, "request-0001", {"spec": "S7-A", "centre": "NC"})
    assert (again, same) == (200, said)
    found = Ticket.objects.get(code=said["ticket"])
    assert found.spec is not None
    assert found.taken_at == dt.datetime.fromisoformat(str(said["taken_at"]))
    assert sale.launch_id


def test_what_the_api_refuses(sale: Sale, key: str) -> None:
    other = create_key(sender="x", feeds=["quotes"], signed=False, now=NOW).key
    for status, code, said in (
        (401, "bad_key", call("no", "request-0001")),
        (403, "feed_not_allowed", call(other, "request-0001")),
        (400, "idempotency_key_needed", call(key, None)),
        (400, "idempotency_key_needed", call(key, "short")),
        (404, "no_such_launch", call(key, "request-0001", code="none")),
        (404, "no_such_launch", call(key, "request-0001", {"group": "none"})),
    ):
        assert (said[0], said[1]["code"]) == (status, code)
    move(sale, opens_at=NOW + HOUR)
    assert call(key, "request-0002")[1]["code"] == "not_open_yet"
    assert not Ticket.objects.exists()


def test_what_is_left_over_the_api(sale: Sale, key: str) -> None:
    take("a")
    client = Client(headers={"authorization": f"Bearer {key}"})
    said = json.loads(client.get("/api/v1/launches/S7-2026").content)
    assert said["groups"] == [
        {"group": "S7", "for_sale": 3, "taken": 1, "left": 2, "waiting_max": 0}
    ]
    assert (said["stage"], said["tickets"]) == ("OPEN", 1)
    assert client.get("/api/v1/launches/none").status_code == 404
    assert "/launches/{code}/tickets" in client.get("/api/openapi.json").content.decode()
    assert "Idempotency-Key" in client.get("/api/docs").content.decode()
    assert buying.OneTicketEach.code
    assert sale.launch_id
