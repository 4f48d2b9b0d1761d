"""Login codes on their way: written at once, sent by a job."""

from __future__ import annotations

import datetime as dt
import re

from django.db import transaction

from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.notices.operations.send import Channels
from yinuo.platform import outbox
from yinuo.platform.channels.port import Message

SEND_STEP = "direct.send"
OUTBOX = "OUTBOX"
# A code that did not leave within its life is of no use to anybody.
USEFUL = dt.timedelta(minutes=10)
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


def send_codes(*, channels: Channels, now: dt.datetime) -> int:
    """Hand every waiting login code to the SMS gateway; returns how many were handled.

    Without a gateway the message stays readable in the outbox. With one, the digits are struck
    out once they have left. A kill in between may send a code twice, which harms nobody.
    """
    handled = 0
    while _send_one(channels, now):
        handled += 1
    return handled


@transaction.atomic
def _send_one(channels: Channels, now: dt.datetime) -> bool:
    row = (
        DirectMessage.objects.select_for_update(skip_locked=True)
        .filter(channel="SMS", sent_at=None, problem="", created_at__gt=now - USEFUL)
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
        row.text = CODE.sub(HIDDEN, row.text)
    row.save(update_fields=["provider", "sent_at", "problem", "text"])
    return True


def _message(row: DirectMessage) -> Message:
    digits = CODE.search(row.text)
    assert digits, "a login message carries its code"
    return Message(
        id=f"direct-{row.id}",
        channel="SMS",
        to=row.address,
        subject="",
        text=row.text,
        html=None,
        template="login",
        params={"code": digits.group()},
        language="zh",
    )
