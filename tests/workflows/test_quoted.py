"""An order made from a quote: the first promise is held against it, and later is explained."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.web.people import read, sign_in
from tests.workflows.story import DAY, HOUR, MINUTE, NOW, Story, make_story, upload_plan
from tests.workflows.test_quote import lock, measured
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.ledger.factors import shares_of
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.queries import Recorded, list_of_subject
from yinuo.contexts.ledger.wording import say
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Order
from yinuo.contexts.production.models import Plan
from yinuo.contexts.promises.models import Promise, Quote
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.workflows import first_promise, quote, tell
from yinuo.workflows.intake import Report, run_feed

pytestmark = pytest.mark.django_db
SPEC, CENTRE = "S7-A", "NC"


@pytest.fixture
def story() -> Story:
    clock.set_test_clock(at=NOW, running=False)
    found = make_story(promised=False)
    measured(found)
    first_promise.run(now=NOW)
    tell.issue_notices(now=NOW)
    quote.refresh(now=NOW)
    return found


def quoted(now: dt.datetime = NOW) -> Quote:
    answer = quote.ask(spec_code=SPEC, centre_code=CENTRE, now=now)
    ref = quote.give(answer=answer, now=now).public_id
    return Quote.objects.get(public_id=ref)


def send(ref: str, **changed: Any) -> Report:
    record = {
        "id": "shop-1",
        "locked_at": (NOW + HOUR).isoformat(),
        "spec": SPEC,
        "centre": CENTRE,
        "name": "赵六",
        "phone": "13900001234",
        "code": "QU26OT",
        "quote": ref,
        **changed,
    }
    return run_feed("orders", [record], sender="shop", now=NOW + 2 * HOUR)


def fact_of(order: Order) -> Recorded:
    (fact,) = list_of_subject(order.id, ["quote.missed", "quote.kept"])
    return fact


@pytest.mark.need(102)
def test_an_order_at_once_is_promised_what_was_quoted(story: Story) -> None:
    given = quoted()
    assert send(given.public_id, locked_at=(NOW + MINUTE).isoformat()).ok
    order = Order.objects.get(code="QU26OT")
    assert order.quote_ref == given.public_id
    first_promise.run(now=NOW + 2 * HOUR)
    fact = fact_of(order)
    assert fact.kind == "quote.kept"
    assert Promise.objects.get(order=order).latest_date <= given.latest_date  # type: ignore[operator]
    assert "没有变晚" in say(fact, "zh")
    # No fuss: nobody is told apart from the first date itself.
    tell.issue_notices(now=NOW + 2 * HOUR)
    assert Notice.objects.filter(order=order).count() == 1


@pytest.mark.need(22, 102)
def test_a_queue_that_grew_since_is_the_reason_in_whole_days(story: Story) -> None:
    given = quoted()
    spec = Spec.objects.get(code=SPEC)
    for number in range(30):
        lock(story, spec, NOW + (number + 1) * MINUTE)
    assert send(given.public_id).ok
    first_promise.run(now=NOW + 2 * HOUR)
    order = Order.objects.get(code="QU26OT")
    fact = fact_of(order)
    assert given.latest_date is not None
    late = (Promise.objects.get(order=order).latest_date - given.latest_date).days
    assert fact.kind == "quote.missed"
    assert fact.payload["days"] == late > 0
    days = {one.factor: one.days for one in shares_of(fact.payload)}
    assert sum(days.values()) == late
    assert days["QUEUE"] > 0
    assert days["QUEUE"] >= max(days.values())
    assert "PLAN" not in days
    assert f"排在前面的车 +{days['QUEUE']} 天" in say(fact, "zh")


@pytest.mark.need(22, 102)
def test_a_plan_changed_since_is_told_apart_from_the_queue(story: Story) -> None:
    given = quoted()
    plan = upload_plan(story, {1: 0, 2: 0, 3: 0})
    Plan.objects.filter(id=plan.id).update(
        state="COMMITTED", cause_code="PLANT_STOPPED", evidence="设备检修单 0213",
        committed_at=NOW + MINUTE, applied_at=NOW + MINUTE,
    )  # fmt: skip
    assert send(given.public_id).ok
    first_promise.run(now=NOW + 2 * HOUR)
    fact = fact_of(Order.objects.get(code="QU26OT"))
    shares = {one.factor: one for one in shares_of(fact.payload)}
    assert shares["PLAN"].days > 3
    assert shares["PLAN"].ref == plan.public_id
    assert sum(one.days for one in shares.values()) == fact.payload["days"]


@pytest.mark.need(102)
def test_a_later_date_is_told_with_the_first_date_and_stands_on_the_page(story: Story) -> None:
    given = quoted()
    spec = Spec.objects.get(code=SPEC)
    for number in range(30):
        lock(story, spec, NOW + (number + 1) * MINUTE)
    send(given.public_id)
    now = NOW + 2 * HOUR
    first_promise.run(now=now)
    tell.issue_notices(now=now)
    schedule.send_notices(now)
    order = Order.objects.get(code="QU26OT")
    (notice,) = Notice.objects.filter(order=order)
    assert notice.told_entries.count() == 2
    clock.set_test_clock(at=now, running=False)
    page = read(sign_in(order.person), f"/o/{order.code}")
    assert "您的交车日算好了" in page
    assert "报价时说最晚" in page
    assert page.count("排在前面的车 +") >= 2


@pytest.mark.need(102)
def test_the_fact_is_recorded_once_and_falls_with_the_promise(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(quoted().public_id)
    order = Order.objects.get(code="QU26OT")
    with monkeypatch.context() as broken:
        broken.setattr("yinuo.workflows.quoted.record_many", _die)
        with pytest.raises(_KilledError):
            first_promise.run(now=NOW + 2 * HOUR)
    assert not Promise.objects.filter(order=order).exists()
    for _ in range(2):
        first_promise.run(now=NOW + 2 * HOUR)
    assert Entry.objects.filter(change_key=f"quoted:{order.id}").count() <= 1
    assert fact_of(order).payload["order"] == "QU26OT"


class _KilledError(Exception):
    pass


def _die(*_: object, **__: object) -> None:
    raise _KilledError


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"quote": "quo_unknown"}, "报价"),
        ({"spec": "S7-B"}, "另一个配置"),
        ({"locked_at": (NOW - HOUR).isoformat()}, "在锁单之后才给出"),
    ],
)
def test_a_quote_that_does_not_fit_is_a_row_error(
    story: Story, changed: dict[str, str], words: str
) -> None:
    given = quoted()
    Spec.objects.create(
        code="S7-B", car_model=Spec.objects.get(code=SPEC).car_model,
        name_zh="另一款", name_en="Other", price_fen=1,
    )  # fmt: skip
    report = send(given.public_id, **changed)
    assert not report.ok
    (problem,) = report.problems.kept
    assert problem.field == "quote"
    assert words in problem.zh
    assert not Order.objects.filter(code="QU26OT").exists()


def test_an_expired_quote_and_one_ordered_from_before_are_refused(story: Story) -> None:
    given = quoted()
    late = run_feed(
        "orders",
        [{"id": "shop-2", "locked_at": (NOW + 4 * DAY).isoformat(), "spec": SPEC, "centre": CENTRE,
          "name": "钱七", "phone": "13900001235", "quote": given.public_id}],
        sender="shop", now=NOW + 5 * DAY,
    )  # fmt: skip
    assert "已经过期" in late.problems.kept[0].zh
    assert "had expired" in late.problems.kept[0].en
    assert send(given.public_id).ok
    again = send(given.public_id, id="shop-3", code="QU26TW")
    assert "已经下过单了" in again.problems.kept[0].zh
    # The same record again is no new order.
    assert send(given.public_id).ok
