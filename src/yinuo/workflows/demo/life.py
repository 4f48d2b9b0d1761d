"""The rights of the demo's customers: who had waited past the cap was offered the way out."""

from __future__ import annotations

import datetime as dt

from yinuo.workflows import cold_orders


def offer_exits(*, now: dt.datetime) -> int:
    """Offer the way out to all who waited too long by then; it is on record, and no news later."""
    return cold_orders.run(now=now)
