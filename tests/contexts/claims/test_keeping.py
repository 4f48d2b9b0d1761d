"""Evidence, legal hold, commitments and conflicts on real tables."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from tests.contexts.claims.statements import (
    EQUAL,
    PDF,
    Signers,
    make_signers,
    open_one,
    prove,
    publish_one,
)
from tests.contexts.claims.test_publishing import leaves
from tests.factories import DAY, NOW
from yinuo.contexts.claims.models import Commitment, Conflict, Evidence
from yinuo.contexts.claims.operations import commitments, conflicts, evidence, holds, publishing
from yinuo.contexts.claims.operations.conflicts import Breaking
from yinuo.contexts.claims.rules import ROOM
from yinuo.platform import clock, uploads

pytestmark = pytest.mark.django_db
YEARS = 4 * 366 * DAY
BREAKS = Breaking("hood-duct", "car-sale-3", "balance-7-days", "七日付清", "pay in 7 days")


@pytest.fixture
def people() -> Signers:
    return make_signers()


def end(people: Signers) -> None:
    publishing.end(
        code="hood-duct", why_code="RAN_OUT", why="到期", staff_id=people.lawyer.id, now=NOW
    )


@pytest.mark.need(121)
def test_published_evidence_is_in_the_log_and_can_be_read(people: Signers) -> None:
    open_one(people)
    row = prove(people)
    with pytest.raises(evidence.NotLookedThrough):
        evidence.publish(
            code="hood-duct",
            public_id=row.public_id,
            looked_through=False,
            staff_id=people.lawyer.id,
            now=NOW,
        )
    for _ in range(2):
        evidence.publish(
            code="hood-duct",
            public_id=row.public_id,
            looked_through=True,
            staff_id=people.lawyer.id,
            now=NOW,
        )
    assert leaves("evidence.published") == [
        {
            "v": 1,
            "t": "evidence",
            "claim": "hood-duct",
            "evidence": row.public_id,
            "sha256": row.sha256,
        }
    ]
    assert uploads.open_kept(ROOM, row.sha256).read() == PDF
    with pytest.raises(evidence.EvidenceStays):
        evidence.drop(code="hood-duct", public_id=row.public_id, now=NOW)
    with pytest.raises(evidence.NoSuchEvidence):
        evidence.drop(code="hood-duct", public_id="evd_none", now=NOW)


def test_evidence_has_a_title_and_a_day(people: Signers) -> None:
    open_one(people)
    stored = uploads.keep([PDF], claimed="application/pdf", room=ROOM)
    day = NOW.date()
    for title, made, until in (
        (" ", day, None),
        ("熊女士的车", day, None),
        ("报告", day + DAY, None),
        ("报告", day, day - DAY),
        ("报告", day, dt.date.max),
        ("报告", dt.date.min, None),
    ):
        with pytest.raises(evidence.EvidenceNotReadable):
            evidence.add(
                code="hood-duct",
                title=title,
                stored=stored,
                made_date=made,
                valid_until_date=until,
                staff_id=people.engineer.id,
                now=NOW,
            )
    assert prove(people).id == prove(people).id


@pytest.mark.need(137)
def test_nothing_under_hold_goes(
    people: Signers, django_capture_on_commit_callbacks: object
) -> None:
    open_one(people)
    row = prove(people)
    holds.place(code="hood-duct", why="（2025）0108 号案", staff_id=people.lawyer.id, now=NOW)
    holds.place(code="hood-duct", why="再一次", staff_id=people.lawyer.id, now=NOW)
    with pytest.raises(evidence.EvidenceStays):
        evidence.drop(code="hood-duct", public_id=row.public_id, now=NOW)
    for change in (
        lambda: Evidence.objects.update(dropped_at=NOW),
        lambda: Evidence.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(holds.HoldNeedsReason):
        holds.lift(code="hood-duct", why=" ", staff_id=people.lawyer.id, now=NOW)
    holds.lift(code="hood-duct", why="判决生效", staff_id=people.lawyer.id, now=NOW)
    with pytest.raises(holds.NotHeld):
        holds.lift(code="hood-duct", why="又一次", staff_id=people.lawyer.id, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        evidence.drop(code="hood-duct", public_id=row.public_id, now=NOW)
    with pytest.raises(FileNotFoundError):
        uploads.open_kept(ROOM, row.sha256)


@pytest.mark.need(137)
def test_old_files_go_but_not_under_hold_and_not_public_ones(people: Signers) -> None:
    publish_one(people)
    open_ = prove(people, content=b"%PDF-1.4\nkept inside\n%%EOF\n")
    end(people)
    holds.place(code="hood-duct", why="诉讼", staff_id=people.lawyer.id, now=NOW)
    assert evidence.drop_old(now=NOW + YEARS) == 0
    holds.lift(code="hood-duct", why="结案", staff_id=people.lawyer.id, now=NOW)
    assert evidence.drop_old(now=NOW + DAY) == 0
    assert evidence.drop_old(now=NOW + YEARS) == 1
    assert list(Evidence.objects.filter(dropped_at__isnull=False)) == [open_]


@pytest.mark.need(49)
def test_a_commitment_ends_with_something_to_see(people: Signers) -> None:
    due = NOW.date() + dt.timedelta(days=20)
    said = {"claim_code": "", "what_zh": "小字改成和正文一样大", "what_en": "Equal print"}
    for wrong in (
        {"what_en": " "},
        {"what_zh": "给熊女士回电话"},
        {"claim_code": "nothing"},
        {"owner_id": 999_999},
        {"due_date": NOW.date() - DAY},
        {"due_date": dt.date.max},
    ):
        with pytest.raises(commitments.CommitmentNotReadable):
            commitments.make(
                **{"owner_id": people.manager.id, "due_date": due, "now": NOW, **said, **wrong}  # type: ignore[arg-type]
            )
    row = commitments.make(owner_id=people.manager.id, due_date=due, now=NOW, **said)
    assert leaves("commitment.made")[0]["deadline"] == due.isoformat()

    def close(public_id: str, proof: str) -> Commitment:
        return commitments.close(
            public_id=public_id, done=True, proof=proof, staff_id=people.manager.id, now=NOW
        )

    with pytest.raises(commitments.ShowIt):
        close(row.public_id, " ")
    close(row.public_id, "https://car.example.cn/hood 已经改好")
    assert leaves("commitment.closed")[0]["code"] == "DONE"
    for gone in (row.public_id, "cmt_none"):
        with pytest.raises(commitments.NoSuchCommitment):
            close(gone, "https://car.example.cn")
    with pytest.raises(DatabaseError), transaction.atomic():
        Commitment.objects.update(due_date=due + DAY)


@pytest.mark.need(142)
def test_a_conflict_is_a_task_until_it_is_mended(people: Signers) -> None:
    publish_one(people)
    assert conflicts.note(found=[BREAKS], now=NOW) == 1
    assert conflicts.note(found=[BREAKS], now=NOW + DAY) == 0
    row = Conflict.objects.get()
    assert (row.owner_id, row.found_at) == (people.manager.id, NOW)
    assert conflicts.note(found=[], now=NOW + 2 * DAY) == 0
    row.refresh_from_db()
    assert row.mended_at == NOW + 2 * DAY
    # The same clause again is another task.
    assert conflicts.note(found=[BREAKS], now=NOW + 3 * DAY) == 1


@pytest.mark.need(49, 121)
def test_the_verb_finds_small_print_and_evidence(
    people: Signers, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.set_test_clock(at=NOW, running=False)
    publish_one(people)
    call_command("claims", "lint")
    assert "1" in capsys.readouterr().out
    open_one(people, "small-print", layout=replace(EQUAL, condition_px=12))
    prove(people, "small-print", valid_until=NOW.date() - DAY)
    with pytest.raises(SystemExit):
        call_command("claims", "lint", "--json")
    [one] = json.loads(capsys.readouterr().out)
    assert (one["code"], one["published"]) == ("small-print", False)
    assert [each["code"] for each in one["missing"]] == ["SMALL_PRINT", "EVIDENCE_RUN_OUT"]
    with pytest.raises(SystemExit):
        call_command("claims", "lint")
    assert "small-print-1" in capsys.readouterr().out
