"""From the ledger to the customer: entries become notices, notices become messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.operations import mark_told
from yinuo.contexts.ledger.sms import sms_text, sms_values
from yinuo.contexts.ledger.wording import Parts, parts_of
from yinuo.contexts.notices import rules as notice_rules
from yinuo.contexts.notices.operations import calls, issue, release, send
from yinuo.contexts.orders.queries.forecasting import contact_many, label_many
from yinuo.contexts.people.queries.staff import answerers, list_staff, names_of_staff
from yinuo.contexts.promises.queries.choices import choices_closing
from yinuo.contexts.promises.rules import update_promised
from yinuo.platform import outbox
from yinuo.platform.channels.bounces import Bounce
from yinuo.platform.channels.receipts import Receipt
from yinuo.platform.spoken import read_instant
from yinuo.platform.throttle import count_try

# Each chunk is one commit: small ones cost more writes to the disk, large ones lock more rows.
CHUNK = 5000
# Longer than the hour that is noted, and over before the same hour of the next day.
TWO_HOURS = dt.timedelta(hours=2)


def issue_notices(*, now: dt.datetime) -> int:
    """Put every untold entry into a notice; returns how many entries were put. Safe to repeat."""
    told = 0
    while True:
        with transaction.atomic():
            recorded = ledger.list_untold(CHUNK)
            contacts = contact_many([one.subject_id for one in recorded if one.subject_id])
            tells = [
                issue.Tell(
                    one.entry_id,
                    one.kind,
                    one.subject_id,
                    contacts[one.subject_id].person_id,
                    contacts[one.subject_id].language,
                    _known_at(one),
                )
                for one in recorded
                if one.subject_id is not None
            ]
            issue.plan_notices(tells, now=now)
            issue.link_corrections(
                {
                    one.entry_id: one.payload["notice"]
                    for one in recorded
                    if one.kind == "notice.corrected"
                }
            )
            mark_told([one.entry_id for one in recorded])
        told += len(recorded)
        if len(recorded) < CHUNK:
            break
    if told:
        outbox.nudge("notices.send")
    return told


def _known_at(one: ledger.Recorded) -> dt.datetime:
    known = one.payload.get("known_at")
    return read_instant(known) if known else one.recorded_at


def release_notices(
    *, address: str, site: str, providers: Mapping[str, str], now: dt.datetime
) -> int:
    """Write out every notice whose time has come; returns how many. Safe to repeat.

    `address` is the short address that an SMS names, `site` the start of links in mails, and
    `providers` the gateway of each configured channel.
    """
    released = 0
    while True:
        with transaction.atomic():
            due = release.take_due(now=now, limit=CHUNK)
            letters = _letters(due, address, site)
            release.release(letters=letters, providers=providers, now=now)
        released += len(due)
        if len(due) < CHUNK:
            return released


def _letters(due: list[release.Due], address: str, site: str) -> list[release.Letter]:
    entries = ledger.get_many(entry_id for one in due for entry_id in one.entry_ids)
    order_ids = [one.order_id for one in due]
    contacts, labels = contact_many(order_ids), label_many(order_ids)
    windows = ledger.latest_windows(order_ids)
    names = {language: names_of_staff(language) for language in ("zh", "en")}
    in_charge_of = answerers(list_staff())
    letters = []
    for one in due:
        told = [entries[entry_id] for entry_id in one.entry_ids]
        promise = windows.get(one.order_id, {})
        by = update_promised(promise.get("next_update_at"), told[-1].recorded_at)
        promise = {**promise, "next_update_at": by}
        label = labels[one.order_id]
        in_charge = in_charge_of(label.centre_code, label.owner_id)
        known = names[one.language]
        known = {**known, "": known.get(in_charge.public_id, "") if in_charge else ""}
        parts = parts_of(told, promise, known, one.language)
        values = sms_values(told, promise if "window_from" in promise else None, one.language)
        letters.append(
            release.Letter(
                one.notice_id,
                frozenset(entry.kind for entry in told),
                contacts[one.order_id].phone,
                contacts[one.order_id].email,
                parts.headline,
                _mail_text(parts, one, label.code, site),
                sms_text(values, address, one.code, one.language),
                {**values, "code": one.code},
            )
        )
    return letters


def _mail_text(parts: Parts, one: release.Due, order_code: str, site: str) -> str:
    lines = [getattr(parts, name) for name in ("headline", "what", "date", "can", "by_when", "who")]
    link = f"{site}/n?code={one.code}"
    if one.language == "zh":
        lines += [f"订单 {order_code}，通知码 {one.code}", f"查看和选择：{link}"]
    else:
        lines += [f"Order {order_code}, notice code {one.code}", f"See and choose: {link}"]
    return "\n\n".join(line for line in lines if line)


def follow_up(*, now: dt.datetime) -> int:
    """Open a call where a choice closes within two days and its notice was not read.

    Looks once in each hour: choices close on the hour, and after a great event there are very many.
    Returns how many calls were opened.
    """
    with transaction.atomic():
        # The count of tries serves as the note that this hour's look was made.
        if count_try("follow_up", f"{now:%H}", limit=1, period=TWO_HOURS, now=now) is not None:
            return 0
        closing = choices_closing(now, now + notice_rules.CALL_BEFORE_DEADLINE)
        return calls.open_unread_calls(closing=closing, now=now)


def send_messages(*, channels: send.Channels, now: dt.datetime) -> int:
    """Hand deliveries and alerts to the gateways; returns how many. Safe to repeat."""
    return send.send_due(channels=channels, now=now) + send.send_alerts(channels=channels, now=now)


def keep_receipt(receipt: Receipt, *, now: dt.datetime) -> bool:
    """What an SMS gateway says later of a message; False where it is not one of ours."""
    return send.keep_receipt(receipt, now=now)


def keep_bounce(bounce: Bounce, *, now: dt.datetime) -> bool:
    """A mail that came back; False where it is not one of ours."""
    return send.keep_bounce(bounce, now=now)
