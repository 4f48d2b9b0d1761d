"""What an entry lets its customer choose: read from the entry until somebody has chosen.

A plant that loses a week opens a choice for half a million orders, and most are never made. What
may be chosen until when, and who answers by when, stands in the entry; a row begins when a choice
is made, and from then on the row holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.queries import Recorded, list_of_subject, list_recorded
from yinuo.contexts.promises.models import Choice
from yinuo.contexts.promises.rules import choose_by_at, opened_on
from yinuo.platform.spoken import at_local, read_instant

# A fact that says until when to choose opens a choice.
OPENING_KINDS = tuple(kind.name for kind in KINDS.values() if "choose_by_at" in kind.private)


@dataclass(frozen=True)
class Opened:
    """A choice as its entry opened it; `answerer` is the public id of a member of staff."""

    entry_id: int
    order_code: str
    opened_at: dt.datetime
    choose_by_at: dt.datetime
    answer_by_at: dt.datetime
    answerer: str


def newest_opened(order_id: int) -> Opened | None:
    """The choice of the newest entry of this order that opened one; it replaces those before."""
    return opened_by(list_of_subject(order_id, OPENING_KINDS))


def opened_by(entries: Sequence[Recorded]) -> Opened | None:
    """The choice that the newest of these entries opened, if any of them did."""
    opening = [one for one in entries if one.kind in OPENING_KINDS]
    if not opening:
        return None
    newest = max(opening, key=lambda one: one.entry_id)
    return Opened(
        newest.entry_id,
        newest.payload["order"],
        newest.recorded_at,
        read_instant(newest.payload["choose_by_at"]),
        read_instant(newest.payload["answer_by_at"]),
        newest.payload["answerer"],
    )


def choices_closing(now: dt.datetime, until: dt.datetime) -> dict[int, dt.datetime]:
    """Open choices that close after `now` and by `until`, by the entry that opened them.

    They are found by the day on which they were opened, which is all that their time depends on.
    """
    closing: dict[int, dt.datetime] = {}
    for day in opened_on(now, until):
        begins, ends = at_local(day, 0), at_local(day + dt.timedelta(days=1), 0)
        found = list_recorded(OPENING_KINDS, begins, ends)
        closing.update(dict.fromkeys(found, choose_by_at(begins)))
    made = Choice.objects.filter(choose_by_at__gt=now, choose_by_at__lte=until)
    for entry_id in made.values_list("entry_id", flat=True):
        closing.pop(entry_id, None)
    return closing
