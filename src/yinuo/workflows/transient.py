"""What served its turn and holds something of people goes by itself, each in its own time."""

from __future__ import annotations

import datetime as dt

from django.contrib.sessions.backends.db import SessionStore

from yinuo.contexts.notices.operations.forgetting import forget_direct_before
from yinuo.contexts.people.operations import login
from yinuo.platform import idempotency, throttle
from yinuo.platform.spoken import local_date

DAY = dt.timedelta(days=1)
CODES_DAYS, MESSAGES_DAYS, TRIES_DAYS, ANSWERS_DAYS = 1, 35, 35, 90


def every_night(*, now: dt.datetime) -> int:
    """Once a night: codes for signing in, messages as sent, sessions that ran out, counts of tries
    and first answers; how many rows. Safe to repeat."""
    tried = throttle.count_try("transient", str(local_date(now)), limit=1, period=2 * DAY, now=now)
    if tried is not None:
        return 0
    SessionStore.clear_expired()
    return (
        login.forget_before(now - CODES_DAYS * DAY)
        + forget_direct_before(now - MESSAGES_DAYS * DAY)
        + throttle.forget_before(now - TRIES_DAYS * DAY)
        + idempotency.forget_before(now - ANSWERS_DAYS * DAY)
    )
