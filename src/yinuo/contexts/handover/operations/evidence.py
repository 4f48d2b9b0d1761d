"""Taking in pictures and films: whole, or in parts over a bad line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.handover.models import Evidence, Inspection, Upload
from yinuo.contexts.handover.operations.inspecting import (
    DecidedAlready,
    NotOpen,
    UnknownCheck,
    bump,
    lock_open,
)
from yinuo.contexts.handover.operations.locking import lock_order
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform import parts, uploads
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

ROOM = "handover"
EVIDENCE_MAX = 60
STALE = dt.timedelta(days=2)


class TooMany(Refusal):
    """An order keeps only so many pictures and films."""

    code = "too_much_evidence"
    zh = "这个订单已经有 {most} 份影像，不能再加。"
    en = "This order has {most} pictures and films already; no more can be added."


class NoSuchUpload(Refusal):
    """No file of this order is on its way under this number."""

    code = "no_such_upload"
    zh = "没有这次上传。请重新选文件。"
    en = "There is no such upload. Please choose the file again."


@dataclass(frozen=True)
class Sender:
    """Who sends a file: a customer, a helper whom the customer named, or staff."""

    person_id: int | None = None
    staff_id: int | None = None
    helper: str = ""


@dataclass(frozen=True)
class About:
    """What a file shows: a check of an inspection, a damage, or the car as a whole."""

    order_id: int
    inspection_id: int | None = None
    damage_id: int | None = None
    code: str = ""


def keep_file(
    pieces: Iterable[bytes], *, claimed: str, about: About, sender: Sender, now: dt.datetime
) -> str:
    """Keep a picture or film; its public id. The same file about the same thing is kept once.

    It is cleaned and digested before the transaction. A signed inspection takes no more.

    Raises
    ------
    NotWhatItSays, TooLarge, NothingSent, TooMany, UnknownCheck, NotOpen, DecidedAlready
    """
    _check_room(about)
    stored = uploads.keep(
        pieces,
        claimed=claimed,
        room=ROOM,
        takes=uploads.EVIDENCE,
        bytes_max=uploads.FILM_BYTES_MAX,
    )
    return _attach(stored, about, sender, now)


def _check_room(about: About) -> None:
    if Evidence.objects.filter(order=about.order_id).count() >= EVIDENCE_MAX:
        raise TooMany(most=EVIDENCE_MAX)
    if about.inspection_id is None:
        return
    row = Inspection.objects.get(id=about.inspection_id)
    if row.state == "DECIDED":
        raise DecidedAlready
    if row.state != "OPEN":
        raise NotOpen
    if about.code not in checking.all_checks(checking.from_record(row.checklist)):
        raise UnknownCheck


def _attach(stored: uploads.Stored, about: About, sender: Sender, now: dt.datetime) -> str:
    same = {
        "order_id": about.order_id,
        "inspection_id": about.inspection_id,
        "damage_id": about.damage_id,
        "code": about.code,
        "sha256": stored.digest,
    }
    with transaction.atomic():
        lock_order(about.order_id)
        # The newest version says what was shown; one lock also makes two same files one.
        inspection = lock_open(about.inspection_id) if about.inspection_id else None
        known = Evidence.objects.filter(**same).first()
        if known is not None:
            return known.public_id
        row = Evidence.objects.create(
            public_id=new_id("evd"),
            media_type=stored.media_type,
            size_bytes=stored.size_bytes,
            received_at=now,
            person_id=sender.person_id,
            staff_id=sender.staff_id,
            helper=sender.helper,
            **same,
        )
        if inspection is not None:
            bump(inspection)
        record(
            Fact(
                kind="evidence.kept",
                change_key=f"evidence:{row.public_id}",
                private={
                    "order": row.order.code,
                    "inspection": inspection.public_id if inspection else "",
                    "check": about.code,
                    "media_type": row.media_type,
                    "sha256": row.sha256,
                    "at": write_instant(now),
                },
                subject_id=about.order_id,
                subject_code=row.order.code,
            ),
            now=now,
        )
    return row.public_id


def begin_upload(*, about: About, size_bytes: int, sender: Sender, now: dt.datetime) -> str:
    """Begin a file that comes in parts; its number. What is too large is refused before it comes.

    Raises
    ------
    TooLarge, NothingSent, TooMany, UnknownCheck, NotOpen, DecidedAlready
    """
    if size_bytes <= 0:
        raise uploads.NothingSent
    if size_bytes > uploads.FILM_BYTES_MAX:
        raise uploads.TooLarge(megabytes=uploads.FILM_BYTES_MAX // uploads.MEGABYTE)
    _check_room(about)
    row = Upload.objects.create(
        public_id=new_id("upl"),
        order_id=about.order_id,
        inspection_id=about.inspection_id,
        code=about.code,
        size_bytes=size_bytes,
        begun_at=now,
        person_id=sender.person_id,
        staff_id=sender.staff_id,
    )
    return row.public_id


def received_of(*, order_id: int, upload_ref: str) -> int:
    """How many bytes of it have arrived.

    Raises
    ------
    NoSuchUpload
    """
    row = Upload.objects.filter(order=order_id, public_id=upload_ref).first()
    if row is None:
        raise NoSuchUpload
    return row.received_bytes


def take_part(
    pieces: Iterable[bytes],
    *,
    order_id: int,
    upload_ref: str,
    at: int,
    until: int,
    size_bytes: int,
    sender: Sender,
    now: dt.datetime,
) -> tuple[int, str]:
    """Take bytes `at` up to `until` of a file; how many have arrived, and its id when it is whole.

    A part that was there already is written over; one that leaves a gap is refused with the byte to
    go on from.

    Raises
    ------
    NoSuchUpload, PartsDiffer, NotWhatItSays, NotOpen, DecidedAlready
    """
    with transaction.atomic():
        rows = Upload.objects.select_for_update(of=("self",))
        row = rows.filter(order=order_id, public_id=upload_ref, finished_at=None).first()
        if row is None:
            raise NoSuchUpload
        if size_bytes != row.size_bytes or at > row.received_bytes:
            raise parts.PartsDiffer(received_bytes=row.received_bytes)
        row.received_bytes = parts.add_part(
            pieces, name=row.public_id, at=at, most=min(until, row.size_bytes) - at
        )
        row.save(update_fields=["received_bytes"])
    if row.received_bytes < row.size_bytes:
        return row.received_bytes, ""
    about = About(order_id, row.inspection_id, None, row.code)
    try:
        ref = keep_file(
            parts.pieces_of(row.public_id), claimed="", about=about, sender=sender, now=now
        )
    finally:
        # Kept or refused, the parts are of no more use.
        Upload.objects.filter(id=row.id).update(finished_at=now)
        parts.drop(row.public_id)
    return row.received_bytes, ref


def drop_stale(*, now: dt.datetime) -> int:
    """Remove what was begun long ago and never finished; how many there were. Safe to repeat."""
    rows = Upload.objects.filter(finished_at=None, begun_at__lt=now - STALE)
    stale = list(rows.values_list("public_id", flat=True))
    for name in stale:
        parts.drop(name)
    Upload.objects.filter(public_id__in=stale).update(finished_at=now)
    return len(stale)
