"""S2, one order: the customer's own page beside what we know, and the few legal next steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger import wording as facts
from yinuo.contexts.ledger.codes import CHANNELS
from yinuo.contexts.notices.queries import staff as notices
from yinuo.contexts.orders.operations.looks import record_inquiry, record_look
from yinuo.contexts.orders.queries import amendments
from yinuo.contexts.orders.queries import staff as orders
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.production.queries import staff as production
from yinuo.contexts.promises.queries import staff as promises
from yinuo.contexts.transit.queries import staff as transit
from yinuo.contexts.transit.queries.forecasting import lane_record
from yinuo.platform import clock
from yinuo.web.console import life
from yinuo.web.console.access import language_of, show
from yinuo.web.kit.entry_numbers import EntryNumbers
from yinuo.web.kit.viewer import for_staff
from yinuo.web.kit.wording import say
from yinuo.workflows import explain, legal_holds


@dataclass(frozen=True)
class Happening:
    """One event of the order: when, who says so, what.

    An entry has a number, None while it waits for one.
    """

    at: dt.datetime
    source: str
    text: str
    problem: str = ""
    is_entry: bool = False
    number: int | None = None


@require_safe
@for_staff
def search(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Find an order by code, telephone or name; one hit opens at once."""
    typed = request.GET.get("q", "")
    found = orders.find_for_staff(staff.id, typed)
    if len(found) == 1:
        return redirect(f"/staff/orders/{found[0].code}")
    return show(request, staff, "search", {"found": found, "typed": typed}, tab="orders")


def _get(staff: StaffSeen, code: str) -> orders.StaffOrder:
    order = orders.get_for_staff(staff.id, code)
    if order is None:
        raise Http404
    return order


@require_safe
@for_staff
def order(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """The order; opening it is kept and its customer sees it."""
    now, language = clock.now(), language_of(request)
    found = _get(staff, code)
    if found.code != code:
        return redirect(f"/staff/orders/{found.code}")
    record_look(staff_id=staff.id, order_id=found.id, action="VIEW", now=now)
    lane_id = transit.get_lane_of_order(staff.id, found.id)
    reports = transit.list_reports_of_order(staff.id, found.id)
    context: dict[str, object] = {
        "order": found,
        **_recorded(staff, found.id, reports, language),
        "lane": lane_record(lane_id, now) if lane_id is not None else None,
        "batch": production.get_batch_of_order(staff.id, found.id),
        "shipment": next((one.shipment_code for one in reports if one.shipment_code), ""),
        "choices": promises.list_choices_for_staff(staff.id, order_id=found.id),
        "calls": notices.list_calls_for_staff(staff.id, order_id=found.id),
        "asked": orders.list_inquiries(staff.id, found.id),
        "explained": explain.explain_order(found.id),
        "holds": legal_holds.list_holds(found.code, language) if found.erased else (),
        **life.next_of(found.id),
        "amendments": amendments.list_for_staff(staff.id, order_id=found.id),
    }
    return show(request, staff, "order", context, tab="orders")


def _recorded(
    staff: StaffSeen, order_id: int, reports: list[transit.Reported], language: str
) -> dict[str, object]:
    """What happened, newest first, and the range in force with the numbers of the entries."""
    entries = EntryNumbers(order_id)
    happenings = [
        *_told(staff, entries, language),
        *_reported(staff, order_id, reports, language),
    ]
    return {
        "happenings": sorted(happenings, key=lambda one: one.at)[::-1],
        "entries": entries,
        "window": _window(entries.window, language),
    }


def _window(stated: ledger.Recorded | None, language: str) -> dict[str, object] | None:
    """The range in force, as its entry states it: what to say on the telephone."""
    if stated is None:
        return None
    latest = dt.date.fromisoformat(stated.payload["latest"])
    return {"range": facts.window_words(stated.payload, language), "latest": latest}


def _told(staff: StaffSeen, entries: EntryNumbers, language: str) -> Iterator[Happening]:
    """The record, and what was sent with its outcome."""
    for entry in entries.entries:
        if not entry.kind.startswith("notice.") or entry.kind == "notice.corrected":
            source = say("staff.source.ledger", language)
            said = facts.say(entry, language)
            n = entries.numbers.get(entry.entry_id)
            yield Happening(entry.recorded_at, source, said, is_entry=True, number=n)
    for sent in notices.list_sent_for_staff(staff.id, entries.order_id):
        channel = CHANNELS[sent.channel][0 if language == "zh" else 1]
        for state, at in (
            ("sent", sent.sent_at),
            ("delivered", sent.delivered_at),
            ("bounced", sent.bounced_at),
            ("read", sent.read_at),
        ):
            if at is not None:
                text = say(f"staff.sent.{state}", language, channel=channel, code=sent.notice_code)
                problem = sent.problem if state == "bounced" else ""
                yield Happening(at, say("staff.source.notice", language), text, problem)


def _reported(
    staff: StaffSeen, order_id: int, reports: list[transit.Reported], language: str
) -> Iterator[Happening]:
    """What carriers and the plant reported, and what the customer asked."""
    for one in reports:
        place = one.place_zh if language == "zh" else one.place_en
        cause = facts.cause_words(one.cause_code, language) if one.cause_code else ""
        parts = (say(f"staff.carrier.{one.kind}", language), one.shipment_code, place, cause)
        problem = "" if one.state != "QUARANTINED" else say("staff.quarantined", language)
        yield Happening(one.at, one.sender, " · ".join(part for part in parts if part), problem)
    for build in production.list_builds_of_order(staff.id, order_id):
        text = say(f"staff.build.{build.kind}", language)
        if build.batch:
            text = f"{text} · {say('staff.batch', language, batch=build.batch)}"
        yield Happening(build.at, build.sender, text)
    for asked in orders.list_inquiries(staff.id, order_id):
        name = asked.staff_zh if language == "zh" else asked.staff_en
        yield Happening(asked.at, name, say(f"staff.asked.{asked.about}", language))


@require_POST
@for_staff
def inquire(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """The customer asked about the date: one tap keeps it."""
    found = _get(staff, code)
    record_inquiry(staff_id=staff.id, order_id=found.id, about="DATE", now=clock.now())
    return redirect(f"/staff/orders/{found.code}")
