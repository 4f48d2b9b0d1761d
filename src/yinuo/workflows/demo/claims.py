"""What the demo maker has said in public, with reports, two versions of one, and hidden posts."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import tomllib
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

from yinuo.contexts.claims.operations import commitments, drafting, evidence, posts, publishing
from yinuo.contexts.claims.operations.drafting import Wording
from yinuo.contexts.claims.rules import ROOM, Layout
from yinuo.contexts.people.queries.staff import get_staff_ids
from yinuo.platform import uploads
from yinuo.platform.spoken import at_local
from yinuo.workflows import claims as story
from yinuo.workflows.demo.story import LAWYER, QUALITY
from yinuo.workflows.demo.world import DATA

FONT = "STSong-Light"
INK, GROUND = "#14202e", "#ffffff"
LAYOUT = Layout(32, 32, INK, GROUND, INK, GROUND, same_screen=True)
SENDER = "club"
HOUR = 10


def begin() -> int:
    """Everything that was said, done and hidden before the story; returns how many statements."""
    data = tomllib.loads((DATA / "claims.toml").read_text(encoding="utf-8"))
    staff = get_staff_ids()
    for one in data["claim"]:
        _say(one, staff)
    for one in data["commitment"]:
        _commit(one, staff)
    for one in data["post"]:
        _hide(one, staff)
    return len(data["claim"])


def _say(one: dict[str, Any], staff: dict[str, int]) -> None:
    """Each version passes the gate as it would today: evidence, two signatures, publishing."""
    for number, version in enumerate(one["version"], 1):
        now = at_local(version["at"], HOUR)
        if number == 1:
            drafting.open_claim(
                code=one["code"],
                topic=one["topic"],
                speaker_id=staff[one["speaker"]] if "speaker" in one else None,
                owner_id=staff[one["owner"]],
                wording=_wording(version),
                staff_id=staff[one["owner"]],
                now=now,
            )
            _prove(one, staff, now)
        else:
            drafting.write_draft(
                code=one["code"], wording=_wording(version), staff_id=staff[one["owner"]], now=now
            )
        for side, name in (("ENGINEERING", QUALITY), ("LEGAL", LAWYER)):
            publishing.sign(code=one["code"], side=side, staff_id=staff[name], now=now)
        story.publish(code=one["code"], corrects=number > 1, staff_id=staff[LAWYER], now=now)
    if end := one.get("end"):
        story.end(
            code=one["code"],
            why_code=end["code"],
            why=end["why"],
            staff_id=staff[LAWYER],
            now=at_local(end["at"], HOUR),
        )


def _wording(version: dict[str, Any]) -> Wording:
    return Wording(
        text=version["text"],
        text_en=version["text_en"],
        condition=version.get("condition", ""),
        condition_en=version.get("condition_en", ""),
        unconditional=version.get("unconditional", False),
        url=version["url"],
        channel=version["channel"],
        expires_date=version["expires"],
        layout=LAYOUT,
    )


def _prove(one: dict[str, Any], staff: dict[str, int], now: dt.datetime) -> None:
    """The report behind a statement, read through and published."""
    title, _, made, *_ = one["report"]
    stored = uploads.keep([_paper(one["report"])], claimed="application/pdf", room=ROOM)
    row = evidence.add(
        code=one["code"],
        title=title,
        stored=stored,
        made_date=dt.date.fromisoformat(made),
        valid_until_date=None,
        staff_id=staff[QUALITY],
        now=now,
    )
    evidence.publish(
        code=one["code"],
        public_id=row.public_id,
        looked_through=True,
        staff_id=staff[LAWYER],
        now=now,
    )


def _paper(lines: list[str]) -> bytes:
    """A page with these lines, the same bytes every time."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("line", fontName=FONT, fontSize=13, leading=24, wordWrap="CJK")
    file = io.BytesIO()
    paper = SimpleDocTemplate(file, pagesize=A4, title=lines[1], author="Yunfan", invariant=1)
    paper.build([Paragraph(line, style) for line in lines])
    return file.getvalue()


def _commit(one: dict[str, Any], staff: dict[str, int]) -> None:
    row = commitments.make(
        claim_code=one.get("claim", ""),
        owner_id=staff[one["owner"]],
        what_zh=one["zh"],
        what_en=one["en"],
        due_date=one["due"],
        now=at_local(one["at"], HOUR),
    )
    if done := one.get("done"):
        commitments.close(
            public_id=row.public_id,
            done=True,
            proof=done["proof"],
            staff_id=staff[one["owner"]],
            now=at_local(done["at"], HOUR),
        )


def _hide(one: dict[str, Any], staff: dict[str, int]) -> None:
    """What the community's system reported; nobody's text is known here, only a digest."""
    now = at_local(one["at"], HOUR)
    said = posts.Report(
        post_ref=one["post"],
        act=one["act"],
        rule=one["rule"],
        reviewer=one["reviewer"],
        reason=one["reason"],
        text_sha256=hashlib.sha256(one["key"].encode()).hexdigest(),
        acted_at=now,
    )
    hidden = posts.report(sender=SENDER, key=one["key"], said=said, now=now)
    if appeal := one.get("appeal"):
        posts.appeal(public_id=hidden.public_id, code=hidden.code, words=appeal["words"], now=now)
        posts.decide(
            public_id=hidden.public_id,
            restore=appeal["outcome"] == "RESTORED",
            why=appeal["why"],
            staff_id=staff[appeal["by"]],
            now=now + dt.timedelta(days=1),
        )
