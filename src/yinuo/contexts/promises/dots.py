"""Twenty equally likely days, packed: two bytes each, days since 2000-01-01, highest byte first.

A promise is rewritten with every forecast that moves it, so its row is kept narrow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
EPOCH = dt.date(2000, 1, 1).toordinal()
# Later than can be written; read as the last day there is.
OUT_OF_SIGHT = 2**16 - 1
LAST_DAY = dt.date.max.toordinal()


def pack_days(days: Ints) -> npt.NDArray[np.uint16]:
    """Proleptic day numbers of any shape as big-endian counts, 2000-01-01 or later."""
    return np.clip(days - EPOCH, 0, OUT_OF_SIGHT).astype(">u2")


def pack_dates(dates: Sequence[dt.date]) -> bytes:
    """One order's dots as they are stored."""
    return pack_days(np.array([date.toordinal() for date in dates], np.int64)).tobytes()


def unpack_dates(raw: bytes | memoryview) -> list[dt.date]:
    """The dates that `pack_dates` stored."""
    counts = np.frombuffer(raw, ">u2").astype(np.int64)
    days = np.where(counts == OUT_OF_SIGHT, LAST_DAY, counts + EPOCH)
    return [dt.date.fromordinal(int(day)) for day in days]
