"""A customer opened a notice."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.notices.operations.release import PREFIX
from yinuo.platform.ids import new_id
from yinuo.platform.spoken import write_instant


@transaction.atomic
def mark_read(*, notice_id: int, now: dt.datetime) -> bool:
    """Keep when a notice was first opened; True the first time, False afterwards."""
    notice = (
        Notice.objects.select_for_update(of=("self",)).select_related("order").get(id=notice_id)
    )
    if notice.read_at is not None:
        return False
    # One that still waits may be read on the site; its record names it.
    notice.public_id = notice.public_id or new_id(PREFIX)
    notice.read_at = now
    notice.save(update_fields=["read_at", "public_id"])
    record(
        Fact(
            kind="notice.read",
            change_key=f"notice.read:{notice.public_id}:{notice.order.code}",
            public={"code": notice.kind, "channel": "PAGE"},
            private={
                "order": notice.order.code,
                "notice": notice.public_id,
                "at": write_instant(now),
            },
            subject_id=notice.order_id,
            subject_code=notice.order.code,
        ),
        now=now,
    )
    return True
