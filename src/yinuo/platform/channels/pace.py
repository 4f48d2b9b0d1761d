"""Sending no faster than a receiver allows."""

from __future__ import annotations

import datetime as dt
import threading


class Pace:
    """A token bucket that never lets more than `per_minute` through in any 60 seconds.

    A bucket that holds a whole minute's worth would let nearly twice that pass around a pause,
    so `burst` tokens are held and only the rest flow in: burst + flow = per_minute.
    One object paces one process; workers that share a limit divide it among themselves.
    """

    def __init__(self, per_minute: int, burst: int) -> None:
        if not 0 < burst < per_minute:
            raise ValueError(f"burst must be 1 to {per_minute - 1}, not {burst}.")
        self._burst = float(burst)
        self._per_second = (per_minute - burst) / 60
        self._tokens = float(burst)
        self._at: dt.datetime | None = None
        self._lock = threading.Lock()

    def wait_s(self, now: dt.datetime) -> float:
        """Take one token and return 0.0, or take none and return the seconds until there is one."""
        with self._lock:
            if self._at is None or now > self._at:
                past = 0.0 if self._at is None else (now - self._at).total_seconds()
                self._tokens = min(self._burst, self._tokens + past * self._per_second)
                self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self._per_second


def pace(per_minute: int) -> Pace:
    """A pace of `per_minute` (at least 2) messages with a quarter of them, at most 4, at once."""
    return Pace(per_minute, max(1, min(4, per_minute // 4)))
