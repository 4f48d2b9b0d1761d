"""Entries on a customer's pages: in words, each with its number in the public log.

A range of dates is shown as its entry states it, and nowhere without its entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger import wording as facts
from yinuo.contexts.ledger.queries import sealed
from yinuo.contexts.ledger.queries.queue import find_recorded
from yinuo.contexts.ledger.queries.streams import is_destroyed
from yinuo.contexts.promises.queries.customer import PromiseSeen
from yinuo.web.customer.access import Reader

LOCK_KINDS = ("order.locked", "order.locked_by_ticket")


@dataclass(frozen=True)
class EntryLine:
    """One entry in words. `number` is None until the log has it, `public` once it is published."""

    at: dt.datetime
    text: str
    number: int | None
    public: bool = True


@dataclass(frozen=True)
class History:
    """How the date moved; the entry that states the range, and the numbers of all of these."""

    lines: Sequence[EntryLine]
    window: ledger.Recorded | None
    numbers: Mapping[int, int]

    @property
    def number(self) -> int | None:
        """The number of the entry that states the range."""
        return self.numbers.get(self.window.entry_id) if self.window else None


def history(
    order_id: int, language: str, kinds: Collection[str], also: Collection[int] = ()
) -> History:
    """The entries of these kinds in words, oldest first, and the newest that states a range.

    The numbers of the entries `also` come with them, in the same question.
    """
    found = ledger.list_of_subject(order_id, {*kinds, *ledger.WINDOW_KINDS})
    numbers = sealed.get_numbers([*(one.entry_id for one in found), *also])
    ranges = [one for one in found if one.kind in ledger.WINDOW_KINDS]
    lines = [
        EntryLine(one.recorded_at, facts.say(one, language), numbers.get(one.entry_id))
        for one in found
        if one.kind in kinds
    ]
    return History(lines, ranges[-1] if ranges else None, numbers)


def stated(promise: PromiseSeen | None, window: ledger.Recorded | None) -> PromiseSeen | None:
    """The promise with the range of its entry; None without an entry, as nothing was stated."""
    if promise is None or window is None:
        return None
    days = (window.payload[name] for name in ("window_from", "window_until", "latest"))
    first, last, latest = map(dt.date.fromisoformat, days)
    return replace(promise, from_date=first, until_date=last, latest_date=latest)


def record_lines(reader: Reader, language: str) -> dict[str, object]:
    """Every entry of an order, how many wait to be published, and the number of its lock."""
    entries = ledger.list_of_subject(reader.order.id)
    numbers = sealed.get_numbers([entry.entry_id for entry in entries])
    size = sealed.get_head().published_size
    lines = [
        EntryLine(
            entry.recorded_at,
            facts.say(entry, language),
            number,
            number is not None and number < size,
        )
        for entry in entries
        for number in [numbers.get(entry.entry_id)]
    ]
    locks = [entry for entry in entries if entry.kind in LOCK_KINDS]
    return {
        "lines": lines,
        "waiting": sum(not line.public for line in lines),
        "lock": numbers.get(locks[0].entry_id) if locks else None,
        "destroyed": is_destroyed(reader.order.id),
    }


def number_of_lock(order_id: int) -> int | None:
    """The number of the entry that gave an order its place; None while it waits for one."""
    locks = ledger.list_of_subject(order_id, LOCK_KINDS)
    numbers = sealed.get_numbers([one.entry_id for one in locks[:1]])
    return next(iter(numbers.values()), None)


def numbers_of_facts(change_keys: Sequence[str]) -> list[int | None]:
    """The numbers of the entries with these keys, in their order; None where one has none."""
    found = find_recorded(change_keys)
    return numbers_of([found[key].entry if key in found else 0 for key in change_keys])


def numbers_of(entry_ids: Sequence[int]) -> list[int | None]:
    """The numbers of these entries, in their order; None where one waits for its number."""
    numbers = sealed.get_numbers(entry_ids)
    return [numbers.get(entry_id) for entry_id in entry_ids]
