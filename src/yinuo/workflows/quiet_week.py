"""The weekly note to everybody for whom nothing moved, however many they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

import numpy as np
from django.db import transaction

from yinuo.contexts.notices.operations.alike import Alike, plan_alike
from yinuo.contexts.orders.queries.forecasting import Labels, count_places, label_columns
from yinuo.contexts.people.queries.staff import StaffCard, list_staff
from yinuo.contexts.promises.operations import weekly
from yinuo.contexts.promises.operations.forecasting import BATCH, Moved
from yinuo.contexts.promises.queries.weekly import Quiet, load_quiet
from yinuo.contexts.promises.rules import Ints
from yinuo.platform.durability import commit_soon
from yinuo.platform.lanes import side_by_side
from yinuo.workflows.dates import name_columns

WEEK = dt.timedelta(days=7)


def tell(*, now: dt.datetime) -> int:
    """Entries and waiting notices, a batch at a time; returns how many are told. Safe to repeat.

    A batch that is lost with the machine is due again: it is found by the day of its next note.
    """
    quiet = load_quiet(now)
    if not quiet.order_ids.size:
        return 0
    ahead, moved_ahead = count_places(quiet.order_ids, now - WEEK)
    starts = range(0, quiet.order_ids.size, BATCH)
    parts = [np.arange(start, min(start + BATCH, quiet.order_ids.size)) for start in starts]
    work = partial(_write, quiet, ahead, moved_ahead, list_staff(), len(parts) > 1, now)
    return sum(side_by_side(work, parts))


def _write(
    quiet: Quiet,
    ahead: Ints,
    moved_ahead: Ints,
    staff: list[StaffCard],
    many: bool,
    now: dt.datetime,
    rows: Ints,
) -> int:
    part = quiet.pick(rows)
    labels = label_columns(part.order_ids)
    with transaction.atomic():
        if many:
            commit_soon()
        noted = weekly.keep_in_touch(
            part=part,
            names=name_columns(labels, staff),
            ahead=ahead[rows],
            moved_ahead=moved_ahead[rows],
            now=now,
        )
        plan_alike(_alike(noted, part.order_ids.tolist(), labels, now), now=now)
    return len(noted.order_ids)


def _alike(noted: Moved, order_ids: Sequence[int], labels: Labels, now: dt.datetime) -> Alike:
    row_of = {order_id: row for row, order_id in enumerate(order_ids)}
    at = [row_of[order_id] for order_id in noted.order_ids]
    return Alike(
        "promise.kept_as_is",
        now,
        noted.entry_ids,
        noted.order_ids,
        [labels.person_ids[row] for row in at],
        [labels.languages[row] for row in at],
    )
