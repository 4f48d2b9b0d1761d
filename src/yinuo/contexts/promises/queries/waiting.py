"""What a promise that its customer moves is measured by. Asked by workflows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Min

from yinuo.contexts.promises.models import Promise


def first_day_of_line(line_id: int, besides: Collection[int]) -> dt.date | None:
    """The first day that anybody is promised whose car of this line is not begun.

    Those whose customers want their cars later, `besides`, say nothing of it. None where nobody
    else waits.
    """
    rows = Promise.objects.filter(
        state=Promise.State.ACTIVE,
        order__line=line_id,
        order__state__in=["LOCKED", "SCHEDULED"],
    ).exclude(order__in=list(besides))
    first: dt.date | None = rows.aggregate(first=Min("from_date"))["first"]
    return first
