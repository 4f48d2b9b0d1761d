"""S1b through HTTP: an event reported by telephone, its notices, and a correction of its reason."""

from __future__ import annotations

import datetime as dt
import re
import warnings

import pytest
from django.test import Client

from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows import story as stories
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.notices.models import Delivery, Notice
from yinuo.contexts.notices.operations import send as sending
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.transit.models import CarrierEvent
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.platform.channels.port import Outcome

pytestmark = pytest.mark.django_db
LATER = stories.NOW + 11 * stories.MINUTE
FORM = {
    "shipment": "X8321",
    "kind": "CANCELLED",
    "at": "2026-02-11T08:50",
    "cause": "TRAIN_CANCELLED",
    "place": "ZZ",
    "expected": "",
    "evidence": "铁路调度 08:50 来电，货运通知 0211 号",
    "request_key": "call-1",
}


@pytest.fixture
def story() -> stories.Story:
    warnings.simplefilter("ignore")
    clock.set_test_clock(at=stories.NOW, running=False)
    return stories.make_story()


def tick(at: dt.datetime) -> None:
    clock.set_test_clock(at=at, running=False)
    schedule.sweep(at)


@pytest.fixture
def dora(story: stories.Story) -> Client:
    return sign_in_staff(story.staff)


@pytest.mark.need(1, 2)
def test_a_call_from_the_carrier_runs_the_same_story(story: stories.Story, dora: Client) -> None:
    page = read(dora, "/staff/notices/new?shipment=X8321")
    assert 'value="X8321"' in page
    assert "运车的列车停运了" in page
    assert "春节</option>" not in page
    address = send(dora, "/staff/notices/report", 302, **FORM)
    event = CarrierEvent.objects.get()
    assert address == f"/staff/notices/{event.public_id}"
    assert (event.sender, event.evidence) == (f"staff:{story.staff.public_id}", FORM["evidence"])
    send(dora, "/staff/notices/report", 302, **FORM)
    assert CarrierEvent.objects.count() == 1
    tick(LATER)
    moved = stories.moved_orders(event.public_id)
    assert moved
    page = read(dora, address)
    counts = [int(n) for n in re.findall(r"<dd>(\d+)</dd>", page)]
    assert counts[:3] == [len(moved), len(moved), 0]
    assert "运车的列车停运了。车在郑州站" in page
    assert "王敏负责，2月12日 12:00 前答复您。" in page
    lengths = [int(n) for n in re.findall(r"短信 (\d+) 个字", page)]
    assert lengths
    assert max(lengths) <= 70
    assert "还缺" not in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"evidence": "春节放假"}, "请写明依据：谁打来的、说了什么。只写节假日不算原因。"),
        ({"evidence": ""}, "请写明依据"),
        ({"cause": "OTHER"}, "原因"),
        ({"cause": "TRUCK_LATE"}, "TRUCK_LATE 只用于"),
        ({"kind": "DELAYED", "cause": "TRAIN_LATE"}, "晚点要写明预计几时到"),
        ({"kind": "DELAYED"}, "TRAIN_CANCELLED 不能说明 DELAYED"),
        ({"shipment": "X0000"}, "没有班次“X0000”"),
        ({"at": "soon"}, "什么时候"),
    ],
)
@pytest.mark.need(2)
def test_a_report_that_does_not_hold_is_refused_with_what_is_wrong(
    story: stories.Story, dora: Client, changed: dict[str, str], words: str
) -> None:
    page = send(dora, "/staff/notices/report", 409, **{**FORM, **changed})
    assert words in page
    if changed.get("evidence") != "":
        assert {**FORM, **changed}["evidence"] in page
    assert not CarrierEvent.objects.exists()


def test_bounced_and_read_notices_are_counted_with_the_reason(
    story: stories.Story, dora: Client
) -> None:
    event = stories.report(story)
    tick(LATER)
    told = Delivery.objects.filter(channel="SMS").order_by("id")
    sending.keep_outcome(told[0].id, Outcome("BOUNCED", "", "停机", True), now=LATER)
    sending.keep_outcome(told[1].id, Outcome("DELIVERED", "x", "", True), now=LATER)
    Notice.objects.filter(id=told[2].notice_id).update(read_at=LATER)
    page = read(dora, f"/staff/notices/{event.public_id}")
    notices = len(stories.moved_orders(event.public_id))
    counts = [int(n) for n in re.findall(r"<dd>(\d+)</dd>", page)]
    assert counts == [notices, notices, 0, 1, 1, notices - 1]
    assert "停机" in page
    assert "短信没有送到，请打电话" in read(dora, "/staff/")


def test_a_wrong_reason_is_corrected_by_a_notice_that_names_the_old_one(
    story: stories.Story, dora: Client
) -> None:
    event = stories.report(story)
    tick(LATER)
    address = f"/staff/notices/{event.public_id}"
    wrong = {notice.order_id: notice for notice in Notice.objects.all()}
    fix = {"cause": "WEATHER", "evidence": "铁路局更正：暴雪封线，通知 0212 号"}
    same = send(dora, f"{address}/correct", 409, **{**fix, "cause": "PLANT_STOPPED"})
    assert "请选另一个原因，要和这件事对得上。" in same
    assert "只写节假日不算原因" in send(
        dora, f"{address}/correct", 409, **{**fix, "evidence": "春节放假"}
    )
    assert send(dora, f"{address}/correct", 302, **fix) == address
    assert send(dora, f"{address}/correct", 302, **fix) == address
    tick(LATER + 3 * stories.HOUR)
    corrections = Notice.objects.filter(kind="notice.corrected")
    assert {notice.order_id: notice.corrects_id for notice in corrections} == {
        order_id: notice.id for order_id, notice in wrong.items()
    }
    assert f"已经更正 {len(wrong)} 份。" in read(dora, address)
    order = next(one for one in story.on_train if one.id in wrong and one.person.language == "zh")
    page = read(sign_in(order.person), f"/o/{order.code}/changes/2")
    assert "更正上次的原因" in page
    assert "上次说是“运车的列车停运了”。其实是“恶劣天气，道路或铁路封了”。" in page
    before = ledger.list_of_subject(order.id, ("promise.revised",))
    assert len(before) == 1
    text = Delivery.objects.get(notice__in=corrections, notice__order=order, channel="SMS").text
    assert text.startswith("更正上次的原因：应为恶劣天气。")


def test_nothing_told_is_nothing_to_correct(story: stories.Story, dora: Client) -> None:
    event = stories.report(story)
    page = read(dora, f"/staff/notices/{event.public_id}")
    assert "没有改动任何人的日期" in page
    words = send(
        dora,
        f"/staff/notices/{event.public_id}/correct",
        409,
        cause="WEATHER",
        evidence="铁路局更正通知",
    )
    assert "还没有通知过谁" in words
    assert dora.get("/staff/notices/evt_nothing").status_code == 404


def test_the_operator_may_read_and_neither_report_nor_correct(story: stories.Story) -> None:
    StaffMember.objects.filter(id=story.staff.id).update(role="OPERATOR")
    client = sign_in_staff(story.staff)
    assert "请找交付专员、经理或计划员" in read(client, "/staff/notices/new")
    page = send(client, "/staff/notices/report", 403, **FORM)
    assert "下面的人能办：" in page
    assert "赵磊" in page
    assert not CarrierEvent.objects.exists()
    assert client.post("/staff/notices/evt_1/correct").status_code == 403
