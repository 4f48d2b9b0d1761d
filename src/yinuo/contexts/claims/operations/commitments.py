"""What was said in public to be done: who, what, by when, and the evidence that it is done."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, Commitment
from yinuo.contexts.claims.operations.publishing import keep_blob
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.staff import get_staff
from yinuo.platform import ids, outbox
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date


class CommitmentNotReadable(Refusal):
    """A commitment has somebody who does it, words in both languages and a day to come."""

    code = "commitment_not_readable"
    zh = "请写明谁做、做什么（中英文，不带个人信息）、哪天之前，日期不能早于今天。"
    en = "Say who does what, in both languages without personal data, by which day from today on."


class NoSuchCommitment(Refusal):
    """There is no such commitment, or it was closed."""

    code = "no_such_commitment"
    zh = "没有这件事，或者它已经有了结果。"
    en = "There is no such commitment, or it was closed."


class ShowIt(Refusal):
    """What is done can be seen somewhere; what is given up has a reason."""

    code = "show_it"
    zh = "做到了，请写明在哪里看得到；不做了，请写明为什么。不要带个人信息。"
    en = "Say where it can be seen that it is done, or why it is given up; no personal data."


def make(
    *,
    claim_code: str,
    owner_id: int,
    what_zh: str,
    what_en: str,
    due_date: dt.date,
    now: dt.datetime,
) -> Commitment:
    """Commit to something in public; `claim_code` is the statement that said it, empty for none.

    Raises
    ------
    CommitmentNotReadable
    """
    zh, en = what_zh.strip(), what_en.strip()
    claim = Claim.objects.filter(code=claim_code).first() if claim_code else None
    if (
        not (zh and en)
        or rules.find_personal(zh, en)
        or due_date < local_date(now)
        or not rules.is_day(due_date)
        or get_staff(owner_id) is None
        or (claim_code and claim is None)
    ):
        raise CommitmentNotReadable
    with transaction.atomic():
        row = Commitment(
            public_id=ids.new_id("cmt"),
            claim=claim,
            owner_id=owner_id,
            what_zh=zh,
            what_en=en,
            due_date=due_date,
            made_at=now,
            sha256=keep_blob(zh.encode()),
        )
        row.entry_id = record(
            Fact(
                "commitment.made",
                f"commitment:{row.public_id}",
                {
                    "commitment": row.public_id,
                    "deadline": due_date.isoformat(),
                    "sha256": row.sha256,
                },
            ),
            now=now,
        )
        row.save()
        outbox.nudge("claims.blobs")
    return row


def close(*, public_id: str, done: bool, proof: str, staff_id: int, now: dt.datetime) -> Commitment:
    """It is done, which can be seen at `proof`, or given up for the reason in `proof`.

    Raises
    ------
    NoSuchCommitment, ShowIt
    """
    proof = proof.strip()
    if not proof or rules.find_personal(proof):
        raise ShowIt
    with transaction.atomic():
        rows = Commitment.objects.select_for_update()
        row = rows.filter(public_id=public_id, closed_at=None).first()
        if row is None:
            raise NoSuchCommitment
        row.closed_code = Commitment.Close.DONE if done else Commitment.Close.GIVEN_UP
        row.closed_at, row.closed_by_id, row.proof = now, staff_id, proof
        row.closed_entry_id = record(
            Fact(
                "commitment.closed",
                f"commitment:{public_id}:end",
                {
                    "commitment": public_id,
                    "code": str(row.closed_code),
                    "sha256": keep_blob(proof.encode()),
                },
            ),
            now=now,
        )
        row.save()
        outbox.nudge("claims.blobs")
    return row
