"""Orders that come in: recorded once, in their line, by the moment they were locked."""

from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.workflows.feeds import NOW, ORDER_HEADER, make_catalogue, order
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.orders.models import Line, Order
from yinuo.contexts.people.models import Person, StaffMember
from yinuo.workflows.intake import Report, run_feed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue() -> None:
    make_catalogue()


def send(
    *records: dict[str, object],
    sender: str = "sales",
    dry_run: bool = False,
    skip_bad: bool = False,
) -> Report:
    return run_feed(
        "orders", list(records), sender=sender, now=NOW, dry_run=dry_run, skip_bad=skip_bad
    )


@pytest.mark.need(25)
def test_an_order_gets_its_line_its_rank_and_its_entry() -> None:
    report = send(order(1, code="nc26-lu", days_told="45", email="a@example.cn"))
    assert report.ok
    assert (report.accepted, report.ids) == (1, ["NC26LU"])
    row = Order.objects.get()
    assert (row.line.spec.code, row.line.centre.code) == ("S7-A", "NC")
    assert row.locked_at == dt.datetime(2025, 10, 1, 1, 1, tzinfo=dt.UTC)
    assert row.rank == 1_759_280_460_000_000
    assert (row.state, row.state_at, row.days_told_at_lock) == ("LOCKED", row.locked_at, 45)
    assert (row.person.name, row.person.email, row.person.language) == (
        "客户1",
        "a@example.cn",
        "zh",
    )
    [entry] = ledger.list_of_subject(row.id)
    assert (entry.kind, entry.public["line"]) == ("order.locked", "S7-A@NC")
    assert entry.payload["order"] == "NC26LU"
    assert entry.payload["locked_at"] == "2025-10-01T01:01:00Z"
    assert ProcrastinateJob.objects.filter(task_name="promises.first").count() == 1


def test_the_same_record_again_changes_nothing_however_it_is_written() -> None:
    assert send(order(1)).accepted == 1
    again = f"{ORDER_HEADER}\no-1,2025/10/1 9:01, S7-A ,NC,客户1,'13900000001\n".encode("gbk")
    report = run_feed("orders", again, sender="sales", now=NOW)
    assert (report.accepted, report.duplicates, report.ok) == (0, 1, True)
    assert Order.objects.count() == 1


def test_the_same_id_with_other_content_is_refused_and_nothing_is_written() -> None:
    send(order(1))
    report = send(order(2), order(1, centre="TJ"))
    assert not report.written
    [problem] = report.problems.kept
    assert (problem.line, problem.field) == (2, "id")
    assert "内容不一样" in problem.zh
    assert "other content" in problem.en
    assert Order.objects.count() == 1


def test_two_senders_may_use_the_same_id() -> None:
    assert send(order(1)).accepted == 1
    assert send(order(1, centre="TJ"), sender="partner").accepted == 1
    assert Order.objects.filter(external_id="o-1").count() == 2


def test_a_record_twice_in_one_file_counts_once() -> None:
    report = send(order(1), order(1))
    assert (report.accepted, report.duplicates) == (1, 1)
    report = send(order(2), order(2, name="别人"))
    assert not report.written
    assert report.problems.kept[0].line == 2


def test_nothing_of_a_bad_file_is_written_unless_asked() -> None:
    records = [order(1), order(2, spec="S7-C"), order(3, phone="n/a"), order(4)]
    report = send(*records)
    assert (report.written, report.accepted, report.refused, report.rows) == (False, 0, 2, 4)
    assert Order.objects.count() == 0
    assert Person.objects.count() == 0
    assert not ProcrastinateJob.objects.exists()
    spec, phone = report.problems.kept
    assert (spec.line, spec.field, phone.line, phone.field) == (2, "spec", 3, "phone")
    assert "S7-A" in spec.en or "S7-B" in spec.en
    report = send(*records, skip_bad=True)
    assert (report.written, report.accepted, report.refused) == (True, 2, 2)
    assert set(Order.objects.values_list("external_id", flat=True)) == {"o-1", "o-4"}


def test_a_dry_run_counts_and_writes_nothing() -> None:
    report = send(order(1), order(2), dry_run=True)
    assert (report.accepted, report.written) == (2, False)
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"locked_at": "2026-02-11T09:26:00+08:00"}, "locked_at"),
        ({"locked_at": "2019-12-31T00:00:00+08:00"}, "locked_at"),
        ({"centre": "P1"}, "centre"),
        ({"email": "nobody"}, "email"),
        ({"owner": "stf_nobody"}, "owner"),
        ({"code": "ab"}, "code"),
        ({"days_told": "-1"}, "days_told"),
        ({"name": ""}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], field: str) -> None:
    report = send(order(1, **changes))
    assert [problem.field for problem in report.problems.kept] == [field]
    assert Order.objects.count() == 0


def test_a_clock_may_be_five_minutes_fast() -> None:
    assert send(order(1, locked_at="2026-02-11T09:25:00+08:00")).ok


def test_orders_of_one_moment_stand_in_the_order_of_their_ids() -> None:
    same = "2025-10-01T09:00:00+08:00"
    send(*(order(n, locked_at=same) for n in (3, 1, 2)))
    ranked = list(Order.objects.order_by("rank").values_list("external_id", "rank"))
    assert [name for name, _ in ranked] == ["o-1", "o-2", "o-3"]
    assert [rank - ranked[0][1] for _, rank in ranked] == [0, 1, 2]
    # A later file finds those places taken, and another line has places of its own.
    send(order(4, locked_at=same), order(5, locked_at=same, centre="TJ"))
    assert Order.objects.get(external_id="o-4").rank == ranked[0][1] + 3
    assert Order.objects.get(external_id="o-5").rank == ranked[0][1]
    assert Line.objects.count() == 2


@pytest.mark.need(26)
def test_an_order_recorded_late_still_stands_where_it_was_locked() -> None:
    send(order(1, locked_at="2025-12-01T09:00:00+08:00"))
    send(order(2, locked_at="2025-11-01T09:00:00+08:00"))
    ranked = Order.objects.order_by("rank").values_list("external_id", flat=True)
    assert list(ranked) == ["o-2", "o-1"]


def test_one_person_by_telephone_however_it_is_written() -> None:
    send(order(1, phone="+86 139-0000-0001"), order(2, phone="１３９００００0001"))
    send(order(3, phone="13900000001", name="改名"))
    person = Person.objects.get()
    assert (person.phone, person.name) == ("13900000001", "客户1")
    assert Order.objects.filter(person=person).count() == 3


def test_a_code_that_another_order_has_is_refused() -> None:
    send(order(1, code="NC26LU"))
    report = send(order(2, code="NC26LU"), order(3, code="TJ26ZH"), order(4, code="tj26zh"))
    assert [(p.line, p.field) for p in report.problems.kept] == [(1, "code"), (3, "code")]


def test_codes_are_made_and_differ() -> None:
    report = send(*(order(n) for n in range(200)))
    assert len(set(report.ids)) == 200
    assert all(len(code) == 6 for code in report.ids)


def test_the_owner_is_a_member_of_staff() -> None:
    staff = StaffMember.objects.create(
        public_id="stf_wang",
        name_zh="王敏",
        name_en="Wang Min",
        phone="10000000001",
        role="SPECIALIST",
    )
    send(order(1, owner="stf_wang"))
    assert Order.objects.get().owner == staff
