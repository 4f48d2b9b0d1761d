"""Limits on how often something guessable may be tried from one address."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils.crypto import salted_hmac

from yinuo.platform.models import Attempt

# The stretch begins with its first try; a try after its end begins a new one.
COUNT_ONE = """
INSERT INTO platform_attempt (scope, key, since_at, count) VALUES (%(scope)s, %(key)s, %(now)s, 1)
ON CONFLICT (scope, key) DO UPDATE SET
    since_at = CASE WHEN platform_attempt.since_at <= %(ended)s
               THEN EXCLUDED.since_at ELSE platform_attempt.since_at END,
    count = CASE WHEN platform_attempt.since_at <= %(ended)s
            THEN 1 ELSE platform_attempt.count + 1 END
RETURNING count, since_at
"""


def count_try(
    scope: str, address: str, *, limit: int, period: dt.timedelta, now: dt.datetime
) -> dt.datetime | None:
    """Count one try of `address`; when it was one too many, the moment from which it may go on.

    None means that the try is within `limit` tries in `period`.
    """
    key = salted_hmac("yinuo.throttle", f"{scope}|{address}", algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ONE, {"scope": scope, "key": key, "now": now, "ended": now - period})
        count, since_at = cursor.fetchone()
    return since_at + period if count > limit else None


def forget_before(moment: dt.datetime) -> int:
    """Remove counts of tries that began before `moment`, which no limit looks at; how many."""
    return Attempt.objects.filter(since_at__lt=moment).delete()[0]
