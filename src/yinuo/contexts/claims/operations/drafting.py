"""Writing what is to be said in public: a statement with its owner, and its next wording."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, ClaimVersion
from yinuo.contexts.people.queries.staff import get_staff
from yinuo.platform.refusals import Refusal

CODE: Final = re.compile(r"[a-z][a-z0-9-]{2,59}")
URL: Final = re.compile(r"https?://[!#-\[\]-~]{3,400}")
# Addresses of the console that no statement can have.
TAKEN: Final = frozenset({"new"})
TEXT_CHARS_MAX: Final = 4000
PX: Final = range(6, 200)


class NoSuchClaim(Refusal):
    """There is no statement of this name."""

    code = "no_such_claim"
    zh = "没有登记过“{claim}”。"
    en = "There is no statement {claim}."


class ClaimOver(Refusal):
    """A statement that ended is not said again; another one is opened."""

    code = "claim_over"
    zh = "这个说法已经结束，要再说请新登记一个。"
    en = "This statement has ended; open another one to say it again."


class ClaimTaken(Refusal):
    """The name of a statement is its address for ever."""

    code = "claim_taken"
    zh = "“{claim}”这个名字已经用过，请换一个。"
    en = "The name {claim} was used before; choose another."


class ClaimNotReadable(Refusal):
    """A field of a statement cannot be taken as it is."""

    code = "claim_not_readable"
    zh = "请检查这一项：{field_zh}。"
    en = "Please look at: {field_en}."


FIELDS: Final[dict[str, tuple[str, str]]] = {
    "code": ("名字只用小写字母、数字和短横，3 到 60 个", "the name: 3 to 60 of a-z, 0-9 and -"),
    "topic": ("说的是什么", "what it is about"),
    "channel": ("在哪里说", "where it is said"),
    "url": ("网址以 http 开头，不能有空格和汉字", "an address that begins with http, in ASCII"),
    "text": ("正文最多 4000 字", "the text has at most 4,000 characters"),
    "expires": ("有效期", "how long it holds"),
    "layout": ("字号是 6 到 199，颜色写成 #rrggbb", "sizes are 6 to 199, colours #rrggbb"),
    "owner": ("负责人要在职", "the owner works here"),
    "speaker": ("说话的人要在职", "who says it works here"),
}


@dataclass(frozen=True)
class Wording:
    """What is to be said, where, how it is set and how long it holds; see `ClaimVersion`."""

    text: str
    condition: str
    unconditional: bool
    url: str
    channel: str
    expires_date: dt.date | None
    layout: rules.Layout
    text_en: str = ""
    condition_en: str = ""


def open_claim(
    *,
    code: str,
    topic: str,
    speaker_id: int | None,
    owner_id: int,
    wording: Wording,
    staff_id: int,
    now: dt.datetime,
) -> Claim:
    """Register a statement with its first wording as a draft.

    Raises
    ------
    ClaimNotReadable, ClaimTaken
    """
    plain = bool(CODE.fullmatch(code)) and code not in TAKEN
    _check(plain and not rules.find_personal(code), "code")
    _check(topic in rules.TOPICS, "topic")
    _check(get_staff(owner_id) is not None, "owner")
    _check(speaker_id is None or get_staff(speaker_id) is not None, "speaker")
    _check_wording(wording)
    with transaction.atomic():
        claim, fresh = Claim.objects.get_or_create(
            code=code,
            defaults={
                "topic": topic,
                "speaker_id": speaker_id,
                "owner_id": owner_id,
                "opened_at": now,
            },
        )
        if not fresh:
            raise ClaimTaken(claim=code)
        _write(claim, 1, wording, staff_id, now)
    return claim


def write_draft(*, code: str, wording: Wording, staff_id: int, now: dt.datetime) -> ClaimVersion:
    """The next wording of a statement: a new version, or the draft that waits written anew.

    Signatures under another wording do not count for this one.

    Raises
    ------
    NoSuchClaim, ClaimOver, ClaimNotReadable
    """
    _check_wording(wording)
    with transaction.atomic():
        claim = lock_claim(code)
        newest = claim.versions.order_by("-number").first()
        assert newest is not None
        if newest.published_at is not None:
            return _write(claim, newest.number + 1, wording, staff_id, now)
        for name, value in _fields(wording).items():
            setattr(newest, name, value)
        newest.written_by_id, newest.written_at = staff_id, now
        newest.save()
    return newest


def hand_over(*, code: str, owner_id: int) -> None:
    """Somebody else answers for a statement from now on.

    Raises
    ------
    NoSuchClaim, ClaimOver, ClaimNotReadable
    """
    _check(get_staff(owner_id) is not None, "owner")
    with transaction.atomic():
        claim = lock_claim(code)
        claim.owner_id = owner_id
        claim.save(update_fields=["owner"])


def lock_claim(code: str) -> Claim:
    """The statement, locked for this transaction.

    Raises
    ------
    NoSuchClaim, ClaimOver
    """
    claim = Claim.objects.select_for_update().filter(code=code).first()
    if claim is None:
        raise NoSuchClaim(claim=code)
    if claim.ended_at is not None:
        raise ClaimOver
    return claim


def _write(
    claim: Claim, number: int, wording: Wording, staff_id: int, now: dt.datetime
) -> ClaimVersion:
    return ClaimVersion.objects.create(
        claim=claim, number=number, written_by_id=staff_id, written_at=now, **_fields(wording)
    )


def _fields(wording: Wording) -> dict[str, object]:
    return {**vars(wording), "layout": vars(wording.layout)}


def _check_wording(wording: Wording) -> None:
    texts = (wording.text, wording.condition, wording.text_en, wording.condition_en)
    layout = wording.layout
    _check(all(len(one) <= TEXT_CHARS_MAX and "\0" not in one for one in texts), "text")
    _check(wording.channel in rules.CHANNELS, "channel")
    _check(wording.expires_date is None or rules.is_day(wording.expires_date), "expires")
    _check(not wording.url or bool(URL.fullmatch(wording.url)), "url")
    colours = (layout.claim_ink, layout.claim_ground, layout.condition_ink, layout.condition_ground)
    _check(
        layout.claim_px in PX
        and layout.condition_px in PX
        and all(rules.COLOUR.fullmatch(one) for one in colours),
        "layout",
    )


def _check(holds: bool, field: str) -> None:
    if not holds:
        zh, en = FIELDS[field]
        raise ClaimNotReadable(field=field, field_zh=zh, field_en=en)
