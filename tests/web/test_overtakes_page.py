"""V2, the queue's part: every exception by reason, by line and week, as a page, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.web.log_scenes import keep_figures, publish_all, running_log
from tests.web.people import read
from yinuo.contexts.ledger.models import QueueFigures

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> factories.World:
    """A log that states the rule of the queue, and nothing else."""
    with running_log(tmp_path, settings, witnesses=0):
        publish_all()
    return factories.make_world()


@pytest.mark.need(24)
def test_each_exception_stands_with_its_reason_its_week_and_its_quota(
    world: factories.World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    keep_figures()
    with django_assert_max_num_queries(6):
        page = read(Client(), "/public/queue")
    for said in (
        "1 台先交了",
        "每一台都有公开的原因。",
        "从公开记录的前 118 条算出。",
        "事故换车：1 台",
        "越过别人 12 次。",
        "质量检查：3 台",
        "长续航 · 南昌交付中心",
        "长续航 · 天津交付中心",
        "2026 年第 6 周",
        "全部按先后。",
        "不到 20 单的队伍，合在一起",
        "前面的一台不能走（质量检查），后面的先走：4 次",
        "前面的一台不能走（刚从暂停或退订回到队伍），后面的先走：1 次",
        "事故换车：2026 年第 6 周用了 1 次，最多",
        "加钱不在里面",
    ):
        assert said in page, said
    assert page.index("2026 年第 6 周") < page.index("2026 年第 5 周"), "the newest first"
    assert "S7-R" not in page, "a small line is not shown alone"
    english = read(Client(headers={"accept-language": "en-GB"}), "/public/queue")
    assert "1 cars left first" not in english
    assert "Cars that left first: 1" in english
    assert "week 6 of 2026" in english


@pytest.mark.need(24)
def test_unused_quotas_of_the_newest_week_and_changed_buyers_are_shown(
    world: factories.World,
) -> None:
    keep_figures()
    kept = QueueFigures.objects.get()
    kept.said["transfers"] = {"TRANSFER": 7}
    kept.save()
    page = read(Client(), "/public/queue")
    assert "退订车给了同城订单：2026 年第 6 周用了 0 次，最多 5 次。" in page
    assert "第 5 周用了 0 次" not in page
    assert "换了购车人、位置不变的" in page
    assert "订单转给另一个人：7 台" in page


def test_a_car_without_a_reason_is_not_hidden(world: factories.World) -> None:
    keep_figures()
    kept = QueueFigures.objects.get()
    kept.said["weeks"][0]["unexplained"] = 2
    kept.save()
    page = read(Client(), "/public/queue")
    assert "有 2 台没有公开的原因。" in page
    assert "每一台都有公开的原因。" not in page
    assert "没有原因的：2" in page


def test_before_a_week_is_closed_that_is_said(db: None) -> None:
    page = read(Client(), "/public/queue")
    assert "还没有一周的车分完" in page
    assert "每一台都有公开的原因。" not in page


def test_programs_get_the_same_figures(world: factories.World) -> None:
    keep_figures()
    said = json.loads(read(Client(), "/public/queue.json"))
    assert (said["log_size"], said["unexplained"], said["holds"]) == (118, 0, {"QUALITY_HOLD": 3})
    assert [row["batch"] for row in said["rows"]] == ["2026-W06", "2026-W06", "2026-W05"]
    answer = Client().get("/public/queue.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {"ACCIDENT_REPLACEMENT", "CAME_BACK", "QUALITY_HOLD", "NONE"} == {
        row["code"] for row in rows
    }


def test_every_page_leads_there(world: factories.World) -> None:
    for path in ("/", "/public", "/log/head", "/verify"):
        assert 'href="/public/queue"' in read(Client(), path), path
