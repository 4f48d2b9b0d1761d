"""What moves are made of, as it is recorded; days of many orders in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from yinuo.contexts.ledger.rules import Each, Value
from yinuo.contexts.promises.rules import Flags, Ints, Reasons

NO_DAYS = -(2**31)


def say_shares(reasons: Reasons, rows: Sequence[int]) -> dict[str, Value | Each]:
    """The factors that moved each order, what is on record behind them, and their whole days.

    Every order has lists of its own, with nothing that did not move it: what is recorded of an
    order does not depend on which others are written with it.
    """
    tables = [reasons.days[rows], reasons.latest[rows]]
    counts = (tables[0] != 0) | (tables[1] != 0)
    lists = _picked(counts, reasons.factors), _picked(counts, reasons.refs)
    days = (_signed(table, counts) for table in tables)
    keys = ("factors", "factor_refs", "factor_days", "factor_latest_days")
    return {key: Each(each) for key, each in zip(keys, (*lists, *days), strict=True)}


def _picked(counts: Flags, words: Sequence[str]) -> list[tuple[str, ...]]:
    """For each row the words of the columns that count."""
    masks = counts @ (1 << np.arange(counts.shape[1]))
    found = {
        mask: tuple(word for at, word in enumerate(words) if mask >> at & 1)
        for mask in np.unique(masks).tolist()
    }
    return [found[mask] for mask in masks.tolist()]


def _signed(days: Ints, counts: Flags) -> list[tuple[str, ...]]:
    """The columns that count as signed numbers in text: entries hold no negative numbers."""
    # Half a million orders have few different rows: each of these is written once. A row is found
    # again by its bytes, a day that does not count standing as one that no order moves by.
    rows = np.where(counts, days, NO_DAYS).astype(np.int32, order="C")
    width = rows.shape[1] * rows.itemsize
    raw = rows.tobytes()
    keys = [raw[start : start + width] for start in range(0, len(raw), width)] if width else []
    short = {key: _written(key) for key in set(keys)}
    return [short[key] for key in keys] if width else [()] * len(rows)


def _written(key: bytes) -> tuple[str, ...]:
    return tuple(str(day) for day in np.frombuffer(key, np.int32).tolist() if day != NO_DAYS)


def said(days: Ints, say: Callable[[int], str]) -> list[str]:
    """Each day in words; there are far fewer days than orders, so each is said once."""
    distinct, where = np.unique(days, return_inverse=True)
    words = np.array([say(day) for day in distinct.tolist()], object)
    return list(words[where.reshape(-1)]) if days.size else []
