"""Sending the demo's records through the feeds, as any other sender would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from itertools import islice

from yinuo.workflows.demo.records import Record
from yinuo.workflows.intake import run_feed

Say = Callable[[str], None]
BATCH = 20_000


class Broken(Exception):
    """The demo's own records were refused: a fault in the program, not in the input."""


def feed(
    name: str, records: Iterable[Record], *, sender: str, now: dt.datetime, say: Say | None = None
) -> int:
    """Send records through a feed in portions; returns how many were new.

    Raises
    ------
    Broken
        A record was refused.
    """
    rows, accepted = iter(records), 0
    while portion := list(islice(rows, BATCH)):
        report = run_feed(name, portion, sender=sender, now=now)
        if not report.ok:
            first = report.problems.kept[0]
            raise Broken(f"{name} {first.line} {first.field}: {first.en}")
        accepted += report.accepted
    if say is not None:
        say(f"{name}: {accepted:,}")
    return accepted
