"""S4 through HTTP: a plan shown as what it does to people, then committed; and holding a batch."""

from __future__ import annotations

import datetime as dt
import re
import warnings

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.web.people import read, send, sign_in_staff
from tests.workflows import story as stories
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.production.models import Build, Plan, PlanWeek, QualityHold
from yinuo.contexts.promises.models import Deadline, Promise
from yinuo.jobs import schedule
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
EVIDENCE = "涂装线停产一周，检修单 0213"


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


def rows(name: str, changed: dict[int, int] | None = None, weeks: int = 60) -> str:
    lines = [
        f"{name},P1,{stories.MONDAY + week * stories.WEEK},"
        f"{(changed or {}).get(week, stories.CARS_A_WEEK)}"
        for week in range(weeks)
    ]
    return "plan,resource,week,cars\n" + "\n".join(lines) + "\n"


def upload(client: Client, text: str | bytes, status: int = 302) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    answer = client.post("/staff/plan", {"plan": SimpleUploadedFile("plan.csv", content)})
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.get("Location") or answer.content.decode()


def test_the_impact_on_people_is_seen_before_and_told_after(
    story: stories.Story, planner: Client
) -> None:
    address = upload(planner, rows("2026-07", {1: 0, 2: 0, 3: 0}))
    plan = Plan.objects.get(external_id="2026-07")
    assert address == f"/staff/plan/{plan.public_id}/diff"
    before = list(Promise.objects.order_by("order_id").values_list("latest_date", flat=True))
    page = read(planner, address)
    later = re.search(r"(\d+) 人会晚（最多 (\d+) 天），没有人会早；", page)
    assert later is not None
    assert int(later[1]) > 0
    assert re.search(r"\d+ 人过不了自己的期限；\d+ 条违反先来后到。", page)
    assert page.count('class="phone"') == 3
    assert "王敏负责，2月12日 12:00 前答复您。" in page
    assert "工厂停产了。" in read(planner, f"{address}?cause=PLANT_STOPPED")
    assert before == list(
        Promise.objects.order_by("order_id").values_list("latest_date", flat=True)
    )
    decide = f"/staff/plan/{plan.public_id}/decide"
    for cause, evidence in (("", EVIDENCE), ("PLANT_STOPPED", ""), ("PLANT_STOPPED", "春节放假")):
        page = send(planner, decide, 409, do="commit", cause=cause, evidence=evidence)
        assert "请选原因，并写明依据。只写节假日不算原因。" in page
    send(planner, decide, 302, do="commit", cause="PLANT_STOPPED", evidence=EVIDENCE)
    assert "正在重算日期" in read(planner, address)
    schedule.sweep(stories.NOW + stories.MINUTE)
    plan.refresh_from_db()
    assert plan.impact is not None
    moved = stories.moved_orders(plan.public_id)
    assert len(moved) == plan.impact["moved"]
    assert Notice.objects.filter(order_id__in=moved).count() == len(moved)
    listed = read(planner, "/staff/plan")
    assert EVIDENCE in listed
    assert "周扬" in listed
    assert "运车" not in read(planner, f"/staff/notices/{plan.public_id}")


def test_a_plan_that_jumps_is_refused_and_the_old_dates_stand(
    story: stories.Story, planner: Client
) -> None:
    before = list(Promise.objects.order_by("order_id").values())
    address = upload(planner, rows("jump", {5: stories.CARS_A_WEEK * 5}))
    page = read(planner, address)
    assert "第 7 行：产能比" in page
    assert "旧日期不变。" in page
    assert "提交，通知客户" not in page
    assert "第 7 行：产能比" in read(planner, "/staff/")
    assert before == list(Promise.objects.order_by("order_id").values())


def test_bad_rows_are_named_and_nothing_is_written(story: stories.Story, planner: Client) -> None:
    count = Plan.objects.count()
    text = rows("bad").replace("P1,2026-02-16,6", "P9,2026-02-16,6")
    text = text.replace("2026-02-23,6", "2026-02-23,many")
    page = upload(planner, text, 400)
    assert "2 处有问题，一行也没有写入。旧日期不变。" in page
    assert "第 3 行：" in page
    assert Plan.objects.count() == count
    assert "请选一个文件。" in upload_nothing(planner)
    assert "这个文件是空的" in upload(planner, "", 400)
    gbk = rows("gbk").encode("gbk")
    assert upload(planner, gbk).endswith("/diff")
    assert "这份计划已经收到过，内容一样。" in upload(planner, gbk, 200)


def test_what_is_wrong_alike_in_many_rows_is_said_once_with_what_would_be_right(
    story: stories.Story, planner: Client
) -> None:
    page = upload(planner, rows("wrong").replace(",P1,", ",XX9,"), 400)
    assert "60 处有问题，一行也没有写入。" in page
    assert page.count("没有工厂“XX9”，有：P1") == 1
    assert "第 2—61 行，共 60 处：" in page
    twice = rows("twice") + f"twice,P1,{stories.MONDAY},9\n"
    page = upload(planner, twice, 400)
    said = f"“P1 {stories.MONDAY}”在这个文件里出现了两次，内容不一样，请只留一行"
    assert said in page
    # The file has no such column.
    assert "<code>id</code>" not in page


def test_a_plan_that_builds_nothing_says_first_who_loses_the_date(
    story: stories.Story, planner: Client
) -> None:
    address = upload(planner, rows("zero", dict.fromkeys(range(60), 0)))
    page = read(planner, address)
    lost = page.index("人会没有日期")
    assert lost < page.index("没有人会晚，没有人会早；")
    assert "最多 0 天" not in page
    losing = re.search(r"(\d+) 人会没有日期", page)
    assert losing is not None
    assert int(losing[1]) > 0
    assert f"提交后 {losing[1]} 位客户会收到通知" in page
    assert f"{losing[1]} 人没日期" in read(planner, "/staff/plan")


def test_only_the_newest_plan_is_called_in_force(story: stories.Story, planner: Client) -> None:
    address = upload(planner, rows("newer", {1: 0}))
    assert "已被新计划代替" not in read(planner, "/staff/plan")
    decided = {"do": "commit", "cause": "PLANT_STOPPED", "evidence": EVIDENCE}
    send(planner, address.replace("diff", "decide"), 302, **decided)
    clock.set_test_clock(at=stories.NOW + dt.timedelta(minutes=1), running=False)
    page = read(planner, "/staff/plan")
    assert page.count("已被新计划代替") == 1
    assert page.index("生效") < page.index("已被新计划代替")


def upload_nothing(client: Client) -> str:
    answer = client.post("/staff/plan")
    assert answer.status_code == 400
    return answer.content.decode()


@pytest.mark.need(22, 160)
def test_the_plan_names_who_misses_their_own_day_and_stands_beside_the_plan_before(
    story: stories.Story, planner: Client
) -> None:
    last = story.queued[-1]
    promise = Promise.objects.get(order=last)
    middle = promise.from_date + (promise.until_date - promise.from_date) / 2
    Deadline.objects.create(
        order=last, date=middle + 3 * stories.DAY, reason="PLATE", saved_at=stories.NOW
    )
    address = upload(planner, rows("2026-07", {1: 0, 2: 0}))
    page = read(planner, address)
    assert "1 人过不了自己的期限；" in page
    assert f'href="/staff/orders/{last.code}"' in page
    assert "车牌" in page
    assert re.search(r"20 次里 \d 次", page)
    assert "没有人失去日期。" in page
    assert re.search(r"现在 0 人、共 0 天；提交后 \d+ 人、共 \d+ 天", page)
    for week in ("2月16日", "2月23日"):
        assert re.search(rf"一厂</td><td>{week}</td><td[^>]*>6</td><td[^>]*>0</td>", page)
    plain = read(planner, upload(planner, rows("same")))
    assert "和上一份计划比，每周的台数没有变。" in plain
    assert read(sign_in_staff(story.staff), address).count("20 次里") == 1


@pytest.mark.need(113)
def test_a_plan_in_force_stands_beside_what_was_built(
    story: stories.Story, planner: Client
) -> None:
    plan = Plan.objects.get(state="COMMITTED")
    PlanWeek.objects.filter(week_date__lt=stories.MONDAY).delete()
    page = read(planner, f"/staff/plan/{plan.public_id}/diff")
    assert "生效还不满一周，没有可比的数。" in page
    Build.objects.filter(order__in=story.in_yard[:3]).update(built_at=stories.NOW)
    clock.set_test_clock(at=stories.NOW + 6 * stories.DAY, running=False)
    page = read(planner, f"/staff/plan/{plan.public_id}/diff")
    assert re.search(r"<td>2月9日</td><td[^>]*>6</td><td[^>]*>3</td>", page)
    fresh = upload(planner, rows("2026-07", {1: 0}))
    decide = fresh.replace("diff", "decide")
    send(planner, decide, 302, do="commit", cause="PLANT_STOPPED", evidence=EVIDENCE)
    assert "生效还不满一周，没有可比的数。" in read(planner, fresh)


def test_an_impact_that_was_not_seen_cannot_be_committed(
    story: stories.Story, planner: Client
) -> None:
    plan = stories.upload_plan(story, {1: 0})
    decide = f"/staff/plan/{plan.public_id}/decide"
    page = send(planner, decide, 409, do="commit", cause="PLANT_STOPPED", evidence=EVIDENCE)
    assert "请先看这份计划影响多少人，再提交。" in page
    send(planner, decide, 302, do="again")
    send(planner, decide, 302, do="commit", cause="PLANT_STOPPED", evidence=EVIDENCE)
    plan.refresh_from_db()
    assert plan.state == "COMMITTED"


def test_only_planners_managers_and_executives_commit(
    story: stories.Story, planner: Client
) -> None:
    address = upload(planner, rows("2026-07", {1: 0}))
    dora = sign_in_staff(story.staff)
    assert "提交计划请找计划员、经理或公司负责人。" in read(dora, address)
    for path in (address.replace("diff", "decide"), "/staff/plan"):
        answer = dora.post(path, {"do": "commit", "cause": "PLANT_STOPPED", "evidence": EVIDENCE})
        assert answer.status_code == 403
        assert "周扬" in answer.content.decode()
    assert not Plan.objects.filter(external_id="2026-07", state="COMMITTED").exists()
    assert planner.get("/staff/plan/pln_nothing/diff").status_code == 404
    assert planner.post("/staff/plan/pln_nothing/decide").status_code == 404


def test_a_batch_is_held_told_and_released(story: stories.Story) -> None:
    manager = sign_in_staff(story.manager)
    page = read(manager, "/staff/quality?batch=B17")
    assert f"批次 B17 有 {stories.IN_YARD} 台没交的车。" in page
    form = {"batch": "B17", "evidence": "后备箱应急拉手 6 台失效", "until": "2026-02-25"}
    for changed, words in (
        ({"batch": "B99"}, "没有批次 B99 的车。"),
        ({"until": "2026-02-01"}, "已经过去"),
        ({"until": ""}, "请写预计放行的日期。"),
        ({"evidence": "春节放假"}, "请写明依据"),
    ):
        assert words in send(manager, "/staff/quality", 409, **{**form, **changed})
    assert send(manager, "/staff/quality", 302, **form) == "/staff/quality"
    assert "批次 B17 已经暂停交付。" in send(manager, "/staff/quality", 409, **form)
    schedule.sweep(stories.NOW + stories.MINUTE)
    held = QualityHold.objects.get()
    moved = stories.moved_orders(held.public_id)
    assert moved
    assert "同批车要多做一项检查" in read(manager, f"/staff/notices/{held.public_id}")
    send(manager, f"/staff/quality/{held.id}/release", 302)
    assert "2月11日 09:20 放行" in read(manager, "/staff/quality")
    dora = sign_in_staff(story.staff)
    assert dora.post("/staff/quality", form).status_code == 403
    assert dora.post(f"/staff/quality/{held.id}/release").status_code == 403


def test_the_outbox_shows_every_word_that_would_have_gone_out(story: stories.Story) -> None:
    stories.report(story)
    at = stories.NOW + dt.timedelta(minutes=11)
    clock.set_test_clock(at=at, running=False)
    schedule.sweep(at)
    dora = sign_in_staff(story.staff)
    page = read(dora, "/staff/outbox")
    assert "【云帆汽车】" in page
    assert re.search(r"\d\d 个字，1 条", page)
    assert "/staff/outbox?kind=codes" not in page
    assert "运车的列车停运了" in read(dora, "/staff/outbox?kind=alerts")
    assert "【云帆汽车】" in read(dora, "/staff/outbox?kind=codes")
    assert "还没有。" in read(dora, "/staff/outbox?kind=notices&before=1")
