"""C6 through HTTP: ask, confirm, decide, late, refuse, withdraw; and who may see what."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from tests.web import amendment_steps as steps
from tests.web.amendment_steps import ORDER, PAGE
from tests.web.people import read, sign_in, sign_in_staff
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.orders.models import Amendment, Buyer, Condition, Order, QueueNote
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import clock
from yinuo.workflows import buyer_change

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    made = factories.make_world()
    steps.make(made)
    return made


def kinds() -> list[str]:
    """What the order's history says, oldest first."""
    order = Order.objects.get(code=ORDER)
    return [one.kind for one in ledger.list_of_subject(order.id)]


@pytest.mark.need(11)
def test_person_becomes_company_and_keeps_the_place(world: factories.World) -> None:
    alice = sign_in(world.alice)
    before = Order.objects.get(code=ORDER)
    page = read(alice, PAGE)
    assert "改购车人不重新排队，车给您留着，不收费。办好以前不催付款。" in page
    page = read(alice, f"{PAGE}?kind=TO_COMPANY&loan=APPROVED&plate=MINE")
    assert "银行要重新批" in page
    assert "您的车牌指标不能给别人用" in page
    assert alice.post(PAGE, steps.form()).status_code == 302
    row = steps.only()
    assert (row.state, row.company_code) == ("CHECKED", steps.CODE)
    assert QueueNote.objects.get().code == "BUYER_CHANGE"
    assert Condition.objects.get().name == "BUYER_CHANGE"
    assert "材料 2月11日 09:20 收到。王敏 2月12日 18:00 前给结果。" in read(alice, PAGE)
    steps.confirm(alice, world.alice.phone)
    assert steps.only().state == "CONFIRMED"
    dora = sign_in_staff(world.manager)
    address = f"/staff/amendments/{row.public_id}"
    assert "校验位对得上" in read(dora, address)
    assert dora.post(address, {"decision": "accept"}).status_code == 302
    order = Order.objects.get(code=ORDER)
    assert (order.rank, order.line_id, order.state) == (before.rank, before.line_id, before.state)
    now_buyer = Buyer.objects.get(until_at=None)
    assert (now_buyer.company_code, now_buyer.person_id) == (steps.CODE, world.alice.id)
    assert Buyer.objects.exclude(until_at=None).get().company_code == ""
    assert QueueNote.objects.get().until_at is not None
    assert Condition.objects.get().until_at is not None
    assert "办好了，位置没有变" in read(alice, PAGE)
    assert {"amendment.asked", "amendment.decided", "order.buyer_changed"} <= set(kinds())


@pytest.mark.need(12)
def test_late_specialist_is_followed_by_the_manager_and_the_customer_is_told(
    world: factories.World,
) -> None:
    alice = sign_in(world.alice)
    alice.post(PAGE, steps.form())
    steps.confirm(alice, world.alice.phone)
    assert steps.only().owner_id == world.dora.id
    assert buyer_change.watch(now=steps.later(hours=32)) == 0
    now = steps.later(hours=1)
    assert buyer_change.watch(now=now) == 1
    assert buyer_change.watch(now=now) == 0, "safe to run twice"
    row = steps.only()
    assert (row.owner_id, row.handed_up_count, row.state) == (world.manager.id, 1, "CONFIRMED")
    assert row.answer_by_at is not None
    assert row.answer_by_at > now
    told = ledger.list_of_subject(row.order_id)[-1]
    assert told.kind == "amendment.handed_up"
    assert told.payload["late"] == world.dora.public_id
    assert "由赵磊接着办，材料都在，不用再交。" in read(alice, PAGE)
    dora = sign_in_staff(world.dora)
    assert "转到这里" in read(dora, f"/staff/amendments/{row.public_id}")


@pytest.mark.need(12)
def test_nobody_hears_nothing_for_long_even_over_a_holiday(world: factories.World) -> None:
    """From Saturday to Tuesday week nobody works; the customer still hears every two days."""
    alice = sign_in(world.alice)
    clock.set_test_clock(at=factories.NOW + 3 * factories.DAY, running=False)
    alice.post(PAGE, steps.form())
    steps.confirm(alice, world.alice.phone)
    for _ in range(9 * 24):
        buyer_change.watch(now=steps.later(hours=1))
    told = ledger.list_of_subject(steps.only().order_id)
    heard = [one.recorded_at for one in told if one.kind == "amendment.waits"]
    assert len(heard) == 4
    gaps = [second - first for first, second in pairwise(heard)]
    assert max(gaps) <= 2 * factories.DAY
    assert steps.only().handed_up_count == 0


def test_both_sides_confirm_and_each_reads_only_its_own(world: factories.World) -> None:
    alice = sign_in(world.alice)
    asked = steps.form(
        kind="TRANSFER",
        licence=None,
        company_name=None,
        company_code=None,
        to_name="高林",
        to_phone=world.carol.phone,
    )
    carol = sign_in(world.carol)
    read(carol, PAGE, 404)
    assert alice.post(PAGE, asked).status_code == 302
    page = read(carol, PAGE)
    assert "还没有确认" in page
    assert "撤回" not in page
    read(carol, f"/o/{ORDER}", 404)
    steps.confirm(alice, world.alice.phone)
    assert steps.only().state == "CHECKED"
    wrong = carol.post(PAGE, {"step": "confirm", "digits": "000000"})
    assert wrong.status_code == 409
    steps.confirm(carol, world.carol.phone)
    row = steps.only()
    assert row.state == "CONFIRMED"
    manager = sign_in_staff(world.manager)
    manager.post(f"/staff/amendments/{row.public_id}", {"decision": "accept"})
    # Old links keep working for the new buyer; the old one reads how it ended, nothing since.
    assert ORDER in read(carol, f"/o/{ORDER}")
    read(alice, f"/o/{ORDER}", 404)
    page = read(alice, PAGE)
    assert "您只能看到这次变更的结果" in page
    assert alice.post(PAGE, steps.form(request_key="req_2")).status_code == 403


def test_household_reads_stranger_finds_nothing_staff_looks(world: factories.World) -> None:
    alice, bob = sign_in(world.alice), sign_in(world.bob)
    alice.post(PAGE, steps.form())
    page = read(bob, PAGE)
    assert "材料" in page
    assert "验证码" not in page
    assert bob.post(PAGE, {"step": "withdraw"}).status_code == 403
    assert bob.post(PAGE, steps.form(request_key="req_2")).status_code == 403
    read(sign_in(world.carol), PAGE, 404)
    paper = steps.only().papers.get()
    own = alice.get(f"/papers/{paper.id}")
    assert (own.status_code, own["Content-Type"]) == (200, "image/jpeg")
    for other in (bob, sign_in(world.carol)):
        read(other, f"/papers/{paper.id}", 404)
    assert sign_in_staff(world.dora).get(f"/staff/papers/{paper.id}").status_code == 200
    assert sign_in_staff(world.manager).get(f"/staff/papers/{paper.id}").status_code == 200
    planner = StaffMember.objects.create(
        public_id="stf_p", name_zh="周", name_en="Z", phone="10000009003", role="PLANNER"
    )
    client = sign_in_staff(planner)
    read(client, f"/staff/papers/{paper.id}", 404)
    assert "证件只给负责的同事" in read(client, f"/staff/amendments/{steps.only().public_id}")
    refused = client.post(f"/staff/amendments/{steps.only().public_id}", {"decision": "accept"})
    assert refused.status_code == 409
    assert "材料" in read(sign_in_staff(world.dora), PAGE)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"company_code": "91350100M000100Y44"},
            "统一社会信用代码最后一位对不上。请再看一眼营业执照。",
        ),
        ({"company_code": "91350100M00010OY43"}, "代码里不会有字母 I、O、S、V、Z。"),
        ({"company_code": "9135010"}, "统一社会信用代码应该有 18 位。"),
        ({"licence": None}, "还差：营业执照的照片。"),
        (
            {"licence": SimpleUploadedFile("a.jpg", b"MZ" * 200, "image/jpeg")},
            "这个文件打不开，或者内容和类型不符。",
        ),
        ({"loan": "x"}, "还差：改成谁，贷款办了没有。"),
        ({"to_phone": "abc"}, "还差：对方能收短信的手机号。"),
    ],
)
def test_bad_input_is_refused_and_nothing_typed_is_lost(
    world: factories.World, changed: dict[str, object], said: str
) -> None:
    alice = sign_in(world.alice)
    answer = alice.post(PAGE, steps.form(**changed))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert said in page
    if "loan" not in changed:
        assert "天津津门贸易有限公司" in page
    assert not Amendment.objects.exists()


def test_licence_that_came_is_not_asked_for_again(world: factories.World) -> None:
    alice = sign_in(world.alice)
    page = alice.post(PAGE, steps.form(company_code="1")).content.decode()
    assert "营业执照已经收到，不用再传。" in page
    kept = page.split('name="paper" value="')[1].split('"')[0]
    assert alice.post(PAGE, steps.form(licence=None, paper=kept + "x")).status_code == 409
    assert alice.post(PAGE, steps.form(licence=None, paper=kept)).status_code == 302
    assert steps.only().papers.count() == 1


def test_too_large_is_refused(world: factories.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yinuo.platform.uploads.FILM_BYTES_MAX", 100)
    answer = sign_in(world.alice).post(PAGE, steps.form())
    assert answer.status_code == 409
    assert "文件太大" in answer.content.decode()


def test_double_submit_asks_once(world: factories.World) -> None:
    alice = sign_in(world.alice)
    for _ in range(2):
        assert alice.post(PAGE, steps.form()).status_code == 302
    assert Amendment.objects.count() == 1
    other = alice.post(PAGE, steps.form(request_key="req_2"))
    assert other.status_code == 409
    assert "正在改购车人" in other.content.decode()


def test_two_staff_at_once_decide_once(world: factories.World) -> None:
    alice = sign_in(world.alice)
    alice.post(PAGE, steps.form())
    steps.confirm(alice, world.alice.phone)
    address = f"/staff/amendments/{steps.only().public_id}"
    manager, fills = sign_in_staff(world.manager), {"decision": "refuse"}
    assert manager.post(address, fills).status_code == 409, "a refusal names its ground"
    fills["ground"] = "LICENCE_UNREADABLE"
    assert manager.post(address, fills).status_code == 302
    second = sign_in_staff(world.dora).post(address, {"decision": "accept"})
    assert second.status_code == 409
    assert "已经结束了" in second.content.decode()
    page = read(alice, PAGE)
    assert "营业执照看不清" in page
    assert "民法典第 544 条" in page
    assert "两个办法" in page
    assert not Buyer.objects.exists()
    assert Condition.objects.get().until_at is not None


def test_not_confirmed_is_not_decided_and_withdrawn_is_over(world: factories.World) -> None:
    alice = sign_in(world.alice)
    alice.post(PAGE, steps.form())
    address = f"/staff/amendments/{steps.only().public_id}"
    manager = sign_in_staff(world.manager)
    assert manager.post(address, {"decision": "accept"}).status_code == 409
    assert alice.post(PAGE, {"step": "withdraw"}).status_code == 302
    assert alice.post(PAGE, {"step": "withdraw"}).status_code == 409
    assert steps.only().state == "WITHDRAWN"
    assert alice.post(PAGE, steps.form(request_key="req_2")).status_code == 302


def test_after_the_signature_the_buyer_stays(world: factories.World) -> None:
    Order.objects.update(state="SIGNED")
    alice = sign_in(world.alice)
    assert "车已经签收" in read(alice, PAGE)
    assert alice.post(PAGE, steps.form()).status_code == 409


def test_in_english(world: factories.World) -> None:
    alice = sign_in(world.alice, **{"Accept-Language": "en"})
    assert "No payment is due until it is done." in read(alice, PAGE)
    alice.post(PAGE, steps.form())
    assert "gives you the result by" in read(alice, PAGE)
