"""Who was passed in a queue, worked out from the public leaves alone and from nothing else of ours.

The same reckoning as that of the independent verifier: an order's rank is the number of its lock,
or what its ticket or its launch's draw gave it; each closed week of a line is judged as it stands
then.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.rulebook import AT_ONCE

GONE, WAITING, HELD, RETURNED = range(4)
OPEN, ALLOCATED, DELIVERED, CANCELLED = "OPEN", "ALLOCATED", "DELIVERED", "CANCELLED"
# Why an order may be passed for some batches after it came back into its line.
CAME_BACK, MOVED_IN = "CAME_BACK", "MOVED_IN"
# What a move does to the place: it stays ("yes"), counts anew ("no"), or is the one from before.
BACK = "back"
# The leaves that tell of the queue, by type.
TYPES = (
    "alloc", "batch", "cancel", "deliver", "draw", "except", "hold", "line", "lock", "move",
    "release", "restore", "rule", "tickets", "transfer", "window", "window.end",
)  # fmt: skip

Leaf = dict[str, Any]


@dataclass
class Week:
    """One closed week of a line.

    `excepted` counts its cars by public reason, "" for none. `passed` counts whom they passed:
    pairs of a car and an earlier order, by the reason of the car. `waited` counts the pairs in
    which it was the earlier order that had a reason. `unexplained` names pairs without one, by
    their locks.
    """

    line: str
    batch: str
    index: int
    excepted: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    waited: Counter[str] = field(default_factory=Counter)
    unexplained: list[tuple[int, int]] = field(default_factory=list)

    @property
    def allocated(self) -> int:
        """How many cars went to orders of the line."""
        return self.excepted.total()


@dataclass
class _Order:
    lock: int
    line: str
    rank: int
    since: int
    state: str = OPEN
    holds: Counter[str] = field(default_factory=Counter)
    excepted: str = ""
    # Until so many batches of its line are closed it may be passed, for this reason.
    free_until: int = 0
    free_for: str = ""
    last_hold: str = ""
    # The ranks from before its moves that were not undone; less than nothing: not drawn then.
    left: list[int] = field(default_factory=list)
    alloc: int = 0


@dataclass
class _Line:
    ranks: list[int] = field(default_factory=list)
    orders: list[_Order] = field(default_factory=list)
    closed: int = 0
    locks: int = 0


@dataclass
class _Window:
    index: int
    launch: str
    number: int = 0
    places: list[int] = field(default_factory=list)
    waiting: list[tuple[_Order, int]] = field(default_factory=list)


class Passing:
    """The queue as its leaves tell it, one after another in their order."""

    def __init__(self) -> None:
        self.weeks: list[Week] = []
        self.rules: list[Leaf] = []
        self.newest = HISTORY
        self.orders: dict[str, _Order] = {}
        self.lines: defaultdict[str, _Line] = defaultdict(_Line)
        self.pending: defaultdict[tuple[str, str], list[_Order]] = defaultdict(list)
        self.tickets: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.windows: dict[str, _Window] = {}
        self.by_name: dict[str, _Window] = {}
        # Orders that went to another buyer with their place, by what kind of change.
        self.transfers: Counter[str] = Counter()

    def read(self, leaves: Iterable[tuple[int, Leaf]]) -> Passing:
        """Take leaves of `TYPES` with their numbers; the log's other leaves say nothing of it."""
        for index, leaf in leaves:
            act = getattr(self, "_" + leaf["t"].replace(".", "_"), None)
            if act is not None:
                act(index, leaf)
        return self

    def count_locks(self) -> dict[str, int]:
        """How many orders each line has had."""
        return {name: line.locks for name, line in self.lines.items()}

    def count_holds(self) -> Counter[str]:
        """How many orders that wait in line are held now, by reason."""
        open_ = (one for one in self.orders.values() if one.state == OPEN)
        return Counter(code for one in open_ for code in one.holds)

    def _rule(self, _index: int, leaf: Leaf) -> None:
        self.rules.append(leaf)

    def _rule_now(self) -> Leaf:
        """The newest rule that bound when the newest closed week began: one that was only
        announced does not count yet."""
        year, _, week = self.newest.partition("-W")
        monday = dt.date.fromisocalendar(int(year), int(week), 1).isoformat() if week else ""
        return [one for one in self.rules if one["binds"] == AT_ONCE or one["binds"] <= monday][-1]

    def _lock(self, index: int, leaf: Leaf) -> None:
        order = _Order(index, leaf["line"], index << 32, index)
        self.lines[order.line].locks += 1
        self.orders[leaf["s"]] = order
        if "ticket" in leaf:
            order.rank = self._rank_of_ticket(index, leaf["launch"], leaf["ticket"], order)
        self._enter(order)

    def _rank_of_ticket(self, index: int, launch: str, ticket: int, order: _Order) -> int:
        """What the ticket gives; less than nothing while its draw has not been made."""
        window = self.windows.get(launch)
        if window and (not window.number or ticket <= window.number):
            if window.places:
                return window.index << 32 | window.places[ticket - 1]
            window.waiting.append((order, ticket))
            return -1
        return self._counted(launch, ticket, index)

    def _counted(self, launch: str, ticket: int, index: int) -> int:
        counted = self.tickets[launch]
        at = bisect_left(counted, (ticket, 0))
        return counted[at][1] << 32 | ticket if at < len(counted) else index << 32

    def _tickets(self, index: int, leaf: Leaf) -> None:
        self.tickets[leaf["launch"]].append((leaf["number"], index))

    def _window(self, index: int, leaf: Leaf) -> None:
        window = _Window(index, leaf["launch"])
        self.windows[leaf["launch"]] = self.by_name[leaf["window"]] = window

    def _window_end(self, index: int, leaf: Leaf) -> None:
        window = self.by_name[leaf["window"]]
        window.number = leaf["number"]
        late = [one for one in window.waiting if one[1] > window.number]
        window.waiting = [one for one in window.waiting if one[1] <= window.number]
        for order, ticket in late:
            self._settle(order, self._counted(window.launch, ticket, index), index)

    def _draw(self, index: int, leaf: Leaf) -> None:
        window = self.by_name[leaf["window"]]
        drawn = list(range(1, window.number + 1))
        if "code" not in leaf:
            said = f"{leaf['value']}/{window.launch}"
            drawn.sort(key=lambda ticket: hashlib.sha256(f"{said}/{ticket}".encode()).digest())
        window.places = [0] * window.number
        for place, ticket in enumerate(drawn):
            window.places[ticket - 1] = place
        for order, ticket in window.waiting:
            self._settle(order, window.index << 32 | window.places[ticket - 1], index)

    def _settle(self, order: _Order, rank: int, index: int) -> None:
        order.left = [rank if one < 0 else one for one in order.left]
        if order.rank < 0:
            order.rank, order.since = rank, index
            self._enter(order)

    def _enter(self, order: _Order) -> None:
        """Put an order into its line, where it stays until a batch closes without it."""
        if order.rank >= 0:
            line = self.lines[order.line]
            at = bisect_left(line.ranks, order.rank)
            if at == len(line.ranks) or line.orders[at] is not order:
                line.ranks.insert(at, order.rank)
                line.orders.insert(at, order)

    def _standing(self, order: _Order, line: str, rank: int) -> int:
        """Whether it waits at that place, for this line's batches as they stand."""
        if order.state != OPEN or order.line != line or order.rank != rank:
            return GONE
        if order.holds:
            return HELD
        return RETURNED if order.free_until > self.lines[line].closed else WAITING

    def _hold(self, _index: int, leaf: Leaf) -> None:
        order = self.orders[leaf["s"]]
        order.holds[leaf["code"]] += 1
        order.last_hold = leaf["code"]

    def _release(self, index: int, leaf: Leaf) -> None:
        order = self.orders[leaf["s"]]
        order.holds -= Counter([leaf["code"]])
        if not order.holds:
            self._return(index, order, leaf["code"])

    def _return(self, index: int, order: _Order, code: str) -> None:
        # Whoever got a car before it came again has passed nobody by it.
        order.since = index
        closed = self.lines[order.line].closed
        order.free_until, order.free_for = closed + self._rule_now()["return_batches"], code

    def _except(self, _index: int, leaf: Leaf) -> None:
        self.orders[leaf["s"]].excepted = leaf["code"]

    def _transfer(self, _index: int, leaf: Leaf) -> None:
        self.transfers[leaf["code"]] += 1

    def _move(self, index: int, leaf: Leaf) -> None:
        order = self.orders[leaf["s"]]
        if leaf["kept"] == BACK:
            order.rank = order.left.pop()
        else:
            order.left.append(order.rank)
            order.rank = index << 32 if leaf["kept"] == "no" else order.rank
        order.line = leaf["line"]
        self._enter(order)
        self._return(index, order, MOVED_IN)

    def _alloc(self, index: int, leaf: Leaf) -> None:
        order = self.orders[leaf["s"]]
        order.state, order.alloc = ALLOCATED, index
        self.pending[leaf["line"], leaf["batch"]].append(order)

    def _deliver(self, _index: int, leaf: Leaf) -> None:
        self.orders[leaf["s"]].state = DELIVERED

    def _cancel(self, _index: int, leaf: Leaf) -> None:
        order = self.orders[leaf["s"]]
        order.state = CANCELLED
        order.holds.clear()

    def _restore(self, index: int, leaf: Leaf) -> None:
        order = self.orders[leaf["s"]]
        order.state, order.excepted = OPEN, ""
        self._enter(order)
        self._return(index, order, CAME_BACK)

    def _batch(self, index: int, leaf: Leaf) -> None:
        line = self.lines[leaf["line"]]
        week = Week(leaf["line"], leaf["batch"], index)
        for order in self.pending.pop((leaf["line"], leaf["batch"]), []):
            code, order.excepted = order.excepted, ""
            week.excepted[code] += 1
            end = bisect_left(line.ranks, order.rank)
            for rank, earlier in zip(line.ranks[:end], line.orders[:end], strict=True):
                self._judge(week, order, earlier, rank, code)
        line.closed += 1
        fresh = self.newest == HISTORY
        self.newest = leaf["batch"] if fresh else max(self.newest, leaf["batch"])
        left = [
            (rank, one)
            for rank, one in zip(line.ranks, line.orders, strict=True)
            if self._standing(one, week.line, rank)
        ]
        line.ranks, line.orders = [rank for rank, _ in left], [one for _, one in left]
        self.weeks.append(week)

    def _judge(self, week: Week, order: _Order, earlier: _Order, rank: int, code: str) -> None:
        standing = self._standing(earlier, week.line, rank)
        if standing == WAITING and code:
            week.passed[code] += 1
        elif standing == WAITING and earlier.since < order.alloc:
            week.unexplained.append((order.lock, earlier.lock))
        elif standing == HELD and not code:
            week.waited[earlier.last_hold] += 1
        elif standing == RETURNED and not code:
            week.waited[earlier.free_for] += 1
