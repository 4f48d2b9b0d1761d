"""Public figures of kept promises: groups large enough to be nobody's own, and enough weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

# Fewer orders than this are not shown by themselves: somebody could be known by them.
ORDERS_MIN = 20
# Orders of one week share their luck. Fewer weeks than this say nothing about how we keep dates.
WEEKS_MIN = 6
# Late days from one to the next, the last without an end.
LATE_FROM = (1, 4, 8, 15, 31)
# Who has no date after so many days since the lock has waited long for one.
LONG_UNDATED_DAYS = 30
# Reasons that few orders share are counted as one.
OTHER_REASONS = "OTHER"


@dataclass(frozen=True)
class Kept:
    """First promises whose latest date has passed, of one group.

    `due` is without those `cancelled`. Of these `kept` were handed over by the latest date,
    `early` of them before the range and `in_range` inside it; all others are late, `open_late`
    of them still waiting. `late` counts them by late days, those who wait by their days so far.
    `kept_last` were handed over by the latest date promised last. `width_days` is the median
    length of the range with both ends, `ahead_days` the median time from promise to latest date.
    `weeks` is the number of weeks that can be told apart: the lesser of the weeks in which the
    promises were made and in which they fell due.
    """

    due: int
    cancelled: int
    handed_over: int
    kept: int
    kept_last: int
    early: int
    in_range: int
    open_late: int
    late: tuple[int, ...]
    width_days: int
    ahead_days: int
    weeks: int

    @property
    def enough(self) -> bool:
        """Whether shares may be read off."""
        return self.weeks >= WEEKS_MIN and self.due >= ORDERS_MIN

    @property
    def kept_percent(self) -> int | None:
        """Share handed over by the latest date, rounded down; None where there is not enough."""
        return 100 * self.kept // self.due if self.enough else None

    @property
    def in_range_percent(self) -> int | None:
        """Share handed over inside the range, rounded down; None where there is not enough."""
        return 100 * self.in_range // self.due if self.enough else None


@dataclass(frozen=True)
class Undated:
    """Open orders without a date, which cannot be late: counted beside those that can.

    `open` counts all open orders, `undated` those that never had a date, `long` those of them that
    were locked `LONG_UNDATED_DAYS` ago or earlier; `why` counts `undated` by reason.
    """

    open: int
    undated: int
    long: int
    why: Mapping[str, int]


def write_undated(found: Undated) -> dict[str, Any]:
    """The counts as plain data: the commonest reason first, rare ones as one."""
    common = {why: n for why, n in found.why.items() if n >= ORDERS_MIN}
    rest = found.undated - sum(common.values())
    ranked = sorted(common.items(), key=lambda one: (-one[1], one[0]))
    return {
        "open": found.open,
        "undated": found.undated,
        "long": found.long,
        "long_days": LONG_UNDATED_DAYS,
        "why": [
            {"code": code, "n": n}
            for code, n in [*ranked, *([(OTHER_REASONS, rest)] if rest else [])]
        ],
    }


@dataclass(frozen=True)
class Group:
    """One row of a table: its code (empty for those too small to be shown alone), its figures."""

    code: str
    zh: str
    en: str
    kept: Kept


def fold(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """Groups that may be shown, and those that may only be shown together.

    When those left over are too few even together, the smallest shown group joins them, so that
    they cannot be had by subtraction.
    """
    shown = [group for group in groups if group.kept.due + group.kept.cancelled >= ORDERS_MIN]
    rest = [group for group in groups if group not in shown]

    def count(some: Sequence[Group]) -> int:
        return sum(group.kept.due + group.kept.cancelled for group in some)

    while rest and shown and count(rest) < ORDERS_MIN:
        least = min(shown, key=lambda group: group.kept.due + group.kept.cancelled)
        shown.remove(least)
        rest.append(least)
    return shown, rest


def write_kept(kept: Kept) -> dict[str, Any]:
    """The figures as plain data, with the shares and whether they may be read."""
    said: dict[str, Any] = {**asdict(kept), "late": list(kept.late), "enough": kept.enough}
    return {
        **said,
        "kept_percent": kept.kept_percent,
        "in_range_percent": kept.in_range_percent,
    }


def read_kept(said: dict[str, Any]) -> Kept:
    """The figures that `write_kept` wrote."""
    values = {field.name: said[field.name] for field in fields(Kept)}
    return Kept(**{**values, "late": tuple(values["late"])})
