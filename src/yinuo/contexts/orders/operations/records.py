"""Handing out an order's record: remembering a file by its digest, making and ending a link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from yinuo.contexts.orders.models import IssuedCopy, Order, ShareLink
from yinuo.contexts.people.queries.people import acts
from yinuo.platform import locks
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal

DAYS = (7, 30, 90)
LINKS_MAX = 5
TOKEN_SIGNS = 20


class NotYours(Refusal):
    """Only the person who ordered hands out the record."""

    code = "not_yours"
    zh = "只有下单的人可以分享记录。"
    en = "Only the person who ordered can share the record."


class UnknownDuration(Refusal):
    """A link runs for one of the times that are offered."""

    code = "unknown_duration"
    zh = "请选链接用多久。"
    en = "Choose how long the link works."


class TooManyLinks(Refusal):
    """So many links run already that another one would be lost among them."""

    code = "too_many_links"
    zh = "已有 5 个链接在用。请先停用一个。"
    en = "Five links are in use. End one of them first."


def keep_issued(
    *,
    order_id: int,
    digests: Collection[bytes],
    entries: int,
    now: dt.datetime,
) -> None:
    """Remember files of an order's record by their SHA-256; a known one keeps its first time."""
    rows = [
        IssuedCopy(
            order_id=order_id,
            digest=digest,
            entries=entries,
            issued_at=now,
        )
        for digest in digests
    ]
    IssuedCopy.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def share(*, person_id: int, order_id: int, days: int, now: dt.datetime) -> str:
    """Make a link that runs for `days`; returns its token.

    Raises
    ------
    NotYours, UnknownDuration, TooManyLinks
    """
    if not Order.objects.filter(acts(person_id, "person"), id=order_id).exists():
        raise NotYours
    if days not in DAYS:
        raise UnknownDuration
    locks.hold(f"share:{order_id}")
    running = ShareLink.objects.filter(order=order_id, ended_at=None, expires_at__gt=now)
    if running.count() >= LINKS_MAX:
        raise TooManyLinks
    token = new_code(TOKEN_SIGNS)
    ShareLink.objects.create(
        order_id=order_id,
        token=token,
        made_by_id=person_id,
        made_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    return token


def end_share(*, person_id: int, order_id: int, token: str, now: dt.datetime) -> None:
    """End a link; one that has ended, or is of another order, stays as it is.

    Raises
    ------
    NotYours
    """
    if not Order.objects.filter(acts(person_id, "person"), id=order_id).exists():
        raise NotYours
    ShareLink.objects.filter(order=order_id, token=token, ended_at=None).update(ended_at=now)
