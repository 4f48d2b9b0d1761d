"""Whether customers were told when they had to be, worked out from the record alone.

A notice reaches its reader when it is sent; where the address is dead, when a call is opened.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.simulation.invariants import ENTRIES, WINDOW_KINDS, Ask
from yinuo.platform.spoken import CHINA, at_local, local_date

QUIET_FROM, QUIET_UNTIL = 21, 8
# A week between notes, and the hours until the next one is sent.
SILENCE_DAYS_MAX = 8
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """One entry of an order with the moment at which its customer could read it."""

    kind: str
    recorded_at: dt.datetime
    told_at: dt.datetime | None
    payload: dict[str, Any]


TOLD = """
    SELECT t.entry_id, min(coalesce(d.sent_at, c.opened_at)) AS told_at
    FROM notices_noticeentry t JOIN notices_delivery d ON d.notice_id = t.notice_id
    LEFT JOIN notices_calltask c ON c.notice_id = t.notice_id
    GROUP BY 1
"""


def check_all(ask: Ask, end: dt.datetime) -> None:
    """Everything below, on one database, for the time until `end`."""
    check_quiet_hours(ask)
    stories = load_stories(ask)
    assert stories
    for story in stories.values():
        check_told_before_the_old_date(story)
        check_nobody_is_late_unwarned(story, end)
        check_broken_promises_are_owned_up_to(story, end)
        check_nobody_is_left_in_silence(story, end)


def load_stories(ask: Ask) -> dict[str, list[Said]]:
    """What was recorded of each order, in order."""
    told = {row["entry_id"]: row["told_at"] for row in ask(TOLD)}
    times = {
        row["id"]: row["recorded_at"] for row in ask("SELECT id, recorded_at FROM ledger_entry")
    }
    stories: dict[str, list[Said]] = defaultdict(list)
    for row in ask(ENTRIES):
        if row["payload"] is not None:
            payload = json.loads(row["payload"])
            said = Said(row["kind"], times[row["id"]], told.get(row["id"]), payload)
            stories[payload["order"]].append(said)
    return stories


def check_quiet_hours(ask: Ask) -> None:
    """No message left between nine in the evening and eight in the morning."""
    sent = ask("SELECT sent_at, bounced_at FROM notices_delivery WHERE channel <> 'PAGE'")
    for row in sent:
        for at in (row["sent_at"], row["bounced_at"]):
            if at is not None:
                assert QUIET_UNTIL <= at.astimezone(CHINA).hour < QUIET_FROM, at


def check_told_before_the_old_date(story: list[Said]) -> None:
    """No promise moved to a later day without a word before the old day was over."""
    for said in story:
        if said.kind == "promise.revised" and said.payload["latest"] > said.payload["old_latest"]:
            old = dt.date.fromisoformat(said.payload["old_latest"])
            if _owned_up(story, old, said.recorded_at):
                continue
            assert said.told_at is not None, said
            assert local_date(said.told_at) <= old, said


WARNINGS = ("promise.revised", "promise.at_risk", "promise.broken")


def check_nobody_is_late_unwarned(story: list[Said], end: dt.datetime) -> None:
    """Whoever did not get the car by the first latest date had been told before that day ended."""
    made = next((said for said in story if said.kind == "promise.made"), None)
    if made is None:
        return
    over = at_local(dt.date.fromisoformat(made.payload["latest"]) + DAY, 0)
    came = [
        dt.datetime.fromisoformat(said.payload["at"])
        for said in story
        if said.kind == "car.handed_over"
    ]
    if over > end or (came and came[0] < over):
        return
    told = [said.told_at for said in story if said.kind in WARNINGS and said.told_at is not None]
    assert told, made
    assert min(told) < over, made


def _owned_up(story: list[Said], latest: dt.date, before: dt.datetime) -> bool:
    """Whether the customer was told earlier that this very date was broken."""
    return any(
        said.kind == "promise.broken"
        and said.payload["latest"] == latest.isoformat()
        and said.recorded_at <= before
        for said in story
    )


def check_broken_promises_are_owned_up_to(story: list[Said], end: dt.datetime) -> None:
    """Where a date passed without the car, its customer was told by nine the next morning."""
    windows = [said for said in story if said.kind in WINDOW_KINDS]
    handed_over = [said.recorded_at for said in story if said.kind == "car.handed_over"]
    for now, later in zip(windows, [*windows[1:], None], strict=True):
        latest = dt.date.fromisoformat(now.payload["latest"])
        deadline = at_local(latest + DAY, 9)
        over = at_local(latest + DAY, 0)
        moved = later is not None and later.recorded_at < over
        arrived = any(at < deadline for at in handed_over)
        if moved or arrived or deadline > end:
            continue
        word = [
            said.told_at
            for said in story
            if said.kind == "promise.broken" and said.payload["latest"] == latest.isoformat()
        ]
        assert len(word) == 1, (now, later)
        assert word[0] is not None, now
        assert word[0] < deadline, now


def check_nobody_is_left_in_silence(story: list[Said], end: dt.datetime) -> None:
    """Between the promise and the car, every customer heard something each week."""
    begun = [said.recorded_at for said in story if said.kind == "promise.made"]
    if not begun:
        return
    over = [said.recorded_at for said in story if said.kind == "car.handed_over"] or [end]
    heard = sorted(said.told_at for said in story if said.told_at is not None)
    heard = [begun[0], *(at for at in heard if at < over[0]), over[0]]
    for before, after in pairwise(heard):
        assert after - before <= SILENCE_DAYS_MAX * DAY, (story[0].payload["order"], before, after)
