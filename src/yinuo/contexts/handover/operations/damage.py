"""Known damage: written down, told before the trip, answered, put right."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.handover.models import Damage, Evidence
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

ANSWERS = ("COME", "STAY_AWAY", "ASK")
WORDS_MAX = 300


class SayWhere(Refusal):
    """Damage is told with the spot and what it is, in both languages."""

    code = "say_where"
    zh = "请写明在哪里、是什么，中英文都要。"
    en = "Say where it is and what it is, in Chinese and in English."


class UnknownAnswer(Refusal):
    """There is no such damage of this order, or no such answer."""

    code = "unknown_answer"
    zh = "没有这个选项。请刷新页面再选。"
    en = "There is no such choice. Reload the page and choose again."


def record_damage(
    *,
    order_id: int,
    spot: tuple[str, str],
    words: tuple[str, str],
    cause_ref: str = "",
    staff_id: int | None,
    now: dt.datetime,
) -> tuple[int, bool]:
    """Write damage down; its row, and False where it was written down before.

    `spot` and `words` are Chinese and English. The car cannot be put to inspection before it is
    told (`tell`).

    Raises
    ------
    SayWhere
    """
    texts = [text.strip()[:WORDS_MAX] for text in (*spot, *words)]
    if not all(texts):
        raise SayWhere
    with transaction.atomic():
        told = dict(zip(("spot_zh", "spot_en", "words_zh", "words_en"), texts, strict=True))
        # One report of a carrier is one damage; of our own people, what says the same.
        same = {} if cause_ref else {"found_by_id": staff_id, "left_at": None, **told}
        known = Damage.objects.filter(order=order_id, cause_ref=cause_ref, **same).first()
        if known is not None:
            return known.id, False
        row = Damage.objects.create(
            public_id=new_id("dmg"),
            order_id=order_id,
            cause_ref=cause_ref,
            found_at=now,
            found_by_id=staff_id,
            **told,
        )
    return row.id, True


def leave(*, order_id: int, now: dt.datetime) -> int:
    """The order has another car now: damage of the one before is not that one's. Safe to repeat.

    What was told of it stays on record. Returns how much there was.
    """
    with transaction.atomic():
        return Damage.objects.filter(order=order_id, left_at=None).update(left_at=now)


def tell(
    *, damage_id: int, answerer: str, answer_by_at: dt.datetime, now: dt.datetime
) -> int | None:
    """Record the damage as told; the notice follows from the entry.

    None if it was told before, or is of a car that the order no longer gets.
    """
    with transaction.atomic():
        row = Damage.objects.select_for_update(of=("self",)).get(id=damage_id)
        if row.told_at is not None or row.left_at is not None:
            return None
        photos = Evidence.objects.filter(damage=row).order_by("id")
        entry_id = record(
            Fact(
                kind="damage.told",
                change_key=f"damage:{row.public_id}",
                public={"code": "TRANSIT" if row.cause_ref else "CENTRE"},
                private={
                    "order": row.order.code,
                    "damage": row.public_id,
                    "cause_ref": row.cause_ref,
                    "spot_zh": row.spot_zh,
                    "spot_en": row.spot_en,
                    "words_zh": row.words_zh,
                    "words_en": row.words_en,
                    "photos_sha256": list(photos.values_list("sha256", flat=True)),
                    "answerer": answerer,
                    "answer_by_at": write_instant(answer_by_at),
                    "known_at": write_instant(row.found_at),
                },
                subject_id=row.order_id,
                subject_code=row.order.code,
            ),
            now=now,
        )
        row.told_at, row.told_entry_id = now, entry_id
        row.save(update_fields=["told_at", "told_entry_id"])
    return entry_id


def answer(*, order_id: int, damage_ref: str, said: str, now: dt.datetime) -> None:
    """What the customer says to it; said differently later, the newest counts.

    Raises
    ------
    UnknownAnswer
    """
    if said not in ANSWERS:
        raise UnknownAnswer
    with transaction.atomic():
        rows = Damage.objects.select_for_update(of=("self",))
        row = rows.filter(order=order_id, public_id=damage_ref, left_at=None).first()
        if row is None:
            raise UnknownAnswer
        if row.answer == said:
            return
        row.answer, row.answered_at = said, now
        row.save(update_fields=["answer", "answered_at"])
        record(
            Fact(
                kind="damage.answered",
                change_key=f"damage:{row.public_id}:{said}:{write_instant(now)}",
                public={"code": said},
                private={
                    "order": row.order.code,
                    "damage": row.public_id,
                    "at": write_instant(now),
                },
                subject_id=row.order_id,
                subject_code=row.order.code,
            ),
            now=now,
        )
