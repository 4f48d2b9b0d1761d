"""Each night: whether every row that the bulk path wrote names rows that are there."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.notices.operations.alert import alert_orphans
from yinuo.platform.orphans import Orphans, Reference, find_orphans, list_unchecked
from yinuo.platform.spoken import local_date
from yinuo.platform.throttle import count_try

NIGHT_HOUR = 4
TWO_DAYS = dt.timedelta(days=2)
# Numbers of rows that are kept without a foreign key at all: facts outlive what they are about.
NUMBERS = (
    Reference("ledger_entry", "subject_id", "orders_order", "id"),
    Reference("ledger_streamhead", "subject_id", "orders_order", "id"),
    Reference("ledger_secret", "subject_id", "orders_order", "id"),
    Reference("ledger_erasure", "subject_id", "orders_order", "id"),
    Reference("ledger_legalhold", "subject_id", "orders_order", "id"),
    Reference("promises_choice", "entry_id", "ledger_entry", "id"),
    Reference("notices_notice", "id", "ledger_entry", "id"),
    Reference("notices_furtherentry", "entry_id", "ledger_entry", "id"),
)


def check() -> list[Orphans]:
    """Every reference that the database does not check, looked at now."""
    return find_orphans([*list_unchecked(), *NUMBERS])


def every_night(*, now: dt.datetime) -> int:
    """Look once a night, after four in the morning; staff are told of what is found.

    Returns how many references name rows that are not there.
    """
    night = local_date(now - dt.timedelta(hours=NIGHT_HOUR))
    # The count of tries serves as the note that this night's look was begun.
    if count_try("integrity", str(night), limit=1, period=TWO_DAYS, now=now) is not None:
        return 0
    found = check()
    for one in found:
        reference = one.reference
        alert_orphans(
            ref=f"{reference.table}.{reference.column}:{night}",
            count=one.count,
            place=f"{reference.table}.{reference.column}",
            target=reference.target,
            named=one.named,
            now=now,
        )
    return len(found)
