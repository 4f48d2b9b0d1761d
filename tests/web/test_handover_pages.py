"""C8 through HTTP: inspect, decide, sign, and only then pay; strangers find nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests import factories, handovers
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.handover.models import Answer, Evidence, Inspection, Signature, Upload
from yinuo.contexts.handover.operations import evidence
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill
from yinuo.platform import clock, parts, uploads
from yinuo.platform.installation import mark_demo
from yinuo.workflows import disclosure

NOW = handovers.NOW
HOME = "/o/SH26XN/handover"
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture(autouse=True)
def _stopped_clock(db: None) -> None:
    clock.set_test_clock(at=NOW, running=False)


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


@pytest.fixture
def inspection(world: factories.World, order: Order) -> Inspection:
    return handovers.begin(order, world)


@pytest.fixture
def alice(world: factories.World) -> Client:
    return sign_in(world.alice)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


@pytest.mark.need(13, 27)
def test_the_whole_way_in_a_few_taps(alice: Client, inspection: Inspection) -> None:
    mark_demo(seed=1, scale=1, started_at=NOW)
    page = read(alice, HOME)
    assert "没签字就没有付款按钮，也不会因为没付款取消订单。" in page
    at = f"{HOME}/check/outside"
    taps = 0
    for group in checking.from_record(inspection.checklist):
        assert at == f"{HOME}/check/{group.code}"
        read(alice, at)
        at = send(alice, at, 302, **{check.code: "GOOD" for check in group.checks})
        taps += len(group.checks) + 1
    assert (at, taps) == (f"{HOME}/decide", 30)
    page = read(alice, at)
    at = send(alice, at, 302, taken="TAKE", version=hidden(page, "version"))
    page = read(alice, at)
    fields = {name: hidden(page, name) for name in ("version", "document")}
    at = send(alice, at, 302, name="陈安", **fields)
    page = read(alice, at)
    assert "尾款 240,900 元" in page
    at = send(alice, at, 302, provider="SANDBOX", request_key=hidden(page, "request_key"))
    assert at.startswith("/pay/sandbox/")
    assert Signature.objects.count() == Bill.objects.filter(kind="BALANCE").count() == 1


@pytest.mark.need(13, 134)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_pay_address_tried_early_says_to_inspect_first(
    alice: Client, inspection: Inspection, method: str
) -> None:
    answer = getattr(alice, method)(f"{HOME}/pay", {"provider": "SANDBOX"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "还不用付款。先验车。" in page
    assert "<form" not in page
    assert not Bill.objects.filter(kind="BALANCE").exists()


@pytest.mark.need(27, 30)
def test_a_refused_car_has_three_ways_and_nothing_to_pay(
    alice: Client, inspection: Inspection
) -> None:
    version = str(handovers.answer_all(inspection, boot="三次都打不开").version)
    at = send(alice, f"{HOME}/decide", 302, taken="REFUSE", version=version, words="修好再说")
    page = read(alice, at)
    assert "您没有收车，不用付款。2月13日 18:00 前给您三个办法：修好再验、换一台、退款。" in page
    assert "拒收或解除合同" in page
    assert f"{HOME}/pay" not in page
    assert "还不用付款。先验车。" in read(alice, f"{HOME}/pay")


def test_deciding_and_signing_on_an_old_page_keeps_what_was_typed(
    alice: Client, inspection: Inspection
) -> None:
    old = handovers.look(inspection.order)
    version = handovers.answer_all(inspection).version
    page = send(alice, f"{HOME}/decide", 409, taken="TAKE", version="1", words="我的话")
    assert "我的话" in page
    assert "清单在您签字前改过，请再看一遍。" in page
    send(alice, f"{HOME}/decide", 302, taken="TAKE", version=str(version))
    page = send(
        alice,
        f"{HOME}/sign",
        409,
        name="陈安安",
        version=str(old.version),
        document=old.document_sha256,
    )
    assert "清单在您签字前改过，请再看一遍。" in page
    assert "陈安安" in page
    assert not Signature.objects.exists()


def test_a_signature_twice_leads_to_the_same_payment(alice: Client, inspection: Inspection) -> None:
    handovers.answer_all(inspection)
    handovers.decide(inspection.order)
    page = read(alice, f"{HOME}/sign")
    fields = {name: hidden(page, name) for name in ("version", "document")}
    for _ in range(2):
        assert send(alice, f"{HOME}/sign", 302, name="陈安", **fields) == f"{HOME}/pay"
    assert Bill.objects.filter(kind="BALANCE").count() == 1


def test_an_amount_that_differs_is_not_asked_for(world: factories.World, alice: Client) -> None:
    order = handovers.make_car(world)
    handovers.make_contract(world, order)
    handovers.pay_deposit(order, 400_000)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    handovers.sign(order)
    page = read(alice, f"{HOME}/pay")
    assert "金额和合同不一样" in page
    assert "<form" not in page


PAGES = ("", "/check/outside", "/decide", "/pay", "/keys", "/record.pdf")


@pytest.mark.parametrize("path", PAGES)
def test_the_household_and_staff_read_and_a_stranger_finds_nothing(
    world: factories.World, inspection: Inspection, path: str
) -> None:
    handovers.answer_all(inspection)
    for reader in (sign_in(world.alice), sign_in(world.bob), sign_in_staff(world.dora)):
        assert reader.get(HOME + path).status_code == 200
    assert sign_in(world.carol).get(HOME + path).status_code == 404
    assert Client().get(HOME + path).status_code == 302


ACTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/check/outside", {"paint": "PROBLEM"}),
    ("/decide", {"taken": "REFUSE", "version": "7"}),
    ("/sign", {"name": "陈波", "version": "7", "document": "x"}),
    ("/pay", {"provider": "SANDBOX"}),
    ("/again", {}),
    ("/helper", {"name": "刘"}),
    ("/uploads", {"size": "10", "check": "boot"}),
)


@pytest.mark.parametrize(("path", "fields"), ACTS)
def test_only_the_owner_acts(
    world: factories.World, inspection: Inspection, path: str, fields: dict[str, str]
) -> None:
    handovers.answer_all(inspection)
    for reader in (sign_in(world.bob), sign_in(world.carol), sign_in_staff(world.dora)):
        answer = reader.post(HOME + path, fields)
        assert answer.status_code in (302, 403, 404)
        assert answer.status_code != 302 or "/login" in answer["Location"]
    inspection.refresh_from_db()
    assert (inspection.version, inspection.state) == (7, "OPEN")
    assert not Evidence.objects.exists()
    assert not Upload.objects.exists()


def test_a_photo_comes_with_its_group_without_the_place_where_it_was_taken(
    alice: Client, world: factories.World, inspection: Inspection
) -> None:
    file = SimpleUploadedFile("a.jpg", handovers.photo(), "image/jpeg")
    answer = alice.post(
        f"{HOME}/check/escape",
        {"boot": "PROBLEM", "words-boot": "三次都打不开", "file-boot": file},
    )
    assert answer.status_code == 302
    kept = Evidence.objects.get()
    assert (kept.code, kept.media_type) == ("boot", "image/jpeg")
    with uploads.open_kept(evidence.ROOM, kept.sha256) as stored, Image.open(stored) as image:
        assert not dict(image.getexif())
    address = f"{HOME}/evidence/{kept.public_id}"
    for reader in (alice, sign_in(world.bob), sign_in_staff(world.dora)):
        shown = reader.get(address)
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
        assert "no-store" in shown["Cache-Control"]
    assert sign_in(world.carol).get(address).status_code == 404
    assert "有一项安全检查没有通过" in read(alice, HOME)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jpg", b"MZ\x90\x00 not a picture", "换一个"),
        ("a.mp4", handovers.photo(), "没有收下"),
        ("a.jpg", handovers.photo()[:200], "换一个"),
    ],
)
def test_a_file_that_lies_is_refused_and_the_answers_are_kept(
    alice: Client, inspection: Inspection, name: str, content: bytes, says: str
) -> None:
    kind = "video/mp4" if name.endswith("mp4") else "image/jpeg"
    file = SimpleUploadedFile(name, content, kind)
    answer = alice.post(
        f"{HOME}/check/outside",
        {"paint": "PROBLEM", "words-paint": "划痕", "panels": "GOOD", "file-paint": file},
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert says in page
    assert "划痕" in page
    assert Answer.objects.filter(inspection=inspection).count() == 2
    assert not Evidence.objects.exists()


def put(client: Client, address: str, content: bytes, at: int, size: int) -> dict[str, object]:
    answer = client.put(
        address,
        content,
        content_type="application/octet-stream",
        headers={"Content-Range": f"bytes {at}-{at + len(content) - 1}/{size}"},
    )
    said: dict[str, object] = json.loads(answer.content)
    return {"status": answer.status_code, **said}


@pytest.mark.need(156)
def test_a_film_over_a_bad_line_goes_on_where_it_broke_off(
    alice: Client, inspection: Inspection
) -> None:
    whole = handovers.film(3000)
    size = len(whole)
    begun = alice.post(f"{HOME}/uploads", {"size": str(size), "check": "boot"})
    assert begun.status_code == 201
    address = begun.json()["address"]
    assert put(alice, address, whole[:1000], 0, size)["received"] == 1000
    # The answer to the second part was lost; the browser asks and sends it again.
    put(alice, address, whole[1000:2000], 1000, size)
    assert alice.get(address).json() == {"received": 2000}
    assert put(alice, address, whole[1000:2000], 1000, size)["received"] == 2000
    gap = put(alice, address, whole[2500:], 2500, size)
    assert (gap["status"], gap["received"]) == (409, 2000)
    assert put(alice, address, whole[2000:], 2000, size + 1)["status"] == 409
    done = put(alice, address, whole[2000:], 2000, size)
    assert (done["status"], done["received"]) == (201, size)
    kept = Evidence.objects.get()
    assert (kept.public_id, kept.media_type) == (done["evidence"], "video/mp4")
    folder = Path(settings.STATE_DIR) / "uploads" / "parts"
    assert not list(folder.glob(f"{address.split('/')[-1]}*"))
    assert alice.get(f"{HOME}/evidence/{kept.public_id}").status_code == 200


def test_300_megabytes_are_refused_before_they_come(alice: Client, inspection: Inspection) -> None:
    answer = alice.post(f"{HOME}/uploads", {"size": str(300 * 2**20), "check": "boot"})
    assert answer.status_code == 409
    assert "最多 200 MB" in answer.json()["message"]
    assert not Upload.objects.exists()
    for size in ("0", "-5", "x", ""):
        again = alice.post(f"{HOME}/uploads", {"size": size, "check": "boot"})
        assert again.status_code == 409
    unknown = alice.post(f"{HOME}/uploads", {"size": "10", "check": "roof"})
    assert unknown.status_code == 409


def test_a_whole_of_another_kind_is_no_evidence(alice: Client, inspection: Inspection) -> None:
    content = b"#!/bin/sh\nexit 0\n"
    begun = alice.post(f"{HOME}/uploads", {"size": str(len(content)), "check": "boot"})
    answer = put(alice, begun.json()["address"], content, 0, len(content))
    assert answer["status"] == 409
    assert not Evidence.objects.exists()


def test_somebody_elses_upload_is_not_found(
    world: factories.World, alice: Client, inspection: Inspection
) -> None:
    begun = alice.post(f"{HOME}/uploads", {"size": "10", "check": "boot"})
    address = begun.json()["address"]
    carol = sign_in(world.carol)
    assert carol.get(address).status_code == 404
    answer = carol.put(address, b"x" * 10, headers={"Content-Range": "bytes 0-9/10"})
    assert answer.status_code in (302, 404)
    assert Upload.objects.get().received_bytes == 0


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes 0-9/10", (0, 10, 10)),
        ("bytes 5-9/10", (5, 10, 10)),
        ("bytes 0-10/10", None),
        ("bytes 9-5/10", None),
        ("bytes */10", None),
        ("", None),
        ("bytes 0-9999999999999999/10", None),
    ],
)
def test_content_ranges(header: str, expected: tuple[int, int, int] | None) -> None:
    assert parts.read_range(header) == expected


@pytest.mark.need(15)
def test_told_damage_stands_before_everything_with_its_photo(
    world: factories.World, alice: Client, order: Order
) -> None:
    number = disclosure.record(
        order_id=order.id,
        spot=("右后门", "right rear door"),
        words=("一处划痕", "a scratch"),
        staff_id=world.dora.id,
        now=NOW,
    )
    ref = evidence.keep_file(
        [handovers.photo()],
        claimed="",
        about=evidence.About(order.id, None, number),
        sender=evidence.Sender(staff_id=world.dora.id),
        now=NOW,
    )
    photo = f"{HOME}/evidence/{ref}"
    assert "右后门" not in read(alice, HOME)
    assert alice.get(photo).status_code == 404
    disclosure.tell(order_id=order.id, damage_id=number, staff_id=world.dora.id, now=NOW)
    page = read(alice, HOME)
    assert "到店前我们发现右后门有一处划痕，照片在这里。您可以不来。" in page
    assert photo in page
    assert alice.get(photo).status_code == 200
    found = re.search(r"/damage/(dmg_\w+)", page)
    assert found is not None
    send(alice, f"{HOME}/damage/{found[1]}", 302, answer="STAY_AWAY")
    assert "先不来，修好再说" in read(alice, HOME)
    send(alice, f"{HOME}/damage/{found[1]}", 409, answer="DANCE")
    assert (
        sign_in(world.bob).post(f"{HOME}/damage/{found[1]}", {"answer": "COME"}).status_code == 403
    )


def test_a_helper_checks_with_a_code_and_decides_nothing(
    world: factories.World, alice: Client, inspection: Inspection
) -> None:
    page = send(alice, f"{HOME}/helper", 200, name="刘子航", do="give")
    found = re.search(r'<b class="lead">(\w{10})</b>', page)
    assert found is not None
    helper = Client()
    assert helper.get("/i/list").status_code == 302
    send(helper, "/i", 409, code="WRONGCODE2")
    assert send(helper, "/i", 302, code=found[1].lower()) == "/i/list"
    assert "刘子航" in read(helper, "/i/list")
    at = send(
        helper, "/i/check/outside", 302, paint="GOOD", panels="GOOD", wheels="GOOD", lights="GOOD"
    )
    assert at == "/i/check/inside"
    assert set(Answer.objects.values_list("helper", flat=True)) == {"刘子航"}
    for path in ("", "/decide", "/sign", "/pay"):
        assert helper.get(HOME + path).status_code == 302
    send(alice, f"{HOME}/helper", 302, do="end")
    assert helper.get("/i/check/outside").status_code == 302
    assert helper.post("/i/check/outside", {"paint": "PROBLEM"}).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_record_is_a_paper_for_both_sides(
    world: factories.World, inspection: Inspection, language: str
) -> None:
    alice = sign_in(world.alice, **{"Accept-Language": language})
    handovers.answer_all(inspection, tools="少一个三角牌")
    before = alice.get(f"{HOME}/record.pdf").content
    handovers.decide(inspection.order, "TAKE_FIX")
    handovers.sign(inspection.order)
    paper = alice.get(f"{HOME}/record.pdf")
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    assert paper.content != before
    assert paper.content == sign_in_staff(world.dora).get(f"{HOME}/record.pdf").content
    assert b"STSong-Light" in paper.content
