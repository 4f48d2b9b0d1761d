"""Random histories of a queue, as leaves: mostly lawful, with overtaking, some with one fault."""

from __future__ import annotations

import hashlib
import random
from base64 import urlsafe_b64encode
from typing import Any

from tests.verify.log_maker import canonical

FAULTS = 0.12
LABELS = [f"2026-W{week:02d}" for week in range(2, 8)]
CHAIN = "A" * 43


class History:
    """One history: a few lines, some orders, a launch with tickets and perhaps a draw."""

    def __init__(self, rng: random.Random, rule: dict[str, Any], text: str = "") -> None:
        """`text` is the rule as its leaf, where it is known already."""
        self.rng, self.rule = rng, rule
        self.leaves: list[dict[str, Any]] = [rule]
        self.texts: list[bytes] = [(text or canonical(rule)).encode()]
        self.orders: list[dict[str, Any]] = []
        self.pending: dict[tuple[str, str], int] = {}
        self.closed: set[tuple[str, str]] = set()
        self.week, self.tickets, self.used = 0, 0, set[int]()
        self.draw = rng.random() < 0.4
        self.drawn = False
        self.lines = ["A", "B"][: rng.randint(1, 2)]

    def put(self, kind: str, **public: Any) -> None:
        """A leaf of no order."""
        leaf = {"v": 1, "t": kind, **public}
        self.leaves.append(leaf)
        self.texts.append(canonical(leaf).encode())

    def say(self, order: dict[str, Any], kind: str, **public: Any) -> None:
        """The next leaf of an order."""
        leaf = {"v": 1, "t": kind, "s": order["s"], "n": order["n"], "c": CHAIN, **public}
        if order["n"]:
            leaf["p"] = order["p"]
        text = canonical(leaf).encode()
        digest = hashlib.sha256(b"\0" + text).digest()
        order["p"] = urlsafe_b64encode(digest)[:43].decode()
        order["n"] += 1
        self.leaves.append(leaf)
        self.texts.append(text)

    def make(self, steps: int) -> History:
        """Fill it; the history itself."""
        for line in self.lines:
            self.put("line", line=line)
        if self.draw:
            self.put(
                "window",
                window="w",
                launch="L",
                source="drand",
                until="2026-03-01T10:00:00Z",
                drawn="2026-03-01T10:30:00Z",
            )
        bad = self.rng.randrange(steps) if self.rng.random() < FAULTS else -1
        for step in range(steps):
            if step == bad:
                self.break_rules()
            else:
                self.go_on()
        return self

    def lock(self) -> None:
        """A new order, by ticket or not."""
        k = len(self.orders)
        sid = urlsafe_b64encode(hashlib.sha256(b"%d %f" % (k, self.rng.random())).digest())[:43]
        order = {"s": sid.decode(), "n": 0, "state": "open", "line": self.rng.choice(self.lines),
                 "holds": [], "was": "", "ranked": True,
                 "moves": []}  # fmt: skip
        self.orders.append(order)
        free = [t for t in range(1, self.tickets + 1) if t not in self.used]
        if free and self.rng.random() < 0.5:
            ticket = self.rng.choice(free)
            self.used.add(ticket)
            order["ranked"] = self.drawn or not self.draw
            self.say(order, "lock", line=order["line"], launch="L", ticket=ticket)
        else:
            self.say(order, "lock", line=order["line"])

    def go_on(self) -> None:
        """One lawful step; passing somebody is a matter of the rules of the queue."""
        rng = self.rng
        what = rng.random()
        order = rng.choice(self.orders) if self.orders else None
        if order is None or what < 0.25:
            self.lock()
        elif what < 0.33:
            self.tickets += rng.randint(0, 3)
            self.put("tickets", launch="L", number=self.tickets, chain=CHAIN)
        elif what < 0.37 and self.draw and not self.drawn and self.tickets:
            self.make_draw()
        elif what < 0.52:
            self.close()
        elif order["state"] == "open":
            self.wait(order, rng.random())
        elif order["state"] == "allocated":
            self.after(order, rng.random())
        elif order["state"] == "cancelled" and order["was"] != "allocated":
            order["state"] = "open"
            self.say(order, "restore")

    def make_draw(self) -> None:
        """The window ends and is drawn, or the draw is void."""
        self.drawn = True
        self.put("window.end", window="w", number=self.rng.randint(1, self.tickets), chain=CHAIN)
        if self.rng.random() < 0.3:
            self.put("draw", window="w", code="NOT_SEALED")
        else:
            size = len(self.leaves)
            value = f"{self.rng.random()}"
            self.put("draw", window="w", source="drand", value=value, size=size)
        for order in self.orders:
            order["ranked"] = True

    def wait(self, order: dict[str, Any], what: float) -> None:
        """What may happen to an order that waits."""
        rng = self.rng
        if what < 0.45:
            if order["ranked"]:
                self.allocate(order)
        elif what < 0.60:
            self.hold(order)
        elif what < 0.75 and order["holds"]:
            self.say(order, "release", code=order["holds"].pop(rng.randrange(len(order["holds"]))))
        elif what < 0.82:
            self.say(order, "except", code=rng.choice(["STOCK", "LATE"]))
        elif what < 0.90:
            self.move(order)
        elif what < 0.95:
            self.cancel(order)
        else:
            self.say(order, "transfer", code="SOLD")

    def move(self, order: dict[str, Any]) -> None:
        """Into any line, keeping the rank or not, or back to where it was before."""
        rng = self.rng
        if order["moves"] and rng.random() < 0.5:
            line, ranked = order["moves"].pop()
            order["ranked"] = ranked or self.drawn or not self.draw
            self.say(order, "move", line=line, kept="back")
        else:
            order["moves"].append((order["line"], order["ranked"]))
            line, kept = rng.choice(self.lines), rng.choice(["yes", "no"])
            order["ranked"] = order["ranked"] or kept == "no"
            self.say(order, "move", line=line, kept=kept)
        order["line"] = line

    def allocate(self, order: dict[str, Any]) -> None:
        """Into the batch of this week or the next, whichever is open; first: history."""
        label = LABELS[min(self.week + self.rng.randint(0, 1), len(LABELS) - 1)]
        if not self.closed and self.rng.random() < 0.1:
            label = "HISTORY"
        key = (order["line"], label)
        if key in self.closed:
            return
        order["state"] = "allocated"
        if label != "HISTORY":
            self.pending[key] = self.pending.get(key, 0) + 1
        self.say(order, "alloc", line=order["line"], batch=label)

    def after(self, order: dict[str, Any], what: float) -> None:
        """What may happen to an order that is being built."""
        if what < 0.4:
            order["state"], order["holds"] = "delivered", []
            self.say(order, "deliver")
        elif what < 0.6:
            self.say(order, "except", code=self.rng.choice(["STOCK", "LATE"]))
        elif what < 0.8:
            self.hold(order)
        else:
            self.cancel(order)

    def hold(self, order: dict[str, Any]) -> None:
        """A hold, now and then two of one code."""
        order["holds"].append(self.rng.choice(["QUALITY", "WAITS"]))
        self.say(order, "hold", code=order["holds"][-1])

    def cancel(self, order: dict[str, Any]) -> None:
        """The order ends, or may come back."""
        order["was"], order["state"], order["holds"] = order["state"], "cancelled", []
        self.say(order, "cancel")

    def close(self) -> None:
        """Some batch closes."""
        if self.pending:
            key = self.rng.choice(sorted(self.pending))
            self.put("batch", line=key[0], batch=key[1], count=self.pending.pop(key))
            self.closed.add(key)
            self.week = min(self.week + self.rng.randint(0, 1), len(LABELS) - 1)

    def break_rules(self) -> None:
        """One entry that must not stand here."""
        rng = self.rng
        if not self.orders:
            self.put("batch", line="A", batch=LABELS[0], count=1)
            return
        order, what = rng.choice(self.orders), rng.randrange(9)
        if what == 0:
            self.say(order, "hold", code="PAID")
        elif what == 1:
            self.say(order, "release", code=rng.choice(["QUALITY", "WAITS", "NONE"]))
        elif what == 2:
            self.say(order, "alloc", line="Z", batch=LABELS[0])
        elif what == 3:
            self.say(order, rng.choice(["deliver", "restore", "cancel"]))
        elif what == 4:
            self.put("batch", line="A", batch=LABELS[self.week], count=77)
        elif what == 5:
            self.put("line", line="A")
        elif what == 6:
            fresh = {"s": "B" * 42 + "A", "n": 0}
            self.say(fresh, "lock", line="A", launch="L", ticket=self.tickets + 1)
        elif what == 7:
            self.say(order, "except", code="FRIEND")
        else:
            back = {"line": rng.choice(self.lines), "kept": rng.choice(["back", "maybe"])}
            self.say(order, "move", **rng.choice([{"line": "Z", "kept": "no"}, back]))
