"""Promised dates as arrays, for the check of fairness."""

from __future__ import annotations

import datetime as dt

from yinuo.platform.columns import Ints, fetch_columns

EPOCH_ORDINAL = dt.date(2000, 1, 1).toordinal()


def load_latest() -> tuple[Ints, Ints]:
    """Order ids, rising, and the latest date promised to each as an ordinal day."""
    order_ids, days = fetch_columns(
        "SELECT order_id, latest_date - DATE '2000-01-01' AS days"
        " FROM promises_promise WHERE state <> 'CLOSED' ORDER BY order_id",
        ("order_id", "days"),
    )
    return order_ids, days + EPOCH_ORDINAL
