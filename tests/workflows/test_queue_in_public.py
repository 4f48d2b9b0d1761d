"""From the shop's locks to the public figures: the product, its check and the verifier agree."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.db import connection, transaction

from tests.verify.verifier import VERIFY
from tests.web.people import read, sign_in
from tests.workflows.feeds import NOW, make_catalogue, make_network, order
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.ledger.operations.overtakes import refresh_figures
from yinuo.contexts.ledger.operations.rulebook import genesis_facts
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.ledger.queries.overtakes import QueueFigures, get_figures
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations.allocating import close_batches
from yinuo.contexts.orders.operations.cancelling import Terms, cancel, restore
from yinuo.contexts.orders.operations.counting import counted_facts
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.notes import note_exception
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.engines.tlog import new_signer
from yinuo.platform import clock
from yinuo.workflows import fairness, progress
from yinuo.workflows.intake import run_feed

DAY = dt.timedelta(days=1)
VKEY = new_signer("log.yunfan.example/log", bytes(32)).verifier.vkey()
LINE = "S7-A@NC"


@pytest.fixture(autouse=True)
def maker(db: None) -> None:
    make_catalogue()
    make_network()


def lock(*numbers: int, **changes: object) -> None:
    records = [order(n, code=f"ORD{n}", **changes) for n in numbers]
    assert run_feed("orders", records, sender="sales", now=NOW).ok


def start(*numbers: int, now: dt.datetime = NOW) -> None:
    for n in numbers:
        record = {"id": f"s{n}", "order": f"ORD{n}", "kind": "STARTED", "at": now.isoformat()}
        assert run_feed("builds", [record], sender="plant", now=now).ok
    progress.apply_builds(now=now)


def id_of(number: int) -> int:
    return Order.objects.get(code=f"ORD{number}").id


def close(now: dt.datetime = NOW + 7 * DAY) -> QueueFigures:
    """The week is closed, all is in the log, and the figures are worked out."""
    close_batches(now=now)
    integrate(first=[*genesis_facts(VKEY, VKEY), *counted_facts()], now=now)
    fairness.watch_weeks(now=now)
    return get_figures()


def audit() -> list[dict[str, Any]]:
    """What the independent verifier finds in the leaves of the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id ORDER BY idx"
        )
        leaves = [body.encode() for (body,) in cursor.fetchall()]
    found = VERIFY.Audit()
    found.feed(leaves, b"".join(hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves))
    assert json.loads(leaves[0])["t"] == "rule"
    findings: list[dict[str, Any]] = found.findings
    return findings


@pytest.mark.need(24, 25)
def test_in_turn_with_a_hold_and_a_reason_nobody_finds_anything() -> None:
    lock(*range(1, 26))
    assert get_figures() == QueueFigures(0, None)
    hold_orders(order_ids=[id_of(1)], code="CUSTOMER_WAITS", cause_ref="trm", now=NOW)
    hold_orders(order_ids=[id_of(2)], code="QUALITY_HOLD", cause_ref="hld", now=NOW)
    note_exception(order_code="ORD9", code="ACCIDENT_REPLACEMENT", cause_ref="a", now=NOW)
    start(3, 4, 9)
    release_orders(cause_ref="hld", now=NOW + DAY)
    seen = close()
    assert audit() == []
    [row] = seen.rows
    assert (row.line, row.batch, row.allocated, row.unexplained) == (LINE, "2026-W07", 3, 0)
    assert row.excepted == {"ACCIDENT_REPLACEMENT": 1}
    # 5, 6, 7 and 8 waited; of those that 3 and 4 passed one is held, one has just come back.
    assert row.passed == {"ACCIDENT_REPLACEMENT": 4}
    assert row.held == {"CUSTOMER_WAITS": 2, "QUALITY_HOLD": 2}
    assert seen.holds == {"CUSTOMER_WAITS": 1}
    assert [pair for pair in fairness.check(NOW) if pair.how == fairness.BUILT] == []
    for number, code in ((1, "CUSTOMER_WAITS"), (2, "QUALITY_HOLD")):
        place = get_place_in_line(id_of(number), NOW + 2 * DAY)
        assert (place.overtakes, place.unexplained) == (
            {code: 2, "ACCIDENT_REPLACEMENT": 1},
            0,
        )
    quota = next(one for one in seen.quotas if one.code == "ACCIDENT_REPLACEMENT")
    assert (quota.used, quota.allowed) == (1, 5)
    by_code = {one.code: (one.orders, one.pairs) for one in seen.by_code}
    assert by_code["ACCIDENT_REPLACEMENT"] == (1, 4)
    assert by_code["STOCK_CAR"] == (0, 0)
    assert not {"OTHER", "PAID", ""} & set(by_code)


@pytest.mark.need(24, 25)
def test_who_is_let_past_in_secret_is_found_by_all_three() -> None:
    lock(*range(1, 26))
    start(5)
    seen = close()
    [found] = audit()
    assert len(found["passed"]) == seen.unexplained == 4
    [pair] = [one for one in fairness.check(NOW) if one.how == fairness.BUILT]
    assert (pair.earlier.code, pair.later.code) == ("ORD1", "ORD5")
    assert seen.as_csv() == (
        "line,batch,allocated,code,orders,pairs\n" + f"{LINE},2026-W07,1,NONE,0,4\n"
    )
    [alert] = DirectMessage.objects.filter(key="unfair:week:2026-W07").values_list(
        "text", flat=True
    )
    assert "2026 年第 7 周的队伍已经结清，谁都查得到：4 处先后没有公开原因。" in alert


@pytest.mark.need(24)
def test_a_reason_that_was_used_too_often_is_told_to_staff() -> None:
    lock(*range(1, 26))
    for n in range(20, 26):
        note_exception(order_code=f"ORD{n}", code="ACCIDENT_REPLACEMENT", cause_ref="a", now=NOW)
    start(*range(20, 26))
    seen = close()
    assert [(one.used, one.allowed) for one in seen.quotas if one.used] == [(6, 5)]
    [alert] = DirectMessage.objects.filter(key__startswith="unfair:").values_list("text", flat=True)
    assert "“事故换车”用了 6 次，最多 5 次" in alert
    assert "没有公开原因" not in alert


def test_told_late_is_no_secret() -> None:
    lock(*range(2, 26))
    lock(1)
    start(1)
    seen = close()
    assert audit() == []
    assert seen.rows[0].passed == {"RECORDED_LATE": 24}
    # Its own page says the same to each of those who stood before it in public.
    place = get_place_in_line(id_of(7), NOW)
    assert (place.overtakes, place.unexplained) == ({"RECORDED_LATE": 1}, 0)


@pytest.mark.need(25)
def test_who_came_back_may_be_passed_for_closed_batches_and_not_for_weeks() -> None:
    """Ten weeks without a car are no batch; the ninth batch is one too many. All three say so."""
    lock(*range(1, 26))
    hold_orders(order_ids=[id_of(1)], code="QUALITY_HOLD", cause_ref="hld", now=NOW)
    release_orders(cause_ref="hld", now=NOW + DAY)
    for batch in range(1, 10):
        now = NOW + (63 + 7 * batch) * DAY
        start(batch + 1, now=now)
        # Until it is closed it is judged as if it were closed now, and then it is the same.
        for closed in (False, True):
            if closed:
                close_batches(now=now + 7 * DAY)
            place = get_place_in_line(id_of(1), now + 7 * DAY)
            assert place.overtakes == {"QUALITY_HOLD": min(batch, 8)}
            assert place.unexplained == (batch == 9)
    seen = close(now + 8 * DAY)
    assert [(row.held, row.unexplained) for row in seen.rows] == [
        ({}, 1),
        *[({"QUALITY_HOLD": 1}, 0)] * 8,
    ]
    assert [len(one["passed"]) for one in audit()] == [1]


@pytest.mark.need(25)
def test_who_left_and_came_back_reads_why_others_went_first() -> None:
    lock(*range(1, 26))
    one = Order.objects.get(code="ORD1")
    terms = Terms("cn.free", 0, 0, 0, NOW.date())
    cancel(person_id=one.person_id, order_id=one.id, terms=terms, request_key="k", now=NOW)
    start(2)
    assert restore(order_id=one.id, now=NOW + DAY)
    seen = close()
    place = get_place_in_line(one.id, NOW + 8 * DAY)
    assert (place.overtakes, place.unexplained) == ({"CAME_BACK": 1}, 0)
    assert [row.held for row in seen.rows] == [{"CAME_BACK": 1}]
    assert audit() == []
    clock.set_test_clock(at=NOW + 8 * DAY, running=False)
    page = read(sign_in(one.person), "/o/ORD1/queue")
    assert "刚从暂停或退订回到队伍：1 台" in page
    assert "前 8 批车可能先给后锁单的" in page


@pytest.mark.need(24)
def test_orders_that_went_to_another_buyer_are_counted() -> None:
    lock(*range(1, 26))
    for n in (3, 4):
        private = {"order": f"ORD{n}", "amendment": "a", "at": "2026-02-11T01:20:00+00:00"}
        fact = Fact(
            *("order.buyer_changed", f"buyer:{n}", {"code": "TRANSFER"}, private),
            *(id_of(n), f"ORD{n}"),
        )
        with transaction.atomic():
            record(fact, now=NOW)
    start(1)
    assert close().transfers == {"TRANSFER": 2}
    assert audit() == []


def test_small_lines_stand_together_and_hide_nothing() -> None:
    lock(*range(1, 26))
    lock(30, 31, spec="S7-B")
    lock(40, 41, spec="S7-B", centre="TJ")
    start(1, 31, 40)
    seen = close()
    assert [(row.line, row.allocated, row.unexplained) for row in seen.rows] == [
        (LINE, 1, 0),
        ("", 2, 1),
    ]
    assert len(audit()) == 1
    said = seen.as_json()
    assert json.loads(json.dumps(said))["unexplained"] == 1
    assert said["log_size"] == seen.log_size > 40


def test_figures_are_worked_out_once_for_each_closing() -> None:
    lock(*range(1, 26))
    start(1)
    first = close()
    assert refresh_figures(now=NOW + 8 * DAY) == 0
    start(2, now=NOW + 8 * DAY)
    integrate(now=NOW + 8 * DAY)
    assert refresh_figures(now=NOW + 8 * DAY) == 0
    close_batches(now=NOW + 20 * DAY)
    assert refresh_figures(now=NOW + 20 * DAY) == 0
    integrate(now=NOW + 20 * DAY)
    assert refresh_figures(now=NOW + 20 * DAY) == 2
    seen = get_figures()
    assert [row.batch for row in seen.rows] == ["2026-W08", "2026-W07"]
    assert seen.log_size > first.log_size
    assert audit() == []
