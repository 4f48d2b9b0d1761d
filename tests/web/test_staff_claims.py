"""S8, claims: the register, evidence, signatures, publishing and ending, through staff's pages."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.contexts.claims.statements import (
    PDF,
    Signers,
    make_signers,
    open_one,
    prove,
    publish_one,
)
from tests.contexts.claims.test_posts import report
from tests.factories import DAY, NOW, World, make_world
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.claims.models import Claim, Commitment, Evidence
from yinuo.contexts.claims.operations import conflicts, posts
from yinuo.contexts.claims.operations.conflicts import Breaking
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
AT = "/staff/claims/pay-after-inspection"
LAYOUT = {
    "claim_px": "32",
    "condition_px": "32",
    "claim_ink": "#14202E",
    "claim_ground": "#ffffff",
    "condition_ink": "#14202e",
    "condition_ground": "#ffffff",
    "same_screen": "yes",
}
TYPED = {
    "code": "pay-after-inspection",
    "topic": "BALANCE",
    "speaker": "stf_speaker",
    "owner": "stf_lawyer",
    "text": "支持验车后付尾款。",
    "unconditional": "yes",
    "channel": "LIVE",
    "url": "https://car.example.cn/live/0515",
    "expires": "2026-12-31",
    **LAYOUT,
}


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return make_world()


@pytest.fixture
def people(world: World) -> Signers:
    return make_signers(world.manager)


def upload(client: Client, at: str, status: int, **fields: str) -> str:
    """Send a report as evidence."""
    file = SimpleUploadedFile("wt.pdf", PDF, "application/pdf")
    sent = {"do": "evidence", "title": "风洞报告", "made": "2026-01-12", **fields}
    answer = client.post(at, {**sent, "file": file})
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


@pytest.mark.need(48, 57, 121)
def test_from_a_draft_to_the_public_page(people: Signers) -> None:
    manager, engineer, lawyer = (
        sign_in_staff(one) for one in (people.manager, people.engineer, people.lawyer)
    )
    assert "还没有登记过" in read(manager, "/staff/claims")
    assert send(manager, "/staff/claims/new", 302, **TYPED) == AT
    assert "名字 pay" not in read(manager, AT)
    page = read(manager, AT)
    for words in ("还缺", "证据", "工程签字", "法务签字", "高峰说的", "唐宁负责"):
        assert words in page
    assert "还不能发布。还缺：证据" in send(manager, AT, 409, do="publish")
    upload(manager, AT, 302)
    row = Evidence.objects.get()
    assert b"".join(manager.get(f"{AT}/evidence/{row.public_id}")) == PDF
    send(engineer, AT, 302, do="sign", side="ENGINEERING")
    assert "这个签字要由法务来签" in send(engineer, AT, 409, do="sign", side="LEGAL")
    send(lawyer, AT, 302, do="sign", side="LEGAL")
    assert "齐了，可以发布" in read(lawyer, AT)
    send(lawyer, AT, 302, do="publish")
    public = read(Client(), "/public/claims/pay-after-inspection")
    assert "支持验车后付尾款。" in public
    assert "另有 1 份证据没有公开" in public
    assert "确认没有个人信息" in send(lawyer, AT, 409, do="open", evidence=row.public_id)
    send(lawyer, AT, 302, do="open", evidence=row.public_id, looked="yes")
    assert row.sha256 in read(Client(), "/public/claims/pay-after-inspection")
    # The next version, as a correction, then the end of it.
    send(manager, AT, 302, do="draft", **{**TYPED, "text": "先验车，满意再付尾款。"})
    send(engineer, AT, 302, do="sign", side="ENGINEERING")
    send(lawyer, AT, 302, do="sign", side="LEGAL")
    send(lawyer, AT, 302, do="publish", corrects="yes")
    send(lawyer, AT, 302, do="end", why_code="REPLACED", why="写进了合同正文")
    public = read(Client(), "/public/claims/pay-after-inspection")
    for words in ("支持验车后付尾款。", "先验车，满意再付尾款。", "写进了合同正文"):
        assert words in public


@pytest.mark.need(57)
def test_who_may_do_what(world: World, people: Signers) -> None:
    publish_one(people)
    at = "/staff/claims/hood-duct"
    dora, speaker = sign_in_staff(world.dora), sign_in_staff(people.speaker)
    assert "法务" in read(dora, "/staff/claims/new", 403)
    read(dora, f"{at}/bundle.zip", 403)
    assert "风洞报告" in read(dora, at)
    for client, do in (
        (dora, "draft"),
        (dora, "evidence"),
        (speaker, "sign"),
        (speaker, "publish"),
        (speaker, "archive"),
        (speaker, "end"),
        (speaker, "hold"),
        (speaker, "owner"),
        (speaker, "open"),
        (speaker, "drop"),
    ):
        send(client, at, 403, do=do)
    assert Claim.objects.get().ended_at is None
    # Customers and strangers find no staff page at all.
    for client in (sign_in(world.alice), sign_in(world.bob), sign_in(world.carol), Client()):
        for path in ("/staff/claims", at, f"{at}/bundle.zip", "/staff/commitments"):
            assert client.get(path).status_code == 302, path
        assert client.post(at, {"do": "end"}).status_code == 302


@pytest.mark.need(137)
def test_the_bundle_names_every_file_by_digest_and_entry(people: Signers) -> None:
    publish_one(people)
    inside = prove(people, content=b"%PDF-1.4\ninside\n%%EOF\n")
    at = "/staff/claims/hood-duct"
    lawyer = sign_in_staff(people.lawyer)
    send(lawyer, at, 302, do="hold", why="（2025）0108 号案")
    assert "依法保全中" in read(lawyer, at)
    assert "依法保全中" in read(lawyer, "/staff/claims")
    file = b"".join(lawyer.get(f"{at}/bundle.zip"))
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        for one in (*manifest["versions"], *manifest["evidence"]):
            assert hashlib.sha256(archive.read(one["file"])).hexdigest() == one["sha256"]
            assert "entry" in one
        for name, digest in manifest["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert set(archive.namelist()) == {
            "README.txt",
            "manifest.json",
            "texts/1.txt",
            *(one["file"] for one in manifest["evidence"]),
        }
    assert manifest["holds"][0]["why"] == "（2025）0108 号案"
    assert {one["side"] for one in manifest["versions"][0]["signatures"]} == {
        "ENGINEERING",
        "LEGAL",
    }
    send(lawyer, at, 409, do="drop", evidence=inside.public_id)
    send(lawyer, at, 302, do="hold", lift="yes", why="判决生效")
    assert "依法保全中" not in read(lawyer, at)
    assert lawyer.get("/staff/claims/nothing/bundle.zip").status_code == 404


@pytest.mark.need(49)
def test_words_and_small_print_are_pointed_at(people: Signers) -> None:
    manager = sign_in_staff(people.manager)
    typed = {
        **TYPED,
        "text": "最安全的车，自动驾驶",
        "condition": "以实物为准",
        "condition_px": "12",
    }
    send(manager, "/staff/claims/new", 302, **typed)
    page = read(manager, AT)
    for words in (
        "条件的字比正文小",
        "有收回承诺的话：以实物为准",
        "这些词请法务看过再签",
        "辅助驾驶不能说成自动驾驶",
    ):
        assert words in page


def test_nothing_typed_is_lost_and_nothing_is_done_twice(people: Signers) -> None:
    manager = sign_in_staff(people.manager)
    page = send(manager, "/staff/claims/new", 409, **{**TYPED, "code": "Bad Name"})
    for words in ("名字只用小写字母", "支持验车后付尾款。", "https://car.example.cn/live/0515"):
        assert words in page
    key = {"request_key": "k1"}
    send(manager, "/staff/claims/new", 302, **TYPED, **key)
    send(manager, "/staff/claims/new", 302, **TYPED, **key)
    assert Claim.objects.count() == 1
    bad = send(manager, AT, 409, do="draft", **{**TYPED, "url": "not an address"})
    assert "not an address" in bad
    assert "网址以 http 开头" in bad
    for fields in ({"made": "nonsense"}, {"until": "nonsense"}, {"title": " "}):
        assert "请写明标题" in upload(manager, AT, 409, **fields)
    assert manager.post(AT, {"do": "nonsense"}).status_code == 404
    assert manager.get("/staff/claims/nothing").status_code == 404
    assert manager.get(f"{AT}/evidence/evd_none").status_code == 404


@pytest.mark.need(57, 140)
def test_what_was_said_already_and_who_answers_for_it(people: Signers) -> None:
    lawyer = sign_in_staff(people.lawyer)
    send(lawyer, "/staff/claims/new", 302, **TYPED)
    send(lawyer, AT, 302, do="archive")
    assert "没有经过审核就说了" in read(Client(), "/public/claims/pay-after-inspection")
    send(lawyer, AT, 302, do="owner", owner="stf_manager")
    assert Claim.objects.get().owner == people.manager
    send(lawyer, AT, 409, do="owner", owner="stf_nobody")


@pytest.mark.need(49)
def test_what_is_due_stands_on_todays_list_until_it_is_done(world: World, people: Signers) -> None:
    manager, dora = sign_in_staff(people.manager), sign_in_staff(world.dora)
    typed = {
        "what_zh": "海报条件改到一样大",
        "what_en": "Equal print",
        "owner": "stf_manager",
        "due": "2026-02-13",
        "request_key": "k2",
    }
    send(dora, "/staff/commitments/new", 403, **typed)
    assert "请写明谁做" in send(manager, "/staff/commitments/new", 409, **{**typed, "due": "?"})
    send(manager, "/staff/commitments/new", 302, **typed)
    send(manager, "/staff/commitments/new", 302, **typed)
    row = Commitment.objects.get()
    publish_one(people)
    found = Breaking("hood-duct", "car-sale-3", "balance-7-days", "七日付清", "pay in 7 days")
    conflicts.note(found=[found], now=NOW)
    hidden = report(reviewer=people.lawyer.public_id)
    posts.appeal(public_id=hidden.public_id, code=hidden.code, words="请再看", now=NOW)
    page = read(manager, "/staff/")
    for words in ("海报条件改到一样大", "七日付清", "和合同矛盾", "帖子申诉"):
        assert words in page
    clock.set_test_clock(at=NOW + 5 * DAY, running=False)
    assert "到期了，还看不到结果" in read(manager, "/staff/commitments")
    assert "海报条件改到一样大" in read(manager, "/staff/claims")
    at = f"/staff/commitments/{row.public_id}"
    send(dora, at, 403, how="DONE", proof="x")
    assert "在哪里看得到" in send(manager, at, 409, how="DONE", proof=" ")
    send(manager, at, 302, how="DONE", proof="门店海报 2026-02 版")
    assert "海报条件改到一样大" not in read(manager, "/staff/")


@pytest.mark.need(49, 121)
def test_a_statement_that_runs_out_is_somebodys_task(people: Signers) -> None:
    publish_one(people)
    manager = sign_in_staff(people.manager)
    assert "说法要到期" not in read(manager, "/staff/")
    clock.set_test_clock(at=NOW + 320 * DAY, running=False)
    assert "说法要到期" in read(manager, "/staff/")


@pytest.mark.need(6)
def test_appeals_are_decided_by_somebody_else(world: World, people: Signers) -> None:
    hidden = report(reviewer=people.lawyer.public_id)
    posts.appeal(public_id=hidden.public_id, code=hidden.code, words="是我自己的号码", now=NOW)
    at = f"/staff/moderation/{hidden.public_id}"
    dora, lawyer, manager = (
        sign_in_staff(one) for one in (world.dora, people.lawyer, people.manager)
    )
    assert "是我自己的号码" in read(manager, "/staff/moderation")
    send(dora, at, 403, outcome="RESTORED", why="号码是作者自己的")
    assert "不能决定申诉" in send(lawyer, at, 409, outcome="UPHELD", why="号码是别人的")
    assert "批评不是维持隐藏的理由" in send(manager, at, 409, outcome="UPHELD", why="影响品牌形象")
    send(manager, at, 302, outcome="RESTORED", why="号码是作者自己的")
    page = read(Client(), f"/public/moderation/{hidden.public_id}")
    assert "恢复显示" in page
    assert "号码是作者自己的" in page
    assert manager.post("/staff/moderation/pst_none", {"why": "x"}).status_code == 404


def test_the_register_asks_no_more_for_more_statements(
    people: Signers, django_assert_max_num_queries: object
) -> None:
    for number in range(4):
        open_one(people, f"claim-{number}")
        prove(people, f"claim-{number}")
    manager = sign_in_staff(StaffMember.objects.get(public_id="stf_manager"))
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        read(manager, "/staff/claims")
