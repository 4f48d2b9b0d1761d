"""A court held a clause void: it goes from everywhere, and everybody concerned hears of it."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.payments.queries.kept import list_orders_with_kept
from yinuo.contexts.terms.operations import overturning, rulings
from yinuo.contexts.terms.operations.scan import scan
from yinuo.contexts.terms.queries.staff import default_owner
from yinuo.platform.spoken import local_date
from yinuo.platform.throttle import count_try

NIGHT_HOUR = 4
TWO_DAYS = dt.timedelta(days=2)


def tell(*, now: dt.datetime) -> int:
    """Everybody whose contract holds a void clause and who was not told; notices follow.

    Also those whose order has ended and whose money is kept: they have lost most by the clause.
    What is open by a ruling that was overturned ends first, and is told to whom it was told.
    """
    overturning.close_overturned(now=now)
    if kept := list_orders_with_kept():
        rulings.open_remedies_of(order_ids=kept, owner_staff_id=default_owner(), now=now)
    return rulings.tell_exposed(now=now)


def every_night(*, now: dt.datetime) -> int:
    """Look once a night at every issued template and every open order; see `scan`.

    Returns how many were found that should not be.
    """
    night = local_date(now - dt.timedelta(hours=NIGHT_HOUR))
    # The count of tries serves as the note that this night's look was begun.
    if count_try("terms", str(night), limit=1, period=TWO_DAYS, now=now) is not None:
        return 0
    found = scan(now=now)
    return found.opened + found.withdrawn
