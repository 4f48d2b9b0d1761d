"""Messages that tell no fact: a login code. Written at once, sent by a job."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.notices.models import DirectMessage
from yinuo.platform import outbox

SEND_TASK = "direct.send"
OUTBOX = "OUTBOX"


@transaction.atomic
def write(*, channel: str, address: str, text: str, now: dt.datetime) -> int:
    """Keep a message to be sent and ask a worker to send it; returns its id."""
    message = DirectMessage.objects.create(
        channel=channel, address=address, text=text, created_at=now
    )
    outbox.nudge(SEND_TASK, message_id=message.id)
    return message.id
