"""The slow twin of the auditor: every state is worked out again from the order's own entries.

It reads a list of leaves as objects and takes O(n²) and more; it shares nothing with the auditor
but the words of the rule.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Leaf = dict[str, Any]
Rank = tuple[int, int, bytes]


class Wrong(Exception):
    """A leaf that must not stand where it stands."""


@dataclass
class Seen:
    """Where an order stands before some entry."""

    status: str = ""
    line: str = ""
    rank: Rank | None = None
    lock: int = 0
    entered: int = 0
    came_back: int = -1
    holds: Counter[str] = field(default_factory=Counter)
    moves: list[tuple[str, Rank | None]] = field(default_factory=list)
    was_allocated: bool = False


@dataclass
class Verdict:
    """Entries that break the rules (the first), pairs passed without a reason, quotas broken."""

    wrong: int | None = None
    passed: set[tuple[int, int, int]] = field(default_factory=set)
    quotas: set[tuple[str, str]] = field(default_factory=set)


class Oracle:
    """Judges one history from its leaves, rule first."""

    def __init__(self, leaves: list[Leaf]) -> None:
        self.leaves, self.rule = leaves, leaves[0]
        self.streams: dict[str, list[int]] = {}

    def judge(self) -> Verdict:
        """What is wrong with this history; nothing is looked at behind the first wrong entry."""
        verdict = Verdict()
        for i, leaf in enumerate(self.leaves):
            try:
                self.check(i, leaf)
            except Wrong:
                verdict.wrong = i
                return verdict
            if "s" in leaf:
                self.streams.setdefault(leaf["s"], []).append(i)
            if leaf["t"] == "batch":
                verdict.passed |= self.passings(i, leaf)
        verdict.quotas = self.quotas()
        return verdict

    def before(self, kind: str, end: int, **fields: object) -> list[int]:
        """Entries of a type before `end` with these fields."""
        return [
            j
            for j in range(end)
            if self.leaves[j]["t"] == kind
            and all(self.leaves[j].get(name) == value for name, value in fields.items())
        ]

    def seen(self, stream: str, end: int) -> Seen:
        """The order of this stream as it stands before entry `end`."""
        now = Seen()
        for j in self.streams.get(stream, []):
            if j < end:
                self.step(now, j, self.leaves[j], end)
        return now

    def step(self, now: Seen, j: int, leaf: Leaf, end: int) -> None:
        """Go on by one entry of the order; ranks are those known before `end`."""
        kind = leaf["t"]
        if kind == "lock":
            now.status, now.line, now.lock = "open", leaf["line"], j
            now.rank, now.entered = self.rank(j, leaf, end)
        elif kind == "hold":
            now.holds[leaf["code"]] += 1
        elif kind == "release":
            now.holds -= Counter([leaf["code"]])
            now.came_back = j if not now.holds else now.came_back
        elif kind == "alloc":
            now.status = "allocated"
        elif kind == "deliver":
            now.status, now.holds = "delivered", Counter()
        elif kind == "cancel":
            now.was_allocated = now.status == "allocated"
            now.status, now.holds = "cancelled", Counter()
        elif kind == "restore":
            now.status, now.came_back = "open", j
        elif kind == "move":
            self.move(now, j, leaf)

    def move(self, now: Seen, j: int, leaf: Leaf) -> None:
        """Into another line: with the rank of now, behind everybody, or back as it was."""
        if leaf["kept"] == "back":
            _, now.rank = now.moves.pop()
        else:
            now.moves.append((now.line, now.rank))
            now.rank = now.rank if leaf["kept"] == "yes" else (j, 0, b"")
        now.line, now.came_back = leaf["line"], j

    def rank(self, j: int, leaf: Leaf, end: int) -> tuple[Rank | None, int]:
        """The rank of a lock as far as it is known before `end`, and since when."""
        if "ticket" not in leaf:
            return (j, 0, b""), j
        launch, ticket = leaf["launch"], leaf["ticket"]
        counted = self.before("tickets", end, launch=launch)
        covering = [k for k in counted if self.leaves[k]["number"] >= ticket]
        by_ticket: Rank = (covering[0], ticket, b"") if covering else (j, 0, b"")
        for w in self.before("window", j, launch=launch):
            name = self.leaves[w]["window"]
            ends = self.before("window.end", end, window=name)
            if ends and ticket > self.leaves[ends[0]]["number"]:
                return by_ticket, max(j, ends[0])
            draws = self.before("draw", end, window=name)
            if not draws:
                return None, j
            draw = self.leaves[draws[0]]
            if "code" in draw:
                return (w, ticket, b""), max(j, draws[0])
            text = f"{draw['value']}/{launch}/{ticket}".encode()
            return (w, 0, hashlib.sha256(text).digest()), max(j, draws[0])
        return by_ticket, j

    def check(self, i: int, leaf: Leaf) -> None:
        """Raises Wrong where this entry must not stand."""
        kind = leaf["t"]
        lines = [self.leaves[j]["line"] for j in self.before("line", i)]
        if kind == "line" and leaf["line"] in lines:
            raise Wrong
        if kind in ("lock", "move", "alloc", "batch") and leaf["line"] not in lines:
            raise Wrong
        if "s" in leaf:
            self.check_order(i, leaf)
        if kind == "batch":
            mine = self.before("alloc", i, line=leaf["line"], batch=leaf["batch"])
            twice = self.before("batch", i, line=leaf["line"], batch=leaf["batch"])
            if twice or len(mine) != leaf["count"]:
                raise Wrong
        if kind == "tickets":
            earlier = self.before("tickets", i, launch=leaf["launch"])
            if earlier and self.leaves[earlier[-1]]["number"] > leaf["number"]:
                raise Wrong

    def check_order(self, i: int, leaf: Leaf) -> None:
        """The part of `check` for entries of an order."""
        now, kind = self.seen(leaf["s"], i), leaf["t"]
        alive, open_ = now.status in ("open", "allocated"), now.status == "open"
        right = {
            "lock": now.status == "",
            "hold": alive and leaf.get("code") in self.rule["holds"],
            "release": alive and now.holds[leaf.get("code", "")] > 0,
            "except": (alive or now.status == "delivered")
            and leaf.get("code") in self.rule["exceptions"],
            "transfer": alive,
            "move": open_ and self.may_move(now, leaf),
            "alloc": open_ and now.rank is not None and now.line == leaf.get("line"),
            "deliver": now.status == "allocated",
            "cancel": alive,
            "restore": now.status == "cancelled" and not now.was_allocated,
        }
        if not right[kind]:
            raise Wrong
        if kind == "alloc":
            if self.before("batch", i, line=leaf["line"], batch=leaf["batch"]):
                raise Wrong
            if leaf["batch"] == "HISTORY" and self.before("batch", i):
                raise Wrong
        if kind == "lock" and "ticket" in leaf:
            counted = self.before("tickets", i, launch=leaf["launch"])
            known = max([self.leaves[k]["number"] for k in counted], default=0)
            same = self.before("lock", i, launch=leaf["launch"], ticket=leaf["ticket"])
            if not 0 < leaf["ticket"] <= known or same:
                raise Wrong

    @staticmethod
    def may_move(now: Seen, leaf: Leaf) -> bool:
        """Whether a move is of a known kind; one back must lead to where the order came from."""
        if leaf["t"] == "move" and leaf["kept"] == "back":
            return bool(now.moves) and now.moves[-1][0] == leaf["line"]
        return leaf["t"] != "move" or leaf["kept"] in ("yes", "no")

    def reason(self, stream: str, alloc: int, end: int) -> str:
        """The newest reason to go before others that stands at `end`; empty: none."""
        code = ""
        for j in self.streams[stream]:
            if j < end and self.leaves[j]["t"] == "except":
                code = self.leaves[j]["code"]
            if j < alloc and self.leaves[j]["t"] == "restore":
                code = ""
        return code

    def passings(self, i: int, batch: Leaf) -> set[tuple[int, int, int]]:
        """(batch, lock of the passer, lock of the passed) for each pair without a reason."""
        found = set()
        closings = self.before("batch", i, line=batch["line"])
        for alloc in self.before("alloc", i, line=batch["line"], batch=batch["batch"]):
            stream = self.leaves[alloc]["s"]
            if self.reason(stream, alloc, i):
                continue
            passer = self.seen(stream, alloc)
            for other in self.streams:
                one = self.seen(other, i)
                if other == stream or one.status != "open" or one.line != batch["line"]:
                    continue
                recent = [j for j in closings if j > one.came_back]
                exempt = one.came_back >= 0 and len(recent) < self.rule["return_batches"]
                late = max(one.entered, one.came_back) >= alloc
                if one.holds or one.rank is None or exempt or late:
                    continue
                assert passer.rank is not None
                if one.rank < passer.rank:
                    found.add((i, passer.lock, one.lock))
        return found

    def quotas(self) -> set[tuple[str, str]]:
        """Labels and reasons that were used too often; the newest label is not judged yet."""
        end, found = len(self.leaves), set()
        closed = [self.leaves[i] for i in self.before("batch", end)]
        newest = max([one["batch"] for one in closed], default="")
        done = {(one["line"], one["batch"]) for one in closed}
        for label in {one["batch"] for one in closed} - {newest}:
            allocs = [self.leaves[j] | {"i": j} for j in self.before("alloc", end, batch=label)]
            if any((one["line"], label) not in done for one in allocs):
                continue
            used: Counter[str] = Counter()
            for one in allocs:
                [when] = self.before("batch", end, line=one["line"], batch=label)
                used[self.reason(one["s"], one["i"], when)] += 1
            for code, quota in self.rule["exceptions"].items():
                most = max(quota["at_least"] * 1000, quota["per_mille"] * len(allocs))
                if used[code] * 1000 > most:
                    found.add((label, code))
        return found
