"""S2, the hand-over: staff begin it, tell damage first, send a film, give the keys."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import factories, handovers
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.handover.models import (
    Damage,
    Diagnosis,
    Inspection,
    RemoteLook,
    SafetySignal,
)
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Decision
from yinuo.platform import clock
from yinuo.workflows import handover, inspecting

NOW = handovers.NOW
PAGE = "/staff/orders/SH26XN/handover"
DAMAGE = {
    "do": "damage",
    "spot_zh": "右后门",
    "spot_en": "right rear door",
    "words_zh": "一处划痕",
    "words_en": "a scratch",
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


@pytest.fixture
def dora(world: factories.World) -> Client:
    return sign_in_staff(world.dora)


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", handovers.photo(), "image/jpeg")


@pytest.mark.need(15)
def test_damage_is_told_with_its_photo_before_the_inspection_begins(
    world: factories.World, dora: Client, order: Order
) -> None:
    page = send(dora, PAGE, 409, **DAMAGE)
    assert "没有收到文件" in page
    assert "右后门" in page
    assert Damage.objects.get().told_at is None
    assert "没有收到文件" in send(dora, PAGE, 409, **DAMAGE)
    assert Damage.objects.count() == 1, "tried again without its photo, it is no second damage"
    page = send(dora, PAGE, 409, do="begin")
    assert "先告诉，再验车" in page
    damage = Damage.objects.get().public_id
    assert dora.post(PAGE, {"do": "tell", "damage": damage, "file": photo()}).status_code == 302
    assert Damage.objects.get().photos.count() == 1
    assert "到店前我们发现右后门有一处划痕，照片在这里。" in read(
        sign_in(world.alice), "/o/SH26XN/handover"
    )
    assert send(dora, PAGE, 302, do="begin") == PAGE
    assert Inspection.objects.get().opened_by == world.dora


@pytest.mark.need(156)
def test_a_film_before_the_trip_and_what_the_customer_says_to_it(
    world: factories.World, dora: Client, order: Order
) -> None:
    assert dora.post(PAGE, {"do": "film", "file": photo(), "findings": "好"}).status_code == 409
    for _sent_twice in range(2):
        film = SimpleUploadedFile("a.mp4", handovers.film(), "video/mp4")
        sent = {"do": "film", "file": film, "findings": "外观完好，续航 98%"}
        assert dora.post(PAGE, sent).status_code == 302
    alice = sign_in(world.alice)
    home = "/o/SH26XN/handover"
    page = read(alice, home)
    assert "外观完好，续航 98%" in page
    look = RemoteLook.objects.get()
    assert alice.get(f"{home}/evidence/{look.film.public_id}").status_code == 200
    for said, words in (("ASK", "轮胎看不清"), ("REFUSE", "不要这台"), ("COME", "")):
        send(alice, f"{home}/look/{look.public_id}", 302, answer=said, words=words)
        look.refresh_from_db()
        assert (look.answer, look.words) == (said, words)
        assert (look.answer_by_at is None) == (said == "COME")
    send(alice, f"{home}/look/{look.public_id}", 409, answer="BUY")


@pytest.mark.need(83)
def test_promised_features_are_stated_before_they_are_tried(
    world: factories.World, dora: Client, order: Order
) -> None:
    handovers.begin(order, world)
    send(dora, PAGE, 302, do="feature", feature="feature_key", enabled="yes")
    send(dora, PAGE, 409, do="feature", feature="feature_assist", enabled="no")
    send(dora, PAGE, 409, do="feature", feature="boot", enabled="yes")
    for _sent_twice in range(2):
        send(dora, PAGE, 302, do="feature", feature="feature_assist", enabled="no", by="2026-03-01")
    assert handovers.look(order).version == 3, "what is stated twice changes nothing"
    page = read(sign_in(world.alice), "/o/SH26XN/handover/check/features")
    assert "今天能用" in page
    assert "今天还不能用，3月1日 前开通" in page
    document = handovers.look(order).document
    assert '"by":"2026-03-01","check":"feature_assist","enabled":false' in document


@pytest.mark.need(29)
def test_no_fault_needs_a_picture_and_a_colleague(
    world: factories.World, dora: Client, order: Order
) -> None:
    handovers.answer_all(handovers.begin(order, world), screens="重启三次还是黑")
    said = {"do": "judge", "check": "screens", "finding": "NO_FAULT", "words": "软件没有任何问题"}
    page = send(dora, PAGE, 409, **said)
    assert "要有影像，还要另一个人看过" in page
    assert not Diagnosis.objects.exists()
    for _sent_twice in range(2):
        shown = {**said, "second": str(world.manager.id), "file": photo()}
        assert dora.post(PAGE, shown).status_code == 302
    assert Diagnosis.objects.count() == 1
    page = read(sign_in(world.alice), "/o/SH26XN/handover/check/inside")
    assert "重启三次还是黑" in page
    assert "我们两个人查过" in page


@pytest.mark.need(28)
def test_only_quality_clears_a_signal(world: factories.World, dora: Client, order: Order) -> None:
    handovers.answer_all(handovers.begin(order, world), boot="打不开")
    number = SafetySignal.objects.get().id
    assert "后备箱" in read(dora, "/staff/quality/signals")
    clear = f"/staff/quality/signals/{number}"
    send(dora, clear, 403, words="换了锁块，试过三次")
    quality = sign_in_staff(handovers.quality())
    send(quality, clear, 409, words="好")
    send(quality, clear, 302, words="换了锁块，试过三次")
    assert SafetySignal.objects.get().cleared_words == "换了锁块，试过三次"


def test_the_keys_come_with_everything_that_belongs_to_them(
    world: factories.World, dora: Client, order: Order
) -> None:
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    handovers.sign(order)
    assert 'value="keys"' not in read(dora, PAGE)
    handover.balance_paid(order_id=order.id, now=NOW)
    page = read(dora, PAGE)
    assert 'value="keys"' in page
    send(dora, PAGE, 409, do="keys")
    done = dora.post(PAGE, {"do": "keys", "confirmed": list(handover.CONFIRMED)})
    assert done.status_code == 302
    order.refresh_from_db()
    assert order.state == "DELIVERED"
    alice = sign_in(world.alice)
    assert "钥匙交给您了" in read(alice, "/o/SH26XN/handover/keys")


@pytest.mark.need(30)
def test_asking_to_give_the_car_back_is_answered_by_articles(
    world: factories.World, order: Order
) -> None:
    home = "/o/SH26XN/handover"
    alice = sign_in(world.alice)
    handovers.answer_all(handovers.begin(order, world))
    send(alice, f"{home}/return", 409, check="boot", words="后备箱打不开，我要退车")
    handovers.decide(order)
    handovers.sign(order)
    handover.balance_paid(order_id=order.id, now=NOW)
    handover.give_keys(
        order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
    )
    assert sign_in(world.bob).post(f"{home}/return", {"check": "boot"}).status_code == 403
    send(alice, f"{home}/return", 409, check="roof", words="x")
    for _sent_twice in range(2):
        send(alice, f"{home}/return", 302, check="boot", words="后备箱打不开，我要退车")
    decision = Decision.objects.get(at="swap")
    found = {one["rule"]: one for one in decision.record["findings"]}
    # A tailgate is none of the drive assemblies for which the seventh day counts.
    assert found["3g.return7"]["answer"] == "not"
    assert found["3g.reply"]["values"]
    assert [one.words for one in handovers.look(order).statements] == ["后备箱打不开，我要退车"]
    page = read(alice, home)
    assert "您的要求和原话记下了。王敏负责" in page
    assert found["3g.reply"]["law_zh"] in page


@pytest.mark.parametrize("path", ["handover", "record.pdf"])
def test_customers_have_no_business_here(world: factories.World, order: Order, path: str) -> None:
    handovers.begin(order, world)
    for person in (world.alice, world.bob, world.carol):
        answer = sign_in(person).get(f"/staff/orders/SH26XN/{path}")
        assert answer.status_code == 302
        assert "/login" in answer["Location"]
    assert sign_in_staff(world.dora).get(f"/staff/orders/SH26XN/{path}").status_code == 200
    assert sign_in_staff(world.dora).get(f"/staff/orders/XXXXXX/{path}").status_code == 404


def test_photos_of_an_order_are_for_staff_who_are_seen_to_look(
    world: factories.World, dora: Client, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    sign_in(world.alice).post(
        "/o/SH26XN/handover/check/outside", {"paint": "PROBLEM", "file-paint": photo()}
    )
    [file] = handovers.look(order).groups[0].checks[0].evidence
    address = f"/staff/orders/SH26XN/evidence/{file.public_id}"
    looks = order.staff_looks.count()
    assert dora.get(address).status_code == 200
    assert order.staff_looks.count() > looks
    assert sign_in(world.carol).get(address).status_code == 302
    assert dora.get("/staff/orders/SH26XN/evidence/evd_none").status_code == 404
    assert inspecting.begin(order_id=order.id, staff_id=world.dora.id, now=NOW) == inspection.id
