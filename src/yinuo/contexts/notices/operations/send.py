"""Handing deliveries to the gateways, and keeping what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.ledger.sms import in_order
from yinuo.contexts.ledger.visit_kinds import SAME_DAY_KINDS
from yinuo.contexts.notices import rules
from yinuo.contexts.notices.models import Delivery, DirectMessage, Notice
from yinuo.contexts.notices.operations.calls import open_call
from yinuo.contexts.notices.operations.release import record_sent
from yinuo.platform.channels.bounces import Bounce
from yinuo.platform.channels.port import Channel, ChannelName, Message, Outcome
from yinuo.platform.channels.receipts import Receipt
from yinuo.platform.spoken import write_instant

Channels = Mapping[ChannelName, Channel]


def send_due(*, channels: Channels, now: dt.datetime, limit: int = 500) -> int:
    """Hand due deliveries to their gateways, one at a time; returns how many were handled.

    A delivery is claimed and committed before it leaves, so a kill in between never sends it
    twice unasked: one that was claimed long ago is looked up at its gateway by our id first, and
    sent again only where the gateway has never heard of it. What is tried again waits for the end
    of the quiet hours, unless it changes a visit of that day.
    """
    handled = 0
    while handled < limit:
        delivery = _claim(channels, now)
        if delivery is None:
            break
        channel = channels[delivery.channel]  # type: ignore[index]
        message = _message(delivery)
        outcome = channel.look_up(message) if delivery.attempts > 1 else None
        keep_outcome(delivery.id, outcome or channel.send(message), now=now)
        handled += 1
    return handled


def _claim(channels: Channels, now: dt.datetime) -> Delivery | None:
    waiting = Q(state=Delivery.State.QUEUED, next_try_at__lte=now)
    lost = Q(state=Delivery.State.SENDING, claimed_at__lte=now - rules.ASK_AFTER)
    at_any_hour = Q(notice__kind__in=SAME_DAY_KINDS) if rules.is_quiet(now) else Q()
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(waiting | lost, at_any_hour, channel__in=list(channels))
            .select_related("notice")
            .order_by("next_try_at", "id")
            .first()
        )
        if delivery is None:
            return None
        delivery.state, delivery.claimed_at = Delivery.State.SENDING, now
        delivery.attempts += 1
        delivery.save(update_fields=["state", "claimed_at", "attempts"])
    return delivery


def template_name(kind: str, language: str) -> str:
    """The name of a gateway's template; English texts have templates of their own."""
    return f"{kind}_en" if kind and language == "en" else kind


def _message(delivery: Delivery) -> Message:
    return Message(
        id=f"{delivery.notice.told_id}-{delivery.channel.lower()}",
        channel=delivery.channel,  # type: ignore[arg-type]
        to=delivery.address,
        subject=delivery.subject,
        text=delivery.text,
        html=None,
        template=template_name(delivery.params.get("kind", ""), delivery.notice.language),
        # The database keeps no order of keys, and one gateway counts its variables by place.
        params=in_order(delivery.params, delivery.notice.language) if delivery.params else {},
        language="en" if delivery.notice.language == "en" else "zh",
    )


def keep_outcome(delivery_id: int, outcome: Outcome, *, now: dt.datetime) -> None:
    """Keep what a gateway said of a delivery, and put it into the ledger. Safe to repeat."""
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("notice__order")
            .get(id=delivery_id)
        )
        delivery.provider_id = outcome.provider_id or delivery.provider_id
        delivery.problem = outcome.detail if outcome.state not in ("SENT", "DELIVERED") else ""
        spent = delivery.attempts >= rules.ATTEMPTS_MAX
        if outcome.state == "RETRY" and not spent:
            delivery.state = Delivery.State.QUEUED
            delivery.next_try_at = rules.retry_at(now, delivery.attempts)
        elif outcome.state == "UNKNOWN" and not spent:
            delivery.claimed_at = now
        elif outcome.state in ("SENT", "DELIVERED"):
            _went_out(delivery, outcome.state == "DELIVERED", now)
        else:
            _bounced(delivery, now)
        delivery.save()


def keep_receipt(receipt: Receipt, *, now: dt.datetime) -> bool:
    """Keep a gateway's later word on a message; False where it is not one of ours."""
    delivery = _by_our_id(receipt.message_id)
    if delivery is None and receipt.provider_id:
        delivery = Delivery.objects.filter(provider_id=receipt.provider_id).first()
    if delivery is None:
        return False
    outcome = Outcome(receipt.state, receipt.provider_id, receipt.reason, receipt.permanent)
    keep_outcome(delivery.id, outcome, now=now)
    return True


def keep_bounce(bounce: Bounce, *, now: dt.datetime) -> bool:
    """Keep that a mail came back; False where it is not one of ours."""
    delivery = _by_our_id(bounce.message_id)
    if delivery is None:
        return False
    keep_outcome(delivery.id, Outcome("BOUNCED", "", bounce.reason, bounce.permanent), now=now)
    return True


def _by_our_id(message_id: str) -> Delivery | None:
    notice, _, channel = message_id.rpartition("-")
    return Delivery.objects.filter(notice__public_id=notice, channel=channel.upper()).first()


def _went_out(delivery: Delivery, arrived: bool, now: dt.datetime) -> None:
    if delivery.bounced_at is not None:
        return
    delivery.sent_at = delivery.sent_at or now
    if arrived:
        delivery.delivered_at = delivery.delivered_at or now
        _record(delivery, "notice.delivered", now)
    # A receipt may overtake the gateway's own answer; what arrived stays arrived.
    delivery.state = Delivery.State.DELIVERED if delivery.delivered_at else Delivery.State.SENT
    delivery.save()
    Notice.objects.filter(id=delivery.notice_id, sent_at=None).update(sent_at=now)
    record_sent([delivery.notice_id], now=now)


def _bounced(delivery: Delivery, now: dt.datetime) -> None:
    # A receipt that comes again, or after the message arrived, says nothing new.
    if delivery.bounced_at is not None or delivery.delivered_at is not None:
        return
    delivery.state, delivery.bounced_at = Delivery.State.BOUNCED, now
    _record(delivery, "notice.bounced", now)
    open_call(notice_id=delivery.notice_id, reason="BOUNCED", due_at=None, now=now)


def _record(delivery: Delivery, kind: str, now: dt.datetime) -> None:
    notice = delivery.notice
    record(
        Fact(
            kind=kind,
            change_key=f"{kind}:{notice.told_id}:{delivery.channel}",
            public={"code": notice.kind, "channel": delivery.channel},
            private={
                "order": notice.order.code,
                "notice": notice.told_id,
                "at": write_instant(now),
            },
            subject_id=notice.order_id,
            subject_code=notice.order.code,
        ),
        now=now,
    )


def send_alerts(*, channels: Channels, now: dt.datetime, limit: int = 20) -> int:
    """Hand waiting alerts to the staff's robots; without one they stay on the outbox page."""
    handled = 0
    for _ in range(limit):
        with transaction.atomic():
            row = (
                DirectMessage.objects.select_for_update(skip_locked=True)
                .filter(channel="CHAT", sent_at=None)
                .order_by("id")
                .first()
            )
            if row is None:
                break
            chat = channels.get("CHAT")
            # An alert is worth more once too often than never: claimed and sent in one go.
            row.provider, row.sent_at = "CHAT" if chat else "OUTBOX", now
            if chat is not None:
                message = Message(
                    id=row.key or f"alert-{row.id}",
                    channel="CHAT",
                    to="",
                    subject="",
                    text=row.text,
                    html=None,
                    template="",
                    params={},
                    language="zh",
                )
                outcome = chat.send(message)
                if outcome.state not in ("SENT", "DELIVERED"):
                    row.problem = outcome.detail
            row.save()
            handled += 1
    return handled
