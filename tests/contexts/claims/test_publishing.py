"""Statements through the gate, on real tables: drafts, signatures, versions, ends, public texts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.contexts.claims.statements import (
    EQUAL,
    PLAIN,
    Signers,
    make_signers,
    open_one,
    prove,
    publish_one,
    sign_both,
)
from tests.factories import DAY, NOW
from yinuo.contexts.claims.models import Blob, Claim, ClaimVersion, Signature
from yinuo.contexts.claims.operations import blobs, drafting, publishing
from yinuo.contexts.ledger.models import Entry
from yinuo.platform.refusals import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Signers:
    return make_signers()


def leaves(kind: str) -> list[dict[str, object]]:
    """What was recorded of this kind, oldest first."""
    rows = Entry.objects.filter(kind=kind).order_by("id")
    return [json.loads(body) for body in rows.values_list("body", flat=True)]


def write_down(code: str, people: Signers, **changed: object) -> ClaimVersion:
    """The next wording of a statement."""
    wording = replace(PLAIN, **changed)  # type: ignore[arg-type]
    return drafting.write_draft(code=code, wording=wording, staff_id=people.manager.id, now=NOW)


def publish(people: Signers, now: dt.datetime = NOW) -> ClaimVersion:
    """Legal presses the button."""
    return publishing.publish(code="hood-duct", staff_id=people.lawyer.id, now=now)


@pytest.mark.need(48, 57)
def test_what_is_missing_keeps_it_back_and_is_said(people: Signers) -> None:
    open_one(people)
    with pytest.raises(publishing.CannotPublish) as refused:
        publish(people)
    assert refused.value.data["codes"] == ["EVIDENCE", "ENGINEERING", "LEGAL"]
    for words in ("证据", "工程签字", "法务签字"):
        assert words in refused.value.message("zh")
    prove(people)
    publishing.sign(code="hood-duct", side="LEGAL", staff_id=people.lawyer.id, now=NOW)
    with pytest.raises(publishing.CannotPublish) as refused:
        publish(people)
    assert refused.value.data["codes"] == ["ENGINEERING"]
    publishing.sign(code="hood-duct", side="ENGINEERING", staff_id=people.engineer.id, now=NOW)
    version = publish(people)
    text = f"{PLAIN.text}\n\n{PLAIN.condition}".encode()
    digest = hashlib.sha256(text).hexdigest()
    assert leaves("claim.published") == [
        {
            "v": 1,
            "t": "claim",
            "claim": "hood-duct",
            "version": 1,
            "url": PLAIN.url,
            "sha256": digest,
            "channel": "WEBSITE",
            "code": "FIRST",
        }
    ]
    assert version.sha256 == digest
    assert version.entry_id == Entry.objects.get(kind="claim.published").id
    assert bytes(Blob.objects.get(sha256=digest).content) == text


@pytest.mark.need(48)
def test_expired_evidence_lets_nothing_out(people: Signers) -> None:
    open_one(people)
    prove(people, valid_until=(NOW + DAY).date())
    sign_both(people)
    with pytest.raises(publishing.CannotPublish) as refused:
        publish(people, NOW + 3 * DAY)
    assert refused.value.data["codes"] == ["EVIDENCE_RUN_OUT"]


@pytest.mark.need(57)
def test_who_signs_for_what(people: Signers) -> None:
    open_one(people, speaker=people.lawyer)
    wrong = [
        ("ENGINEERING", people.lawyer.id),
        ("LEGAL", people.engineer.id),
        ("LEGAL", people.manager.id),
        # The speaker is the lawyer here, who does not sign for the own words.
        ("LEGAL", people.lawyer.id),
        ("MARKETING", people.lawyer.id),
        ("LEGAL", 999_999),
    ]
    for side, staff_id in wrong:
        with pytest.raises(publishing.MayNotSign):
            publishing.sign(code="hood-duct", side=side, staff_id=staff_id, now=NOW)
    first = publishing.sign(
        code="hood-duct", side="ENGINEERING", staff_id=people.engineer.id, now=NOW
    )
    again = publishing.sign(
        code="hood-duct", side="ENGINEERING", staff_id=people.engineer.id, now=NOW + DAY
    )
    assert first.id == again.id


def test_a_changed_draft_needs_new_signatures(people: Signers) -> None:
    open_one(people)
    prove(people)
    sign_both(people)
    write_down("hood-duct", people, text="双风道前舱盖让前轮升力减少 15%。")
    with pytest.raises(publishing.CannotPublish) as refused:
        publish(people)
    assert refused.value.data["codes"] == ["ENGINEERING", "LEGAL"]
    # Back to the words that were signed, the signatures count again: they are under the words.
    write_down("hood-duct", people)
    assert publish(people).published_code == "FIRST"
    # More evidence is another thing to sign, too.
    write_down("hood-duct", people)
    sign_both(people)
    prove(people, content=b"%PDF-1.4\nother\n%%EOF\n")
    with pytest.raises(publishing.CannotPublish):
        publish(people)


@pytest.mark.need(140)
def test_every_version_stays_as_it_was_said(people: Signers) -> None:
    claim = publish_one(people)
    write_down("hood-duct", people, text="双风道前舱盖让前轮升力减少 9%。")
    sign_both(people)
    publishing.publish(code="hood-duct", corrects=True, staff_id=people.lawyer.id, now=NOW + DAY)
    publishing.end(
        code="hood-duct",
        why_code="DELETED",
        why="原帖已删，说法不再使用",
        staff_id=people.lawyer.id,
        now=NOW + 2 * DAY,
    )
    first, second = claim.versions.order_by("number")
    assert (first.text, first.published_at) == (PLAIN.text, NOW)
    assert (second.published_code, second.published_at) == ("CORRECTED", NOW + DAY)
    assert [one["code"] for one in leaves("claim.published")] == ["FIRST", "CORRECTED"]
    assert leaves("claim.ended") == [
        {"v": 1, "t": "claim.end", "claim": "hood-duct", "code": "DELETED"}
    ]
    changes: list[Callable[[], object]] = [
        lambda: ClaimVersion.objects.filter(id=first.id).update(text="x"),
        lambda: ClaimVersion.objects.filter(id=first.id).update(published_at=None, sha256=""),
        lambda: ClaimVersion.objects.filter(id=first.id).update(entry_id=7),
        lambda: ClaimVersion.objects.filter(id=first.id).delete(),
        lambda: Signature.objects.update(staff_id=people.manager.id),
        lambda: Signature.objects.all().delete(),
        lambda: Blob.objects.update(content=b"x"),
        lambda: Claim.objects.update(ended_at=None, ended_code="", ended_why=""),
        lambda: Claim.objects.update(topic="PRICE"),
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(drafting.ClaimOver):
        write_down("hood-duct", people)
    # A claim may have another owner, and nothing else.
    Claim.objects.update(owner_id=people.engineer.id)


@pytest.mark.need(57, 140)
def test_what_was_said_without_review_is_kept_and_shown_as_such(people: Signers) -> None:
    open_one(people, code="said-live", speaker=people.speaker, channel="LIVE")
    version = publishing.archive(code="said-live", staff_id=people.lawyer.id, now=NOW)
    assert version.published_code == "UNREVIEWED"
    assert version.missing == ["EVIDENCE", "ENGINEERING", "LEGAL"]
    assert leaves("claim.published")[0]["code"] == "UNREVIEWED"
    # Even so, personal data never goes into a log from which nothing is taken.
    open_one(people, code="said-badly", text="熊女士的车没有问题，电话 13812345678")
    with pytest.raises(publishing.CannotPublish) as refused:
        publishing.archive(code="said-badly", staff_id=people.lawyer.id, now=NOW)
    assert refused.value.data["codes"] == ["PERSONAL"]
    assert Blob.objects.count() == 1


def test_ends_and_drafts_that_cannot_be(people: Signers) -> None:
    open_one(people)
    refusals: list[tuple[type[Refusal], dict[str, object]]] = [
        (publishing.NotPublicYet, {"why_code": "WRONG", "why": "说错了"}),
        (publishing.EndNeedsReason, {"why_code": "OTHER", "why": "说错了"}),
        (publishing.EndNeedsReason, {"why_code": "WRONG", "why": " "}),
        (publishing.EndNeedsReason, {"why_code": "WRONG", "why": "电话 13812345678"}),
        (drafting.NoSuchClaim, {"code": "nothing", "why_code": "WRONG", "why": "x"}),
    ]
    for refusal, said in refusals:
        with pytest.raises(refusal):
            publishing.end(
                **{"code": "hood-duct", "staff_id": people.lawyer.id, "now": NOW, **said}  # type: ignore[arg-type]
            )
    with pytest.raises(drafting.ClaimTaken):
        open_one(people)
    wrong: list[dict[str, Any]] = [
        {"code": "Hood Duct"},
        {"code": "13812345678"},
        {"topic": "GOSSIP"},
        {"channel": "RUMOUR"},
        {"url": "javascript:alert(1)"},
        {"url": 'https://x.example/"'},
        {"text": "长" * 4001},
        {"expires_date": dt.date.max},
        {"code": "new"},
        {"layout": replace(EQUAL, claim_px=2)},
        {"layout": replace(EQUAL, claim_ink="red")},
    ]
    for changed in wrong:
        with pytest.raises(drafting.ClaimNotReadable):
            open_one(people, **{"code": "another", **changed})
    publish_one(people, "whole-one")
    with pytest.raises(publishing.NothingToPublish):
        publishing.publish(code="whole-one", staff_id=people.lawyer.id, now=NOW)


@pytest.mark.need(140)
def test_public_texts_lie_in_the_folder_under_their_digests(
    people: Signers, tmp_path: Path
) -> None:
    publish_one(people)
    assert blobs.write_missing(tmp_path) == 1
    [file] = (tmp_path / "blob").iterdir()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
    assert file.read_text() == f"{PLAIN.text}\n\n{PLAIN.condition}"
    assert file.stat().st_mode & 0o777 == 0o644
    assert blobs.write_missing(tmp_path) == 0
    # A restored folder is filled again; what is there is not written anew.
    file.unlink()
    (tmp_path / "blob" / ".coming-left").write_bytes(b"half")
    assert blobs.write_missing(tmp_path) == 1
    Blob.objects.create(sha256="0f" * 32, content=b"not what it says")
    with pytest.raises(ValueError, match="another"):
        blobs.write_missing(tmp_path)


def test_another_owner(people: Signers) -> None:
    open_one(people)
    drafting.hand_over(code="hood-duct", owner_id=people.engineer.id)
    assert Claim.objects.get().owner_id == people.engineer.id
    with pytest.raises(drafting.ClaimNotReadable):
        drafting.hand_over(code="hood-duct", owner_id=999_999)
