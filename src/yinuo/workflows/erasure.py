"""The record of one order is destroyed: asked for by its customer, or decided where the law asks.

What stays are its leaves in the public log: random-looking bytes, a line, weeks and code words,
which nobody can open or join. What was said to its people goes with the record. Books, the order's
row and the contract stay as long as their own rules want.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from yinuo.contexts.handover.operations import forgetting as handover
from yinuo.contexts.ledger import wording
from yinuo.contexts.ledger.operations import Fact, erasing, record
from yinuo.contexts.ledger.operations.streams import Erased
from yinuo.contexts.ledger.queries import erasures, list_of_subject
from yinuo.contexts.ledger.queries.erasures import ErasureSeen, get_opened
from yinuo.contexts.notices.operations import forgetting as notices
from yinuo.contexts.orders.operations import forgetting as orders
from yinuo.contexts.orders.queries.ending import Ending, find_ending, get_ending, list_ids
from yinuo.contexts.payments.operations import forgetting as payments
from yinuo.contexts.payments.queries.ended import get_money_end
from yinuo.contexts.people.queries.people import get_person
from yinuo.contexts.production.operations import forgetting as production
from yinuo.contexts.promises.operations import forgetting as promises
from yinuo.contexts.terms.operations import forgetting as terms
from yinuo.contexts.transit.operations import forgetting as transit
from yinuo.contexts.vehicles.operations import forgetting as vehicles
from yinuo.engines.rules import Decision
from yinuo.platform import uploads
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, say_day
from yinuo.platform.throttle import count_try
from yinuo.workflows import erased_list, law
from yinuo.workflows.buyer_change import ROOM

DAY = dt.timedelta(days=1)
MOMENT, RULE = "erase", "privacy.erase"
AT_ONCE = 200
# What each thing that stands in the way is called.
WORDS = {
    "order_runs": ("订单还没有结束", "the order has not ended"),
    "money_open": ("还有钱没结清", "money is still open"),
    "dispute_open": ("还有一件事等着答复", "something still waits for an answer"),
    "evidence": ("要留作证据", "it must be kept as evidence"),
    "too_early": ("法律要求保存的时间没有满", "the law wants it kept for longer"),
}


class NoSuchOrder(Refusal):
    """Nobody has an order with this code, or it is somebody else's."""

    code = "no_such_order"
    zh = "没有订单 {order}。"
    en = "There is no order {order}."


class Kept(Refusal):
    """Something stands in the way; what, and from which day it may be."""

    code = "record_is_kept"
    zh = "现在还不能删：{why_zh}。{from_zh}"
    en = "It cannot be erased yet: {why_en}. {from_en}"


@dataclass(frozen=True)
class Outlook:
    """Whether the record of an order may be erased; `against` holds keys of `WORDS`.

    `from_date` is the first day on which the law no longer wants it kept; None while the order
    runs.
    """

    order_id: int
    code: str
    person_id: int
    against: tuple[str, ...]
    from_date: dt.date | None
    asked: ErasureSeen | None
    decision: Decision

    @property
    def done(self) -> bool:
        """Whether it was erased."""
        return self.asked is not None and self.asked.done_at is not None

    def why(self, language: str) -> list[str]:
        """What stands in the way, in words."""
        return [WORDS[one][0 if language == "zh" else 1] for one in self.against]

    def refusal(self) -> Kept:
        """The same as a refusal."""
        day = self.from_date if self.against == ("too_early",) else None
        return Kept(
            why_zh="、".join(self.why("zh")),
            why_en=", ".join(self.why("en")),
            from_zh=f"{say_day(day, 'zh')} 起可以删。" if day else "",
            from_en=f"It may be from {say_day(day, 'en')} on." if day else "",
        )


def look(ending: Ending, *, now: dt.datetime) -> Outlook:
    """What the law and our own open matters say of erasing the record of an order today."""
    money = get_money_end(ending.order_id, delivered=ending.delivered)
    ends = [one for one in (ending.ended_at, money.last_at) if one]
    today = local_date(now)
    facts: dict[str, object] = {
        "ask.today_date": today.isoformat(),
        "erase.order_runs": ending.ended_at is None,
        "erase.money_open": money.open,
        "erase.dispute_open": ending.disputed,
        "erase.evidence": bool(erasures.get_hold(ending.order_id)),
    }
    if ending.ended_at is not None:
        facts["erase.ended_date"] = local_date(max(ends)).isoformat()
    decision = law.ask(at=MOMENT, facts=facts, on=today)
    from_date = None
    against = [name for name in WORDS if facts.get(f"erase.{name}")]
    if decision.clearance != "go":
        from_date = _from_date(decision)
        if from_date is not None and today < from_date:
            against.append("too_early")
        # A rule that no reason of ours explains must not be passed over.
        assert against, decision.missing
    return Outlook(
        ending.order_id,
        ending.code,
        ending.person_id,
        tuple(against),
        from_date,
        erasures.get_erasure(ending.order_id),
        decision,
    )


def _from_date(decision: Decision) -> dt.date | None:
    value = decision.find(RULE).values.get("erase_from_date")
    assert value is None or isinstance(value, dt.date)
    return value


def find(code: str) -> Ending:
    """The order with this code.

    Raises
    ------
    NoSuchOrder
    """
    ending = find_ending(code)
    if ending is None:
        raise NoSuchOrder(order=code)
    return ending


def find_own(person_id: int, code: str) -> Ending:
    """The order with this code that the person ordered; nobody else may have it erased.

    Raises
    ------
    NoSuchOrder
    """
    ending = find_ending(code)
    if ending is None or ending.person_id != person_id:
        raise NoSuchOrder(order=code)
    return ending


def ask(*, person_id: int, code: str, now: dt.datetime) -> bool:
    """A customer wants the record of an own order erased: at once where nothing stands in the way,
    else as soon as nothing does. Whether it is erased now.

    Raises
    ------
    NoSuchOrder
    """
    with transaction.atomic():
        ending = find_own(person_id, code)
        erasing.ask(subject_id=ending.order_id, reason="ASKED", now=now)
        if look(ending, now=now).against:
            return False
        return destroy(ending.order_id, now)


def take_back(*, person_id: int, code: str) -> None:
    """The customer no longer wants it erased.

    Raises
    ------
    NoSuchOrder, NotAsked
    """
    erasing.take_back(subject_id=find_own(person_id, code).order_id)


def erase(*, code: str, reason: str, staff_id: int | None = None, now: dt.datetime) -> bool:
    """Erase the record of an order for a reason of `Erasure.Reason`; False where it was before.

    Raises
    ------
    NoSuchOrder, Kept
    """
    with transaction.atomic():
        ending = find(code)
        outlook = look(ending, now=now)
        if outlook.done:
            return False
        if outlook.against:
            raise outlook.refusal()
        erasing.ask(subject_id=ending.order_id, reason=reason, staff_id=staff_id, now=now)
        return destroy(ending.order_id, now)


def destroy(order_id: int, now: dt.datetime) -> bool:
    """Record and what was said from it, in the caller's transaction; it was asked for and decided.

    Returns False where it was done before.
    """
    done = erasing.erase(subject_id=order_id, now=now)
    transaction.on_commit(lambda: keep_list([order_id]))
    person = get_person(get_ending(order_id).person_id)
    notices.forget(order_id=order_id, addresses=[person.phone] if person else [])
    for context in (promises, payments, terms, handover, vehicles, production, transit):
        context.forget(order_id=order_id)
    papers = orders.forget(order_id=order_id)
    transaction.on_commit(lambda: drop_papers(papers))
    return done


def drop_papers(digests: Collection[str]) -> None:
    """Remove papers of a change of buyer that no order names any more."""
    for digest in digests:
        uploads.drop(ROOM, digest)


def run(*, now: dt.datetime) -> int:
    """Erase what waits and need no longer be kept; say in the log how many on each day before.

    Returns how many were erased. Safe to repeat.
    """
    done = 0
    for order_id in erasures.list_waiting(AT_ONCE):
        with transaction.atomic():
            if not look(get_ending(order_id), now=now).against:
                done += destroy(order_id, now)
    every_night(now)
    _count_days(now)
    return done


def _count_days(now: dt.datetime) -> None:
    """A leaf for each day that is over and on which secrets were destroyed: how many.

    What leaves say already is not said twice, also where only the public files still knew them
    and the secrets were destroyed once more after a backup had brought them back.
    """
    today = local_date(now)
    days = [one for one in map(local_date, erasures.list_done()) if one < today]
    if not days or erasures.is_stated(f"erase:{max(days)}"):
        return
    stated = erasures.count_stated()
    for day in sorted(set(days)):
        fresh = sum(one <= day for one in days) - stated
        if fresh > 0:
            with transaction.atomic():
                fact = Fact("secrets.destroyed", f"erase:{day}", {"count": fresh})
                stated += fresh if record(fact, now=now) else 0


def keep_list(order_ids: Collection[int] | None = None) -> int:
    """Put these erasures, or all that are done, into the list outside of the database; how many
    were not in it."""
    reasons = erasures.list_reasons()
    done = reasons if order_ids is None else [one for one in order_ids if one in reasons]
    return erased_list.add(
        {erased_list.digest_of(public_id): reasons[one] for one, public_id in list_ids(done)}
    )


def list_back() -> dict[int, str]:
    """Orders that the list outside of the database names as erased and that are here, and why they
    were erased: a backup brought them back."""
    reasons = erased_list.read()
    if not reasons:
        return {}
    known = erasures.list_reasons()
    return {
        order_id: reason
        for order_id, public_id in list_ids()
        if order_id not in known and (reason := reasons.get(erased_list.digest_of(public_id)))
    }


def apply_list(*, now: dt.datetime) -> int:
    """Destroy again what a backup brought back; how many.

    Nothing is asked: it was decided when they went into the list.
    """
    back = list_back()
    for order_id, reason in back.items():
        with transaction.atomic():
            erasing.ask(subject_id=order_id, reason=reason, now=now)
            destroy(order_id, now)
    return len(back)


def every_night(now: dt.datetime) -> None:
    """Once a night: list and database name the same erasures, whoever restored what by hand."""
    if count_try("erased", str(local_date(now)), limit=1, period=2 * DAY, now=now) is None:
        apply_list(now=now)
        keep_list()


def count_lost() -> int:
    """How many erasures the public log speaks of that neither database nor list knows.

    Above 0, something that was erased is here again: the list of before must be found.
    """
    return max(erasures.count_stated() - len(erasures.list_reasons()), 0)


def export(ending: Ending, *, language: str) -> dict[str, Any]:
    """All that the record of an order says, in words and as it was committed to, with the secret
    that opens it; for handing it to the customer.

    Raises
    ------
    Erased
        There is nothing left to hand out.
    """
    opened = get_opened(ending.order_id)
    if opened is None:
        raise Erased
    return {
        "order": ending.code,
        "k": opened.k,
        "entries": [
            {"leaf": one.body, "payload": one.payload, "words": words}
            for one, words in zip(
                opened.entries,
                [wording.say(one, language) for one in list_of_subject(ending.order_id)],
                strict=True,
            )
        ],
    }
