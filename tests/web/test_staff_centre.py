"""S3, a centre's page: who may open it, what it shows, and its forms."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from tests.contexts.handover.centre_worlds import (
    TOMORROW,
    Centre,
    booked,
    facts_of,
    make_centre,
    row,
    tomorrow,
)
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows.test_late_train import coming, delay, make_train
from yinuo.contexts.handover.models import Absence, MovePermit, NearMiss, SlotStop, Visit
from yinuo.contexts.orders.models import Inquiry, Order
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
PAGE = "/staff/centres/NC"
DAY = f"{PAGE}?day={TOMORROW}"


@pytest.fixture
def centre() -> Centre:
    """A centre on the story's first morning."""
    clock.set_test_clock(at=factories.NOW, running=False)
    return make_centre(factories.make_world())


def _colleague(role: str, centre_code: str = "") -> StaffMember:
    return StaffMember.objects.create(
        public_id=f"stf_{role.lower()}",
        name_zh="何平",
        name_en="He Ping",
        phone="10000009077",
        role=role,
        centre_code=centre_code,
    )


def test_who_may_open_a_centre_and_act_there(centre: Centre) -> None:
    world = centre.world
    assert "南昌交付中心" in read(sign_in_staff(world.dora), PAGE)
    assert "南昌交付中心" in read(sign_in_staff(world.manager), PAGE)
    elsewhere = sign_in_staff(_colleague("SPECIALIST", "TJ"))
    assert "赵磊" in read(elsewhere, PAGE, 403)
    read(sign_in_staff(world.dora), "/staff/centres/NOWHERE", 404)
    assert sign_in(world.alice).get(PAGE).status_code == 302
    assert sign_in(world.carol).post(PAGE, {"do": "stop"}).status_code == 302


def test_a_planner_reads_and_does_not_act(centre: Centre) -> None:
    planner = sign_in_staff(_colleague("PLANNER"))
    page = read(planner, PAGE)
    assert 'name="do" value="stop"' not in page
    send(planner, PAGE, 403, do="lift", stop="x")


def test_the_way_to_ones_own_centre(centre: Centre) -> None:
    assert sign_in_staff(centre.world.dora).get("/staff/centres")["Location"] == PAGE
    assert sign_in_staff(centre.world.manager).get("/staff/centres")["Location"] == PAGE


def test_an_empty_day_shows_tomorrow(centre: Centre) -> None:
    dora = sign_in_staff(centre.world.dora)
    assert "下面是明天" not in read(dora, PAGE)
    booked(centre.world, "AA26AA", tomorrow(10), party=2)
    page = read(dora, PAGE)
    assert "今天没有预约了。下面是明天。" in page
    assert "10:00 " in page
    assert "王敏接待，2 人" in page
    assert "2月12日（周四）" in page
    for day in ("x", "9999-12-31", "0001-01-01", "2026-02-30"):
        read(dora, f"{PAGE}?day={day}")


def test_a_visit_takes_as_many_half_hours_as_it_lasts(centre: Centre) -> None:
    booked(centre.world, "AA26AA", tomorrow(10))
    page = read(sign_in_staff(centre.world.dora), DAY)
    assert page.count('rowspan="3"') == 1
    assert page.count('<th scope="row">') == 18


def test_a_visit_is_received_and_let_go_from_the_board(centre: Centre) -> None:
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    clock.set_test_clock(at=tomorrow(10), running=False)
    dora = sign_in_staff(centre.world.dora)
    send(dora, PAGE, 302, do="start", visit=visit.public_id)
    assert "正在接待" in read(dora, PAGE)
    clock.set_test_clock(at=tomorrow(11), running=False)
    send(dora, PAGE, 302, do="end", visit=visit.public_id)
    assert row(visit).state == "ENDED"
    assert "没有可以改的到店时间" in send(dora, PAGE, 409, do="missed", visit=visit.public_id)
    assert row(visit).state == "ENDED"


def test_a_visit_of_another_centre_is_not_touched(centre: Centre) -> None:
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    manager = sign_in_staff(centre.world.manager)
    send(manager, "/staff/centres/TJ", 409, do="missed_by_us", visit=visit.public_id)
    assert row(visit).state == "BOOKED"


@pytest.mark.need(14)
def test_who_has_no_new_time_is_listed_until_there_is_one(centre: Centre) -> None:
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    dora = sign_in_staff(centre.world.dora)
    send(dora, PAGE, 302, do="missed_by_us", visit=visit.public_id)
    assert "1 位客户还没有新的到店时间" in read(dora, PAGE)
    assert facts_of(visit.order_id)[-1][0] == "visit.missed_by_us"
    Visit.objects.filter(id=visit.id).update(state="CANCELLED")
    assert "还没有新的到店时间" not in read(dora, PAGE)


@pytest.mark.need(15)
def test_a_late_train_is_moved_and_told_in_one_click(centre: Centre) -> None:
    train = make_train(centre, "X8642", tomorrow(8))
    for number in range(2):
        coming(centre, f"A{number}26AA", train, tomorrow(12))
    delay(train, tomorrow(20))
    dora = sign_in_staff(centre.world.dora)
    page = read(dora, PAGE)
    assert "X8642：这趟车 2 台，会影响 2 个预约。现在通知？" in page
    send(dora, PAGE, 302, do="train", train="X8642")
    assert "现在通知？" not in read(dora, PAGE)
    assert "到了，或者不影响预约了" in send(dora, PAGE, 409, do="train", train="X8642")


@pytest.mark.need(12)
def test_the_things_of_somebody_away_are_listed_for_taking_over(centre: Centre) -> None:
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    eve = sign_in_staff(centre.eve)
    send(
        eve, PAGE, 302, do="away", who=str(centre.world.dora.id), reason="SICK",
        **{"from": "2026-02-11T09:20", "until": "2026-02-13T09:00"},
    )  # fmt: skip
    page = read(eve, PAGE)
    assert "王敏不在：病假。" in page
    assert "有 1 件事要接手。2月11日 11:20 前没人接，转给经理。" in page
    found = Absence.objects.get()
    send(eve, PAGE, 302, do="take", absence=found.public_id, item=f"VISIT:{visit.id}")
    assert row(visit).staff_id == centre.eve.id
    assert Order.objects.get(id=visit.order_id).owner_id == centre.eve.id
    assert "没有要接手的事" in read(eve, PAGE)
    send(eve, PAGE, 302, do="back", absence=found.public_id)
    assert "王敏不在" not in read(eve, PAGE)


@pytest.mark.need(53)
def test_a_move_among_people_is_refused_with_the_reason_and_nothing_typed_is_lost(
    centre: Centre,
) -> None:
    booked(centre.world, "AA26AA", tomorrow(10))
    dora = sign_in_staff(centre.world.dora)
    fields = {
        "do": "permit",
        "vin": "LYFNC01P000000001",
        "driver": str(centre.eve.id),
        "from_zone": str(centre.gate.id),
        "to_zone": str(centre.hall.id),
        "from": "2026-02-12T11:00",
        "until": "2026-02-12T11:20",
    }
    page = send(dora, PAGE, 409, **fields)
    assert "人和车不能同时在" in page
    assert 'value="LYFNC01P000000001"' in page
    assert 'value="2026-02-12T11:20"' in page
    send(dora, PAGE, 302, **{**fields, "from": "2026-02-12T11:30", "until": "2026-02-12T11:40"})
    assert "LYFNC01P000000001" in read(dora, DAY)
    found = MovePermit.objects.get()
    send(dora, PAGE, 302, do="permit_done", permit=found.public_id)
    assert "LYFNC01P000000001" not in read(dora, DAY)


@pytest.mark.need(53)
def test_a_near_miss_stops_a_zone_moves_its_visits_and_is_followed_up(centre: Centre) -> None:
    visit = booked(centre.world, "AA26AA", tomorrow(10))
    dora = sign_in_staff(centre.world.dora)
    for _sent_twice in range(2):
        send(
            dora, PAGE, 302, do="near_miss", kind="NEAR_MISS", zone=str(centre.hall.id),
            at="2026-02-11T09:00", words="倒车时有人走过", seen_by="门卫老李",
            follows=str(centre.world.manager.id), by="2026-02-12T18:00",
        )  # fmt: skip
    found = NearMiss.objects.get()
    page = read(dora, PAGE)
    assert "倒车时有人走过" in page
    assert "赵磊跟进，2月12日 18:00 前有结果" in page
    for _sent_twice in range(2):
        send(
            dora, PAGE, 302, do="stop", zone=str(centre.hall.id), reason="查原因",
            near_miss=found.public_id, **{"from": "2026-02-12T09:00", "until": "2026-02-12T12:00"},
        )  # fmt: skip
    assert row(visit).during.lower == tomorrow(12)
    assert "停用或挪车" in read(dora, DAY)
    stop = SlotStop.objects.get()
    assert stop.near_miss == found
    send(dora, PAGE, 302, do="lift", stop=stop.public_id)
    send(dora, PAGE, 302, do="near_miss_done", near_miss=found.public_id, outcome="加了护栏")
    assert "加了护栏" in read(dora, PAGE)


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "stop", "zone": "999999", "from": "2026-02-12T09:00", "until": "2026-02-12T12:00"},
        {"do": "stop", "zone": "x", "from": "then", "until": "later", "reason": "r"},
        {"do": "near_miss", "zone": "", "at": "9999-99-99T00:00"},
        {"do": "permit", "vin": "", "driver": "99999999999999999999"},
        {"do": "away", "who": "0", "from": "", "reason": ""},
        {"do": "start", "visit": "vis_none"},
        {"do": "train", "train": ""},
    ],
)
def test_forms_that_make_no_sense_are_answered_in_words(
    centre: Centre, fields: dict[str, str]
) -> None:
    page = send(sign_in_staff(centre.world.dora), PAGE, 409, **fields)
    assert 'role="alert"' in page
    assert not SlotStop.objects.exists()


def test_nothing_of_another_centre_is_touched(centre: Centre) -> None:
    """What belongs to Nanchang is not found in Tianjin, also not by a manager."""
    manager = sign_in_staff(centre.world.manager)
    send(
        manager, PAGE, 302, do="stop", zone=str(centre.gate.id), reason="查",
        **{"from": "2026-02-12T09:00", "until": "2026-02-12T12:00"},
    )  # fmt: skip
    send(
        manager, PAGE, 302, do="away", who=str(centre.world.dora.id), reason="SICK",
        **{"from": "2026-02-11T09:20", "until": ""},
    )  # fmt: skip
    stop, away = SlotStop.objects.get(), Absence.objects.get()
    elsewhere = "/staff/centres/TJ"
    send(manager, elsewhere, 409, do="lift", stop=stop.public_id)
    send(manager, elsewhere, 409, do="back", absence=away.public_id)
    send(manager, elsewhere, 409, do="take", absence=away.public_id, item="ALL")
    send(manager, elsewhere, 409, do="permit_done", permit="prm_x")
    send(manager, elsewhere, 409, do="near_miss_done", near_miss="nms_x", outcome="done")
    stop.refresh_from_db()
    assert stop.lifted_at is None
    assert Absence.objects.exists()


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59"])
def test_a_stop_that_leads_out_of_the_calendar_is_refused(centre: Centre, until: str) -> None:
    """Kept in the year 10000, it could not be read again, and no page of the centre opened."""
    dora = sign_in_staff(centre.world.dora)
    send(
        dora, PAGE, 409, do="stop", zone=str(centre.hall.id), reason="查原因",
        **{"from": "2026-02-12T09:00", "until": until},
    )  # fmt: skip
    assert not SlotStop.objects.exists()


def test_an_unknown_form_is_not_found(centre: Centre) -> None:
    send(sign_in_staff(centre.world.dora), PAGE, 404, do="explode")


def test_promises_at_risk_asked_first_and_loads(centre: Centre) -> None:
    world = centre.world
    order = factories.make_order(world, "PR26AA", state="BUILT")
    today = factories.today()
    factories.make_promise(
        order, from_date=today, until_date=today, latest_date=today + factories.DAY
    )
    far = factories.make_order(world, "FA26AA")
    factories.make_promise(far)
    factories.move_promise(world, far)
    Inquiry.objects.create(
        order=far, about="DATE", asked_at=factories.NOW - dt.timedelta(minutes=10)
    )
    booked(world, "AA26AA", tomorrow(10))
    page = read(sign_in_staff(world.dora), DAY)
    assert "后天前到期的承诺（1）" in page
    assert "PR26AA" in page
    assert "FA26AA" not in page
    assert "1 次通知里 1 次" in page
    assert "1 / 12" in page
    english = read(sign_in_staff(world.dora), f"{DAY}&lang=en")
    assert "Promises due within 48 hours (1)" in english
    assert "1 of 12" in english


def test_nobody_is_ranked(centre: Centre) -> None:
    """People stand in the order of their hours and names, however many cars they handed over."""
    for hour in (9, 11, 13):
        done = booked(centre.world, f"A{hour}6AA", tomorrow(hour))
        assert done.staff_id == centre.world.dora.id
    page = read(sign_in_staff(centre.world.dora), DAY)
    duty = page[page.index("当班</h2>") :]
    assert duty.index("王敏") < duty.index("周青")
