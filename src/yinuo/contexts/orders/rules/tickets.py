"""Pure decisions about tickets: their signature, when they may be taken, and what is missing."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

VERSION = "yinuo-ticket/1"
UNDO = dt.timedelta(hours=72)
# Nobody loses a place without having been told so long before.
TOLD_BEFORE = dt.timedelta(hours=12)
MICROSECOND = dt.timedelta(microseconds=1)
OPEN = frozenset({"WAITING", "TAKEN", "ORDERED"})
HOLDING = frozenset({"TAKEN", "ORDERED", "LOCKED"})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def link(
    before: str, *, launch: str, number: int, group: str, code: str, taken_at: dt.datetime
) -> str:
    """The link of a ticket in the chain of its launch: SHA-256 over itself and the link before.

    The code opens the ticket, so only its digest goes in: links may be shown to everybody. Who
    knows the newest link can tell that no earlier ticket was put in, moved or left out later.
    """
    secret = hashlib.sha256(code.encode()).hexdigest()
    at = taken_at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    body = f"{VERSION}|{launch}|{number}|{group}|{at}|{secret}|{before}"
    return _text(hashlib.sha256(body.encode()).digest())


def sign(key: str, chain: str) -> str:
    """The signature of a link: HMAC-SHA256 with the installation's own key."""
    return _text(hmac.digest(key.encode(), chain.encode(), "sha256"))


def is_signed(key: str, chain: str, signature: str) -> bool:
    """Whether `signature` is ours."""
    return hmac.compare_digest(sign(key, chain), signature)


def moment_after(arrived_at: dt.datetime, last_at: dt.datetime | None) -> dt.datetime:
    """When a ticket counts as taken: its arrival, but always after the ticket before it.

    Tickets of a launch so have one order, by number and by time, whatever door they came through.
    """
    return arrived_at if last_at is None else max(arrived_at, last_at + MICROSECOND)


def stage(now: dt.datetime, opens_at: dt.datetime, closes_at: dt.datetime | None) -> str:
    """BEFORE, OPEN or CLOSED."""
    if now < opens_at:
        return "BEFORE"
    return "CLOSED" if closes_at is not None and now >= closes_at else "OPEN"


@dataclass(frozen=True)
class Held:
    """What is known of a ticket that holds a place."""

    state: str
    has_person: bool
    has_spec: bool
    has_centre: bool


def missing(ticket: Held) -> tuple[str, ...]:
    """What is not there yet, in the order in which it is asked for; nothing for a ticket that is
    not open."""
    if ticket.state not in OPEN:
        return ()
    wanted = (
        ("NAME", not ticket.has_person),
        ("SPEC", not ticket.has_spec),
        ("CENTRE", not ticket.has_centre),
        ("CONTRACT", ticket.state != "ORDERED"),
        ("DEPOSIT", True),
    )
    return tuple(code for code, lacks in wanted if lacks)


def lapses_at(due_at: dt.datetime, reminded_at: dt.datetime | None) -> dt.datetime | None:
    """When an unfinished ticket gives its place back: not before it was told in good time.

    None: it was not told yet, so it does not lapse.
    """
    return None if reminded_at is None else max(due_at, reminded_at + TOLD_BEFORE)


def remind_at(taken_at: dt.datetime, due_at: dt.datetime) -> dt.datetime:
    """When an unfinished ticket is told: half of its time before the end, a day at most."""
    return due_at - min((due_at - taken_at) / 2, dt.timedelta(days=1))
