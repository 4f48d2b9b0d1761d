"""Declaring unusual times through HTTP: who may, what is refused, what customers read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.contexts.promises.test_drift import found
from tests.factories import NOW, World
from tests.web.people import read, sign_in, sign_in_staff
from yinuo.contexts.promises.models import DriftAlarm, Promise, UnusualPeriod
from yinuo.contexts.promises.operations.drift import raise_alarm
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
FORM = {
    "place": "",
    "from": "2026-02-11",
    "last": "2026-02-24",
    "factor": "150",
    "reason_zh": "寒潮，北方铁路限速",
    "reason_en": "Cold wave, speed limits on northern railways",
    "evidence": "铁路调度通知 0211-7",
}


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def manager(world: World) -> Client:
    return sign_in_staff(world.manager)


@pytest.mark.need(93)
def test_a_manager_declares_and_ends_an_unusual_time(manager: Client, world: World) -> None:
    assert "没有宣布过特殊情况。" in read(manager, "/staff/unusual")
    form = {**FORM, "place": str(world.centre.id)}
    for _sent_twice in range(2):
        assert manager.post("/staff/unusual", form).status_code == 302
    row = UnusualPeriod.objects.get()
    assert (row.place_id, row.factor_percent) == (world.centre.id, 150)
    page = read(manager, "/staff/unusual")
    assert "寒潮，北方铁路限速" in page
    assert "南昌交付中心" in page
    assert "生效中" in page
    assert manager.post(f"/staff/unusual/{row.id}/end").status_code == 302
    assert "生效中" not in read(manager, "/staff/unusual")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"from": ""}, "请改日期"),
        ({"last": "2026-02-01"}, "请改日期"),
        ({"factor": "fast"}, "放宽到百分之几"),
        ({"reason_zh": "春节放假"}, "只写节假日不算"),
        ({"place": "987654"}, "没有“987654”"),
    ],
)
def test_what_cannot_be_explained_comes_back_with_what_was_typed(
    manager: Client, changed: dict[str, str], said: str
) -> None:
    answer = manager.post("/staff/unusual", {**FORM, **changed})
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (409, True)
    assert FORM["evidence"] in page
    assert not UnusualPeriod.objects.exists()


def test_who_may_declare(world: World) -> None:
    dora = sign_in_staff(world.dora)
    assert "/staff/unusual" in read(dora, "/staff/plan")
    assert 'name="factor"' not in read(dora, "/staff/unusual")
    assert dora.post("/staff/unusual", FORM).status_code == 403
    assert dora.post("/staff/unusual/1/end").status_code == 403
    for person in (world.alice, world.carol):
        customer = sign_in(person)
        assert customer.get("/staff/unusual").status_code in (302, 403, 404)
        assert customer.post("/staff/unusual", FORM).status_code in (302, 403, 404)
    assert not UnusualPeriod.objects.exists()


@pytest.mark.need(93)
def test_a_customer_reads_why_the_range_is_wide(manager: Client, world: World) -> None:
    order = factories.make_order(world, "NC26LU")
    factories.make_promise(order)
    manager.post("/staff/unusual", FORM)
    alice = sign_in(world.alice)
    said = "近期情况特殊，范围放宽了。原因：寒潮，北方铁路限速。"
    assert said not in read(alice, "/o/NC26LU")
    Promise.objects.update(unusual=UnusualPeriod.objects.get())
    assert said in read(alice, "/o/NC26LU")
    english = read(alice, "/o/NC26LU?lang=en")
    assert "Times are unusual, so the range is wider." in english
    assert "寒潮" not in english


def found_late(world: World) -> DriftAlarm:
    """The watch found that dates of Nanchang come true too late."""
    raise_alarm(found=found(place_id=world.centre.id), now=NOW)
    return DriftAlarm.objects.get()


@pytest.mark.need(22, 93)
def test_what_the_watch_found_is_offered_filled_in_and_accepted(
    manager: Client, world: World
) -> None:
    alarm = found_late(world)
    page = read(manager, "/staff/unusual")
    for words in (
        "南昌交付中心：承诺日晚得不像偶然",
        "最近 8 周到期的 120 台车，40 台过了承诺的最晚日期",
        "证据 812，界限 300",
        "背后有 12 周",
        "按规则放宽到 150%",
        'value="南昌交付中心最近 8 周到期的 120 台车里，40 台晚于承诺"',
        'value="Of 120 cars due at Nanchang centre in the last 8 weeks, 40 came after',
        'value="2026-04-07"',
        f'value="{world.centre.id}" selected',
        alarm.public_id,
    ):
        assert words in page
    form = {**FORM, "place": str(world.centre.id), "factor": "150"}
    assert manager.post(f"/staff/unusual/alarms/{alarm.id}/accept", form).status_code == 302
    period = UnusualPeriod.objects.get()
    assert (period.factor_percent, period.place_id) == (150, world.centre.id)
    after = read(manager, "/staff/unusual")
    assert "承诺日晚得不像偶然" not in after
    assert "已放宽" in after
    assert "还没恢复" in after


def test_a_rejection_needs_a_reason_and_keeps_what_was_typed(manager: Client, world: World) -> None:
    alarm = found_late(world)
    where = f"/staff/unusual/alarms/{alarm.id}"
    refused = manager.post(f"{where}/reject", {"why": "春节"})
    assert (refused.status_code, "只写节假日不算" in refused.content.decode()) == (409, True)
    wrong = manager.post(f"{where}/accept", {**FORM, "factor": "900"}).content.decode()
    assert "放宽到百分之几" in wrong
    assert 'value="900"' in wrong
    assert FORM["evidence"] in wrong
    assert manager.post(f"{where}/reject", {"why": "两列车晚到，已经恢复"}).status_code == 302
    page = read(manager, "/staff/unusual")
    assert "没有放宽：" in page
    assert "两列车晚到，已经恢复" in page
    assert manager.post(f"{where}/reject", {"why": "再说一次理由"}).status_code == 409
    assert not UnusualPeriod.objects.exists()


def test_who_may_decide_what_the_watch_found(world: World) -> None:
    alarm = found_late(world)
    where = f"/staff/unusual/alarms/{alarm.id}"
    dora = sign_in_staff(world.dora)
    page = read(dora, "/staff/unusual")
    assert "承诺日晚得不像偶然" in page
    assert "/accept" not in page
    people = [dora, *(sign_in(one) for one in (world.alice, world.bob, world.carol)), Client()]
    for one in people:
        for what in ("accept", "reject"):
            answer = one.post(f"{where}/{what}", {**FORM, "why": "两列车晚到"})
            assert answer.status_code in (302, 403, 404)
    alarm.refresh_from_db()
    assert alarm.decision == ""
    assert not UnusualPeriod.objects.exists()


def test_the_page_asks_the_database_no_more_often_for_more_alarms(
    manager: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        raise_alarm(found=found(code=f"C{number}", place_id=world.centre.id), now=NOW)
    with django_assert_max_num_queries(12):
        read(manager, "/staff/unusual")
