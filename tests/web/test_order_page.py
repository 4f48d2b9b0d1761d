"""C1 through HTTP: every state, and who may read it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.web import scenes
from tests.web.people import read, sign_in
from yinuo.contexts.promises.models import Undated
from yinuo.contexts.promises.queries.customer import get_no_date
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
CODES = scenes.CODES
DAY = factories.DAY
# An order's page asks this often at most, however long its history is.
QUERIES_MAX = 45


@pytest.fixture
def world() -> factories.World:
    return scenes.build()


STATES = {
    "empty": (
        "已锁单 · 第 1 步，共 7 步",
        "还没有日期",
        "订单收到了，还没有排产。第一次的预计日期，2月13日 18:00 前告诉您。",
    ),
    "late_empty": ("没有做到，抱歉，这是我们的责任。",),
    "unknown": (
        "还算不出日期",
        "还没有确认：质量检查。王敏 2月18日 18:00 前告诉您，没有结果也会告诉您。",
    ),
    "beyond": (
        "<h1>2029年2月以后</h1>",
        "算得到的最后一个月也轮不到",
        "王敏 2月18日 18:00 前告诉您，没有结果也会告诉您。",
    ),
    "expected": (
        "<h1>3月2日—3月12日</h1>",
        "我们承诺最晚 3月15日（周日）",
        "2月11日 09:20 算出，2月18日 18:00 前再更新。",
        "同配置前面还有 12 台。",
        "上周往前走了 3 台。",
        "现在不用做什么。",
        "没有变过。",
        "承诺的最晚一天，20 次里有 19 次能做到。",
        "员工还没有打开过。",
    ),
    "moved": (
        "运输中 · 第 5 步，共 7 步",
        "比上次晚 6 天",
        "运车的列车停运了。车在郑州站，没有损坏。",
        "2月25日 18:00 前选。",
        'href="/o/NC26LU/options"',
        'href="/o/NC26LU/changes/1"',
        "变过 1 次。第一次承诺最晚 3月9日。",
        "原因：运车的列车停运了。",
        "交付专员",
        "车在郑州站，2月11日 08:20 的消息。",
    ),
    "broken": (
        "我们没有做到",
        "承诺 2月10日，车还没到。抱歉，这是我们的责任。",
        "您可以现在全额退款，也可以换车或继续等。",
    ),
    "held": ("您的车在等：质量检查。位置不变",),
    "centre": ("车到了天津交付中心。", "先验车，后付款。"),
    "delivered": ("2月9日 交车", "从锁单到交车，一共 68 天。", "锁单时说的是 45 天。"),
    "cancelled": ("2月9日 退订", "订单停了，记录还在。"),
    "stale": ("没能更新。下面是 2月11日 09:20 的内容。",),
    "next_year": (
        "2026年12月20日—2027年1月20日",
        "2027 年放假安排还没公布，日期可能再变几天。",
    ),
}


@pytest.mark.need(1, 2, 4, 22, 25)
def test_every_state_says_what_holds(world: factories.World) -> None:
    client = sign_in(world.alice)
    pages = {scene: read(client, f"/o/{CODES[scene]}") for scene in STATES}
    missing = [
        (scene, text)
        for scene, texts in STATES.items()
        for text in texts
        if text not in pages[scene]
    ]
    assert missing == []


@pytest.mark.need(4)
def test_the_holiday_names_who_is_on_duty(world: factories.World) -> None:
    page = read(sign_in(world.alice), f"/o/{CODES['expected']}")
    assert "2月15日—2月23日放假，值班：王敏。上面的时间已经算上放假。" in page
    clock.set_test_clock(at=factories.NOW + 20 * DAY, running=False)
    assert "放假，值班" not in read(sign_in(world.alice), f"/o/{CODES['expected']}")


def test_a_date_in_a_published_year_says_nothing_of_the_calendar(world: factories.World) -> None:
    assert "放假安排还没公布" not in read(sign_in(world.alice), f"/o/{CODES['expected']}")


@pytest.mark.need(25)
def test_the_household_reads_and_a_stranger_finds_nothing(world: factories.World) -> None:
    path = f"/o/{CODES['moved']}"
    assert "比上次晚 6 天" in read(sign_in(world.bob), path)
    stranger = read(sign_in(world.carol), path, 404)
    unknown = read(sign_in(world.carol), "/o/ZZZZZZ", 404)
    assert stranger.replace(CODES["moved"], "ZZZZZZ") == unknown
    assert Client().get(path)["Location"] == f"/login?next=%2Fo%2F{CODES['moved']}"


def test_a_code_in_other_spelling_leads_to_the_order(world: factories.World) -> None:
    answer = sign_in(world.alice).get("/o/nc26-lu?lang=en")
    assert answer["Location"] == "/o/NC26LU?lang=en"


def test_home_leads_to_the_order(world: factories.World) -> None:
    client = sign_in(world.alice)
    assert "每件事都有名字和时间" in read(client, "/")
    assert client.get("/?code=nc26 lu")["Location"] == "/o/NC26LU"
    assert client.get("/?code=%2F%2Fevil.example").status_code == 200


def test_language_and_type_size_are_kept(world: factories.World) -> None:
    client = sign_in(world.alice)
    assert '<html lang="en">' in read(client, "/o/NC26LU?lang=en")
    page = read(client, "/o/NC26LU")
    assert "2–12 March" in page
    assert "6 days later" in page
    assert 'class="big"' in read(client, "/o/NC26LU?big=1")
    assert 'class="big"' in read(client, "/o/NC26LU/queue")
    assert 'class="big"' not in read(client, "/o/NC26LU?big=0")
    assert '<html lang="zh-CN">' in read(client, "/?lang=zh")
    assert '<html lang="en">' in read(Client(headers={"accept-language": "en-GB"}), "/")
    assert '<html lang="zh-CN">' in read(Client(headers={"accept-language": "fr"}), "/?lang=xx")


@pytest.mark.parametrize("scene", ["expected", "moved", "delivered"])
def test_the_number_of_questions_is_bounded(
    world: factories.World, scene: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(world.alice)
    with django_assert_max_num_queries(QUERIES_MAX):
        read(client, f"/o/{CODES[scene]}")


def test_a_newer_notice_replaces_the_one_on_top(world: factories.World) -> None:
    order = factories.make_order(world, "TW26AA", locked_at=factories.NOW - 3 * DAY)
    factories.make_promise(order)
    factories.move_promise(world, order)
    factories.break_promise(world, order, factories.today())
    page = read(sign_in(world.alice), "/o/TW26AA")
    assert 'href="/o/TW26AA/changes/2"' in page
    assert "比上次晚 6 天" not in page.split('<h2 id="history">')[0]


def test_headers_keep_a_page_to_its_own_origin(world: factories.World) -> None:
    answer = sign_in(world.alice).get("/o/NC26LU")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    page = answer.content.decode()
    assert "<script" not in page
    assert "style=" not in page
    assert "onclick" not in page


def test_days_to_delivery_are_counted_in_china(world: factories.World) -> None:
    late = dt.datetime(2026, 2, 1, 16, 30, tzinfo=dt.UTC)
    factories.make_order(
        world, "MN26AA", state="DELIVERED", locked_at=late - dt.timedelta(hours=2), state_at=late
    )
    page = read(sign_in(world.alice), "/o/MN26AA")
    assert "2月2日 交车" in page
    assert "一共 1 天" in page


WHY_NO_DATE = {
    "BEYOND": ("2029年2月以后", "算得到的最后一个月也轮不到", "After February 2029"),
    "NOT_PLANNED": ("还算不出日期", "在哪里生产，还没有定", "No plant is planned"),
    "NO_LANE": ("还算不出日期", "交付中心，还没有定", "No transport to your centre"),
    "NO_SUPPLY": ("还算不出日期", "每周能到多少，还没有确认", "How much of one part"),
    "NOT_ASKED": ("还算不出日期", "您还没有申请", "you have not asked yet"),
    "NOT_DRAWN": ("还算不出日期", "还没有开奖", "has not been drawn yet"),
    "NO_OUTPUT": ("还算不出日期", "没有依据，我们不说日期", "Without grounds we name no date"),
}


@pytest.mark.need(22, 104)
@pytest.mark.parametrize("why", WHY_NO_DATE)
def test_without_a_date_the_page_says_why_and_when_the_next_word_comes(
    world: factories.World, why: str
) -> None:
    order = factories.make_order(world, "WY26AA", locked_at=factories.NOW - DAY)
    after = dt.date(2029, 2, 5) if why == "BEYOND" else None
    Undated.objects.create(order=order, why=why, after_date=after, tried_at=factories.NOW)
    alice = sign_in(world.alice)
    headline, reason, english = WHY_NO_DATE[why]
    page = read(alice, "/o/WY26AA")
    for words in (f"<h1>{headline}</h1>", reason, "王敏 2月13日 18:00 前告诉您"):
        assert words in page
    assert english in read(alice, "/o/WY26AA?lang=en")
    # Only who may see the order reads why.
    assert get_no_date(world.carol.id, order.id) is None
    assert get_no_date(world.bob.id, order.id) is not None
