"""What every feed must say of itself, and checks that several feeds make."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Row, Schema

CLOCK_SKEW = dt.timedelta(minutes=5)


@dataclass
class Written:
    """What one batch made: the ids, how many rows wait for staff, and why."""

    ids: list[str]
    held: int = 0
    warnings: list[RowProblem] = field(default_factory=list)


class Handler(ABC):
    """One pass over the records of one feed.

    A pass sees the rows in their order and in batches; it may keep what it has seen. The first
    pass only checks. The second checks again, because the world may have changed, and writes.
    """

    schema: ClassVar[Schema]
    zh: ClassVar[str]
    en: ClassVar[str]
    # Whether good rows mean nothing without the bad ones.
    whole: ClassVar[bool] = False

    def __init__(self, sender: str, now: dt.datetime) -> None:
        self.sender = sender
        self.now = now

    def key(self, row: Row) -> str:
        """What makes this record one record, however often it is sent."""
        return str(row.values["id"])

    @abstractmethod
    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        """The digests of those records that were received before."""

    @abstractmethod
    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        """What is wrong with rows that are well formed and new."""

    @abstractmethod
    def write(self, rows: Sequence[Row]) -> Written:
        """Record rows that `check` let through, in the caller's transaction."""

    def check_end(self) -> list[RowProblem]:
        """What is wrong with the records together, once all were checked."""
        return []

    def received_whole(self) -> bool:
        """Whether these records, as a whole, were received before."""
        return False

    @abstractmethod
    def finish(self) -> Written:
        """After the last batch, in the same transaction: what is left to write, and the nudges."""


def not_in_future(at: dt.datetime, now: dt.datetime) -> None:
    """Raise `Wrong` when `at` lies ahead by more than clocks may differ."""
    if at > now + CLOCK_SKEW:
        raise Wrong(
            f"{at:%Y-%m-%dT%H:%M:%SZ} 还没有到；请检查发送方的时钟和时区",
            f"{at:%Y-%m-%dT%H:%M:%SZ} is in the future; check the sender's clock and time zone",
        )


def unknown_order(reference: str) -> Wrong:
    """`reference` is no order we know."""
    return Wrong(
        f"没有订单“{reference}”；请先发送订单，同一个 id 可以再发一次",
        f"there is no order {reference!r}; send the order first; the same id may be sent again",
    )


def held_back(
    rows: Sequence[Row], codes: Sequence[str], words: Mapping[str, tuple[str, str]]
) -> Written:
    """What waits for staff: `codes` says why for each row, or is empty."""
    warnings = [
        RowProblem(
            row.line,
            "",
            f"先不采用，等员工处理：{words[code][0]}",
            f"kept apart until staff decide: {words[code][1]}",
        )
        for row, code in zip(rows, codes, strict=True)
        if code
    ]
    return Written([], len(warnings), warnings)
