"""Statements for tests: people who sign, a wording that lacks nothing, a report as evidence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from tests.factories import NOW, make_world
from yinuo.contexts.claims.models import Claim, Evidence
from yinuo.contexts.claims.operations import drafting, evidence, publishing
from yinuo.contexts.claims.operations.drafting import Wording
from yinuo.contexts.claims.rules import ROOM, Layout
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import uploads

BLACK, WHITE, GREY = "#1a1a1a", "#ffffff", "#bbbbbb"
EQUAL = Layout(32, 32, BLACK, WHITE, BLACK, WHITE, same_screen=True)
UNTIL = dt.date(2026, 12, 31)
PLAIN = Wording(
    text="双风道前舱盖让前轮升力减少 12%。",
    condition="时速 150 公里，量产车，2026 年 1 月风洞实测。",
    unconditional=False,
    url="https://car.example.cn/hood",
    channel="WEBSITE",
    expires_date=UNTIL,
    layout=EQUAL,
    text_en="The ducted hood takes 12% of the lift off the front axle.",
    condition_en="At 150 km/h, production car, measured in the wind tunnel in January 2026.",
)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@dataclass(frozen=True)
class Signers:
    """Who takes part: engineering, legal, an executive who speaks, and a manager."""

    engineer: StaffMember
    lawyer: StaffMember
    speaker: StaffMember
    manager: StaffMember


def make_signers(manager: StaffMember | None = None) -> Signers:
    """Everybody, beside the people of `factories`."""
    engineer, lawyer, speaker = (
        StaffMember.objects.create(
            public_id=f"stf_{name}", name_zh=zh, name_en=en, phone=phone, role=role
        )
        for name, zh, en, phone, role in (
            ("engineer", "林可", "Lin Ke", "10000009101", "QUALITY"),
            ("lawyer", "唐宁", "Tang Ning", "10000009102", "LEGAL"),
            ("speaker", "高峰", "Gao Feng", "10000009103", "EXECUTIVE"),
        )
    )
    return Signers(engineer, lawyer, speaker, manager or make_world().manager)


def open_one(people: Signers, code: str = "hood-duct", **changed: Any) -> Claim:
    """A draft of the maker's about performance; `topic` and `speaker` may differ, and its words."""
    topic = changed.pop("topic", "PERFORMANCE")
    speaker = changed.pop("speaker", None)
    return drafting.open_claim(
        code=code,
        topic=topic,
        speaker_id=speaker.id if speaker else None,
        owner_id=people.manager.id,
        wording=replace(PLAIN, **changed),
        staff_id=people.manager.id,
        now=NOW,
    )


def prove(
    people: Signers,
    code: str = "hood-duct",
    *,
    content: bytes = PDF,
    valid_until: dt.date | None = None,
    public: bool = False,
) -> Evidence:
    """A report of January as evidence."""
    stored = uploads.keep([content], claimed="application/pdf", room=ROOM)
    row = evidence.add(
        code=code,
        title="风洞报告 WT-2601",
        stored=stored,
        made_date=dt.date(2026, 1, 12),
        valid_until_date=valid_until,
        staff_id=people.engineer.id,
        now=NOW,
    )
    if public:
        evidence.publish(
            code=code,
            public_id=row.public_id,
            looked_through=True,
            staff_id=people.lawyer.id,
            now=NOW,
        )
    return row


def sign_both(people: Signers, code: str = "hood-duct", now: dt.datetime = NOW) -> None:
    """Engineering and legal sign the draft."""
    publishing.sign(code=code, side="ENGINEERING", staff_id=people.engineer.id, now=now)
    publishing.sign(code=code, side="LEGAL", staff_id=people.lawyer.id, now=now)


def publish_one(people: Signers, code: str = "hood-duct", **changed: Any) -> Claim:
    """A statement that passed the gate."""
    claim = open_one(people, code, **changed)
    prove(people, code, public=True)
    sign_both(people, code)
    publishing.publish(code=code, staff_id=people.lawyer.id, now=NOW)
    return claim
