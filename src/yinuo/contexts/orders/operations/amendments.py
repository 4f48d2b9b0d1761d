"""Asking for another buyer or something special: papers in, both confirm, withdrawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.ledger.rules import Value
from yinuo.contexts.orders.models import Amendment, AmendmentPaper, AmendmentTask, Buyer, Order
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.progress import begin_condition, end_condition
from yinuo.contexts.orders.rules import amendments as rules
from yinuo.contexts.orders.rules import company
from yinuo.contexts.people.queries.staff import answerer_for, list_staff
from yinuo.contexts.places.rules import next_workday
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import at_local, local_date, write_instant

CONDITION, HOLD_CODE = "BUYER_CHANGE", "BUYER_CHANGE"
LICENCE = "LICENCE"
WORDS_MAX = 1000


class NotYourOrder(Refusal):
    """Only the person who ordered may ask for a change."""

    code = "not_your_order"
    zh = "这一步只有下单的人能办。您可以看，不能替他办。"
    en = "Only the person who ordered can do this. You can read, not act."


class DoesNotSuit(Refusal):
    """The buyer of this order cannot be changed any more; `why_not` is a code of words."""

    code = "does_not_suit"
    zh = "车已经签收，购车人不能再改。可以先交车再过户，也可以不改。"
    en = "The car is signed for, so the buyer stays. Transfer it after hand-over, or leave it."


class BadCompanyCode(Refusal):
    """The unified social credit code cannot be one; `fault` as `rules.company` names it."""

    code = "bad_company_code"
    zh = "{said_zh}请再看一眼营业执照。"
    en = "{said_en} Please look at the licence again."


class NeedsMore(Refusal):
    """Something that this change needs was not given."""

    code = "needs_more"
    zh = "还差：{what_zh}。"
    en = "Still missing: {what_en}."


class RunsAlready(Refusal):
    """A change of the buyer is running for this order."""

    code = "runs_already"
    zh = "这份订单正在改购车人。先看完这一次的结果，或者撤回。"
    en = "A change of the buyer is running. Wait for its result, or withdraw it."


class NotRunning(Refusal):
    """There is no such amendment, or it has ended meanwhile."""

    code = "not_running"
    zh = "这次申请已经结束了。请看页面上的结果。"
    en = "This request has ended already. The page shows the result."


FAULTS = {
    company.BAD_LENGTH: (
        "统一社会信用代码应该有 18 位。",
        "A unified social credit code has 18 signs.",
    ),
    company.BAD_SIGN: (
        "代码里不会有字母 I、O、S、V、Z。",
        "The code never has the letters I, O, S, V or Z.",
    ),
    company.BAD_PLACE: (
        "代码的第 3 到第 8 位应该是数字。",
        "Signs 3 to 8 of the code are digits.",
    ),
    company.BAD_CHECK: (
        "统一社会信用代码最后一位对不上。",
        "The last sign of the code does not fit the others.",
    ),
}


@dataclass(frozen=True)
class Paper:
    """A paper as the upload room keeps it."""

    digest: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True)
class Wish:
    """Whom the customer wants as the buyer. `to_person_id` confirms for the other side.

    `kind` is one of `rules.BUYER_KINDS`, `loan` and `plate` one of `rules.LOANS` and
    `rules.PLATES`. A company has a name, a code and a licence.
    """

    kind: str
    loan: str
    plate: str
    to_person_id: int | None
    company_name: str = ""
    company_code: str = ""
    papers: tuple[Paper, ...] = ()


def check_wish(wish: Wish) -> Wish:
    """The wish with its code cleaned, as it may be asked for.

    Raises
    ------
    NeedsMore, BadCompanyCode
    """
    if wish.kind not in rules.BUYER_KINDS or wish.loan not in rules.LOANS:
        raise NeedsMore(what_zh="改成谁，贷款办了没有", what_en="who is to buy, and the loan")
    if wish.plate not in rules.PLATES:
        raise NeedsMore(what_zh="用谁的车牌指标", what_en="whose plate quota is used")
    if wish.to_person_id is None:
        raise NeedsMore(what_zh="对方的姓名和手机号", what_en="the other side's name and number")
    if wish.kind != rules.TO_COMPANY:
        return Wish(wish.kind, wish.loan, wish.plate, wish.to_person_id)
    code = company.clean_code(wish.company_code)
    if not wish.company_name.strip():
        raise NeedsMore(what_zh="公司名称", what_en="the company's name")
    if fault := company.fault_of(code):
        said_zh, said_en = FAULTS[fault]
        raise BadCompanyCode(fault=fault, said_zh=said_zh, said_en=said_en)
    if not wish.papers:
        raise NeedsMore(what_zh="营业执照的照片", what_en="a photo of the licence")
    name = wish.company_name.strip()
    return Wish(wish.kind, wish.loan, wish.plate, wish.to_person_id, name, code, wish.papers)


@transaction.atomic
def ask_for_buyer(*, person_id: int, order_id: int, wish: Wish, now: dt.datetime) -> str:
    """Begin a change of the buyer, with everything it needs; returns its public id.

    The car is held from here on: its place stays, later cars may pass for a public reason, and no
    payment is asked for until it ends.

    Raises
    ------
    NotYourOrder, DoesNotSuit, NeedsMore, BadCompanyCode, RunsAlready
    """
    order = _lock_order(person_id, order_id)
    if not rules.suits(order.state, wish.loan, wish.plate).may:
        raise DoesNotSuit
    wish = check_wish(wish)
    running = Amendment.objects.filter(order=order, state__in=Amendment.RUNNING)
    if running.exclude(kind=rules.SPECIAL).exists():
        raise RunsAlready
    row = _create(order, wish.kind, "", rules.CHECKED, person_id, now)
    row.loan, row.plate, row.to_person_id = wish.loan, wish.plate, wish.to_person_id
    row.company_name, row.company_code, row.checked_at = wish.company_name, wish.company_code, now
    row.save()
    AmendmentPaper.objects.bulk_create(
        AmendmentPaper(
            amendment=row,
            kind=LICENCE,
            digest=paper.digest,
            media_type=paper.media_type,
            size_bytes=paper.size_bytes,
            received_at=now,
        )
        for paper in wish.papers
    )
    _begin_tasks(row)
    begin_condition(order_id=order.id, name=CONDITION, cause_ref=row.public_id, now=now)
    hold_orders(order_ids=[order.id], code=HOLD_CODE, cause_ref=row.public_id, now=now)
    _tell_asked(row, now)
    return row.public_id


@transaction.atomic
def ask_for_special(
    *, person_id: int, order_id: int, about: str, words: str, now: dt.datetime
) -> str:
    """Ask for something special, of a kind that has its tasks; returns its public id.

    Raises
    ------
    NotYourOrder, NeedsMore
    """
    order = _lock_order(person_id, order_id)
    if about not in rules.SPECIAL_TASKS:
        raise NeedsMore(what_zh="需要什么", what_en="what you need")
    running = Amendment.objects.filter(order=order, about=about, state__in=Amendment.RUNNING)
    if known := running.values_list("public_id", flat=True).first():
        return str(known)
    row = _create(order, rules.SPECIAL, about, rules.ASKED, person_id, now)
    row.words = words.strip()[:WORDS_MAX]
    row.save()
    _begin_tasks(row)
    _tell_asked(row, now)
    return row.public_id


@transaction.atomic
def confirm(*, person_id: int, public_id: str, now: dt.datetime) -> str:
    """This person, who has just proved the telephone, confirms; returns the state it leads to.

    Who stands on both sides confirms both. Safe to repeat.

    Raises
    ------
    NotRunning, NotYourOrder
    """
    row = lock_running(public_id)
    sides = [
        (side, field)
        for side, field, who in (
            ("OLD", "old_confirmed_at", row.asked_by_id),
            ("NEW", "new_confirmed_at", row.to_person_id),
        )
        if who == person_id
    ]
    if not sides:
        raise NotYourOrder
    for side, field in sides:
        if getattr(row, field) is None:
            setattr(row, field, now)
            tell(row, "amendment.confirmed", f"confirmed:{side}", {"side": side}, now)
    if row.old_confirmed_at and row.new_confirmed_at and row.state == rules.CHECKED:
        row.state = rules.CONFIRMED
    row.save()
    return row.state


@transaction.atomic
def withdraw(*, person_id: int, public_id: str, now: dt.datetime) -> None:
    """Take the request back; everything stands as before it.

    Raises
    ------
    NotRunning, NotYourOrder
    """
    row = lock_running(public_id)
    if row.asked_by_id != person_id:
        raise NotYourOrder
    row.state, row.ended_at, row.told_at = rules.WITHDRAWN, now, now
    row.save()
    release(row, now)
    tell(row, "amendment.withdrawn", "withdrawn", {}, now)


def lock_running(public_id: str) -> Amendment:
    """The running amendment, locked, its order first: everybody locks in the same order.

    Raises
    ------
    NotRunning
    """
    order_id = (
        Amendment.objects.filter(public_id=public_id).values_list("order_id", flat=True).first()
    )
    if order_id is None:
        raise NotRunning
    Order.objects.select_for_update().get(id=order_id)
    row = Amendment.objects.select_for_update().get(public_id=public_id)
    if row.state not in rules.RUNNING:
        raise NotRunning
    return row


def release(row: Amendment, now: dt.datetime) -> None:
    """The car is no longer held for this change."""
    if row.kind != rules.SPECIAL:
        end_condition(order_id=row.order_id, name=CONDITION, cause_ref=row.public_id, now=now)
        release_orders(cause_ref=row.public_id, now=now)


def change_buyer(row: Amendment, now: dt.datetime) -> None:
    """From now on the order is the new buyer's; its place in line is untouched."""
    assert row.to_person_id is not None
    order = Order.objects.select_for_update().get(id=row.order_id)
    standing = Buyer.objects.filter(order=order, until_at=None)
    if not standing.exists():
        Buyer.objects.create(
            order=order, person_id=order.person_id, from_at=order.locked_at, until_at=now
        )
    standing.update(until_at=now)
    Buyer.objects.create(
        order=order,
        person_id=row.to_person_id,
        company_name=row.company_name,
        company_code=row.company_code,
        from_at=now,
    )
    order.person_id = row.to_person_id
    order.save(update_fields=["person"])
    record(
        Fact(
            "order.buyer_changed",
            f"buyer:{row.public_id}",
            {"code": row.kind},
            {"order": order.code, "amendment": row.public_id, "at": write_instant(now)},
            order.id,
            order.code,
        ),
        now=now,
    )


def tell(
    row: Amendment, kind: str, step: str, more: Mapping[str, Value], now: dt.datetime
) -> int | None:
    """Record a fact of this amendment; `step` makes it the one of its kind."""
    order_code = Order.objects.values_list("code", flat=True).get(id=row.order_id)
    private: dict[str, Value] = {"order": order_code, "amendment": row.public_id, **more}
    if kind in ("amendment.asked", "amendment.confirmed", "amendment.withdrawn"):
        private["at"] = write_instant(now)
    return record(
        Fact(
            kind,
            f"{step}:{row.public_id}",
            {"code": row.about or row.kind},
            private,
            row.order_id,
            order_code,
        ),
        now=now,
    )


def _lock_order(person_id: int, order_id: int) -> Order:
    order = Order.objects.select_for_update(of=("self",)).select_related("line__centre")
    row = order.get(id=order_id)
    if row.person_id != person_id:
        raise NotYourOrder
    return row


def _create(
    order: Order, kind: str, about: str, state: str, person_id: int, now: dt.datetime
) -> Amendment:
    card = answerer_for(list_staff(), order.line.centre.code, order.owner_id)
    return Amendment(
        public_id=ids.new_id("amd"),
        order=order,
        kind=kind,
        about=about,
        state=state,
        asked_by_id=person_id,
        asked_at=now,
        owner_id=card.id if card else None,
        answer_by_at=answer_time(now),
        told_at=now,
    )


def answer_time(now: dt.datetime) -> dt.datetime:
    """When the named person answers: 18:00 of the next working day."""
    return at_local(next_workday(local_date(now)), rules.ANSWER_HOUR)


def _begin_tasks(row: Amendment) -> None:
    codes: Sequence[str] = rules.tasks_of(row.kind, row.about, row.loan)
    AmendmentTask.objects.bulk_create(AmendmentTask(amendment=row, code=code) for code in codes)


def _tell_asked(row: Amendment, now: dt.datetime) -> None:
    assert row.owner is not None
    assert row.answer_by_at is not None
    more: dict[str, Value] = {
        "answerer": row.owner.public_id,
        "answer_by_at": write_instant(row.answer_by_at),
    }
    tell(row, "amendment.asked", "asked", more, now)
