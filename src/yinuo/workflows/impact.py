"""What a plan does to people, counted and named before anybody commits it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from yinuo.contexts.orders.queries.forecasting import label_many
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.queries.owed import list_tables
from yinuo.contexts.promises.queries.planning import first_latest_of, own_days_of
from yinuo.contexts.promises.rules import Flags
from yinuo.contexts.promises.rules.owed import OwedTable, table_for
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.engines.queue import unfair_pairs
from yinuo.platform.spoken import local_date, write_instant
from yinuo.workflows.dates import Comparison
from yinuo.workflows.inputs import Ints
from yinuo.workflows.outlook import Outlook

SAMPLES = 3
# People named one by one; beyond these the count stands alone.
NAMED_MAX = 50
# Moves by size: from so many days on, up to the next step.
STEPS = (1, 3, 7, 14, 28, 56)
EVEN_CHANCE = 10


def weigh(outlook: Outlook, fresh: Flags, found: Comparison, *, now: dt.datetime) -> dict[str, Any]:
    """What committing `found` would do, as plain data to be kept beside the plan.

    Counts of people later and earlier by size of the move and by centre; those who miss their
    own day or lose their range, by order; late days against the first promise; pairs against
    the lock order before it is enforced; three samples.
    """
    days = days_moved(found)
    return {
        **_counts(found, days),
        "steps": _by_size(days[found.move]),
        "centres": _by_centre(outlook, found, days),
        **_missed(outlook, found),
        **_lost(outlook, fresh, found),
        **_late(outlook, found, now),
        "against_lock_order": _against_lock_order(outlook, fresh),
        "undated": int((fresh & ~outlook.windows.dated).sum()),
        "orders": int(fresh.sum()),
        "samples": _samples(outlook, found, days),
        "worked_out_at": write_instant(now),
    }


def days_moved(found: Comparison) -> Ints:
    """Whole days by which the middle of each range moves, rounded away from zero."""
    return rules.days_moved(found.current.windows, found.windows)


def _counts(found: Comparison, days: Ints) -> dict[str, int]:
    moved = days[found.move]
    later = np.sort(moved[moved > 0])
    return {
        "moved": int(moved.size),
        "later": int(later.size),
        "later_days_max": int(later.max(initial=0)),
        "later_days_p50": int(later[(later.size - 1) // 2]) if later.size else 0,
        "earlier": int((moved < 0).sum()),
        "earlier_days_max": int(-moved.min(initial=0)),
    }


def _by_size(moved: Ints) -> list[dict[str, int | None]]:
    """People by the size of their move; `until` is the last day of a step, None for the last."""
    size = np.searchsorted(STEPS, np.abs(moved), "right") - 1
    steps = len(STEPS)
    later = np.bincount(size[moved > 0], minlength=steps)
    earlier = np.bincount(size[moved < 0], minlength=steps)
    ends = [step - 1 for step in STEPS[1:]]
    return [
        {"from": first, "until": until, "later": int(after), "earlier": int(before)}
        for first, until, after, before in zip(STEPS, [*ends, None], later, earlier, strict=True)
    ]


def _by_centre(outlook: Outlook, found: Comparison, days: Ints) -> list[dict[str, Any]]:
    places = get_places()
    rows = []
    for centre_id in np.unique(outlook.orders.centre_ids[found.move]):
        mine = days[found.move & (outlook.orders.centre_ids == centre_id)]
        place = places[int(centre_id)]
        rows.append(
            {
                "code": place.code,
                "name_zh": place.name_zh,
                "name_en": place.name_en,
                "later": int((mine > 0).sum()),
                "earlier": int((mine < 0).sum()),
                "later_days_max": int(mine.max(initial=0)),
            }
        )
    return sorted(rows, key=lambda row: (-row["later"], row["code"]))


def _missed(outlook: Outlook, found: Comparison) -> dict[str, Any]:
    """People who had an even chance or better to meet their own day and no longer have it."""
    days = own_days_of(outlook.orders.order_ids[found.move].tolist())
    old, missed = found.current.windows, []
    for row in np.flatnonzero(found.move):
        own = days.get(int(outlook.orders.order_ids[row]))
        if own is None:
            continue
        chance = int((outlook.dots[row] <= own.date.toordinal()).sum())
        had = (old.first[row] + old.last[row]) / 2 <= own.date.toordinal()
        if chance < EVEN_CHANCE and had:
            missed.append((int(row), own, chance))
    labels = label_many([int(outlook.orders.order_ids[row]) for row, _, _ in missed[:NAMED_MAX]])
    named = [
        {
            "order": labels[int(outlook.orders.order_ids[row])].code,
            "date": own.date.isoformat(),
            "reason": own.reason,
            "chance": chance,
            "days": int(days_moved(found)[row]),
        }
        for row, own, chance in missed[:NAMED_MAX]
    ]
    return {"missed_deadlines": len(missed), "missed": named}


def _lost(outlook: Outlook, fresh: Flags, found: Comparison) -> dict[str, Any]:
    """People with a promise to whom the plan gives no date inside the horizon."""
    rows = np.flatnonzero(fresh & (found.current.versions > 0) & ~outlook.windows.dated)
    ids = [int(one) for one in outlook.orders.order_ids[rows[:NAMED_MAX]]]
    labels = label_many(ids)
    return {"lost_range": int(rows.size), "lost": [labels[one].code for one in ids]}


def _late(outlook: Outlook, found: Comparison, now: dt.datetime) -> dict[str, Any]:
    """People and days behind the first promise: as promised today, and after the commit.

    With a table of what we owe, also what these days are worth if they are ours: an estimate by
    the newest table, since no cause is on record before the commit.
    """
    first = first_latest_of(outlook.orders.order_ids)
    has = (found.current.versions > 0) & (found.windows.latest < BEYOND_HORIZON)
    before = np.maximum(np.where(has, found.current.windows.latest - first, 0), 0)
    after = np.maximum(np.where(has, found.windows.latest - first, 0), 0)
    counts: dict[str, Any] = {
        "late_people": int((before > 0).sum()),
        "late_people_after": int((after > 0).sum()),
        "late_days": int(before.sum()),
        "late_days_after": int(after.sum()),
    }
    table = table_for(list_tables(), local_date(now))
    if table is not None:
        counts["owed_unit"] = table.unit
        counts["owed"], counts["owed_after"] = _worth(before, table), _worth(after, table)
    return counts


def _worth(late_days: Ints, table: OwedTable) -> int:
    """What these late days are worth, in the table's unit, when all of them are ours."""
    counted = np.maximum(late_days - table.start_after_days, 0)
    return int(np.minimum(counted * table.per_day, table.cap).sum())


def _against_lock_order(outlook: Outlook, fresh: Flags) -> int:
    """Pairs that the plan alone would put against the lock order, before it is enforced."""
    orders = outlook.orders
    dates = np.minimum(outlook.windows.latest, BEYOND_HORIZON)
    exempt = ~fresh | ~outlook.windows.dated
    return len(unfair_pairs(orders.line_ids, dates, orders.held | exempt, orders.excepted | exempt))


def _samples(outlook: Outlook, found: Comparison, days: Ints) -> list[dict[str, Any]]:
    """The order that moves most, one in the middle and the one that moves least."""
    rows = np.flatnonzero(found.move)
    if not rows.size:
        return []
    ranked = rows[np.argsort(-np.abs(days[rows]), kind="stable")]
    picked = list(dict.fromkeys(int(ranked[i]) for i in (0, len(ranked) // 2, len(ranked) - 1)))
    ids = [int(outlook.orders.order_ids[row]) for row in picked[:SAMPLES]]
    labels = label_many(ids)
    old, new = found.current.windows, found.windows
    return [
        {
            "order_id": order_id,
            "order": labels[order_id].code,
            "old_from": _iso(old.first[row]),
            "old_until": _iso(old.last[row]),
            "old_latest": _iso(old.latest[row]),
            "window_from": _iso(new.first[row]),
            "window_until": _iso(new.last[row]),
            "latest": _iso(new.latest[row]),
        }
        for row, order_id in zip(picked, ids, strict=True)
    ]


def _iso(day: np.int64) -> str:
    return dt.date.fromordinal(int(day)).isoformat()
