"""Finance, where money waits: what the law stopped, and what did not get on by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.payments.queries import stopped as queries
from yinuo.contexts.payments.queries.stopped import Stopped, Unfinished
from yinuo.contexts.people.queries.people import StaffSeen, get_person_in_charge
from yinuo.contexts.terms.queries.decisions import Told, explain_lock_of_ticket


@dataclass(frozen=True)
class Waiting:
    """A paid deposit that the law stopped: who looks, and what the law said."""

    seen: Stopped
    who: StaffSeen | None
    told: Told | None


def waiting(staff: StaffSeen, language: str, now: dt.datetime) -> list[Waiting]:
    """What the law stopped, as the finance page lists it."""
    return [
        Waiting(
            one,
            get_person_in_charge(None, one.centre_code),
            explain_lock_of_ticket(one.ticket_id, language),
        )
        for one in queries.list_stopped_for_staff(staff.id, now)
    ]


def unfinished(staff: StaffSeen, now: dt.datetime) -> list[Unfinished]:
    """What was settled and did not get on by itself."""
    return queries.list_unfinished_for_staff(staff.id, now)
