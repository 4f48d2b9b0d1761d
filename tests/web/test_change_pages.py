"""C2, its code, and choosing what to do, through HTTP."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client

from tests import factories
from tests.web.people import read, send, sign_in
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.ledger.queries import sealed
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Choice
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    order = factories.make_order(world, "NC26LU", state="IN_TRANSIT")
    factories.make_promise(order)
    factories.move_promise(world, order)
    return order


def kinds(order: Order) -> list[str]:
    return [entry.kind for entry in ledger.list_of_subject(order.id)]


@pytest.mark.need(1, 2)
def test_the_five_parts_stand_in_order(world: factories.World, order: Order) -> None:
    page = read(sign_in(world.alice), "/o/NC26LU/changes/1")
    parts = (
        "比上次晚 6 天",
        "运车的列车停运了。车在郑州站，没有损坏。",
        "预计 3月2日—3月12日 交车，最晚 3月15日（周日）。",
        "您可以等、换车、改期或退订。退订全额退款。",
        "选择怎么办</a>",
        "2月25日 18:00 前选。不选就是继续等，以后仍可改。",
        "王敏负责，2月12日 12:00 前答复您。",
        "我们 2月11日 08:50 知道，2月11日 09:20 告诉您。",
    )
    main = page[page.index("<main") :]
    places = [main.index(part) for part in parts]
    assert places == sorted(places)


def test_opening_is_recorded_once_and_only_for_the_owner(
    world: factories.World, order: Order
) -> None:
    read(sign_in(world.bob), "/o/NC26LU/changes/1")
    assert Notice.objects.get().read_at is None
    read(sign_in(world.alice), "/o/NC26LU/changes/1")
    read(sign_in(world.alice), "/o/NC26LU/changes/1")
    assert Notice.objects.get().read_at == factories.NOW
    assert kinds(order).count("notice.read") == 1
    entry = ledger.list_of_subject(order.id, ["notice.read"])[0]
    assert entry.public["channel"] == "PAGE"
    assert entry.payload["notice"] == Notice.objects.get().public_id


@pytest.mark.parametrize("n", ["0", "2", "99999999999999999999"])
def test_other_numbers_are_not_found(world: factories.World, order: Order, n: str) -> None:
    read(sign_in(world.alice), f"/o/NC26LU/changes/{n}", 404)
    read(sign_in(world.carol), "/o/NC26LU/changes/1", 404)


def test_a_changed_date_since_is_said(world: factories.World, order: Order) -> None:
    factories.move_promise(world, order)
    client = sign_in(world.alice)
    assert "之后又有变动" in read(client, "/o/NC26LU/changes/1")
    assert "之后又有变动" not in read(client, "/o/NC26LU/changes/2")


def the_code() -> str:
    """The code of the one notice, written out."""
    code = Notice.objects.get().code
    assert code is not None
    return code


def test_the_code_opens_that_notice_without_a_login(world: factories.World, order: Order) -> None:
    code = the_code()
    client = Client()
    assert "短信末尾有 6 位通知码" in read(client, "/n")
    typed = f" {code[:3].lower()}-{code[3:]}"
    assert send(client, "/n", 302, code=typed) == "/n/open"
    page = read(client, "/n/open")
    assert "运车的列车停运了" in page
    for private in ("陈安", "10000000001", "打电话", "前面还有"):
        assert private not in page
    assert client.get("/o/NC26LU")["Location"].startswith("/login")
    assert kinds(order).count("notice.read") == 1


def test_the_code_leads_its_owner_to_the_order(world: factories.World, order: Order) -> None:
    code = the_code()
    assert send(sign_in(world.alice), "/n", 302, code=code) == "/o/NC26LU/changes/1"
    assert send(sign_in(world.carol), "/n", 302, code=code) == "/n/open"


def test_a_wrong_code_keeps_what_was_typed(world: factories.World, order: Order) -> None:
    page = send(Client(), "/n", 404, code="WRONG2")
    assert "没有找到。请看短信里的 6 位码，或用手机号查。" in page
    assert 'value="WRONG2"' in page
    assert Client().get("/n/open")["Location"] == "/n"


def test_codes_cannot_be_guessed_fast(world: factories.World, order: Order) -> None:
    code = the_code()
    for _ in range(10):
        send(Client(), "/n", 404, code="WRONG2")
    assert "2月11日 09:30 以后再试" in send(Client(), "/n", 429, code=code)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert send(elsewhere, "/n", 302, code=code) == "/n/open"
    clock.set_test_clock(at=factories.NOW + dt.timedelta(minutes=10), running=False)
    assert send(Client(), "/n", 302, code=code) == "/n/open"


def test_five_equal_ways_and_none_is_picked(world: factories.World, order: Order) -> None:
    alice = sign_in(world.alice)
    waits = '等下去的日期写在 <span class="no soft">正在写入公开记录</span>'
    assert waits in read(alice, "/o/NC26LU/options")
    integrate(now=factories.NOW)
    [number] = sealed.get_numbers([ledger.list_of_subject(order.id)[-1].entry_id]).values()
    page = read(alice, "/o/NC26LU/options")
    assert f'等下去的日期写在 <a class="no" href="/log/{number}">第 {number} 条</a>' in page
    assert page.count('<button class="way" ') == 5
    assert "checked" not in page
    assert "预计 3月2日—3月12日，最晚 3月15日（周日）。" in page
    assert "2月25日 18:00 前选。不选就是继续等，以后仍可改。" in page


def test_a_choice_names_who_answers_and_can_be_changed(
    world: factories.World, order: Order
) -> None:
    client = sign_in(world.alice)
    assert send(client, "/o/NC26LU/options", 302, chosen="CANCEL") == "/o/NC26LU/options"
    page = read(client, "/o/NC26LU/options")
    assert "您选了“退订”。王敏负责，2月12日 12:00 前答复您。2月25日 18:00 前还可以改。" in page
    send(client, "/o/NC26LU/options", 302, chosen="CANCEL")
    send(client, "/o/NC26LU/options", 302, chosen="WAIT")
    entries = ledger.list_of_subject(order.id, ["choice.made"])
    assert [entry.payload["chosen"] for entry in entries] == ["CANCEL", "WAIT"]
    assert entries[0].payload["answerer"] == "stf_dora"
    assert "您选了“继续等”" in read(client, "/o/NC26LU")


def test_a_late_choice_is_answered_by_the_next_noon(world: factories.World, order: Order) -> None:
    clock.set_test_clock(at=factories.NOW + 27 * HOUR, running=False)
    client = sign_in(world.alice)
    send(client, "/o/NC26LU/options", 302, chosen="OTHER_CAR")
    assert "王敏负责，2月13日 12:00 前答复您。" in read(client, "/o/NC26LU/options")


def test_deciding_later_decides_nothing(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    where = send(client, "/o/NC26LU/options", 302, chosen="LATER")
    assert "好，先不选。2月25日 18:00 前都可以回来选。" in read(client, where)
    assert not Choice.objects.exists()
    assert "choice.made" not in kinds(order)


def test_nothing_picked_and_nothing_open(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    assert "还没有选。" in send(client, "/o/NC26LU/options", 409, chosen="")
    assert "还没有选。" in send(client, "/o/NC26LU/options", 409, chosen="FREE_CAR")
    other = factories.make_order(world, "EX26AA")
    assert "现在没有要选的。" in read(client, "/o/EX26AA/options")
    assert "现在没有要选的。" in send(client, "/o/EX26AA/options", 409, chosen="WAIT")
    assert kinds(other) == []


def test_after_the_time_the_page_says_what_holds(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    send(client, "/o/NC26LU/options", 302, chosen="MOVE_VISIT")
    clock.set_test_clock(at=Choice.objects.get().choose_by_at, running=False)
    page = read(client, "/o/NC26LU/options")
    assert "选择的时间过了。现在照“改时间或地点”办。" in page
    assert "<button" not in page[page.index("<main") :]
    # "You can still change later" holds: each way leads on to a page of its own.
    for chosen, where in (("CANCEL", "cancel"), ("MOVE_VISIT", "postpone"), ("WAIT", "options")):
        assert send(client, "/o/NC26LU/options", 302, chosen=chosen) == f"/o/NC26LU/{where}"
        read(client, f"/o/NC26LU/{where}")
    page = read(client, "/o/NC26LU/options")
    assert "您随时还能改" in page
    assert 'href="/o/NC26LU/cancel"' in page
    assert Choice.objects.get().chosen == "MOVE_VISIT"


def test_the_household_may_not_choose(world: factories.World, order: Order) -> None:
    client = sign_in(world.bob)
    assert "要选，请下单的人自己登录。" in read(client, "/o/NC26LU/options")
    assert "只有下单的人能办这一步。" in send(client, "/o/NC26LU/options", 403, chosen="CANCEL")
    send(sign_in(world.carol), "/o/NC26LU/options", 404, chosen="CANCEL")
    assert not Choice.objects.exists()


def test_a_choice_made_before_the_login_leads_back(world: factories.World, order: Order) -> None:
    client = Client()
    where = send(client, "/o/NC26LU/options", 302, chosen="CANCEL")
    assert where == "/login?next=%2Fo%2FNC26LU%2Foptions"
    assert "填的内容还在" in read(client, where)
    assert client.session["kept"]["fields"] == {"chosen": "CANCEL"}
    assert not Choice.objects.exists()


@pytest.mark.need(12)
def test_a_notice_always_has_a_name_and_a_time(world: factories.World, order: Order) -> None:
    for path in ("/o/NC26LU/changes/1", "/o/NC26LU/options"):
        for language, said in (
            ("zh", "王敏负责，2月12日 12:00 前答复您。"),
            ("en", "Wang Min answers"),
        ):
            assert said in read(sign_in(world.alice), f"{path}?lang={language}")


def test_the_record_is_complete_and_readable(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    read(client, "/o/NC26LU/changes/1")
    send(client, "/o/NC26LU/options", 302, chosen="WAIT")
    page = read(client, "/o/NC26LU/record")
    lines = ("预计 3月2日", "比上次晚 6 天：", "通知已打开", "您选了“继续等”")
    places = [page.index(line) for line in lines]
    assert places == sorted(places)
    text = re.sub(r"<[^>]*>", "", page)
    for raw in ("2026-0", "promise.", "TRAIN_CANCELLED", "stf_dora"):
        assert raw not in text


@pytest.mark.parametrize(
    ("language", "headline", "by"),
    [
        ("zh", "您的车下线了", "2月18日 18:00 前再告诉您"),
        ("en", "Your car has been built", "by 18 February, 18:00"),
    ],
)
def test_a_step_names_the_next_note_although_the_range_is_old(
    world: factories.World, language: str, headline: str, by: str
) -> None:
    """Nothing moved for weeks: the update that the first range named is long past."""
    order = factories.make_order(world, "OL26DX")
    passed = dt.datetime(2025, 12, 24, 10, tzinfo=dt.UTC)
    factories.make_promise(order, next_update_at=passed)
    step = {"at": "2026-02-10T11:13:00Z", "known_at": "2026-02-11T00:20:00Z"}
    entry_id = factories.record_of(order, "car.built", dict(step), code="BUILT")
    factories.make_notice(world, order, entry_id)
    page = read(sign_in(world.alice), f"/o/OL26DX/changes/1?lang={language}")
    assert by in page
    assert "12月24日" not in page
    assert re.search(rf"<h1[^>]*>\s*{headline}\s*</h1>", page)
    assert headline + ("（2月10日" if language == "zh" else " (10 February") in page
