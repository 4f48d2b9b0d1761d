"""Opening an inspection and answering its checks: every change is a new version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.handover.models import (
    Answer,
    Damage,
    FeatureState,
    Inspection,
    Statement,
)
from yinuo.contexts.handover.operations.locking import lock_inspection, lock_order
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

WORDS_MAX = 2000


class HiddenDamage(Refusal):
    """Known damage of this car was not told to its customer yet."""

    code = "hidden_damage"
    zh = "这台车有已知的损伤还没告诉客户。先告诉，再验车。"
    en = "Known damage of this car was not told to its customer. Tell it first, then inspect."


class NoCarYet(Refusal):
    """No car is known by its VIN for this order."""

    code = "no_car_yet"
    zh = "这台车的车架号还没有，不能开始验车。"
    en = "The car has no VIN here yet; the inspection cannot begin."


class NotOpen(Refusal):
    """The inspection is signed, refused or over: what it says stays."""

    code = "inspection_not_open"
    zh = "这次验车已经结束，内容不能再改。"
    en = "This inspection has ended; what it says stays."


class DecidedAlready(Refusal):
    """The customer decided on this version; it is taken back before anything is changed."""

    code = "decided_already"
    zh = "您已经决定了。要改清单，请先点“再看一遍”。"
    en = "You decided already. To change the list, choose “Look again” first."


class UnknownCheck(Refusal):
    """The list of this inspection has no such group, check or verdict."""

    code = "unknown_check"
    zh = "清单里没有这一项。请刷新页面再填。"
    en = "The list has no such check. Reload the page and try again."


@dataclass(frozen=True)
class Said:
    """What somebody found at one check, in words of their own."""

    verdict: str
    words: str = ""


@dataclass(frozen=True)
class Inspector:
    """Who inspects: the customer, or a helper whom the customer named."""

    person_id: int | None = None
    helper: str = ""


@dataclass(frozen=True)
class Changed:
    """An inspection after a change. `failed` are the checks life depends on that have a problem now
    and had none before."""

    inspection_id: int
    version: int
    failed: tuple[str, ...] = ()


def open_inspection(
    *, order_id: int, vin: str, model: str, staff_id: int | None, now: dt.datetime
) -> Inspection:
    """Put a car before its customer; the live inspection where there is one. Safe to repeat.

    `staff_id` is None where the customer asked for it without staff.

    Raises
    ------
    NoCarYet, HiddenDamage
    """
    if not vin:
        raise NoCarYet
    with transaction.atomic():
        lock_order(order_id)
        rows = Inspection.objects.select_for_update().filter(order=order_id)
        earlier = list(rows.order_by("number"))
        live = [row for row in earlier if row.state in ("OPEN", "DECIDED", "SIGNED")]
        if live:
            return live[-1]
        if Damage.objects.filter(order=order_id, told_at=None, left_at=None).exists():
            raise HiddenDamage
        groups = checking.to_record(checking.checklist_for(model))
        inspection = Inspection.objects.create(
            public_id=new_id("ins"),
            order_id=order_id,
            number=len(earlier) + 1,
            vin=vin,
            checklist=groups,
            opened_at=now,
            opened_by_id=staff_id,
        )
        record(
            Fact(
                kind="inspection.opened",
                change_key=f"inspection:{inspection.public_id}:opened",
                private={
                    "order": inspection.order.code,
                    "inspection": inspection.public_id,
                    "vin": vin,
                    "checklist_sha256": checking.digest(checking.canonical({"groups": groups})),
                    "at": write_instant(now),
                },
                subject_id=order_id,
                subject_code=inspection.order.code,
            ),
            now=now,
        )
    return inspection


def lock_open(inspection_id: int) -> Inspection:
    """The inspection, locked and open to changes.

    Raises
    ------
    NotOpen, DecidedAlready
    """
    row = lock_inspection(inspection_id)
    if row.state == "DECIDED":
        raise DecidedAlready
    if row.state != "OPEN":
        raise NotOpen
    return row


def bump(inspection: Inspection) -> int:
    """Give the document its next version; the caller holds the row."""
    inspection.version += 1
    inspection.save(update_fields=["version"])
    return inspection.version


def answer_group(
    *,
    inspection_id: int,
    group: str,
    answers: Mapping[str, Said],
    by: Inspector,
    now: dt.datetime,
) -> Changed:
    """Record what was found at checks of one group; the same answers again change nothing.

    What was said is kept word for word, also when it is said differently later.

    Raises
    ------
    NotOpen, DecidedAlready, UnknownCheck
    """
    with transaction.atomic():
        locked = lock_inspection(inspection_id)
        known = {row.code: row for row in locked.answers.all()}
        checks = _checks_of(locked, group, answers)
        fresh = {
            code: said
            for code, said in answers.items()
            if code not in known or (known[code].verdict, known[code].words) != _cut(said)
        }
        if not fresh:
            return Changed(inspection_id, locked.version)
        inspection = lock_open(inspection_id)
        version = bump(inspection)
        for code, said in fresh.items():
            _write(inspection, code, said, by, now)
        _record(inspection, group, fresh, by, now)
    failed = tuple(
        code
        for code, said in fresh.items()
        if said.verdict == checking.PROBLEM
        and checks[code].system
        and (code not in known or known[code].verdict != checking.PROBLEM)
    )
    return Changed(inspection_id, version, failed)


def _cut(said: Said) -> tuple[str, str]:
    return said.verdict, said.words.strip()[:WORDS_MAX]


def _checks_of(
    inspection: Inspection, group: str, answers: Mapping[str, Said]
) -> dict[str, checking.Check]:
    groups = checking.from_record(inspection.checklist)
    checks = {check.code: check for one in groups if one.code == group for check in one.checks}
    if not checks or not set(answers) <= set(checks):
        raise UnknownCheck
    if any(said.verdict not in checking.VERDICTS for said in answers.values()):
        raise UnknownCheck
    return checks


def _write(inspection: Inspection, code: str, said: Said, by: Inspector, now: dt.datetime) -> None:
    verdict, words = _cut(said)
    before = inspection.answers.filter(code=code).values_list("words", flat=True).first() or ""
    Answer.objects.update_or_create(
        inspection=inspection,
        code=code,
        defaults={
            "verdict": verdict,
            "words": words,
            "answered_at": now,
            "helper": by.helper,
        },
    )
    if words and words != before:
        Statement.objects.create(
            inspection=inspection,
            code=code,
            words=words,
            said_at=now,
            person_id=by.person_id,
            helper=by.helper,
        )


def _record(
    inspection: Inspection,
    group: str,
    fresh: Mapping[str, Said],
    by: Inspector,
    now: dt.datetime,
) -> None:
    record(
        Fact(
            kind="inspection.recorded",
            change_key=f"inspection:{inspection.public_id}:{inspection.version}",
            private={
                "order": inspection.order.code,
                "inspection": inspection.public_id,
                "version": inspection.version,
                "group": group,
                "answers": [f"{code}={said.verdict}" for code, said in fresh.items()],
                "words": [f"{code}: {_cut(said)[1]}" for code, said in fresh.items() if said.words],
                "by": by.helper,
                "at": write_instant(now),
            },
            subject_id=inspection.order_id,
            subject_code=inspection.order.code,
        ),
        now=now,
    )


def keep_statement(
    *, inspection_id: int, code: str, words: str, person_id: int, now: dt.datetime
) -> None:
    """Keep what a customer says of a car, word for word, at any time; silence keeps nothing.

    The same words about the same thing are kept once.
    """
    words = words.strip()[:WORDS_MAX]
    if not words:
        return
    with transaction.atomic():
        lock_inspection(inspection_id)
        Statement.objects.get_or_create(
            inspection_id=inspection_id,
            code=code,
            words=words,
            person_id=person_id,
            defaults={"said_at": now},
        )


def state_feature(
    *,
    inspection_id: int,
    code: str,
    enabled: bool,
    enabled_by_date: dt.date | None,
    staff_id: int,
    now: dt.datetime,
) -> Changed:
    """Say whether a promised feature works on the day of the hand-over, else by which day.

    Said again the same, it changes nothing.

    Raises
    ------
    NotOpen, DecidedAlready
    UnknownCheck
        It is no promised feature, or no day is named for one that does not work.
    """
    with transaction.atomic():
        inspection = lock_open(inspection_id)
        check = checking.all_checks(checking.from_record(inspection.checklist)).get(code)
        if check is None or check.group != checking.FEATURES:
            raise UnknownCheck
        if not enabled and enabled_by_date is None:
            raise UnknownCheck
        stated = {"enabled": enabled, "enabled_by_date": None if enabled else enabled_by_date}
        if FeatureState.objects.filter(inspection=inspection, code=code, **stated).exists():
            return Changed(inspection_id, inspection.version)
        FeatureState.objects.update_or_create(
            inspection=inspection,
            code=code,
            defaults={**stated, "stated_by_id": staff_id, "stated_at": now},
        )
        version = bump(inspection)
        by_date = enabled_by_date.isoformat() if enabled_by_date else ""
        said = Said("ENABLED" if enabled else f"LATER:{by_date}")
        _record(inspection, checking.FEATURES, {code: said}, Inspector(), now)
    return Changed(inspection_id, version)
