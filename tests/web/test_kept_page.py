"""The public page of kept promises and its downloads."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.contexts.promises.test_figures import DAY, TODAY, leave_undated, make_outcome
from tests.factories import NOW, World, make_world
from tests.web.people import read
from yinuo.contexts.promises.models import Undated
from yinuo.contexts.promises.operations.figures import refresh_figures
from yinuo.platform import clock
from yinuo.web.kit.wording import say

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


def fill(world: World, count: int = 60, weeks: int = 12) -> None:
    """Promises over some weeks, one in five late by four days, one in ten cancelled."""
    for n in range(count):
        first = TODAY - (1 + 7 * (n % weeks)) * DAY
        late = 4 if n % 5 == 0 else -4
        make_outcome(
            world,
            f"P{n}",
            first=first,
            ended=first + late * DAY if first + late * DAY < TODAY else None,
            made=NOW - (100 + 7 * (n % weeks)) * DAY,
            how="CANCELLED" if n % 10 == 5 else "HANDED_OVER",
            line=world.line if n % 2 else world.other_line,
        )
    refresh_figures(now=NOW)


@pytest.mark.need(8, 103)
def test_share_and_width_stand_beside_each_other(world: World) -> None:
    fill(world)
    text = read(Client(), "/public")
    for words in (
        "最晚那天以前交车：88%",
        "说的范围有 10 天宽（中位数）。",
        "两个数要一起看",
        "背后有 12 周",
        "退订的 6 台另算",
        "2月11日 09:20 数出来的",
        "4—7 天",
        "按交付中心",
        "南昌交付中心",
        "不到 20 台的，和别的合在一起",
    ):
        assert words in text
    english = read(Client(headers={"accept-language": "en"}), "/public")
    assert "Handed over by the latest date: 88%" in english


def test_before_there_is_enough_it_says_so_and_gives_no_share(world: World) -> None:
    assert "还没有到期的承诺" in read(Client(), "/public")
    fill(world, weeks=5)
    text = read(Client(), "/public")
    assert "还不够下结论：只有 5 周，至少要 6 周。" in text
    assert "以前交车：" not in text
    assert "%" not in text[text.index("<main") :]


def test_the_downloads_hold_the_same_figures(world: World) -> None:
    assert Client().get("/public/kept.csv").status_code == 404
    fill(world)
    said = Client().get("/public/kept.json").json()
    assert said["all"]["kept_percent"] == 88
    assert said["counted_at"] == "2026-02-11T01:20:00Z"
    text = Client().get("/public/kept.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["table"] == "all"
    assert int(rows[0]["due"]) == said["all"]["due"]
    assert [row["code"] for row in rows if row["table"] == "centres"] == ["NC", "TJ"]
    assert all(int(row["due"]) + int(row["cancelled"]) >= 20 for row in rows)


def test_no_person_and_no_order_is_in_it(world: World) -> None:
    fill(world)
    for path in ("/public", "/public/kept.json", "/public/kept.csv"):
        text = Client().get(path).content.decode()
        for private in (world.alice.name, world.alice.phone, "P1,", "ord_"):
            assert private not in text


def test_the_page_is_read_from_what_was_counted(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill(world)
    with django_assert_max_num_queries(4):
        read(Client(), "/public")


@pytest.mark.need(8, 22)
def test_orders_without_a_date_stand_beside_the_share(world: World) -> None:
    fill(world)
    for n in range(24):
        leave_undated(world, f"U{n}", "BEYOND", days=40)
    leave_undated(world, "L1", "NO_LANE")
    refresh_figures(now=NOW + 7 * dt.timedelta(hours=1))
    text = read(Client(), "/public")
    open_now = Client().get("/public/kept.json").json()["undated"]["open"]
    for words in (
        f"{open_now} 单在等车，25 单还没有日期。",
        "现有计划里还排不到：24 单",
        "其他原因：1 单",
        "其中 24 单，锁单已满 30 天。",
        "没有日期，就没有“晚”",
    ):
        assert words in text
    english = read(Client(headers={"accept-language": "en"}), "/public")
    assert f"25 of {open_now} open orders have no date yet." in english
    assert "Beyond the end of the plan: 24 orders" in english


def test_who_never_gave_a_date_is_seen_before_any_promise_falls_due(world: World) -> None:
    leave_undated(world, "U1", "NO_SUPPLY")
    refresh_figures(now=NOW)
    text = read(Client(), "/public")
    assert "还没有到期的承诺" in text
    assert "1 单在等车，1 单还没有日期。" in text


def test_where_every_order_has_a_date_that_is_said(world: World) -> None:
    fill(world)
    open_now = Client().get("/public/kept.json").json()["undated"]["open"]
    assert f"{open_now} 单在等车，每一单都有日期。" in read(Client(), "/public")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_reason_for_no_date_has_words(language: str) -> None:
    for why in (*Undated.Why.values, "NOT_YET", "OTHER"):
        assert say(f"kept.undated.{why}", language)
