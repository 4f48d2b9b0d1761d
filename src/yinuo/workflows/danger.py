"""After a routine look: who is told that a promise is in danger, and who that it is safe again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import numpy as np

from yinuo.contexts.promises.operations import watching
from yinuo.contexts.promises.operations.forecasting import Named, Run, Why
from yinuo.contexts.promises.queries.work import Current
from yinuo.contexts.promises.rules import Flags, Ints, Look
from yinuo.workflows.outlook import Outlook

CHUNK = 2000
DOTS = 20
Name = Callable[[Ints], Mapping[int, Named]]


def speak(
    outlook: Outlook,
    current: Current,
    look: Look,
    mine: Flags,
    *,
    why: Why,
    run: Run,
    name: Name,
    now: dt.datetime,
) -> int:
    """Keep what the look saw of the orders that `mine` marks, and tell those who must be told.

    `mine` are orders with a promise that the look left as it is. Returns how many were told.
    Safe to repeat: what this run kept or said before is not kept or said again.
    """
    kept = mine & (look.known | (look.outside != 0) | (look.risk != 0))
    for rows in _chunks(kept):
        watching.keep_memory(
            order_ids=outlook.orders.order_ids[rows],
            outside=look.outside[rows],
            risk=look.risk[rows],
            run=run,
        )
    told = 0
    for marked, tell in ((look.warn, watching.warn), (look.clear, watching.give_all_clear)):
        for rows in _chunks(mine & marked):
            names = name(outlook.orders.order_ids[rows])
            words = [_word(outlook, current, look, int(row)) for row in rows]
            told += tell(words=words, names=names, why=why, run=run, now=now)
    return told


def _word(outlook: Outlook, current: Current, look: Look, row: int) -> watching.Word:
    windows = outlook.windows
    order_id, version = int(outlook.orders.order_ids[row]), int(current.versions[row])
    if not windows.dated[row]:
        beyond = f"{outlook.end_date:%Y-%m}" if outlook.beyond[row] else ""
        dots = round(DOTS * (1 - look.late[row])) if beyond else None
        return watching.Word(order_id, version, dots, None, beyond)
    expected = (
        dt.date.fromordinal(int(windows.first[row])),
        dt.date.fromordinal(int(windows.last[row])),
    )
    return watching.Word(order_id, version, round(DOTS * (1 - look.late[row])), expected)


def _chunks(marked: Flags) -> list[Ints]:
    rows = np.flatnonzero(marked)
    return [rows[start : start + CHUNK] for start in range(0, rows.size, CHUNK)]
