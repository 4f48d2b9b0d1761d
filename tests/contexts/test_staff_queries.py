"""Every query for staff asks first whether its reader works here now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests import factories
from yinuo.contexts.ledger.answers import AnswerNeeded, SayWhoAndWhen, banned_words, check_answer
from yinuo.contexts.notices.queries import staff as notices
from yinuo.contexts.orders.operations import looks
from yinuo.contexts.orders.queries import staff as orders
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.contexts.production.queries import staff as production
from yinuo.contexts.promises.operations import answers
from yinuo.contexts.promises.queries import staff as promises
from yinuo.contexts.transit.queries import staff as transit

NOW = factories.NOW
QUERIES: dict[str, Callable[[int], object]] = {
    "order": lambda who: orders.get_for_staff(who, "NC26LU"),
    "orders": lambda who: orders.list_for_staff(who, [1]),
    "find": lambda who: orders.find_for_staff(who, "NC26LU"),
    "inquiries": lambda who: orders.list_inquiries(who, 1),
    "choices": lambda who: promises.list_choices_for_staff(who),
    "choice": lambda who: promises.get_choice_for_staff(who, 1),
    "promises": lambda who: promises.list_promises_for_staff(who, until_date=NOW.date()),
    "calls": lambda who: notices.list_calls_for_staff(who),
    "call": lambda who: notices.get_call_for_staff(who, 1),
    "overdue": lambda who: notices.list_overdue_for_staff(who, now=NOW),
    "silent": lambda who: notices.list_silent_for_staff(who, now=NOW),
    "sent": lambda who: notices.list_sent_for_staff(who, 1),
    "tally": lambda who: notices.tally_for_staff(who, [1]),
    "outbox": lambda who: notices.list_outbox_for_staff(who, before_id=None, limit=1),
    "direct": lambda who: notices.list_direct_for_staff(
        who, channel="SMS", before_id=None, limit=1
    ),
    "delays": lambda who: transit.list_delays_for_staff(who),
    "report": lambda who: transit.get_report_for_staff(who, "evt_1"),
    "reports": lambda who: transit.list_reports_of_order(who, 1),
    "lane": lambda who: transit.get_lane_of_order(who, 1),
    "running": lambda who: transit.list_running_for_staff(who),
    "feeds": lambda who: transit.list_silent_feeds(who, NOW),
    "plans": lambda who: production.list_plans_for_staff(who),
    "plan": lambda who: production.get_plan_for_staff(who, "pln_1"),
    "holds": lambda who: production.list_holds_for_staff(who),
    "cars": lambda who: production.count_cars_of_batch(who, "B17"),
    "builds": lambda who: production.list_builds_of_order(who, 1),
    "batch": lambda who: production.get_batch_of_order(who, 1),
    "look": lambda who: looks.record_look(staff_id=who, order_id=1, action="VIEW", now=NOW),
    "inquiry": lambda who: looks.record_inquiry(staff_id=who, order_id=1, about="DATE", now=NOW),
    "answer": lambda who: answers.answer_choice(
        choice_id=1, staff_id=who, text="明天 10:00 给您", further=None, now=NOW
    ),
    "take": lambda who: answers.take_over_choice(choice_id=1, staff_id=who),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", QUERIES)
def test_nobody_else_gets_an_answer(name: str) -> None:
    world = factories.make_world()
    StaffMember.objects.filter(id=world.dora.id).update(active=False)
    for who in (world.dora.id, world.dora.id + 1000):
        with pytest.raises(NotStaff):
            QUERIES[name](who)


@pytest.mark.django_db
def test_an_inquiry_is_about_something_on_the_list() -> None:
    world = factories.make_world()
    order = factories.make_order(world, "NC26LU")
    with pytest.raises(looks.UnknownInquiry):
        looks.record_inquiry(staff_id=world.dora.id, order_id=order.id, about="PRICE", now=NOW)
    assert orders.list_inquiries(world.dora.id, order.id) == []


@pytest.mark.django_db
def test_promises_due_end_with_their_day_in_china() -> None:
    world = factories.make_world()
    for n, day in enumerate((10, 11, 13, 14)):
        order = factories.make_order(world, f"PR26A{n}", state="IN_TRANSIT")
        factories.make_promise(
            order,
            from_date=dt.date(2026, 2, 1),
            until_date=dt.date(2026, 2, 5),
            latest_date=dt.date(2026, 2, day),
        )
    done = factories.make_order(world, "PR26DD", state="DELIVERED")
    factories.make_promise(done, latest_date=dt.date(2026, 3, 12), state="CLOSED")
    found = promises.list_promises_for_staff(world.dora.id, until_date=dt.date(2026, 2, 13))
    assert [one.order_code for one in found] == ["PR26A0", "PR26A1", "PR26A2"]
    assert found[1].due_at == dt.datetime(2026, 2, 11, 16, tzinfo=dt.UTC)
    codes = [one.order_code for one in promises.list_due(until=found[1].due_at)]
    assert codes == ["PR26A0", "PR26A1"]


@pytest.mark.parametrize(
    "text",
    ["不 清 楚，再看看", "找 400 问问", "已反馈，请等", "System  error, sorry", "I’m NOT sure"],
)
def test_putting_off_is_recognised_in_any_spacing_and_case(text: str) -> None:
    assert banned_words(text)
    with pytest.raises(SayWhoAndWhen):
        check_answer(text, promised=False)
    check_answer(text, promised=True)


@pytest.mark.parametrize("text", ["", "   ", "好的", "ok"])
def test_next_to_nothing_is_no_answer(text: str) -> None:
    for promised in (True, False):
        with pytest.raises(AnswerNeeded):
            check_answer(text, promised=promised)


def test_a_plain_answer_passes() -> None:
    check_answer("同色现车有一台，明天 10:00 可以看", promised=False)
    assert banned_words("车 2月20日 到店，已经确认") == []
