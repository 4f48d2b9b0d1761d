"""The facts of dates before any order: what the next lock of each line would be given.

They are of no order, so everything in them stands in clear. One entry carries many lines: after a
night in which every date moved there are few entries, not one for each car and place.
"""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

ETA_KINDS = (
    Kind(
        "eta.stated",
        "eta",
        "",
        ("lines", "first_days", "last_days", "latest_days", "digest"),
        (),
        False,
        "现在锁单的交车时间：{etas}。",
        "Hand-over for an order locked now: {etas}.",
    ),
    Kind(
        "eta.withdrawn",
        "eta",
        "",
        ("lines", "code", "beyond", "digest"),
        (),
        False,
        "这些队伍现在说不出交车日期：{etas}。",
        "No hand-over date can be named now for: {etas}.",
    ),
)
