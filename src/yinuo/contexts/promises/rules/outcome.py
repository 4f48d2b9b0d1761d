"""How a promise ended: late days, whether we spoke in time, and whether it was kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from yinuo.platform.spoken import at_local

HANDED_OVER, CANCELLED = "HANDED_OVER", "CANCELLED"
# Facts that tell a customer that the first promise may not hold, or does not.
WARNING_KINDS = ("promise.revised", "promise.at_risk", "promise.broken")


# A week counts as held when at least this share of the cars came inside their range: the share
# that a range is made for. Before so many weeks nothing is said.
HELD_SHARE = 0.8
WEEKS_MIN, WEEKS_MAX = 6, 26


class Entry(Protocol):
    """What is needed of a recorded fact."""

    @property
    def kind(self) -> str: ...

    @property
    def payload(self) -> Mapping[str, Any]: ...

    @property
    def recorded_at(self) -> dt.datetime: ...


def late_days(latest: dt.date, ended: dt.date) -> int:
    """Whole days by which an order ended after the latest date promised, 0 where it did not."""
    return max(0, (ended - latest).days)


def was_kept(ended_how: str, latest: dt.date, ended: dt.date) -> bool:
    """Whether the car was handed over by the latest date; a cancelled order kept nothing."""
    return ended_how == HANDED_OVER and late_days(latest, ended) == 0


def weeks_held(weeks: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """In how many of how many weeks ranges held, from (due, inside) of each week that had any.

    None while there are fewer than six weeks: that would be luck.
    """
    had = [(due, inside) for due, inside in weeks if due]
    if len(had) < WEEKS_MIN:
        return None
    return sum(inside >= HELD_SHARE * due for due, inside in had), len(had)


def told_before(first_latest: dt.date, entries: Sequence[Entry]) -> bool:
    """Whether word of a delay was recorded before the first latest date had passed.

    A move counts when it promised a later day than the first one.
    """
    over = at_local(first_latest + dt.timedelta(days=1), 0)
    return any(
        entry.recorded_at < over
        and (entry.kind != "promise.revised" or entry.payload["latest"] > first_latest.isoformat())
        for entry in entries
        if entry.kind in WARNING_KINDS
    )
