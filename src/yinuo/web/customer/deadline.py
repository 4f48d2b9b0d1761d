"""C3, will it be in time: the chance by a day of the customer's own, and saving that day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.promises.operations import choices
from yinuo.contexts.promises.queries import customer as promises
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import history, stated
from yinuo.web.customer.owed import owed_of
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.web.kit.wording import say

YEARS_MAX = 3
# Dots stand in this many columns at most, each for an equal number of days.
COLUMNS_MAX = 9


@dataclass(frozen=True)
class Asked:
    """The day asked about: as typed, as a date if it is one, and what is wrong with it."""

    typed: str
    date: dt.date | None
    problem: str


def read_day(typed: str, today: dt.date) -> Asked:
    """The day behind `typed`; `problem` is the key of what to say, empty if nothing is wrong."""
    typed = typed.strip()
    try:
        date = dt.date.fromisoformat(typed.replace("/", "-"))
    except ValueError:
        return Asked(typed, None, "by.unreadable" if typed else "")
    if date < today:
        return Asked(typed, date, "by.past")
    if date > today + dt.timedelta(days=366 * YEARS_MAX):
        return Asked(typed, date, "by.far")
    return Asked(typed, date, "")


def columns(dot_dates: Sequence[dt.date], date: dt.date | None) -> list[list[bool]]:
    """The dots from left to right, each column from the bottom up: True is on or before `date`."""
    first, last = dot_dates[0], dot_dates[-1]
    width = (last - first).days // COLUMNS_MAX + 1
    count = (last - first).days // width + 1
    stacks: list[list[bool]] = [[] for _ in range(count)]
    for dot in dot_dates:
        stacks[(dot - first).days // width].append(date is not None and dot <= date)
    return stacks


@require_http_methods(["GET", "POST"])
@for_order
def by(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The chance by `?d=`; a POST saves the day with its reason."""
    kept = take_typed(request)
    if request.method == "GET":
        return _show(request, reader, kept.get("d", request.GET.get("d", "")), kept)
    typed = request.POST.get("d", "")
    language, now = request.language, clock.now()  # type: ignore[attr-defined]
    asked = read_day(typed, local_date(now))
    if asked.date is None or asked.problem:
        return _show(request, reader, typed, request.POST.dict(), status=400)
    reason = request.POST.get("reason", "")
    try:
        choices.save_deadline(
            person_id=reader.person.id,
            order_id=reader.order.id,
            date=asked.date,
            reason=reason,
            now=now,
        )
    except choices.NotYours:
        return errors.forbidden(request)
    except Refusal:
        problem = say("by.pick_reason", language)
        return _show(request, reader, typed, request.POST.dict(), problem=problem, status=400)
    return redirect(f"/o/{reader.order.code}/by?d={asked.date.isoformat()}")


def _show(
    request: HttpRequest,
    reader: Reader,
    typed: object,
    fields: Mapping[str, object],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    language, now = request.language, clock.now()  # type: ignore[attr-defined]
    saved = promises.get_deadline(reader.person.id, reader.order.id)
    asked = read_day(str(typed) or (saved.date.isoformat() if saved else ""), local_date(now))
    if asked.problem:
        problem, status = say(asked.problem, language), 400
    context = {
        **frame(reader, "order"),
        **_chance(reader, asked),
        "owed": owed_of(reader, language, now),
        "saved": saved,
        "asked": asked,
        "reasons": choices.DEADLINE_REASONS,
        "picked": fields.get("reason", saved.reason if saved else ""),
        "problem": problem,
    }
    return render(request, "customer/by.html", context, status=status)


def _chance(reader: Reader, asked: Asked) -> dict[str, object]:
    """The promise, and the chance by the day asked about where both are known."""
    past = history(reader.order.id, "zh", ())
    promise = stated(promises.get_promise(reader.person.id, reader.order.id), past.window)
    date = asked.date if not asked.problem else None
    return {
        "promise": promise,
        "past": past,
        "date": date,
        "chance": promises.chance_by(promise.dot_dates, date) if promise and date else None,
        "columns": columns(promise.dot_dates, date) if promise else [],
    }
