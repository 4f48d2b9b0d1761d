"""Money by the clock: messages, lost answers, refunds and what follows from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from yinuo.contexts.payments.operations import asking, inbox, refunded, sending
from yinuo.platform.pay.port import Provider

Providers = Mapping[str, Provider]


def apply_messages(*, now: dt.datetime) -> int:
    """Messages of providers that are not applied."""
    return sum(
        inbox.apply(message_id=message_id, now=now) != "WAITS"
        for message_id in inbox.list_waiting()
    )


def ask_providers(*, providers: Providers, now: dt.datetime) -> int:
    """Charges whose answer was lost."""
    return asking.ask(providers=providers, now=now)


def send_refunds(*, providers: Providers, now: dt.datetime) -> int:
    """Refunds that are due or whose answer was lost; those past their day are owned up to."""
    told = refunded.tell_late(now)
    due = sending.list_to_send(now)
    return told + sum(
        sending.send(refund_id=refund_id, providers=providers, now=now) for refund_id in due
    )
