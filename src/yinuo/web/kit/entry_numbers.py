"""Which entry of an order states what a page shows: by what the entry is about."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.queries.sealed import get_numbers

# Fields of an entry that name a thing with a page or a line of its own.
THINGS = (
    "amendment",
    "bill",
    "car",
    "contract",
    "decision",
    "dispute",
    "inspection",
    "keep",
    "look",
    "move",
    "offer",
    "refund_ref",
    "term",
    "visit",
)


class EntryNumbers:
    """The entries of one order, read when a page first asks for one.

    The caller has checked that its reader may see this order.
    """

    def __init__(self, order_id: int) -> None:
        self.order_id = order_id

    @cached_property
    def entries(self) -> list[ledger.Recorded]:
        """What was recorded of the order, oldest first."""
        return ledger.list_of_subject(self.order_id)

    @cached_property
    def window(self) -> ledger.Recorded | None:
        """The newest entry that states a range."""
        ranges = [one for one in self.entries if one.kind in ledger.WINDOW_KINDS]
        return ranges[-1] if ranges else None

    @cached_property
    def numbers(self) -> dict[int, int]:
        """The number of each entry that has one."""
        return get_numbers({entry.entry_id for entry in self.entries})

    @cached_property
    def _newest(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for entry in self.entries:
            found["kind", entry.kind] = entry.entry_id
            found["leaf", KINDS[entry.kind].leaf] = entry.entry_id
            for name in THINGS:
                if entry.payload.get(name):
                    found[name, str(entry.payload[name])] = entry.entry_id
        if self.window is not None:
            found["window", ""] = self.window.entry_id
        return found

    def of(self, what: str, name: str = "") -> tuple[bool, int | None]:
        """Whether an entry states it, and the number of the newest that does.

        `what` is one of `THINGS` and `name` which; or `kind` or `leaf` and its name; or `window`
        for the newest range. The number is None while the entry waits for one.
        """
        entry_id = self._newest.get((what, name))
        if entry_id is None:
            return False, None
        return True, self.numbers.get(entry_id)


def window_numbers(order_ids: Collection[int]) -> dict[int, int | None]:
    """The number of the entry that states each order's range; None while it waits for one."""
    entries = ledger.latest_window_entries(order_ids)
    numbers = get_numbers(set(entries.values()))
    return {order_id: numbers.get(entry_id) for order_id, entry_id in entries.items()}


def thing_numbers(
    order_ids: Collection[int], kinds: Collection[str], what: str
) -> dict[str, int | None]:
    """The number of the newest of these entries about each thing; `what` is one of `THINGS`."""
    found = ledger.list_of_subjects(order_ids, kinds)
    entries = {
        str(entry.payload[what]): entry.entry_id
        for order in sorted(found)
        for entry in found[order]
    }
    numbers = get_numbers(set(entries.values()))
    return {name: numbers.get(entry_id) for name, entry_id in entries.items()}
