"""Log in by a code on the telephone, and by a role in a demo."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client

from tests import factories
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.people.models import LoginCode
from yinuo.contexts.people.operations import login
from yinuo.platform import clock
from yinuo.platform.channels.port import Message, Outcome, State
from yinuo.platform.models import Installation
from yinuo.workflows import login as workflow

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


def sent_digits() -> str:
    found = re.search(r"\d{6}", DirectMessage.objects.latest("id").text)
    assert found
    return found.group()


def ask(client: Client, phone: str, next_page: str = "") -> str:
    answer = client.post("/login", {"phone": phone, "next": next_page})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_code_leads_to_the_only_order(world: factories.World) -> None:
    factories.make_order(world, "NC26LU")
    client = Client()
    page = ask(client, "+86 10000000001")
    assert 'autocomplete="one-time-code"' in page
    assert "100****0001" in page
    assert "2月11日 09:30 前有效" in page
    pasted = f" {sent_digits()[:3]} {sent_digits()[3:]} "
    answer = client.post("/login", {"digits": pasted, "next": ""})
    assert (answer.status_code, answer["Location"]) == (302, "/o/NC26LU")
    assert client.get("/o/NC26LU").status_code == 200


def test_staff_log_in_the_same_way(world: factories.World) -> None:
    client = Client()
    ask(client, world.dora.phone)
    answer = client.post("/login", {"digits": sent_digits(), "next": ""})
    assert answer["Location"] == "/staff/"


def test_after_the_login_the_same_page_comes_back(world: factories.World) -> None:
    factories.make_order(world, "NC26LU")
    client = Client()
    answer = client.get("/o/NC26LU?big=1")
    assert answer["Location"] == "/login?next=%2Fo%2FNC26LU%3Fbig%3D1"
    ask(client, world.alice.phone, "/o/NC26LU?big=1")
    answer = client.post("/login", {"digits": sent_digits(), "next": "/o/NC26LU?big=1"})
    assert answer["Location"] == "/o/NC26LU?big=1"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/login"])
def test_the_login_leads_nowhere_else(world: factories.World, elsewhere: str) -> None:
    factories.make_order(world, "NC26LU")
    client = Client()
    ask(client, world.alice.phone, elsewhere)
    answer = client.post("/login", {"digits": sent_digits(), "next": elsewhere})
    assert answer["Location"] == "/o/NC26LU"


def test_the_answer_does_not_tell_whether_a_number_is_known(world: factories.World) -> None:
    pages = []
    for phone in (world.carol.phone, "10000077703"):
        page = ask(Client(), phone)
        pages.append(re.sub(r'value="[A-Za-z0-9]{64}"|value="1\d{10}"|77\d\*|00\*', "", page))
    known, unknown = (page.replace("7703", "0003") for page in pages)
    assert known == unknown
    assert DirectMessage.objects.count() == 1
    assert LoginCode.objects.count() == 2


def test_codes_of_an_unknown_number_are_limited_and_wrong_alike(world: factories.World) -> None:
    client = Client()
    ask(client, "10000077703")
    assert client.post("/login", {"phone": "10000077703"}).status_code == 429
    answer = client.post("/login", {"digits": "123456"})
    assert answer.status_code == 400
    assert "还可以试 4 次" in answer.content.decode()


def test_one_code_a_minute_and_five_an_hour(world: factories.World) -> None:
    phone, now = world.alice.phone, factories.NOW
    for _ in range(5):
        login.create_code(phone=phone, now=now)
        with pytest.raises(login.CodeTooSoon):
            login.create_code(phone=phone, now=now + 0.9 * MINUTE)
        now += MINUTE
    with pytest.raises(login.CodeTooSoon) as refused:
        login.create_code(phone=phone, now=now)
    assert refused.value.data["at"] == factories.NOW + 60 * MINUTE
    assert "10:20" in refused.value.message("zh")
    login.create_code(phone=phone, now=factories.NOW + 60 * MINUTE)


def test_five_tries_and_ten_minutes(world: factories.World) -> None:
    phone, now = world.alice.phone, factories.NOW
    code = login.create_code(phone=phone, now=now)
    wrong = f"{(int(code.digits) + 1) % 10**6:06}"
    for left in (4, 3, 2, 1):
        with pytest.raises(login.WrongCode) as refused:
            login.use_code(phone=phone, digits=wrong, now=now)
        assert refused.value.data["left"] == left
    with pytest.raises(login.CodeSpent):
        login.use_code(phone=phone, digits=wrong, now=now)
    with pytest.raises(login.CodeSpent):
        login.use_code(phone=phone, digits=code.digits, now=now)
    later = login.create_code(phone=phone, now=now + MINUTE)
    with pytest.raises(login.CodeSpent):
        login.use_code(phone=phone, digits=later.digits, now=now + 11 * MINUTE)
    assert login.use_code(
        phone=phone, digits=later.digits, now=now + 10.9 * MINUTE
    ) == login.Identity(person_id=world.alice.id, staff_id=None)
    with pytest.raises(login.CodeSpent):
        login.use_code(phone=phone, digits=later.digits, now=now + 10.9 * MINUTE)


def test_only_a_digest_of_the_code_is_kept(world: factories.World) -> None:
    code = login.create_code(phone=world.alice.phone, now=factories.NOW)
    assert code.digits not in LoginCode.objects.get().code_digest


def test_a_bad_number_is_shown_again_as_typed(world: factories.World) -> None:
    answer = Client().post("/login", {"phone": "陈安的手机"})
    assert answer.status_code == 400
    assert 'value="陈安的手机"' in answer.content.decode()


def test_a_demo_lets_one_pick_a_role(world: factories.World) -> None:
    factories.make_order(world, "NC26LU")
    client = Client()
    assert client.post("/login/role", {"role": f"person:{world.alice.id}"}).status_code == 404
    Installation.objects.create(kind="DEMO", started_at=factories.NOW)
    page = client.get("/login").content.decode()
    assert "陈安" in page
    assert "陈波" in page
    assert "高林" not in page
    assert "王敏" in page
    answer = client.post("/login/role", {"role": f"person:{world.alice.id}"})
    assert answer["Location"] == "/o/NC26LU"
    assert "换一个角色" in client.get("/o/NC26LU").content.decode()
    answer = client.post("/login/role", {"role": f"staff:{world.dora.id}"})
    assert answer["Location"] == "/staff/"
    assert client.get("/me").status_code == 302
    assert client.post("/login/role", {"role": "staff:x"}).status_code == 404


def test_my_data_and_the_way_out(world: factories.World) -> None:
    factories.make_order(world, "NC26LU")
    factories.make_order(world, "NC26LV", person=world.bob)
    Installation.objects.create(kind="DEMO", started_at=factories.NOW)
    client = Client()
    answer = client.post("/login/role", {"role": f"person:{world.alice.id}"})
    assert answer["Location"] == "/me"
    page = client.get("/me").content.decode()
    assert "陈安" in page
    assert "100****0001" in page
    assert "10000000001" not in page
    assert page.index("NC26LU") < page.index("NC26LV") < page.index("家人的，只能看")
    assert client.post("/logout")["Location"] == "/"
    assert client.get("/me")["Location"].startswith("/login")


class Gateway:
    """A gateway that keeps what it was handed and answers with `state`."""

    def __init__(self, state: State) -> None:
        self.state: State = state
        self.taken: list[Message] = []

    def send(self, message: Message) -> Outcome:
        self.taken.append(message)
        return Outcome(self.state, "p-1", "detail", permanent=False)

    def look_up(self, message: Message) -> Outcome | None:
        raise AssertionError("a login code is never looked up")


def test_a_code_leaves_by_the_gateway_and_is_struck_out(world: factories.World) -> None:
    workflow.send_code(phone=world.alice.phone, language="zh", now=factories.NOW)
    digits = sent_digits()
    gateway = Gateway("SENT")
    assert workflow.send_codes(channels={"SMS": gateway}, now=factories.NOW) == 1
    assert workflow.send_codes(channels={"SMS": gateway}, now=factories.NOW) == 0
    message = gateway.taken[0]
    assert (message.to, message.template, message.params) == (
        world.alice.phone,
        "login",
        {"code": digits},
    )
    row = DirectMessage.objects.get()
    assert (row.provider, row.sent_at) == ("Gateway", factories.NOW)
    assert digits not in row.text


def test_without_a_gateway_the_code_stays_in_the_outbox(world: factories.World) -> None:
    workflow.send_code(phone=world.alice.phone, language="en", now=factories.NOW)
    assert workflow.send_codes(channels={}, now=factories.NOW) == 1
    row = DirectMessage.objects.get()
    assert (row.provider, row.sent_at) == ("OUTBOX", factories.NOW)
    assert sent_digits() in row.text
    assert "valid for 10 minutes" in row.text


def test_a_code_that_is_refused_or_too_old_is_not_sent_again(world: factories.World) -> None:
    workflow.send_code(phone=world.alice.phone, language="zh", now=factories.NOW)
    gateway = Gateway("BOUNCED")
    assert workflow.send_codes(channels={"SMS": gateway}, now=factories.NOW) == 1
    assert workflow.send_codes(channels={"SMS": gateway}, now=factories.NOW) == 0
    assert DirectMessage.objects.get().problem == "detail"
    workflow.send_code(phone=world.bob.phone, language="zh", now=factories.NOW)
    later = factories.NOW + 10 * MINUTE
    assert workflow.send_codes(channels={"SMS": gateway}, now=later) == 0
