"""V3 through HTTP: what we say in public with its evidence, and what was hidden with its appeal."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re

import pytest
from django.test import Client

from tests.contexts.claims.statements import (
    PDF,
    PLAIN,
    Signers,
    make_signers,
    open_one,
    prove,
    publish_one,
    sign_both,
)
from tests.contexts.claims.test_posts import report
from tests.factories import DAY, NOW, make_world
from tests.web.people import read, send, sign_in
from yinuo.contexts.claims.models import Evidence
from yinuo.contexts.claims.operations import commitments, conflicts, drafting, holds, publishing
from yinuo.contexts.claims.operations.conflicts import Breaking
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.people.models import Person
from yinuo.platform import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Signers:
    clock.set_test_clock(at=NOW, running=False)
    return make_signers(make_world().manager)


def change(people: Signers) -> None:
    """A second wording of the statement."""
    wording = drafting.Wording(**{**vars(PLAIN), "text": "双风道前舱盖让前轮升力减少 9%。"})
    drafting.write_draft(code="hood-duct", wording=wording, staff_id=people.manager.id, now=NOW)
    sign_both(people)
    publishing.publish(code="hood-duct", corrects=True, staff_id=people.lawyer.id, now=NOW)


@pytest.mark.need(48, 121, 140)
def test_everybody_reads_each_version_with_its_evidence_and_signatures(people: Signers) -> None:
    publish_one(people)
    change(people)
    nobody, carol = Client(), sign_in(Person.objects.get(name="高林"))
    for client in (nobody, carol):
        page = read(client, "/public/claims/hood-duct")
        for words in (
            PLAIN.text,
            "升力减少 9%",
            PLAIN.condition,
            "更正了错误",
            "工程签字：林可",
            "法务签字：唐宁",
            "正在写入公开记录",
            "风洞报告 WT-2601",
            "赵磊负责",
        ):
            assert words in page, words
    row = Evidence.objects.get()
    assert row.sha256 in read(nobody, "/public/claims/hood-duct")
    file = nobody.get(f"/public/claims/hood-duct/evidence/{row.public_id}")
    assert b"".join(file) == PDF
    assert hashlib.sha256(PDF).hexdigest() == row.sha256
    assert PLAIN.condition in read(nobody, "/public/claims")
    english = read(Client(headers={"accept-language": "en"}), "/public/claims/hood-duct")
    assert PLAIN.text_en in english
    assert f'<span lang="zh">{PLAIN.text}' in english


@pytest.mark.need(140)
def test_numbers_of_entries_stand_beside_what_they_prove(people: Signers) -> None:
    publish_one(people)
    integrate(now=NOW)
    page = read(Client(), "/public/claims/hood-duct")
    found = set(re.findall(r'href="/log/(\d+)"', page))
    # One for the words and one for the evidence.
    assert len(found) == 2
    said = json.loads(read(Client(), "/public/claims/hood-duct.json"))
    assert {str(said["versions"][0]["entry"]), str(said["evidence"][0]["entry"])} == found
    assert said["versions"][0]["blob"].endswith(said["versions"][0]["sha256"])


@pytest.mark.need(121)
def test_what_is_not_public_is_not_found(people: Signers) -> None:
    open_one(people)
    inside = prove(people)
    holds.place(code="hood-duct", why="案号一", staff_id=people.lawyer.id, now=NOW)
    for path in (
        "/public/claims/hood-duct",
        "/public/claims/hood-duct.json",
        "/public/claims/nothing",
        f"/public/claims/hood-duct/evidence/{inside.public_id}",
    ):
        assert Client().get(path).status_code == 404, path
    sign_both(people)
    publishing.publish(code="hood-duct", staff_id=people.lawyer.id, now=NOW)
    page = read(Client(), "/public/claims/hood-duct")
    assert "另有 1 份证据没有公开" in page
    for hidden in ("WT-2601", inside.sha256, inside.public_id, "案号一"):
        assert hidden not in page
        assert hidden not in read(Client(), "/public/claims.json")
    path = f"/public/claims/hood-duct/evidence/{inside.public_id}"
    assert Client().get(path).status_code == 404


@pytest.mark.need(49, 140, 142)
def test_what_is_wrong_is_said_first(people: Signers) -> None:
    publish_one(people)
    found = Breaking("hood-duct", "car-sale-3", "balance-7-days", "七日付清", "pay in 7 days")
    conflicts.note(found=[found], now=NOW)
    page = read(Client(), "/public/claims/hood-duct")
    assert "“七日付清”这一条和它矛盾" in page
    assert "赵磊负责改" in page
    conflicts.note(found=[], now=NOW)
    assert "七日付清" not in read(Client(), "/public/claims/hood-duct")
    clock.set_test_clock(at=NOW + 400 * DAY, running=False)
    assert "有效期到了" in read(Client(), "/public/claims/hood-duct")
    publishing.end(
        code="hood-duct",
        why_code="DELETED",
        why="原帖删了，改用新的实测",
        staff_id=people.lawyer.id,
        now=clock.now(),
    )
    page = read(Client(), "/public/claims/hood-duct")
    for words in ("原处已经删除", "原帖删了，改用新的实测", PLAIN.text):
        assert words in page
    assert "原处已经删除" in read(Client(), "/public/claims")
    open_one(people, "said-live", speaker=people.speaker, channel="LIVE", text="一定先验车。")
    publishing.archive(code="said-live", staff_id=people.lawyer.id, now=clock.now())
    page = read(Client(), "/public/claims/said-live")
    for words in ("没有经过审核就说了", "高峰说的", "当时还缺：有效期已经过了", "法务签字"):
        assert words in page


@pytest.mark.need(49)
def test_who_is_late_with_a_commitment_is_named(people: Signers) -> None:
    row = commitments.make(
        claim_code="",
        owner_id=people.manager.id,
        what_zh="全部海报的条件改到和正文一样大",
        what_en="Print conditions as large as claims",
        due_date=NOW.date() + dt.timedelta(days=3),
        now=NOW,
    )
    assert "说了还没做到" not in read(Client(), "/public/claims")
    clock.set_test_clock(at=NOW + 5 * DAY, running=False)
    page = read(Client(), "/public/claims")
    assert "说了还没做到" in page
    assert "赵磊负责，2月14日前做完" in page
    commitments.close(
        public_id=row.public_id,
        done=True,
        proof="门店海报 2026-02 版",
        staff_id=people.manager.id,
        now=clock.now(),
    )
    page = read(Client(), "/public/claims")
    assert "说了还没做到" not in page
    assert "门店海报 2026-02 版" in page


@pytest.mark.need(6, 73)
def test_counts_by_rule_are_public_and_the_author_appeals(people: Signers) -> None:
    hidden = report(reviewer=people.lawyer.public_id)
    page = read(Client(), "/public/moderation")
    assert "批评我们，不是隐藏帖子的理由" in page
    assert "隐藏 1 条，申诉 0 次，恢复 0 条" in page
    at = f"/public/moderation/{hidden.public_id}"
    assert "帖子里有另一位车友的手机号" in read(Client(), at)
    assert hidden.code not in read(Client(), at)
    assert "申诉码不对" in send(Client(), at, 409, code="2222222222", words="是我的号码")
    assert "是我的号码" in send(Client(), at, 409, code="", words="是我的号码")
    send(Client(), at, 302, code=hidden.code.lower(), words="是我的号码")
    page = read(Client(), at)
    assert "赵磊在看，2月14日" in page
    # What the author wrote is for whoever decides.
    assert "是我的号码" not in page
    said = json.loads(read(Client(), f"{at}.json"))
    assert said["appeal"]["outcome"] == ""
    assert "decider_id" not in said["appeal"]
    assert json.loads(read(Client(), "/public/moderation.json"))["rules"][1]["appeals"] == 1
    for path in ("/public/moderation/pst_none", "/public/moderation/pst_none.json"):
        assert Client().get(path).status_code == 404


def test_codes_are_not_found_by_trying(people: Signers) -> None:
    hidden = report(reviewer=people.lawyer.public_id)
    at = f"/public/moderation/{hidden.public_id}"
    for _ in range(20):
        send(Client(), at, 409, code="2222222222", words="x")
    assert "试的次数太多" in send(Client(), at, 409, code=hidden.code, words="x")


def test_lists_ask_the_database_no_more_for_more_claims(
    people: Signers, django_assert_max_num_queries: object
) -> None:
    publish_one(people)
    for number in range(4):
        publish_one(people, f"claim-{number}")
    for path in ("/public/claims", "/public/claims.json", "/public/moderation"):
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            read(Client(), path)
