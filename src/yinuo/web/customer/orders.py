"""C1, the order: where it stands, its date and promise, what moved, what to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.payments.queries.statement import get_money
from yinuo.contexts.places.rules import next_holiday, published_until
from yinuo.contexts.promises.queries import customer as promises
from yinuo.contexts.promises.queries.kept import get_weeks_held
from yinuo.contexts.promises.queries.work import NoDate
from yinuo.contexts.promises.rules import first_word_by, horizon_of
from yinuo.contexts.transit.queries import customer as transit
from yinuo.contexts.vehicles.queries.cars import get_assigned
from yinuo.platform import clock
from yinuo.platform.spoken import local_date, read_instant
from yinuo.web.customer import checks
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import history, stated
from yinuo.web.customer.owed import owed_of
from yinuo.web.customer.story import Told, open_change

# What the date's own history is made of.
DATE_KINDS = (
    "promise.made",
    "quote.missed",
    "quote.kept",
    "promise.revised",
    "promise.at_risk",
    "promise.recovered",
    "promise.broken",
    "promise.kept",
    "promise.late",
    "promise.cancelled",
)
HOLIDAY_AHEAD_DAYS = 14


@dataclass(frozen=True)
class Dates:
    """What the page says about the date. `kind` names the state of C1 that is shown.

    `no_date` is why there is none, where that is known.
    """

    kind: str
    promise: promises.PromiseSeen | None
    no_date: NoDate | None
    told_by: dt.datetime
    overdue: bool
    unpublished_year: int | None


def dates_of(
    order: orders.CustomerOrder,
    promise: promises.PromiseSeen | None,
    no_date: NoDate | None,
    now: dt.datetime,
) -> Dates:
    """Which of C1's states this order is in.

    Without a promise, the next word is owed by the time that the record names last; before it
    names one, by the evening of the third day after the lock.
    """
    told_by = first_word_by(order.locked_at)
    if order.state in ("DELIVERED", "CANCELLED"):
        kind = order.state.lower()
    elif promise is None:
        unknown = ledger.list_of_subject(order.id, ["promise.unknown"])
        if unknown:
            told_by = read_instant(unknown[-1].payload["next_update_at"])
        held = bool(order.held_code)
        fresh = order.state == "LOCKED" and not held and not unknown and no_date is None
        kind = "empty" if fresh else "unknown"
    elif promise.broken:
        kind = "broken"
    else:
        kind = "expected"
    overdue = now >= (promise.next_update_at if promise else told_by)
    year = None
    if promise and promise.latest_date > published_until():
        year = published_until().year + 1
    return Dates(kind, promise, no_date, told_by, overdue, year)


def chance(reader: Reader, promise: promises.PromiseSeen | None) -> dict[str, object] | None:
    """The saved deadline with its chance, if both a day and a promise exist."""
    saved = promises.get_deadline(reader.person.id, reader.order.id)
    if saved is None or promise is None:
        return None
    return {"saved": saved, "chance": promises.chance_by(promise.dot_dates, saved.date)}


def trust_in(promise: promises.PromiseSeen | None, now: dt.datetime) -> dict[str, object]:
    """How finely the range could be given, and in how many weeks such ranges held."""
    if promise is None:
        return {}
    horizon = horizon_of((promise.from_date - local_date(promise.worked_out_at)).days)
    return {"horizon": horizon, "held": get_weeks_held(horizon, local_date(now))}


# What a customer does next whose car is at the centre.
AT_CENTRE_TODO = {"AT_CENTRE": "visit", "INSPECTED": "sign", "SIGNED": "pay", "PAID": "keys"}


def todo_of(order: orders.CustomerOrder, told: Told | None) -> str:
    """The key of what the customer needs to do now."""
    if order.step == 0 or order.state == "DELIVERED":
        return "order.todo.done"
    if told is not None and told.may_choose and not told.chosen:
        return "order.todo.choose"
    if order.at_centre:
        return f"order.todo.{AT_CENTRE_TODO[order.state]}"
    return "order.todo.nothing"


def beside(
    request: HttpRequest, reader: Reader, told: Told | None, now: dt.datetime
) -> dict[str, object]:
    """What stands beside the date: where the car was seen, which ways are open, what is due."""
    order, due = reader.order, due_now(request, reader)
    moving = order.state == "IN_TRANSIT"
    # Who takes another car is at the centre from that moment on.
    there = order.at_centre or order.state == "DELIVERED"
    return {
        "seen": transit.get_last_seen(order.id) if moving else None,
        "open": rights.get_open(order.id, now),
        "taken": get_assigned(order.id) if there else None,
        "left": left_for_now(reader, now),
        "due": due,
        "todo": "order.todo.check" if due else todo_of(order, told),
    }


def left_for_now(reader: Reader, now: dt.datetime) -> rights.CancellationSeen | None:
    """The cancellation of an order whose place is still kept; None where there is none."""
    seen = rights.get_cancellation(reader.person.id, reader.order.id)
    return seen if seen and seen.back_until_at and now < seen.back_until_at else None


def due_now(request: HttpRequest, reader: Reader) -> dict[str, object]:
    """The checks that are due of a car that is being inspected, to be made on this page."""
    return checks.due_now(request, reader) if reader.order.state == "AT_CENTRE" else {}


def no_date_of(reader: Reader, promise: promises.PromiseSeen | None) -> NoDate | None:
    """Why the order has no date, where it has none and that is known."""
    return None if promise else promises.get_no_date(reader.person.id, reader.order.id)


@require_safe
@for_order
def home(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The order's own page."""
    now, language = clock.now(), request.language  # type: ignore[attr-defined]
    order, person = reader.order, reader.person
    told = open_change(person.id, order.id, language, now)
    past = history(order.id, language, DATE_KINDS, told.notice.entry_ids if told else ())
    promise = stated(promises.get_promise(person.id, order.id), past.window)
    ended = order.state in ("DELIVERED", "CANCELLED")
    context = {
        **frame(reader, "order"),
        **trust_in(promise, now),
        "dates": dates_of(order, promise, no_date_of(reader, promise), now),
        "promise": promise,
        "told": None if ended else told,
        "chance": chance(reader, promise),
        "owed": owed_of(reader, language, now),
        "money": get_money(person.id, order.id, now),
        "place": orders.get_place_in_line(order.id, now),
        **beside(request, reader, told, now),
        "holiday": None if ended else next_holiday(local_date(now), HOLIDAY_AHEAD_DAYS),
        "past": past,
        "looks": orders.list_looks(order.id),
        "steps": range(1, order.steps + 1),
        "held_words": QUEUE_CODES.get(order.held_code),
    }
    return render(request, "customer/order.html", context)
