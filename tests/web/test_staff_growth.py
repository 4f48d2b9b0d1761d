"""The page of what must grow, stating its figures, and the gate on the trust page."""

from __future__ import annotations

import datetime as dt
import re
import warnings

import pytest
from django.test import Client

from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows import story as stories
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.planning.models import Figure, Study
from yinuo.platform import clock
from yinuo.workflows import inverse

pytestmark = pytest.mark.django_db
PAGE = "/staff/plan/growth"


@pytest.fixture
def story() -> stories.Story:
    warnings.simplefilter("ignore")
    clock.set_test_clock(at=stories.NOW, running=False)
    return stories.make_story()


@pytest.fixture
def planner(story: stories.Story) -> Client:
    member = StaffMember.objects.create(
        public_id="stf_zy", name_zh="周扬", name_en="Zhou Yang", phone="10012345672", role="PLANNER"
    )
    return sign_in_staff(member)


def test_before_anything_was_worked_out_the_page_says_so(story: stories.Story) -> None:
    dora = sign_in_staff(story.staff)
    page = read(dora, PAGE)
    assert "还没有算过。每晚 3 点算一次" in page
    assert "改数请找计划员、经理或公司负责人。" in page
    assert "还没有算过能接多少单。" in read(dora, "/staff/pulse")


@pytest.mark.need(113, 163)
def test_a_planner_states_a_figure_and_everybody_reads_what_follows(
    story: stories.Story, planner: Client
) -> None:
    form = {"name": "pdi_bays", "place": "NC", "value": "0", "source": "中心盘点 02-10"}
    assert send(planner, PAGE, 302, **form) == PAGE
    dora = sign_in_staff(story.staff)
    page = read(dora, PAGE)
    assert "中心盘点 02-10" in page
    assert "周扬" in page
    assert re.search(r"<b>整备</b> 南昌交付中心", page)
    assert "没有填" in page
    assert "工厂现在的产量够用。" in page
    assert "上四周没有新订单，算不出还能接多少。" in read(dora, "/staff/pulse")
    assert dora.post(PAGE, form).status_code == 403
    assert Figure.objects.count() == 1


def test_another_growth_is_worked_out_and_not_kept(story: stories.Story, planner: Client) -> None:
    inverse.keep(now=stories.NOW)
    before = Study.objects.get().result
    page = read(planner, f"{PAGE}?growth=5%25")
    assert "哪一步要补，什么时候前" in page
    assert Study.objects.get().result == before
    for typed, words in (("-1", "每月增长要在 0% 到 100% 之间"), ("lots", "百分数要在")):
        answer = planner.get(f"{PAGE}?growth={typed}")
        assert answer.status_code == 409
        assert words in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "bays"}, "没有“bays”这个数"),
        ({"value": "-3"}, "“整备工位”要在 0.0 到 1000.0 之间"),
        ({"value": "many"}, "百分数要在"),
        ({"source": ""}, "请写明这个数从哪里来。"),
        ({"place": "ZZ"}, "没有“pdi_bays ZZ”这个数"),
    ],
)
def test_figures_that_mean_nothing_are_refused_and_stay_typed(
    planner: Client, changed: dict[str, str], words: str
) -> None:
    form = {"name": "pdi_bays", "place": "NC", "value": "6", "source": "盘点", **changed}
    page = send(planner, PAGE, 409, **form)
    assert words in page
    assert Figure.objects.count() == 0


@pytest.mark.need(114)
def test_the_gate_stands_on_top_of_the_trust_page(story: stories.Story) -> None:
    dora = sign_in_staff(story.staff)
    result = inverse.write(inverse.work_out(now=stories.NOW))
    for month_max, last, words in (
        (900, 400, "可以多接：四周内最多 900 单，上四周接了 400 单。"),
        (300, 400, "不要多接：四周内最多 300 单，上四周接了 400 单。"),
        (0, 400, "按今天承诺的等待时间，新单守不住。"),
        (None, 0, "上四周没有新订单"),
    ):
        result = {**result, "month_max": month_max, "month_last": last}
        Study.objects.update_or_create(
            kind="GROWTH", defaults={"result": result, "made_at": stories.NOW}
        )
        page = read(dora, "/staff/pulse")
        assert words in page
        assert page.index("这个月还能多卖吗？") < page.index("日期守住了吗？")
    assert "已经超过一天" not in page
    clock.set_test_clock(at=stories.NOW + dt.timedelta(hours=28), running=False)
    assert "2月11日 09:20 的结果，已经超过一天。" in read(dora, "/staff/pulse")


def test_customers_do_not_read_it(story: stories.Story) -> None:
    assert Client().get(PAGE).status_code in (302, 403, 404)
    assert sign_in(story.orders[0].person).get(PAGE).status_code in (302, 403, 404)
