"""The page of what must grow, stating its figures, and the gate on the trust page."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import Any

import pytest
from django.test import Client

from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows import story as stories
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.planning.models import AskedStudy, Figure, Study
from yinuo.contexts.production.models import PlanWeek
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.workflows import inverse, outlook

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
    where = send(planner, PAGE, 302, **form)
    assert schedule.sweep(stories.NOW)["planning.studies"] == 1
    assert "没有填" in read(planner, where)
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


def test_another_growth_is_worked_out_by_a_job_and_not_kept(
    story: stories.Story, planner: Client
) -> None:
    inverse.keep(now=stories.NOW)
    before = Study.objects.get().result
    where = send(planner, PAGE, 302, do="ask", growth="5%")
    assert where.startswith(f"{PAGE}/stu_")
    assert schedule.sweep(stories.NOW)["planning.studies"] == 1
    page = read(planner, where)
    assert "哪一步要补，什么时候前" in page
    assert "大家看的那一份没有变。" in page
    assert Study.objects.get().result == before
    for typed, words in (("-1", "每月增长要在 0% 到 100% 之间"), ("lots", "“lots”不是数字")):
        assert words in send(planner, PAGE, 409, do="ask", growth=typed)
    assert AskedStudy.objects.count() == 1
    # An address of old, with the growth in it, still opens the form filled in.
    assert 'value="5"' in read(planner, f"{PAGE}?growth=5")


def test_who_waits_reads_how_far_it_is_and_what_happens_when_the_page_is_left(
    story: stories.Story, planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = send(planner, PAGE, 302, do="ask", growth="5")
    dora = sign_in_staff(story.staff)
    waiting = read(dora, where)
    for words in ("收到，前面的算完就开始。", "可以离开这一页，照样会算完", 'http-equiv="refresh"'):
        assert words in waiting
    seen: list[tuple[str, int]] = []
    plain = outlook.work_out_days

    def look(*given: Any, **named: Any) -> Any:
        clock.set_test_clock(at=clock.now() + dt.timedelta(seconds=7), running=False)
        text = read(dora, f"{where}/part")
        found = re.search(r'<progress max="(\d+)" value="(\d+)"', text)
        assert found is not None
        assert "可以离开这一页" in text
        assert int(found[2]) < int(found[1])
        assert f"2月11日 09:20 开始，已经算了 {(clock.now() - stories.NOW).seconds} 秒。" in text
        seen.append((text.split("data-say>")[1].split("<")[0], int(found[2])))
        return plain(*given, **named)

    monkeypatch.setattr(inverse, "work_out_days", look)
    assert schedule.sweep(stories.NOW)["planning.studies"] == 1
    assert seen[0] == ("正在算现在的承诺能守住多少。", 3)
    assert [done for _, done in seen] == sorted(done for _, done in seen)
    text = read(dora, f"{where}/part")
    assert "data-more" not in text
    assert "09:20 开始" in text
    assert "http-equiv" not in read(dora, where)
    # Left and come back: it stands in the list, and the next one says how long it takes.
    page = read(planner, PAGE)
    assert where in page
    assert "算好了" in page
    again = send(planner, PAGE, 302, do="ask", growth="6")
    AskedStudy.objects.filter(growth=0.06).update(started_at=clock.now())
    assert f"上一次用了 {7 * len(seen)} 秒。" in read(planner, again)
    english = read(planner, f"{again}?lang=en")
    for words in ("You may leave this page", "The last one took", "Reading orders, plans"):
        assert words in english


def test_a_study_that_nobody_begins_names_the_worker(story: stories.Story, planner: Client) -> None:
    where = send(planner, PAGE, 302, do="again")
    assert "后台任务可能没有运行" not in read(planner, where)
    clock.set_test_clock(at=stories.NOW + 6 * stories.MINUTE, running=False)
    assert "后台任务可能没有运行" in read(planner, where)
    assert read(planner, f"{PAGE}/stu_none", 404)
    assert sign_in(story.orders[0].person).get(f"{where}/part").status_code in (302, 403, 404)


def test_a_study_that_cannot_be_done_says_why(story: stories.Story, planner: Client) -> None:
    where = send(planner, PAGE, 302, do="again")
    PlanWeek.objects.all().delete()
    schedule.sweep(stories.NOW)
    assert "没有一份生效的计划说工厂每周造几台" in read(planner, where)
    assert "没有算成" in read(planner, PAGE)
    assert Study.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "bays"}, "没有“bays”这个数"),
        ({"value": "-3"}, "“整备工位”要在 0.0 到 1000.0 之间"),
        ({"value": "many"}, "“many”不是数字"),
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
