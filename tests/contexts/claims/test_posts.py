"""Hidden posts: under which rule, with which evidence, and the appeal to somebody else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.contexts.claims.statements import Signers, make_signers, open_one, prove
from tests.contexts.claims.test_publishing import leaves
from tests.factories import DAY, NOW
from yinuo.contexts.claims.models import Appeal, HiddenPost
from yinuo.contexts.claims.operations import posts
from yinuo.contexts.claims.operations.posts import Report, Reported

pytestmark = pytest.mark.django_db
TEXT_SHA256 = "1e" * 32
SAID = Report(
    post_ref="https://club.example.cn/p/8891",
    act="HIDDEN",
    rule="PRIVACY",
    reviewer="stf_manager",
    reason="帖子里有另一位车友的手机号",
    text_sha256=TEXT_SHA256,
    acted_at=NOW - dt.timedelta(minutes=5),
)


@pytest.fixture
def people() -> Signers:
    return make_signers()


def report(key: str = "club-8891", **changed: object) -> Reported:
    said = replace(SAID, **changed)  # type: ignore[arg-type]
    return posts.report(sender="club", key=key, said=said, now=NOW)


@pytest.mark.need(6)
def test_a_hidden_post_is_recorded_without_its_text(people: Signers) -> None:
    first = report()
    again = report()
    assert again == replace(first, again=True)
    row = HiddenPost.objects.get()
    assert row.reviewer == people.manager
    [leaf] = leaves("post.hidden")
    assert leaf == {
        "v": 1,
        "t": "post.hide",
        "post": first.public_id,
        "code": "PRIVACY",
        "seal": row.seal,
    }
    # Nobody who tries texts finds this one: the digest stands under a salt of its own.
    assert TEXT_SHA256 not in str(leaf)
    with pytest.raises(posts.AnotherReport):
        report(reason="广告内容，卖的是别的东西")
    with pytest.raises(DatabaseError), transaction.atomic():
        HiddenPost.objects.update(reason="x")


@pytest.mark.need(6, 73)
@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"rule": "CRITICISM"}, posts.NoSuchRule),
        ({"rule": "OTHER"}, posts.NoSuchRule),
        ({"reason": "影响品牌形象，带节奏"}, posts.CriticismIsNoReason),
        ({"reason": "不好"}, posts.ReportNotReadable),
        ({"reason": "贴了 13812345678 这个号码"}, posts.ReportNotReadable),
        ({"reviewer": "stf_nobody"}, posts.ReportNotReadable),
        ({"act": "SHADOWED"}, posts.ReportNotReadable),
        ({"text_sha256": "全文在这里"}, posts.ReportNotReadable),
        ({"post_ref": ""}, posts.ReportNotReadable),
        ({"acted_at": NOW + DAY}, posts.ReportNotReadable),
        ({"rule": "BOTS"}, posts.BotsNeedEvidence),
        ({"rule": "BOTS", "evidence": "evd_none"}, posts.BotsNeedEvidence),
        ({"evidence": "evd_none"}, posts.BotsNeedEvidence),
    ],
)
def test_what_is_no_reason(
    people: Signers, changed: dict[str, Any], refusal: type[Exception]
) -> None:
    assert people.manager.public_id == SAID.reviewer
    with pytest.raises(refusal):
        report(**changed)
    assert not HiddenPost.objects.exists()
    assert leaves("post.hidden") == []


@pytest.mark.need(73)
def test_who_says_bots_shows_it_first(people: Signers) -> None:
    open_one(people)
    inside = prove(people)
    with pytest.raises(posts.BotsNeedEvidence):
        report(rule="BOTS", reason="一小时内同一文字 400 次", evidence=inside.public_id)
    shown = prove(people, public=True)
    report(rule="BOTS", reason="一小时内同一文字 400 次", evidence=shown.public_id)
    assert HiddenPost.objects.get().evidence == shown
    with pytest.raises(DatabaseError), transaction.atomic():
        HiddenPost.objects.update(evidence=None)


@pytest.mark.need(6)
def test_somebody_else_decides_an_appeal(people: Signers) -> None:
    hidden = report(reviewer=people.lawyer.public_id)
    for code in ("", "AAAAAAAAAA", hidden.code[:-1]):
        with pytest.raises(posts.WrongCode):
            posts.appeal(public_id=hidden.public_id, code=code, words="是我自己的号码", now=NOW)
    with pytest.raises(posts.WrongCode):
        posts.appeal(public_id="pst_none", code=hidden.code, words="x", now=NOW)
    with pytest.raises(posts.AppealNeedsWords):
        posts.appeal(public_id=hidden.public_id, code=hidden.code, words=" ", now=NOW)
    typed = f" {hidden.code.lower()[:5]}-{hidden.code.lower()[5:]} "
    row = posts.appeal(public_id=hidden.public_id, code=typed, words="是我自己的号码", now=NOW)
    assert row.decider == people.manager
    assert row.due_at == NOW + dt.timedelta(days=3)
    assert posts.appeal(public_id=hidden.public_id, code=typed, words="x", now=NOW).id == row.id

    def decide(staff_id: int, why: str, *, restore: bool) -> Appeal:
        return posts.decide(
            public_id=hidden.public_id, restore=restore, why=why, staff_id=staff_id, now=NOW
        )

    with pytest.raises(posts.NotYours):
        decide(people.lawyer.id, "号码是别人的", restore=False)
    for why in (" ", "会影响品牌形象", "13812345678 是别人的"):
        with pytest.raises(posts.DecisionNeedsReason):
            decide(people.manager.id, why, restore=False)
    decided = decide(people.manager.id, "号码是作者自己的", restore=True)
    assert decided.outcome == "RESTORED"
    assert leaves("post.appealed")[0]["code"] == "RESTORED"
    with pytest.raises(posts.AppealNotOpen):
        decide(people.manager.id, "再来一次", restore=False)


def test_appeals_go_to_legal_first_and_to_nobody_where_nobody_is(people: Signers) -> None:
    hidden = [report(f"club-{n:05}") for n in range(4)]
    named = [
        posts.appeal(public_id=one.public_id, code=one.code, words="请再看", now=NOW).decider
        for one in hidden
    ]
    # The manager hid them; legal comes before executives.
    assert set(named) == {people.lawyer}
    people.lawyer.active = people.speaker.active = False
    people.lawyer.save()
    people.speaker.save()
    last = report("club-last1")
    with pytest.raises(posts.NobodyElse):
        posts.appeal(public_id=last.public_id, code=last.code, words="请再看", now=NOW)
