"""What the next lock would be given, kept up to date with the locks that came since."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.engines import forecast, queue

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]


@dataclass(eq=False)
class NextLocks:
    """The queue behind the last order, in every scenario, and the ways from there.

    `weeks` and `others` (K, S) say in which week the next order of a class was last seen to be
    built, and how many of its class share that week with it. `newest_order_id` is the last order
    that has its place in it. Safe for the threads of one process.
    """

    state: queue.QueueState
    ways: forecast.NextWays
    weeks: Ints
    others: Ints
    newest_order_id: int

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def append(self, locks: Sequence[tuple[int, int]]) -> None:
        """Give places to orders (row, class) that were locked since; known ones are left out."""
        with self._lock:
            for order_id, kind in locks:
                if order_id > self.newest_order_id:
                    self._append(kind)
            newest = max((order_id for order_id, _ in locks), default=0)
            self.newest_order_id = max(self.newest_order_id, newest)

    def _append(self, kind: int) -> None:
        weeks = queue.append(self.state, kind).astype(np.int64)
        same = weeks == self.weeks[kind]
        self.others[kind] = np.where(same, self.others[kind] + 1, 1)
        self.weeks[kind] = weeks

    def quote(self, kind: int, region: int) -> Days:
        """Days from the origin at the stored levels, shape (levels,)."""
        with self._lock:
            weeks = queue.quote(self.state, kind).astype(np.int64)
            others = np.where(weeks == self.weeks[kind], self.others[kind], 0)
        enough = forecast.scenarios_enough(forecast.LEVELS, weeks.size)
        return self.ways.read(weeks, others, region, enough)

    def to_bytes(self) -> bytes:
        """Everything as plain arrays; the map as its steps, which pack well."""
        file = io.BytesIO()
        ways = self.ways
        np.savez_compressed(
            file,
            state=np.frombuffer(self.state.to_bytes(), np.uint8),
            map_steps=np.diff(ways.day_map, axis=2, prepend=np.int16(0)),
            weeks=self.weeks.astype(np.int16),
            others=self.others.astype(np.int32),
            own_days=ways.own_days.astype(np.int16),
            next_open=ways.next_open.astype(np.int16),
            numbers=np.array(
                [ways.never, ways.today, ways.production_days, self.newest_order_id], np.int64
            ),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, archive: bytes) -> NextLocks:
        """What `to_bytes` wrote."""
        with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
            never, today, production_days, newest = arrays["numbers"].tolist()
            day_map = np.cumsum(arrays["map_steps"], axis=2, dtype=np.int16)
            return cls(
                queue.QueueState.from_bytes(arrays["state"].tobytes()),
                forecast.NextWays(
                    day_map,
                    never,
                    today,
                    production_days,
                    arrays["own_days"].astype(np.int64),
                    arrays["next_open"].astype(np.int32),
                ),
                arrays["weeks"].astype(np.int64),
                arrays["others"].astype(np.int64),
                newest,
            )
