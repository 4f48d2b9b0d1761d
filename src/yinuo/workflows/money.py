"""Money by the clock: messages, lost answers, refunds and what follows from them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from yinuo.contexts.payments.operations import asking, closing, inbox, refunded, sending
from yinuo.platform.pay.port import Message, Provider

LOG = logging.getLogger(__name__)
Providers = Mapping[str, Provider]


def apply_messages(*, now: dt.datetime) -> int:
    """Messages of providers that are not applied; one that fails holds up no other."""
    return sum(_apply(message_id, now) != "WAITS" for message_id in inbox.list_waiting())


def ask_providers(*, providers: Providers, now: dt.datetime) -> int:
    """Charges whose answer was lost."""
    return asking.ask(providers=providers, now=now)


def close_attempts(*, providers: Providers, now: dt.datetime) -> int:
    """Attempts at a bill that was paid another way, or that nobody has to pay any more."""
    return closing.close(providers=providers, now=now)


def send_refunds(*, providers: Providers, now: dt.datetime) -> int:
    """Refunds that are due or whose answer was lost; those past their day are owned up to.

    One that fails is logged, told to its customer when it is late, and holds up no other.
    """
    told = refunded.tell_late(now)
    return told + sum(_send(one, providers, now) for one in sending.list_to_send(now))


def _send(refund_id: int, providers: Providers, now: dt.datetime) -> int:
    try:
        return sending.send(refund_id=refund_id, providers=providers, now=now)
    except Exception:
        LOG.exception("refund %s waits", refund_id)
        return 0


def take_message(*, provider: str, message: Message, now: dt.datetime) -> str:
    """Store what a provider sent, and apply it; what cannot be applied yet waits. Returns how."""
    return _apply(inbox.take(provider=provider, message=message, now=now), now)


def _apply(message_id: int, now: dt.datetime) -> str:
    try:
        return inbox.apply(message_id=message_id, now=now)
    except Exception:
        # It is stored; the sweep applies it, and the provider need not send it again.
        LOG.exception("message %s waits", message_id)
        return "WAITS"
