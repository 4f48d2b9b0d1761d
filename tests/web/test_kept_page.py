"""The public page of kept promises and its downloads."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.contexts.promises.test_figures import DAY, TODAY, make_outcome
from tests.factories import NOW, World, make_world
from tests.web.people import read
from yinuo.contexts.promises.operations.figures import refresh_figures
from yinuo.platform import clock

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
