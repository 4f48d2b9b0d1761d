"""The page that asks what if: its form, its answer, its refusals, and who may read it."""

from __future__ import annotations

import re
import warnings

import pytest
from django.test import Client

from tests.web.people import read, sign_in, sign_in_staff
from tests.workflows import story as stories
from yinuo.platform import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> stories.Story:
    warnings.simplefilter("ignore")
    clock.set_test_clock(at=stories.NOW, running=False)
    return stories.make_story()


@pytest.mark.need(113)
def test_winners_and_losers_stand_side_by_side(story: stories.Story) -> None:
    dora = sign_in_staff(story.staff)
    assert "算一算" in read(dora, "/staff/plan/whatif")
    before = stories.facts()
    page = read(dora, "/staff/plan/whatif?g1=P1&p1=%2B20%25")
    assert stories.facts() == before
    assert re.search(r"60 个订单里，\d+ 人会早，0 人会晚。", page)
    assert re.search(r"现在 \d+\.\d%，改了以后 \d+\.\d%", page)
    assert "没有人会晚。" in page
    assert 'value="+20%"' in page
    page = read(dora, "/staff/plan/whatif?close=P1&week=2026-02-18")
    assert re.search(r"60 个订单里，0 人会早，\d+ 人会晚。", page)
    assert re.search(r'href="/staff/orders/\w{6}" data-row', page)
    english = read(dora, "/staff/plan/whatif?g1=P1&p1=5&lang=en")
    assert "get earlier" in english or "会早" in english


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("asked=1", "请至少写一处改动"),
        ("g1=P1&p1=", "“”不是数字。请写 5、-10 或 2.5 这样的数。"),
        ("g1=P1&p1=lots", "“lots”不是数字"),
        ("g1=P1&p1=900", "P1 的百分数要在 -100 到 500 之间"),
        ("g1=P1&p1=inf", "“inf”不是数字"),
        ("g1=P9&p1=5", "没有“P9”这个工厂"),
        ("g1=NC&p1=5", "NC 没有报过每周能做多少"),
        ("close=P1&week=2020-01-01", "那一周已经过去"),
        ("close=P1&week=soon", "请至少写一处改动"),
        ("from=NC&to=NC", "没有运车线通往“NC”"),
    ],
)
def test_what_cannot_be_worked_out_is_said(story: stories.Story, query: str, words: str) -> None:
    answer = sign_in_staff(story.staff).get(f"/staff/plan/whatif?{query}")
    assert answer.status_code == 409
    assert words in answer.content.decode()


def test_customers_and_strangers_do_not_read_it(story: stories.Story) -> None:
    assert Client().get("/staff/plan/whatif").status_code in (302, 403, 404)
    alice = sign_in(story.orders[0].person)
    assert alice.get("/staff/plan/whatif?g1=P1&p1=5").status_code in (302, 403, 404)
