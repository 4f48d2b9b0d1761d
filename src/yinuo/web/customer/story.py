"""A notice as its customer reads it: the five parts, what may be chosen, what was chosen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger import wording as facts
from yinuo.contexts.ledger.factors import Share, factor_words, signed_days
from yinuo.contexts.notices.queries import customer as notices
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.people.queries import people, staff
from yinuo.contexts.promises.queries import customer as promises
from yinuo.contexts.promises.rules import update_promised
from yinuo.web.kit.wording import say

# Entries that carry a range of dates, whichever came last.
RANGE_KINDS = ("promise.made", "promise.revised", "promise.kept_as_is")
# Entries that open a change which C1 shows on top.
CHANGE_KINDS = (
    "promise.revised",
    "promise.broken",
    "promise.at_risk",
    "promise.recovered",
    "deadline.at_risk",
    "quote.missed",
)


@dataclass(frozen=True)
class Told:
    """One notice in words, with the choice it opened."""

    notice: notices.NoticeSeen
    parts: facts.Parts
    choice: promises.ChoiceSeen | None
    may_choose: bool
    chosen: str
    is_change: bool
    newer: bool
    shares: list[Line]


@dataclass(frozen=True)
class Line:
    """What one factor adds to the expected day and to the latest date, in words."""

    name: str
    days: str
    latest: str


def _names(order_id: int, language: str) -> dict[str, str]:
    """Everybody's name by public id; the empty id stands for the person in charge."""
    order = orders.get_by_id(order_id)
    charge = people.get_person_in_charge(order.owner_id, order.centre_code)
    return {**staff.names_of_staff(language), "": charge.name(language) if charge else ""}


def tell(notice: notices.NoticeSeen, language: str, now: dt.datetime) -> Told | None:
    """A notice as its page says it; None while it tells nothing."""
    by_id = ledger.get_many(notice.entry_ids)
    entries = [by_id[entry_id] for entry_id in notice.entry_ids if entry_id in by_id]
    if not entries:
        return None
    ranges = ledger.list_of_subject(notice.order_id, RANGE_KINDS)
    then = [entry for entry in ranges if entry.entry_id <= entries[-1].entry_id]
    promise = then[-1].payload if then else {}
    by = update_promised(promise.get("next_update_at"), entries[-1].recorded_at)
    promise = {**promise, "next_update_at": by}
    choice = promises.get_choice_of_entries(entries)
    chosen = say(f"options.{choice.chosen}", language) if choice and choice.chosen else ""
    return Told(
        notice=notice,
        parts=facts.parts_of(entries, promise, _names(notice.order_id, language), language),
        choice=choice,
        may_choose=choice is not None and now < choice.choose_by_at,
        chosen=chosen,
        is_change=any(entry.kind in CHANGE_KINDS for entry in entries),
        shares=_lines(facts.shares_told(entries), language),
        newer=bool(ranges) and ranges[-1].entry_id > entries[-1].entry_id,
    )


def _lines(shares: list[Share], language: str) -> list[Line]:
    """A line for each factor and one for all of them; none where nothing moved."""

    def line(name: str, days: int, latest: int) -> Line:
        return Line(name, signed_days(days, language), signed_days(latest, language))

    lines = [line(factor_words(one.factor, language), one.days, one.latest_days) for one in shares]
    if len(lines) > 1:
        total = (sum(one.days for one in shares), sum(one.latest_days for one in shares))
        lines.append(line(say("notice.together", language), *total))
    return lines


def open_change(person_id: int, order_id: int, language: str, now: dt.datetime) -> Told | None:
    """The newest change that its customer was told of and that nothing newer has replaced."""
    for notice in notices.list_for_customer(person_id, order_id):
        told = tell(notice, language, now)
        if told is not None and told.is_change:
            return told
    return None
