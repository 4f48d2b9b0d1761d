"""What moves are made of, as it is recorded; days of many orders in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from yinuo.contexts.ledger.rules import Each, Value
from yinuo.contexts.promises.rules import Flags, Ints, Reasons


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
    # Half a million orders have few different rows: each of these is written once.
    distinct, where = np.unique(np.column_stack([days, counts]), axis=0, return_inverse=True)
    width = days.shape[1]
    short = [
        tuple(str(day) for day, said in zip(row[:width], row[width:], strict=True) if said)
        for row in distinct.tolist()
    ]
    return [short[at] for at in where.reshape(-1).tolist()]


def said(days: Ints, say: Callable[[int], str]) -> list[str]:
    """Each day in words; there are far fewer days than orders, so each is said once."""
    distinct, where = np.unique(days, return_inverse=True)
    words = np.array([say(day) for day in distinct.tolist()], object)
    return list(words[where.reshape(-1)]) if days.size else []
