"""Taking records in: two passes, the first writes nothing, the second writes all or nothing."""

from __future__ import annotations

import datetime as dt
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import IO

from django.db import transaction

from yinuo.platform import locks
from yinuo.platform.records.encoding import Source
from yinuo.platform.records.problems import RowProblem
from yinuo.platform.records.reading import Form, read
from yinuo.platform.records.schema import Row
from yinuo.workflows.intake.builds import Builds
from yinuo.workflows.intake.capacity import Capacity
from yinuo.workflows.intake.events import Events
from yinuo.workflows.intake.handler import Handler, Written
from yinuo.workflows.intake.orders import Orders
from yinuo.workflows.intake.plan import Plan
from yinuo.workflows.intake.report import IDS_MAX, Report
from yinuo.workflows.intake.shipments import Shipments

BATCH = 5000
IN_MEMORY_MAX = 8 << 20

FEEDS: dict[str, type[Handler]] = {
    "orders": Orders,
    "capacity": Capacity,
    "plan": Plan,
    "builds": Builds,
    "shipments": Shipments,
    "events": Events,
}


class _Refused(Exception):
    """Something turned out wrong while writing: everything of this file is taken back."""


def run_feed(
    feed: str,
    source: Source | Sequence[Mapping[str, object]],
    *,
    sender: str,
    now: dt.datetime,
    dry_run: bool = False,
    skip_bad: bool = False,
    form: Form | None = None,
) -> Report:
    """Check every record of `source`, then record all of them, or none.

    With `skip_bad` the good rows are recorded beside bad ones (a plan is still taken whole or
    not at all). A record is known by its sender and the sender's id: the same content again is
    counted as a duplicate, other content under the same id is a problem.

    Raises
    ------
    KeyError
        There is no such feed.
    OSError
        The file cannot be read.
    """
    kind = FEEDS[feed]
    report = Report(feed, sender, dry_run)
    skip_bad = skip_bad and not kind.whole
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_MAX) as spool:
        batches = _check_all(
            kind(sender, now), read(source, kind.schema, report.problems, form), report, spool
        )
        report.rows = report.accepted + report.duplicates + report.refused
        if not report.ok and not skip_bad:
            report.accepted = 0
        elif not dry_run:
            spool.seek(0)
            saved = (pickle.load(spool) for _ in range(batches))
            _write_all(kind(sender, now), saved, report, skip_bad=skip_bad)
    return report


def _check_all(handler: Handler, rows: Iterator[Row], report: Report, spool: IO[bytes]) -> int:
    """Check everything and save what is to be written in `spool`; returns how many batches."""
    seen: dict[str, int] = {}
    batches = 0
    while batch := list(islice(rows, BATCH)):
        fresh = _new_ones(handler, _first_ones(handler, batch, seen, report), report)
        if fresh:
            pickle.dump(fresh, spool, pickle.HIGHEST_PROTOCOL)
            batches += 1
        report.accepted += len(fresh)
    for problem in handler.check_end():
        report.problems.add(problem)
    if report.ok and handler.received_whole():
        report.duplicates += report.accepted
        report.accepted = batches = 0
    return batches


def _write_all(
    handler: Handler, batches: Iterable[list[Row]], report: Report, *, skip_bad: bool
) -> None:
    feed, report.accepted = report.feed, 0
    try:
        with transaction.atomic():
            # One file of a feed at a time: ranks and ids are given to one writer only.
            locks.hold(f"intake:{feed}")
            for batch in batches:
                # Another file may have been recorded since the first pass.
                fresh = _new_ones(handler, batch, report)
                if fresh:
                    _add(report, handler.write(fresh))
                report.accepted += len(fresh)
            for problem in handler.check_end():
                report.problems.add(problem)
            if not report.ok and not skip_bad:
                raise _Refused
            if report.accepted:
                _add(report, handler.finish())
            report.written = True
    except _Refused:
        report.accepted, report.held = 0, 0
        report.ids.clear()
        report.warnings.clear()


def _add(report: Report, written: Written) -> None:
    report.ids += written.ids[: IDS_MAX - len(report.ids)]
    report.warnings += written.warnings[: IDS_MAX - len(report.warnings)]
    report.held += written.held


def _first_ones(
    handler: Handler, batch: Sequence[Row], seen: dict[str, int], report: Report
) -> list[Row]:
    """The rows whose record has not stood in this file before."""
    first = []
    for row in batch:
        # Sixteen hex digits tell two contents apart, and 600,000 of them fit in memory.
        key, mark = handler.key(row), int(row.digest[:16], 16)
        earlier = seen.setdefault(key, mark)
        if earlier is mark:
            first.append(row)
        elif earlier == mark:
            report.duplicates += 1
        else:
            report.problems.add(
                RowProblem(
                    row.line,
                    "id" if "id" in row.values else "",
                    f"“{key}”在这个文件里出现了两次，内容不一样，请只留一行",
                    f"{key!r} stands in this file twice, with different content; keep one",
                )
            )
    return first


def _new_ones(handler: Handler, batch: Sequence[Row], report: Report) -> list[Row]:
    """The rows that are neither received already nor wrong."""
    received = handler.digests([handler.key(row) for row in batch])
    fresh = []
    for row in batch:
        digest = received.get(handler.key(row))
        if digest is None:
            fresh.append(row)
        elif digest == row.digest:
            report.duplicates += 1
        else:
            report.problems.add(_other_content(row.line, handler.key(row)))
    problems = handler.check(fresh)
    for problem in problems:
        report.problems.add(problem)
    bad = {problem.line for problem in problems}
    return [row for row in fresh if row.line not in bad]


def _other_content(line: int, key: str) -> RowProblem:
    return RowProblem(
        line,
        "id",
        f"“{key}”已经收到过，内容不一样；更正请用新的 id",
        f"{key!r} was already received with other content; send a correction under a new id",
    )
