"""The buyer changes: a company for a person, a person for a company, or somebody else.

Papers in, both sides confirm by a code on their own telephones, a named person decides by a named
time, and the contract gets a version in the new buyer's name. The place in line never changes, and
it costs nothing. What the law says of the change is asked and kept before it takes effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from yinuo.contexts.notices.operations import direct
from yinuo.contexts.orders.operations import amendments, deciding
from yinuo.contexts.orders.operations.amendments import Paper, Wish
from yinuo.contexts.people.operations import login
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.people.queries.people import get_person
from yinuo.platform import outbox, uploads
from yinuo.platform.idempotency import first_answer, keep_answer
from yinuo.platform.phones import clean_phone
from yinuo.workflows.contract_again import agree_again

ROOM = "licences"
TEXTS = {
    "zh": "验证码 {digits}，{minutes} 分钟内有效。确认订单 {order} 改购车人用。不要告诉别人。",
    "en": "Code {digits} for {minutes} min confirms the new buyer of {order}. Do not share.",
}


def keep_paper(pieces: Iterable[bytes], *, claimed: str) -> Paper:
    """Keep a photo or a PDF of a licence in the upload room, outside everything that is served.

    Raises
    ------
    NotWhatItSays, TooLarge, NothingSent
    """
    kept = uploads.keep(pieces, claimed=claimed, room=ROOM)
    return Paper(kept.digest, kept.media_type, kept.size_bytes)


def ask(
    *,
    person_id: int,
    order_id: int,
    wish: Wish,
    to_name: str,
    to_phone: str,
    request_key: str,
    now: dt.datetime,
) -> str:
    """Ask for another buyer; returns the amendment's public id, the same for the same key.

    The other side is named by telephone; the asker's own number makes one person both sides, which
    suits a company's own owner only.

    Raises
    ------
    NotYourOrder, DoesNotSuit, NeedsMore, BadCompanyCode, RunsAlready
    """
    scope = f"amendment:{order_id}"
    with transaction.atomic():
        if request_key and (known := first_answer(scope, request_key)):
            return str(known)
        to_person_id = _find_side(person_id, wish.kind, to_name, to_phone)
        wish = Wish(
            wish.kind,
            wish.loan,
            wish.plate,
            to_person_id,
            wish.company_name,
            wish.company_code,
            wish.papers,
        )
        public_id = amendments.ask_for_buyer(
            person_id=person_id, order_id=order_id, wish=wish, now=now
        )
        if request_key:
            keep_answer(scope, request_key, public_id, now=now)
    return public_id


def _find_side(person_id: int, kind: str, name: str, phone: str) -> int | None:
    """The person of the other side; who is not known yet becomes known by name and number."""
    asker = get_person(person_id)
    number = clean_phone(phone) if phone.strip() else None
    assert asker is not None
    if phone.strip() and number is None:
        raise amendments.NeedsMore(what_zh="对方能收短信的手机号", what_en="a number for SMS")
    if number is None or number == asker.phone:
        if kind == "TRANSFER":
            raise amendments.NeedsMore(
                what_zh="对方的姓名和手机号", what_en="the other side's name and number"
            )
        return person_id
    if not name.strip():
        raise amendments.NeedsMore(what_zh="对方的姓名", what_en="the other side's name")
    customer = Customer(number, name.strip(), "", asker.language)
    return find_or_create([customer])[number]


def send_code(*, person_id: int, public_id: str, order_code: str, now: dt.datetime) -> dt.datetime:
    """Send this side its code; returns until when it can be used.

    Raises
    ------
    CodeTooSoon
    """
    person = get_person(person_id)
    assert person is not None
    with transaction.atomic():
        amendments.lock_running(public_id)
        code = login.create_code(phone=person.phone, now=now)
        minutes = int((code.expires_at - now).total_seconds() // 60)
        text = TEXTS[person.language].format(digits=code.digits, minutes=minutes, order=order_code)
        direct.write(address=person.phone, text=text, now=now)
    return code.expires_at


def confirm(*, person_id: int, public_id: str, digits: str, now: dt.datetime) -> str:
    """Confirm for one side by the code on its telephone; returns the state it leads to.

    Raises
    ------
    WrongCode, CodeSpent, NotRunning, NotYourOrder
    """
    person = get_person(person_id)
    assert person is not None
    # The try is counted by itself; a kill after it costs the person one more code.
    login.use_code(phone=person.phone, digits=digits, now=now)
    return amendments.confirm(person_id=person_id, public_id=public_id, now=now)


def decide(*, staff_id: int, public_id: str, accept: bool, ground: str, now: dt.datetime) -> None:
    """Accept, or refuse on a ground; both sides are told.

    Raises
    ------
    NotRunning, NotInCharge, NotConfirmed, NeedsGround, NoSuchTemplate, ClauseNotAllowed
    """
    with transaction.atomic():
        row = deciding.decide(
            staff_id=staff_id, public_id=public_id, accept=accept, ground=ground, now=now
        )
        if accept and row.to_person_id is not None:
            assert row.new_confirmed_at is not None
            agree_again(
                order_id=row.order_id,
                person_id=row.to_person_id,
                page="/o/buyer",
                shown_at=row.new_confirmed_at,
                now=now,
            )
        outbox.nudge("notices.issue")


def watch(*, now: dt.datetime) -> int:
    """By the clock: hand up what is late, break long silences; returns how many."""
    count = deciding.watch(now=now)
    if count:
        outbox.nudge("notices.issue")
    return count
