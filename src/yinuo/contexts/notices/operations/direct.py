"""Login codes and words about tickets on their way: written at once, sent by a job."""

from __future__ import annotations

import datetime as dt
import re

from django.db import transaction
from django.db.models import Q

from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.notices.operations.send import Channels
from yinuo.platform import outbox
from yinuo.platform.channels.port import Message

SEND_STEP = "direct.send"
OUTBOX = "OUTBOX"
# A code that did not leave within its life is of no use to anybody.
USEFUL = dt.timedelta(minutes=10)
# What tells of a ticket, by its key; it is of use for a day.
TICKET_KEYS = "ticket:"
TICKET_USEFUL = dt.timedelta(days=1)
HIDDEN = "******"
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


@transaction.atomic
def write(*, address: str, text: str, now: dt.datetime) -> int:
    """Keep an SMS with a login code and ask a worker to send it; returns its id."""
    message = DirectMessage.objects.create(
        channel="SMS", address=address, text=text, created_at=now
    )
    outbox.nudge(SEND_STEP)
    return message.id


def write_of_ticket(*, key: str, address: str, text: str, now: dt.datetime) -> bool:
    """Keep an SMS about a ticket, once for each `key`; False when it was written before.

    To be called in the transaction of what it tells.
    """
    _, fresh = DirectMessage.objects.get_or_create(
        key=TICKET_KEYS + key,
        defaults={"channel": "SMS", "address": address, "text": text, "created_at": now},
    )
    if fresh:
        outbox.nudge(SEND_STEP)
    return fresh


def send_codes(*, channels: Channels, now: dt.datetime) -> int:
    """Hand every waiting message to the SMS gateway; returns how many were handled.

    Without a gateway the message stays readable in the outbox. With one, the digits of a code are
    struck out once they have left. A kill in between may send one twice, which harms nobody.
    """
    handled = 0
    while _send_one(channels, now):
        handled += 1
    return handled


@transaction.atomic
def _send_one(channels: Channels, now: dt.datetime) -> bool:
    row = (
        DirectMessage.objects.select_for_update(skip_locked=True)
        .filter(
            Q(created_at__gt=now - USEFUL)
            | Q(created_at__gt=now - TICKET_USEFUL, key__startswith=TICKET_KEYS),
            channel="SMS",
            sent_at=None,
            problem="",
        )
        .order_by("id")
        .first()
    )
    if row is None:
        return False
    gateway = channels.get("SMS")
    if gateway is None:
        row.provider, row.sent_at = OUTBOX, now
    else:
        outcome = gateway.send(_message(row))
        row.provider = type(gateway).__name__
        if outcome.state in ("SENT", "DELIVERED", "UNKNOWN"):
            row.sent_at = now
        else:
            row.problem = outcome.detail or outcome.state
        row.text = row.text if row.key else CODE.sub(HIDDEN, row.text)
    row.save(update_fields=["provider", "sent_at", "problem", "text"])
    return True


def _message(row: DirectMessage) -> Message:
    digits = CODE.search(row.text)
    assert digits or row.key, "a login message carries its code"
    return Message(
        id=f"direct-{row.id}",
        channel="SMS",
        to=row.address,
        subject="",
        text=row.text,
        html=None,
        template="ticket" if row.key else "login",
        params={"text": row.text} if row.key else {"code": digits.group() if digits else ""},
        language="zh",
    )
