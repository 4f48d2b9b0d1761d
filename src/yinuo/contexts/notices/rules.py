"""When a notice may go out, on which channels, and when silence becomes a telephone call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from yinuo.contexts.ledger.visit_kinds import SAME_DAY_KINDS
from yinuo.platform.spoken import CHINA, at_local

QUIET_FROM_HOUR, QUIET_UNTIL_HOUR = 21, 8
JOIN_WITHIN = dt.timedelta(hours=2)
CALL_BEFORE_DEADLINE = dt.timedelta(days=2)
ATTEMPTS_MAX = 5
# A message whose fate is unknown is not asked about earlier than gateways can answer.
ASK_AFTER = dt.timedelta(minutes=5)

# Nothing to decide and nothing that moved: no SMS for these.
QUIET_KINDS = frozenset({"promise.kept_as_is", "promise.unknown", "credit.begun"})


def after_quiet_hours(at: dt.datetime) -> dt.datetime:
    """The first moment from `at` on that is not between 21:00 and 08:00."""
    local = at.astimezone(CHINA)
    if local.hour >= QUIET_FROM_HOUR:
        return at_local(local.date() + dt.timedelta(days=1), QUIET_UNTIL_HOUR)
    if local.hour < QUIET_UNTIL_HOUR:
        return at_local(local.date(), QUIET_UNTIL_HOUR)
    return at


def is_quiet(at: dt.datetime) -> bool:
    """Whether nothing may be sent to a customer at this moment."""
    return after_quiet_hours(at) != at


def send_at(now: dt.datetime, last_sent_at: dt.datetime | None, kind: str = "") -> dt.datetime:
    """When a new notice goes out: at once, or two hours after the last one to the same person.

    What changes a visit of that day waits for no hour: the customer is about to set out.
    """
    if kind in SAME_DAY_KINDS:
        return now
    at = now
    if last_sent_at is not None and now - last_sent_at < JOIN_WITHIN:
        at = last_sent_at + JOIN_WITHIN
    return after_quiet_hours(at)


# The heaviest first: what a notice is called that tells several facts.
WEIGHT = (
    *sorted(SAME_DAY_KINDS),
    "promise.broken",
    "promise.revised",
    "promise.at_risk",
    "deadline.at_risk",
    "promise.recovered",
    "notice.corrected",
    "choice.answered",
    "dispute.settled",
    "clause.voided",
    "clause.restored",
    "side_term.breached",
    "side_term.offered",
    "damage.told",
    "exit.offered",
    "amendment.refused",
    "amendment.decided",
    "amendment.handed_up",
    "amendment.waits",
    "visit.called_off",
    "visit.moved",
    "visit.missed_by_customer",
    "visit.booked",
    "visit.cancelled",
    "visit.tomorrow",
    "owner.changed",
    "refund.late",
    "money.kept",
    "keep.decided",
    "money.due",
    "refund.paid",
    "refund.ordered",
    "money.received",
    "car.arrived",
    "car.built",
    "promise.made",
    "quote.missed",
    "credit.begun",
    "promise.unknown",
    "promise.kept_as_is",
)
# Only these delay a further notice: a routine word must not hold up news of a delay.
JOINED_KINDS = ("promise.broken", "promise.revised", "promise.at_risk", "deadline.at_risk")


def heaviest(kinds: Iterable[str]) -> str:
    """The kind that names a notice telling all of `kinds`; kinds without a weight come last."""
    return min(
        kinds, key=lambda kind: (WEIGHT.index(kind) if kind in WEIGHT else len(WEIGHT), kind)
    )


def channels_for(kinds: set[str], *, phone: str, email: str) -> list[str]:
    """The channels of a notice: SMS unless nothing moved, mail where there is an address.

    Somebody without mail finds a quiet note on the page.
    """
    loud = bool(kinds - QUIET_KINDS)
    channels = ["SMS"] if loud and phone else []
    if email:
        channels.append("MAIL")
    return channels or ["PAGE"]


def retry_at(now: dt.datetime, attempts: int) -> dt.datetime:
    """When a message that a gateway did not take is tried again: 1, 2, 4, 8 minutes on."""
    return now + dt.timedelta(minutes=2 ** max(0, attempts - 1))
