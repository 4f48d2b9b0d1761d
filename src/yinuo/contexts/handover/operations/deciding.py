"""Taking a car, taking it with a repair, refusing it; and signing exactly what was read."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.handover.models import (
    Inspection,
    Outcome,
    SafetySignal,
    Signature,
    Statement,
)
from yinuo.contexts.handover.operations.inspecting import WORDS_MAX, NotOpen, bump
from yinuo.contexts.handover.operations.locking import lock_inspection
from yinuo.contexts.handover.queries.document import text_of
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant

STROKES_MIN, POINTS_MAX = 1, 20_000


class Outdated(Refusal):
    """The list was changed after the page was made."""

    code = "outdated_version"
    zh = "清单在您签字前改过，请再看一遍。"
    en = "The list changed before you signed. Please look at it again."


class Unchecked(Refusal):
    """A check without which nobody may take the car was not made."""

    code = "unchecked"
    zh = "还有 {count} 项必须一起查：{names}。查过才能收车。"
    en = "{count} checks have to be made together first: {names_en}."


class Held(Refusal):
    """A check on which life depends failed: this car is not handed over."""

    code = "car_held"
    zh = "有一项安全检查没有通过，这台车先停交。您可以不收车，不用付款。"
    en = "A safety check failed and the car is held. You may refuse it; nothing is due."


class NothingToFix(Refusal):
    """No check has a problem, so there is nothing to put right."""

    code = "nothing_to_fix"
    zh = "没有记下问题。请选“收车”，或者先把问题记下来。"
    en = "No problem is noted. Take the car, or note the problem first."


class NothingDecided(Refusal):
    """There is no decision to sign: decide first."""

    code = "nothing_decided"
    zh = "先决定收不收车，再签字。"
    en = "Decide about the car first, then sign."


class NoName(Refusal):
    """The signature is empty."""

    code = "no_signature"
    zh = "请写上名字，或者在框里手写。"
    en = "Please type your name, or draw it in the box."


@dataclass(frozen=True)
class Decided:
    """A decision: what was taken on which version, by when three ways or the repair come."""

    outcome_id: int
    inspection_ref: str
    version: int
    answer_by_at: dt.datetime | None
    fix_by_date: dt.date | None


def check_decision(*, inspection_id: int, version: int, taken: str) -> None:
    """Refuse what cannot be decided now; the decision itself is `decide`.

    Raises
    ------
    NotOpen, Outdated, Unchecked, Held, NothingToFix
    """
    row = lock_inspection(inspection_id)
    _check(row, version, taken)


def _check(row: Inspection, version: int, taken: str) -> None:
    if row.state not in ("OPEN", "DECIDED"):
        raise NotOpen
    if row.version != version:
        raise Outdated
    groups = checking.from_record(row.checklist)
    verdicts = dict(row.answers.values_list("code", "verdict"))
    held = SafetySignal.objects.filter(order=row.order_id, vin=row.vin, cleared_at=None).exists()
    why = checking.may_decide(taken, groups, verdicts, held=held)
    if why == "held":
        raise Held
    if why == "nothing_to_fix":
        raise NothingToFix
    if why == "unchecked":
        left = checking.unchecked_of(groups, verdicts)
        raise Unchecked(
            count=len(left),
            names="、".join(check.zh for check in left[:4]),
            names_en=", ".join(check.en for check in left[:4]),
        )


def decide(
    *,
    inspection_id: int,
    version: int,
    taken: str,
    words: str,
    person_id: int,
    answerer: tuple[int, str] | None,
    decision_id: int,
    now: dt.datetime,
) -> Decided:
    """Record what the customer decides on the newest version. Deciding again replaces it.

    `answerer` is the row and public id of who names three ways on after a refusal. The customer's
    words are kept as they were said.

    Raises
    ------
    NotOpen, Outdated, Unchecked, Held, NothingToFix
    """
    words = words.strip()[:WORDS_MAX]
    with transaction.atomic():
        row = lock_inspection(inspection_id)
        _check(row, version, taken)
        refused = taken == checking.REFUSE
        row.version += 1
        row.state = "REFUSED" if refused else "DECIDED"
        row.save(update_fields=["version", "state"])
        outcome = Outcome.objects.create(
            inspection=row,
            taken=taken,
            version=row.version,
            words=words,
            fix_by_date=_fix_by(taken, now),
            answer_by_at=checking.three_ways_by(now) if refused else None,
            answerer_id=answerer[0] if refused and answerer else None,
            decided_at=now,
            person_id=person_id,
            decision_id=decision_id,
        )
        if words:
            Statement.objects.create(inspection=row, words=words, said_at=now, person_id=person_id)
        _record_outcome(row, outcome, answerer[1] if answerer else "", decision_id, now)
    return Decided(
        outcome.id, row.public_id, row.version, outcome.answer_by_at, outcome.fix_by_date
    )


def _fix_by(taken: str, now: dt.datetime) -> dt.date | None:
    return checking.fix_by_date(local_date(now)) if taken == checking.TAKE_FIX else None


def _record_outcome(
    row: Inspection, outcome: Outcome, answerer: str, decision_id: int, now: dt.datetime
) -> None:
    _, sha256 = text_of(row)
    said: dict[str, str | int] = {
        "order": row.order.code,
        "inspection": row.public_id,
        "version": row.version,
        "document_sha256": sha256,
        "words": outcome.words,
        "decision": decision_id,
        "at": write_instant(now),
    }
    if outcome.answer_by_at is not None:
        kind = "car.refused"
        by = write_instant(outcome.answer_by_at)
        said = {**said, "answerer": answerer, "answer_by_at": by}
    else:
        kind = "inspection.decided"
        said["fix_by"] = outcome.fix_by_date.isoformat() if outcome.fix_by_date else ""
    record(
        Fact(
            kind=kind,
            change_key=f"outcome:{row.public_id}:{row.version}",
            public={} if kind == "car.refused" else {"code": outcome.taken},
            private=said,
            subject_id=row.order_id,
            subject_code=row.order.code,
        ),
        now=now,
    )


@dataclass(frozen=True)
class Signed:
    """A signature; `first` is False where the same one was given before."""

    signature_id: int
    public_id: str
    first: bool


def sign(
    *,
    inspection_id: int,
    version: int,
    document_sha256: str,
    name: str,
    drawing: str,
    person_id: int,
    now: dt.datetime,
) -> Signed:
    """Sign this version of the document, drawn or typed; a second time gives the first signature.

    `drawing` is a JSON list of strokes, each a list of points `[x, y]`; what is no drawing counts
    as none.

    Raises
    ------
    Outdated
        The list has another version, or says something else than the page did.
    NothingDecided, NoName, NotOpen
    """
    strokes, name = _strokes(drawing), name.strip()[:100]
    if not strokes and not name:
        raise NoName
    with transaction.atomic():
        row = lock_inspection(inspection_id)
        known = Signature.objects.filter(inspection=row).first()
        if known is not None:
            if known.version != version or known.document_sha256 != document_sha256:
                raise Outdated
            return Signed(known.id, known.public_id, first=False)
        if row.state not in ("OPEN", "DECIDED"):
            raise NotOpen
        if row.version != version:
            raise Outdated
        if row.state != "DECIDED":
            raise NothingDecided
        text, sha256 = text_of(row)
        if sha256 != document_sha256:
            raise Outdated
        signature = Signature.objects.create(
            public_id=new_id("sig"),
            order_id=row.order_id,
            inspection=row,
            version=version,
            document_sha256=sha256,
            document=text,
            kind="DRAWN" if strokes else "TYPED",
            name=name,
            drawing=strokes,
            signed_at=now,
            person_id=person_id,
        )
        row.state = "SIGNED"
        row.save(update_fields=["state"])
        _record_signature(row, signature, now)
    return Signed(signature.id, signature.public_id, first=True)


def _strokes(drawing: str) -> str:
    """The drawing if it is one, else empty."""
    try:
        strokes = json.loads(drawing or "[]")
    except ValueError:
        return ""
    points = [point for stroke in strokes for point in stroke] if _is_drawing(strokes) else []
    if len(points) < 2 or len(points) > POINTS_MAX:
        return ""
    return json.dumps(strokes, separators=(",", ":"))


def _is_drawing(strokes: object) -> bool:
    return isinstance(strokes, list) and all(
        isinstance(stroke, list)
        and all(
            isinstance(point, list)
            and len(point) == 2
            and all(isinstance(value, int) and not isinstance(value, bool) for value in point)
            for point in stroke
        )
        for stroke in strokes
    )


def _record_signature(row: Inspection, signature: Signature, now: dt.datetime) -> None:
    record(
        Fact(
            kind="inspection.signed",
            change_key=f"signature:{signature.public_id}",
            private={
                "order": row.order.code,
                "inspection": row.public_id,
                "version": signature.version,
                "document_sha256": signature.document_sha256,
                "signature": signature.public_id,
                "how": signature.kind,
                "at": write_instant(now),
            },
            subject_id=row.order_id,
            subject_code=row.order.code,
        ),
        now=now,
    )


def set_aside(*, inspection_id: int) -> None:
    """End an inspection without keys: the car is looked at anew, or another was taken instead.

    Safe to repeat.
    """
    with transaction.atomic():
        row = lock_inspection(inspection_id)
        if row.state in ("OPEN", "DECIDED", "SIGNED"):
            row.state = "CLOSED"
            row.save(update_fields=["state"])


def reopen(*, inspection_id: int) -> None:
    """Take a decision back before it is signed, to look again. Safe to repeat."""
    with transaction.atomic():
        row = lock_inspection(inspection_id)
        if row.state == "DECIDED":
            row.state = "OPEN"
            bump(row)
            row.save(update_fields=["state"])


def close(*, inspection_id: int, staff_id: int, decision_id: int, now: dt.datetime) -> None:
    """The keys were given: the inspection is over. Safe to repeat.

    Raises
    ------
    NotOpen
        It was not signed.
    """
    with transaction.atomic():
        row = lock_inspection(inspection_id)
        if row.state == "CLOSED":
            return
        if row.state != "SIGNED":
            raise NotOpen
        row.state, row.keys_given_at, row.keys_given_by_id = "CLOSED", now, staff_id
        row.save(update_fields=["state", "keys_given_at", "keys_given_by_id"])
        assert row.keys_given_by is not None
        record(
            Fact(
                kind="keys.given",
                change_key=f"keys:{row.public_id}",
                private={
                    "order": row.order.code,
                    "inspection": row.public_id,
                    "given_by": row.keys_given_by.public_id,
                    "decision": decision_id,
                    "at": write_instant(now),
                },
                subject_id=row.order_id,
                subject_code=row.order.code,
            ),
            now=now,
        )
