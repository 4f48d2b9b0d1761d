"""Which rows of a file are orders, and what is known of each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag import NEVER, History
from yinuo.platform.refusals import Refusal
from yinuo.platform.table.dates import (
    MISSING,
    UNREADABLE,
    Days,
    First,
    read_days,
    show_first,
)
from yinuo.platform.table.numbers import read_numbers
from yinuo.platform.table.reading import Table, read_table

Ints = NDArray[np.int64]
STATUS = re.compile(r"status|state$|状态", re.IGNORECASE)
CANCELLED = re.compile(
    r"cancel|void|refund|withdrawn|unavailable|取消|退订|退款|作废|撤销", re.IGNORECASE
)
LINES_KEPT = 10
USES = ("used", "open", "cancelled", "no_ordered", "bad_ordered", "bad_delivered", "negative",
        "duplicate", "odd")  # fmt: skip


class OutcomeAsFeature(Refusal):
    """A column that says the outcome, or may have been edited after it, is asked for as a sign."""

    code = "outcome_as_feature"
    zh = "“{name}”不能用作特征或分组：下单时还不知道它，或者它事后可能改过。请从参数里去掉。"
    en = (
        "“{name}” cannot be a feature or a group: it was not known at the order, or may have been"
        " edited afterwards. Leave it out."
    )


class NoOrders(Refusal):
    """No row has a date of order that can be read."""

    code = "no_orders"
    zh = "“{name}”这一列没有一行能读成日期，例如：{example}。请检查列名，或把日期存成 2026-02-11。"
    en = (
        "No row of “{name}” can be read as a date, for example {example}. Check the column's name,"
        " or save dates as 2026-02-11."
    )


class AllBackwards(Refusal):
    """Every order was delivered before it was placed."""

    code = "all_backwards"
    zh = "{count} 行的“{delivered}”全都早于“{ordered}”。是不是两列写反了？"
    en = (
        "In all {count} rows “{delivered}” lies before “{ordered}”. Were the two columns exchanged?"
    )


@dataclass(frozen=True)
class Columns:
    """The columns of the file by what they mean; `promised` may be empty."""

    ordered: str
    delivered: str
    promised: str = ""
    group: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep outcomes out of what a forecast may look at."""
        for name in (*self.group, *self.features):
            if name in (self.delivered, self.promised, self.ordered):
                raise OutcomeAsFeature(name=name)


@dataclass(frozen=True)
class Orders:
    """A file as a history.

    `history` holds the rows used or open, in order of day and then of line; `promised_day` :
    Ints, shape (n,), `MISSING` where there is none; `groups` names each group; `counts` has the
    number of rows of each use, `lines` the first lines of those that were left out; `dates` is
    how each date column was read; `end_day` is the last day of which the file knows.
    """

    history: History
    promised_day: Ints
    groups: list[str]
    counts: dict[str, int]
    lines: dict[str, list[int]]
    dates: dict[str, Days]
    end_day: int
    encoding: str
    delimiter: str
    numeric: list[str]
    named: list[str]
    repeated: list[str]


def read_orders(path: Path, columns: Columns) -> Orders:
    """Read a file; every row falls under exactly one use.

    Raises
    ------
    UnreadableFile, UnknownColumn
        From reading.
    NoOrders, AllBackwards
        No date of order could be read, or every order was delivered before it was placed.
    """
    wanted = [columns.ordered, columns.delivered, *columns.group, *columns.features]
    wanted += [columns.promised] if columns.promised else []
    table = read_table(path, list(dict.fromkeys(wanted)), STATUS)
    dates = read_dates(table, columns)
    ordered, delivered = dates[columns.ordered].day, dates[columns.delivered].day
    use = sort_out(table, ordered, delivered)
    backwards = int((use == USES.index("negative")).sum())
    if backwards and not np.isin(use, (0, 1)).any():
        raise AllBackwards(count=backwards, delivered=columns.delivered, ordered=columns.ordered)
    if not np.isin(use, (0, 1)).any():
        example = next((text for text in table.columns[columns.ordered] if text), "—")
        raise NoOrders(name=columns.ordered, example=example)
    line = np.array(table.line, np.int64)
    counts = {name: int((use == number).sum()) for number, name in enumerate(USES)}
    counts["odd"] = len(table.odd_lines)
    counts["twins_kept"] = 0 if table.has_id else int(sum(table.is_twin))
    lines = {
        name: line[use == number][:LINES_KEPT].tolist()
        for number, name in enumerate(USES)
        if number > 1
    }
    lines["odd"] = table.odd_lines[:LINES_KEPT]
    kept = np.flatnonzero(use <= 1)
    kept = kept[np.argsort(ordered[kept], kind="stable")]
    finished = delivered[use == 0]
    end = max(int(ordered[kept].max()), int(np.quantile(finished, 0.999)) if finished.size else 0)
    promised = dates[columns.promised].day[kept] if columns.promised else None
    final = np.where(use[kept] == 0, delivered[kept], NEVER)
    history, groups, numeric, named = build_history(table, columns, kept, ordered[kept], final)
    return Orders(
        history,
        np.full(kept.size, MISSING) if promised is None else promised,
        groups,
        counts,
        lines,
        dates,
        end,
        table.encoding,
        table.delimiter,
        numeric,
        named,
        table.repeated,
    )


def read_dates(table: Table, columns: Columns) -> dict[str, Days]:
    """Each date column; where one does not show what comes first, the others decide."""
    names = [columns.ordered, columns.delivered] + ([columns.promised] if columns.promised else [])
    day = month = 0
    for name in names:
        shown = show_first(list(set(table.columns[name])))
        day, month = day + shown[0], month + shown[1]
    fallback = First.DAY if day > month else First.MONTH
    if day == month:
        fallback = by_fewest_negative(table, columns)
    return {name: read_days(table.columns[name], fallback) for name in names}


def by_fewest_negative(table: Table, columns: Columns) -> First:
    """Day or month first, by which more leads make sense, then by which they are shorter.

    Read the wrong way round, leads become multiples of a month.
    """

    def strangeness(first: First) -> tuple[int, float]:
        ordered = read_days(table.columns[columns.ordered], first).day
        delivered = read_days(table.columns[columns.delivered], first).day
        known = (ordered > UNREADABLE) & (delivered > UNREADABLE)
        bad = (ordered == UNREADABLE) | (delivered == UNREADABLE)
        lead = (delivered - ordered)[known]
        return int((lead < 0).sum() + bad.sum()), float(np.abs(lead).mean()) if lead.size else 0.0

    return min((First.MONTH, First.DAY), key=strangeness)


def sort_out(table: Table, ordered: Ints, delivered: Ints) -> Ints:
    """The use of each row, as its place in `USES`; later rules win."""
    use = np.zeros(ordered.size, np.int64)
    use[delivered == MISSING] = USES.index("open")
    use[(delivered > UNREADABLE) & (delivered < ordered)] = USES.index("negative")
    use[delivered == UNREADABLE] = USES.index("bad_delivered")
    use[ordered == UNREADABLE] = USES.index("bad_ordered")
    use[ordered == MISSING] = USES.index("no_ordered")
    for name, texts in table.columns.items():
        if STATUS.search(name):
            marked = {text: bool(CANCELLED.search(text)) for text in set(texts)}
            use[np.array([marked[text] for text in texts], bool)] = USES.index("cancelled")
    if table.has_id:
        use[np.array(table.is_twin, bool)] = USES.index("duplicate")
    return use


def build_history(
    table: Table, columns: Columns, kept: Ints, ordered: Ints, delivered: Ints
) -> tuple[History, list[str], list[str], list[str]]:
    """The history, the groups' names, and which features are numbers and which are names."""
    numbers: list[NDArray[np.float64]] = []
    kinds: list[Ints] = []
    numeric, named = [], []
    for name in dict.fromkeys((*columns.group, *columns.features)):
        texts = [table.columns[name][row] for row in kept]
        values = None if name in columns.group else read_column(texts, ordered)
        if values is not None:
            numbers.append(values)
            numeric.append(name)
        else:
            kinds.append(code_texts(texts)[0])
            named.append(name)
    group, groups = code_texts(
        [" / ".join(table.columns[name][row] or "—" for name in columns.group) for row in kept]
    )
    dates = np.datetime64("1970-01-01") + ordered
    season = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    size = kept.size
    history = History(
        ordered,
        delivered,
        dates.astype("datetime64[M]").astype(np.int64),
        (ordered + 3) % 7,
        season.astype(np.float64),
        np.column_stack(numbers) if numbers else np.zeros((size, 0)),
        np.column_stack(kinds) if kinds else np.zeros((size, 0), np.int64),
        group,
    )
    return history, groups, numeric, named


def read_column(texts: Sequence[str], ordered: Ints) -> NDArray[np.float64] | None:
    """A feature as numbers, dates as days after the order; None if it is rather names."""
    values = read_numbers(texts)
    if values is not None:
        return values if np.unique(values[np.isfinite(values)]).size > 12 else None
    days = read_days(texts).day
    known = days > UNREADABLE
    if known.sum() >= 0.5 * len(texts) and (days == UNREADABLE).sum() <= 0.05 * known.sum():
        return np.where(known, days - ordered, np.nan).astype(np.float64)
    return None


def code_texts(texts: Sequence[str]) -> tuple[Ints, list[str]]:
    """Texts as numbers from 0 by first appearance, and the texts in that order."""
    codes: dict[str, int] = {}
    numbered = np.array([codes.setdefault(text, len(codes)) for text in texts], np.int64)
    return numbered, list(codes)


def write_day(day: int) -> str:
    """Days after 1970-01-01 as an ISO date."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=int(day))).isoformat()
