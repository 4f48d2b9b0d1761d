"""The look from afar: a film and what was found, sent before the trip; the customer answers."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.handover.models import Evidence, RemoteLook
from yinuo.contexts.handover.operations.damage import UnknownAnswer
from yinuo.contexts.handover.operations.locking import lock_order
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

ANSWERS = ("COME", "ASK", "REFUSE")
WORDS_MAX = 2000


class FilmNeeded(Refusal):
    """A look from afar is a film; without one there is nothing to look at."""

    code = "film_needed"
    zh = "请先传一段看车视频。"
    en = "Upload a film of the car first."


class SayWhatYouFound(Refusal):
    """The centre says what it found, also when all is well."""

    code = "say_what_you_found"
    zh = "请写下查到的情况，没有问题也写一句。"
    en = "Say what you found, also when all is well."


def record_look(
    *, order_id: int, evidence_ref: str, findings: str, staff_id: int, now: dt.datetime
) -> int:
    """Send the customer a film of the car with what the centre found; the same is sent once.

    Raises
    ------
    FilmNeeded, SayWhatYouFound
    """
    findings = findings.strip()[:WORDS_MAX]
    film = Evidence.objects.filter(order=order_id, public_id=evidence_ref).first()
    if film is None or not film.media_type.startswith("video/"):
        raise FilmNeeded
    if not findings:
        raise SayWhatYouFound
    with transaction.atomic():
        lock_order(order_id)
        look, fresh = RemoteLook.objects.get_or_create(
            order_id=order_id,
            film=film,
            findings=findings,
            defaults={
                "public_id": new_id("rml"),
                "recorded_at": now,
                "recorded_by_id": staff_id,
            },
        )
        if not fresh:
            return look.id
        record(
            Fact(
                kind="remote.recorded",
                change_key=f"remote:{look.public_id}",
                private={
                    "order": look.order.code,
                    "look": look.public_id,
                    "sha256": film.sha256,
                    "findings": findings,
                    "at": write_instant(now),
                },
                subject_id=order_id,
                subject_code=look.order.code,
            ),
            now=now,
        )
    return look.id


def answer_look(
    *, order_id: int, look_ref: str, said: str, words: str, now: dt.datetime
) -> dt.datetime | None:
    """Come, ask, or refuse after the film; by when a question or a refusal is answered.

    Refusing from afar costs nothing and ends nothing: three ways on are named by then.

    Raises
    ------
    UnknownAnswer
    """
    if said not in ANSWERS:
        raise UnknownAnswer
    words = words.strip()[:WORDS_MAX]
    with transaction.atomic():
        rows = RemoteLook.objects.select_for_update(of=("self",))
        look = rows.filter(order=order_id, public_id=look_ref).first()
        if look is None:
            raise UnknownAnswer
        if (look.answer, look.words) == (said, words):
            return look.answer_by_at
        look.answer, look.words, look.answered_at = said, words, now
        look.answer_by_at = None if said == "COME" else checking.three_ways_by(now)
        look.save(update_fields=["answer", "words", "answered_at", "answer_by_at"])
        record(
            Fact(
                kind="remote.answered",
                change_key=f"remote:{look.public_id}:{write_instant(now)}:{said}",
                public={"code": said},
                private={
                    "order": look.order.code,
                    "look": look.public_id,
                    "words": words,
                    "at": write_instant(now),
                },
                subject_id=order_id,
                subject_code=look.order.code,
            ),
            now=now,
        )
    return look.answer_by_at
