"""What the pages of public statements are looked at with: good, contradicted, unreviewed, ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests import factories
from tests.contexts.claims.statements import (
    PLAIN,
    Signers,
    make_signers,
    open_one,
    prove,
    publish_one,
    sign_both,
)
from tests.contexts.claims.test_posts import report
from tests.factories import DAY, NOW
from yinuo.contexts.claims.models import Claim
from yinuo.contexts.claims.operations import (
    commitments,
    conflicts,
    drafting,
    holds,
    posts,
    publishing,
)
from yinuo.contexts.claims.operations.conflicts import Breaking

HOOD, LIVE, OVER, DRAFT = "hood-duct", "said-live", "first-pay", "charge-12"
# The public name of the first hidden post is drawn by lot, as are those of evidence.
PUBLIC_PAGES = [
    "/public/claims",
    f"/public/claims/{HOOD}",
    f"/public/claims/{LIVE}",
    f"/public/claims/{OVER}",
    "/public/moderation",
    "/public/moderation/<post>",
    "/public/moderation/<appealed>",
]
STAFF_PAGES = [f"/staff/claims/{HOOD}"]
# Whoever signs for legal sees every form.
LAWYERS_PAGES = [
    "/staff/claims",
    "/staff/claims/new",
    f"/staff/claims/{HOOD}",
    f"/staff/claims/{DRAFT}",
    "/staff/commitments",
    "/staff/moderation",
]


def build(world: factories.World) -> Signers:
    """Four statements, three commitments, three hidden posts; returns who signs."""
    people = make_signers(world.manager)
    publish_one(people, HOOD)
    wording = replace(PLAIN, text="双风道前舱盖让前轮升力减少 9%。", text_en="It takes 9% off.")
    drafting.write_draft(code=HOOD, wording=wording, staff_id=people.manager.id, now=NOW)
    sign_both(people, HOOD)
    publishing.publish(code=HOOD, corrects=True, staff_id=people.lawyer.id, now=NOW)
    prove(people, HOOD, content=b"%PDF-1.4\nkept inside\n%%EOF\n")
    _others(people)
    _commitments(people)
    _posts(people)
    return people


def _others(people: Signers) -> None:
    """What was said live, what is over and contradicted, what waits for its signatures."""
    said = "高管直播里说，所有车主都先验车，再付尾款。"
    open_one(people, LIVE, speaker=people.speaker, channel="LIVE", text=said)
    publishing.archive(code=LIVE, staff_id=people.lawyer.id, now=NOW)
    publish_one(people, OVER, topic="REMEDY", text="锁单后 72 小时内可以无条件取消。")
    found = Breaking(HOOD, "car-sale-3", "balance-7-days", "七日付清", "pay in 7 days")
    conflicts.note(found=[found], now=NOW)
    publishing.end(
        code=OVER,
        why_code="DELETED",
        why="原帖删了，换成订单确认页上的说法",
        staff_id=people.lawyer.id,
        now=NOW,
    )
    open_one(people, DRAFT, text="充电 12 分钟，补能 400 公里。", expires_date=None)
    prove(people, DRAFT)
    holds.place(code=DRAFT, why="案号一", staff_id=people.lawyer.id, now=NOW)
    assert Claim.objects.count() == 4


def _commitments(people: Signers) -> None:
    """One that is late, one that is open, one that was kept."""
    for what_zh, what_en, days in (
        ("全部海报的条件改到和正文一样大", "Print conditions as large as claims", 2),
        ("风洞报告全文上网", "Put the whole wind tunnel report online", 20),
        ("门店一句话也不许私下承诺", "No shop promises anything on the side", 18),
    ):
        row = commitments.make(
            claim_code=HOOD if "风洞" in what_zh else "",
            owner_id=people.manager.id,
            what_zh=what_zh,
            what_en=what_en,
            due_date=NOW.date() + dt.timedelta(days=days - 10),
            now=NOW - 10 * DAY,
        )
    commitments.close(
        public_id=row.public_id,
        done=True,
        proof="门店公告 2026-02 版",
        staff_id=people.manager.id,
        now=NOW,
    )


def _posts(people: Signers) -> None:
    """One hidden and left so, one whose author waits, one that was put back."""
    by = people.lawyer.public_id
    report("club-1", reviewer=by)
    for key, rule in (("club-2", "PRIVACY"), ("club-3", "UNLAWFUL")):
        hidden = report(key, reviewer=by, rule=rule, post_ref=f"https://club.example.cn/p/{key}")
        said = posts.appeal(
            public_id=hidden.public_id, code=hidden.code, words="号码是我自己的", now=NOW
        )
        if key == "club-3":
            assert said.decider_id is not None
            posts.decide(
                public_id=hidden.public_id,
                restore=True,
                why="看过了，没有违法的内容",
                staff_id=said.decider_id,
                now=NOW,
            )
