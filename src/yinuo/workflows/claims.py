"""What is said in public binds: contracts carry it, and each night they are held against it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.db import transaction

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.operations import blobs, conflicts, evidence, publishing
from yinuo.contexts.claims.operations.conflicts import Breaking
from yinuo.contexts.claims.queries import live
from yinuo.contexts.terms.operations.statements import end_publicly
from yinuo.contexts.terms.operations.templates import state_publicly
from yinuo.contexts.terms.queries.breaking import InForce, list_doing
from yinuo.engines.rules import Finding
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.platform.throttle import count_try
from yinuo.workflows import law

# What a key may do that reports hidden posts.
PERMISSION = "moderation"
NIGHT_HOUR = 4
TWO_DAYS = dt.timedelta(days=2)
# What of the law on advertising the words of a text alone can be held against.
ADVERTISING = ("ad.absolute", "ad.prompts", "adas.words")


class BreaksContracts(Refusal):
    """A clause in force says the opposite; it goes first."""

    code = "claim_against_clause"
    zh = "在用的合同里有条款和它矛盾：{clauses_zh}。先换掉条款，再发布。"
    en = "Clauses in force say the opposite: {clauses_en}. Replace them first."


def publish(*, code: str, corrects: bool, staff_id: int, now: dt.datetime) -> None:
    """A statement passes the gate and is part of every contract made from now on.

    Raises
    ------
    BreaksContracts
    NoSuchClaim, ClaimOver, NothingToPublish, CannotPublish
        As `publishing.publish`.
    """
    with transaction.atomic():
        forbids = live.forbidden_by(code)
        if against := list_doing([forbids] if forbids else []):
            raise BreaksContracts(
                clauses_zh="、".join(f"{one.title_zh}（{one.template}）" for one in against),
                clauses_en="; ".join(f"{one.title_en} ({one.template})" for one in against),
            )
        version = publishing.publish(code=code, corrects=corrects, staff_id=staff_id, now=now)
        _carry(version.id, now)


def archive(*, code: str, staff_id: int, now: dt.datetime) -> None:
    """What was said already is kept, binds all the same, and is held against the clauses at once.

    Raises
    ------
    NoSuchClaim, ClaimOver, NothingToPublish, CannotPublish
        As `publishing.archive`.
    """
    with transaction.atomic():
        version = publishing.archive(code=code, staff_id=staff_id, now=now)
        _carry(version.id, now)
        compare(now=now)


def end(*, code: str, why_code: str, why: str, staff_id: int, now: dt.datetime) -> None:
    """A statement stands no more; contracts made from now on do not carry it.

    Raises
    ------
    NoSuchClaim, ClaimOver, NotPublicYet, EndNeedsReason
        As `publishing.end`.
    """
    with transaction.atomic():
        claim = publishing.end(code=code, why_code=why_code, why=why, staff_id=staff_id, now=now)
        newest = claim.versions.filter(published_at__isnull=False).latest("number").number
        end_publicly(code=live.statement_name(code, newest), on=local_date(now))
        compare(now=now)


def compare(*, now: dt.datetime) -> int:
    """Hold every clause in force against every live statement; returns how many conflicts are new.

    Each is a task of the statement's owner and stands on its public page until it is mended.
    """
    promising = live.list_promising()
    doing: dict[str, list[InForce]] = {}
    for one in list_doing({each.forbids for each in promising}):
        doing.setdefault(one.fact, []).append(one)
    found = [
        Breaking(each.code, one.template, one.clause, one.title_zh, one.title_en)
        for each in promising
        for one in doing.get(each.forbids, [])
    ]
    return conflicts.note(found=found, now=now)


def every_night(*, now: dt.datetime) -> int:
    """Once a night: contracts against statements, and files that are kept no longer.

    Returns how many conflicts were found and files dropped.
    """
    night = local_date(now - dt.timedelta(hours=NIGHT_HOUR))
    # The count of tries serves as the note that this night's look was begun.
    if count_try("claims", str(night), limit=1, period=TWO_DAYS, now=now) is not None:
        return 0
    return compare(now=now) + evidence.drop_old(now=now)


def write_texts(*, folder: Path) -> int:
    """Public texts into the public folder of the log; returns how many were written."""
    return blobs.write_missing(folder)


def look_at_words(text: str, *, on: dt.date) -> list[Finding]:
    """What the law on advertising leaves to a person in this text, for legal to see and sign."""
    facts = rules.facts_of(text)
    if not facts:
        return []
    decision = law.ask(at="publish", facts=facts, on=on)
    said = decision.having("stop", "person", "warn")
    return [one for one in said if one.rule_id in ADVERTISING]


def _carry(version_id: int, now: dt.datetime) -> None:
    """Contracts made from now on carry this wording instead of the one before."""
    wording = live.get_wording(version_id)
    if not wording.forbids:
        return
    today = local_date(now)
    if wording.before:
        end_publicly(code=wording.before, on=today)
    state_publicly(
        code=wording.name,
        text_zh=wording.text,
        text_en=wording.text_en or wording.text,
        source=wording.url,
        said_date=today,
        forbids=wording.forbids,
        now=now,
    )
