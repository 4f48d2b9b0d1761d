"""What we owe you, on the order's page and for everybody; who may read it."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.contexts.promises.test_owed_rules import table
from tests.factories import NOW, World, make_order, make_promise, make_world
from tests.web.people import read, sign_in, sign_in_staff
from tests.workflows.test_owed import DAY, FIRST, MORNING, make_late, move
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.platform import clock
from yinuo.workflows import owed

pytestmark = pytest.mark.django_db
PAGE = "/o/LA26TE"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def late(world: World, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Five days late on the morning of 10 February: two by weather, two by the plant, one open."""
    monkeypatch.setattr(clock, "now", lambda: MORNING + 4 * DAY)
    order = make_late(world, "LA26TE")
    move(order, FIRST, FIRST + 2 * DAY, "WEATHER")
    move(order, FIRST + 2 * DAY, FIRST + 4 * DAY, "PLANT_STOPPED")
    return order


@pytest.mark.need(102, 162)
@pytest.mark.usefixtures("late")
def test_the_page_shows_the_sum_and_how_it_came_about(world: World) -> None:
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING + 4 * DAY)
    for path in (PAGE, f"{PAGE}/by"):
        text = read(sign_in(world.alice), path)
        for words in (
            "我们欠您的",
            "一共 300 元",
            "比第一次承诺的 2月5日 晚 5 天",
            "恶劣天气，道路或铁路封了：2 天，不是我们造成的，不计。",
            "工厂停产了：2 天，每天 100 元，合 200 元。",
            "过了承诺的日子：1 天，每天 100 元，合 100 元。",
            "付款还不能在网上办，请找王敏。",
        ):
            assert words in text
    english = read(sign_in(world.alice, **{"accept-language": "en"}), PAGE)
    assert "The plant stopped for a time: 2 days at 100 yuan make 200 yuan." in english


@pytest.mark.usefixtures("late")
def test_limit_and_free_days_are_said(world: World) -> None:
    store_table(table=table(start_after_days=3, cap=15_000), now=NOW)
    owed.run(now=MORNING + 4 * DAY)
    text = read(sign_in(world.alice), PAGE)
    assert "一共 150 元" in text
    assert "工厂停产了：2 天，每天 100 元，合 100 元。前 1 天不计。" in text
    assert "合 50 元。到了上限。" in text


@pytest.mark.usefixtures("late")
def test_without_a_table_the_days_are_said_and_not_hidden(world: World) -> None:
    assert "比第一次承诺晚了 5 天。天数都记着" in read(sign_in(world.alice), PAGE)
    text = read(sign_in_staff(world.manager), "/staff/pulse")
    assert "没有补偿表，1 台晚到的车什么也没记" in text


def test_in_time_it_says_nothing_is_owed_and_what_would_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    make_promise(make_order(world, "LA26TE"))
    assert "晚到补多少，还没有公布。" in read(sign_in(world.alice), PAGE)
    store_table(table=table(start_after_days=2), now=NOW)
    text = read(sign_in(world.alice), PAGE)
    assert "没有晚，现在不欠您什么。" in text
    assert "从第 3 天起每天记 100 元，最多 5,000 元。不用申请。" in text
    make_order(world, "NO26PR")
    assert "我们欠您的" not in read(sign_in(world.alice), "/o/NO26PR")


def test_at_the_end_it_stays(late: Order, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store_table(table=table(), now=NOW)
    at = MORNING + 4 * DAY
    Order.objects.filter(id=late.id).update(state="DELIVERED", delivered_at=at, state_at=at)
    end_promises(now=at)
    owed.run(now=at)
    monkeypatch.setattr(clock, "now", lambda: at + 30 * DAY)
    text = read(sign_in(world.alice), PAGE)
    assert "一共 300 元" in text
    assert "数到订单结束那天为止，不再变。" in text
    assert "比第一次承诺一共晚 5 天，我们欠您 300 元。" in read(
        sign_in(world.alice), f"{PAGE}/record"
    )


@pytest.mark.usefixtures("late")
def test_alice_and_her_household_see_it_and_nobody_else(world: World) -> None:
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING + 4 * DAY)
    for path in (PAGE, f"{PAGE}/by"):
        for reader in (world.alice, world.bob):
            assert "一共 300 元" in read(sign_in(reader), path)
        assert "300 元" not in read(sign_in(world.carol), path, 404)
        assert "一共 300 元" in read(sign_in_staff(world.dora), path)
        assert Client().get(path).status_code == 302


@pytest.mark.usefixtures("late")
def test_the_staff_see_the_totals(world: World) -> None:
    store_table(table=table(), now=NOW)
    assert "还没有欠任何人" in read(sign_in_staff(world.manager), "/staff/pulse")
    owed.run(now=MORNING + 4 * DAY)
    text = read(sign_in_staff(world.manager), "/staff/pulse")
    assert "1 个订单，300 元<" in text
    assert "算我们的 3 天，不算的 2 天。" in text


def test_everybody_can_read_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert "还没有公布" in read(Client(), "/public/owed")
    store_table(table=table(also_ours=["WEATHER"], rates={"WEATHER": 2550}), now=NOW)
    store_table(
        table=table(version="2026-06", effective_from=dt.date(2026, 6, 1), unit="POINTS"), now=NOW
    )
    text = read(Client(), "/public/owed")
    for words in (
        "第 2026-01 版，1月1日起",
        "恶劣天气，道路或铁路封了：每天 25.50 元",
        "过了承诺的日子：每天 100 元",
        "运车的列车停运了",
        "第 2026-06 版，6月1日起 · 每晚一天：10,000 积分",
        "后来的版本不会让您变少",
    ):
        assert words in text


def test_programs_read_the_same_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert Client().get("/public/owed.json").json() == {"current": None, "versions": []}
    store_table(table=table(also_ours=["WEATHER"], rates={"WEATHER": 2550}), now=NOW)
    store_table(
        table=table(version="2026-06", effective_from=dt.date(2026, 6, 1), unit="POINTS"), now=NOW
    )
    answer = Client().get("/public/owed.json")
    assert answer["Content-Type"].startswith("application/json")
    said = answer.json()
    assert said["current"] == "2026-01"
    by_version = {one["version"]: one for one in said["versions"]}
    assert set(by_version) == {"2026-01", "2026-06"}
    first = by_version["2026-01"]
    assert (first["unit"], first["per_day"]) == ("FEN", 10_000)
    assert first["causes"]["WEATHER"] == {"ours": True, "per_day": 2550}
    assert first["causes"]["TRAIN_CANCELLED"] == {"ours": False, "per_day": 0}
    assert first["causes"]["NO_CAUSE"] == {"ours": True, "per_day": 10_000}
    assert by_version["2026-06"]["causes"]["WEATHER"]["ours"] is False
    assert "/public/owed.json" in read(Client(), "/public/owed")


def test_the_command_sets_shows_and_refuses(tmp_path: Path) -> None:
    file = tmp_path / "owed.toml"
    good = 'version = "1"\neffective_from = 2026-01-01\nunit = "FEN"\nstart_after_days = 0\n'
    file.write_text(good + "per_day = 100\ncap = 1000\n", encoding="utf-8")
    for words in ("1", "1"):
        out = StringIO()
        call_command("owed", "set", str(file), stdout=out)
        assert words in out.getvalue()
    out = StringIO()
    call_command("owed", "show", "--json", stdout=out)
    assert json.loads(out.getvalue())["tables"][0]["per_day"] == 100
    call_command("owed", "show", stdout=StringIO())
    for text in (good, good + "per_day = 5\ncap = 1000\n", "version =", good + "per_day=-1\ncap=1"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(CommandError):
            call_command("owed", "set", str(file), stdout=StringIO())


@pytest.mark.need(8)
def test_the_table_says_that_an_order_without_a_date_counts_no_late_days() -> None:
    store_table(table=table(), now=NOW)
    page = read(Client(), "/public/owed")
    assert "还没有日期的订单，晚到天数无从数起" in page
    assert 'href="/public#undated"' in page
    assert "· 一个订单最多" in page
