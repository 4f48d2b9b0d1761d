"""What a customer decides: after a change, and by which day the car is needed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.codes import CHOICES
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.people import acts, get_named
from yinuo.contexts.promises.models import Choice, Deadline, Promise
from yinuo.contexts.promises.queries.choices import Opened, newest_opened
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import at_local, local_date, write_instant

DEADLINE_REASONS = ("PLATE", "TAX", "OLD_CAR", "LOAN", "OTHER")
DEADLINE_YEARS_MAX = 3
ANSWER_HOUR = 12
# Less than this before the named time is no time to answer in; the next noon is.
ANSWER_NOTICE = dt.timedelta(hours=2)


class NotYours(Refusal):
    """Only the person who ordered decides."""

    code = "not_yours"
    zh = "这一步只有下单的人能办。您可以看，不能替他选。"
    en = "Only the person who ordered can do this. You can read, not decide."


class NothingToChoose(Refusal):
    """No choice is open for this order."""

    code = "nothing_to_choose"
    zh = "现在没有要选的。日期一变，我们就请您选。"
    en = "There is nothing to choose now. If the date moves, we ask you."


class ChoiceClosed(Refusal):
    """The time to choose has passed; what was chosen, or waiting, holds."""

    code = "choice_closed"
    zh = "选择的时间已经过了，照您上次选的办。"
    en = "The time to choose has passed. Your last choice holds."


class UnknownChoice(Refusal):
    """None of the offered ways was picked."""

    code = "unknown_choice"
    zh = "还没有选。请在下面选一种办法。"
    en = "Nothing is picked yet. Please pick one of the ways below."


class BadDeadline(Refusal):
    """The day is past or more than three years away."""

    code = "bad_deadline"
    zh = "这一天不在可选的范围里。请选今天以后三年内的日期。"
    en = "That day is out of range. Pick a day within the next three years."


@dataclass(frozen=True)
class Chosen:
    """What now holds and who answers by when."""

    code: str
    answer_by_at: dt.datetime
    answerer_zh: str
    answerer_en: str


def answer_time(answer_by_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When a decision made at `now` is answered: the time named before, or noon of the next day."""
    if answer_by_at - now >= ANSWER_NOTICE:
        return answer_by_at
    return at_local(local_date(now) + dt.timedelta(days=1), ANSWER_HOUR)


@transaction.atomic
def choose(*, person_id: int, order_id: int, chosen: str, now: dt.datetime) -> Chosen:
    """Record the customer's decision about the newest change; it may be changed until it closes.

    Repeating the decision that holds changes nothing.

    Raises
    ------
    UnknownChoice, NotYours, NothingToChoose, ChoiceClosed
    """
    if chosen not in CHOICES:
        raise UnknownChoice
    promise = _lock_promise(order_id)
    opened = newest_opened(order_id) if promise else None
    if promise is None or opened is None:
        raise NothingToChoose
    if promise.order.person_id != person_id:
        raise NotYours
    if now >= opened.choose_by_at:
        raise ChoiceClosed
    row = _lock_choice(opened, order_id)
    if row.chosen != chosen:
        row.chosen, row.chosen_at, row.answered_at = chosen, now, None
        row.answer_by_at = answer_time(row.answer_by_at, now)
        row.save(force_insert=row._state.adding)
        _record(row, opened.order_code, now)
    answerer = row.answerer
    return Chosen(row.chosen, row.answer_by_at, answerer.name_zh, answerer.name_en)


def _lock_promise(order_id: int) -> Promise | None:
    """Whoever chooses for an order, or moves it, comes one after the other."""
    rows = Promise.objects.select_for_update(of=("self",)).select_related("order")
    return rows.filter(order=order_id).first()


def _lock_choice(opened: Opened, order_id: int) -> Choice:
    """The row of the choice, locked against who answers it; a new one says what its entry says."""
    rows = Choice.objects.select_for_update(of=("self",)).select_related("answerer")
    return rows.filter(entry_id=opened.entry_id).first() or Choice(
        entry_id=opened.entry_id,
        order_id=order_id,
        opened_at=opened.opened_at,
        choose_by_at=opened.choose_by_at,
        answer_by_at=opened.answer_by_at,
        answerer_id=get_named(opened.answerer).id,
    )


def _record(row: Choice, order_code: str, now: dt.datetime) -> None:
    record(
        Fact(
            kind="choice.made",
            change_key=f"choice:{row.entry_id}:{row.chosen}:{write_instant(now)}:{order_code}",
            public={"code": row.chosen},
            private={
                "order": order_code,
                "chosen": row.chosen,
                "chosen_at": write_instant(now),
                "answer_by_at": write_instant(row.answer_by_at),
                "answerer": row.answerer.public_id,
            },
            subject_id=row.order_id,
            subject_code=order_code,
        ),
        now=now,
    )


@transaction.atomic
def save_deadline(
    *, person_id: int, order_id: int, date: dt.date, reason: str, now: dt.datetime
) -> None:
    """Keep the day by which the customer needs the car; a new day may be told about again.

    Raises
    ------
    NotYours, BadDeadline, UnknownChoice
        The order is another's; the day is past or over three years away; the reason is unknown.
    """
    if not Promise.objects.filter(acts(person_id, "order__person"), order=order_id).exists():
        raise NotYours
    today = local_date(now)
    if not today <= date <= today + dt.timedelta(days=366 * DEADLINE_YEARS_MAX):
        raise BadDeadline
    if reason not in DEADLINE_REASONS:
        raise UnknownChoice
    Deadline.objects.update_or_create(
        order_id=order_id,
        defaults={"date": date, "reason": reason, "saved_at": now, "told_at": None},
    )
