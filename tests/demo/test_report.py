"""Every figure of the report counts what it says: each is made non-zero once."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import pytest
from django.db import connection, transaction

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.models import Entry, Untold
from yinuo.contexts.ledger.operations import Fact, mark_told, record
from yinuo.contexts.notices.models import Delivery, DirectMessage, Notice
from yinuo.contexts.notices.queries.report import Told
from yinuo.contexts.orders.models import Inquiry, Order
from yinuo.jobs.schedule import sweep
from yinuo.platform.installation import NotADemo
from yinuo.workflows import fairness
from yinuo.workflows.demo.days import START
from yinuo.workflows.demo.play import play_now
from yinuo.workflows.demo.report import DemoReport, make_report
from yinuo.workflows.demo.spoil import plant_swap
from yinuo.workflows.demo.timeline import TRAIN
from yinuo.workflows.promptness import count_asked_first, first_notice_p95

MINUTE = dt.timedelta(minutes=1)
LATER = START + 60 * MINUTE
NOON = START.replace(hour=12, minute=0)


@pytest.fixture
def told(demo_database: str) -> DemoReport:
    """The report after the train was cancelled; everything is as it should be."""
    assert demo_database
    play_now(TRAIN, now=START + MINUTE, sweep=sweep, say=lambda _text: None)
    report = make_report(LATER)
    assert report.notices_sent > 0
    return report


def changed(before: DemoReport) -> dict[str, object]:
    """The figures that differ from `before`."""
    after = asdict(make_report(LATER))
    return {name: value for name, value in after.items() if value != asdict(before)[name]}


def record_again(entry_id: int) -> int:
    """The same fact once more; returns its entry."""
    one = ledger.get_many([entry_id])[entry_id]
    private = {name: value for name, value in one.payload.items() if name != "kind"}
    public = {name: one.public[name] for name in KINDS[one.kind].public}
    fact = Fact(one.kind, "again", public, private, one.subject_id, one.payload["order"])
    with transaction.atomic():
        entry = record(fact, now=START)
    assert entry is not None
    mark_told([entry])
    return entry


def test_before_anything_happens_only_orders_are_counted(demo_database: str) -> None:
    assert demo_database
    report = make_report(START)
    assert report.orders_open == Order.objects.exclude(state="DELIVERED").count()
    assert report.delivered == Order.objects.filter(state="DELIVERED").count()
    assert report.promised_days == 45.0
    assert report.mean_days_to_delivery == pytest.approx(98, abs=1.5)
    assert report.first_notice_minutes_p95 is None
    assert report.promises_moved == report.notices_sent == 0


def test_moved_promises_are_counted_by_change_and_by_order(told: DemoReport) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT subject_id) FROM ledger_entry"
            " WHERE kind = 'promise.revised' AND recorded_at >= %s",
            [START],
        )
        assert cursor.fetchone() == (told.promises_moved, told.orders_affected)


@pytest.mark.need(1)
def test_an_entry_without_a_notice_is_missing(told: DemoReport) -> None:
    one = Notice.objects.filter(call_task=None).order_by("id").last()
    assert one is not None
    entry_id = one.id
    one.deliveries.all().delete()
    one.delete()
    Untold.objects.create(entry_id=entry_id)
    assert changed(told)["notices_missing"] == 1


@pytest.mark.need(1)
def test_a_notice_that_was_due_and_has_not_gone_out_is_missing(told: DemoReport) -> None:
    moved = Entry.objects.filter(kind="promise.revised", recorded_at__gte=START)
    notice = (
        Notice.objects.filter(told_entries__entry_id__in=moved.values("id"), sent_at__gte=START)
        .order_by("id")
        .last()
    )
    assert notice is not None
    entries = notice.told_entries.count()
    notice.deliveries.update(state="QUEUED", sent_at=None)
    assert changed(told)["notices_missing"] == entries
    notice.send_at = LATER + MINUTE
    notice.save()
    assert "notices_missing" not in changed(told)


def test_the_same_words_again_are_a_duplicate(told: DemoReport) -> None:
    sent = Delivery.objects.filter(channel="SMS").order_by("id").last()
    assert sent is not None
    again = Notice.objects.get(id=sent.notice_id)
    code = again.code
    assert code is not None
    again.pk, again.public_id, again.code = record_again(again.id), "ntc_again", "AGAIN2"
    again.save()
    sent.pk, sent.notice, sent.text = None, again, sent.text.replace(code, "AGAIN2")
    sent.save()
    assert changed(told)["notices_duplicate"] == 1
    Delivery.objects.filter(id=sent.id).update(sent_at=START + dt.timedelta(days=7))
    assert "notices_duplicate" not in changed(told)


@pytest.mark.parametrize(
    ("constraint", "table", "copy"),
    [
        (
            "one_delivery_per_channel",
            "notices_delivery",
            "INSERT INTO notices_delivery (notice_id, channel, address, subject, text, params,"
            " provider, provider_id, state, attempts, next_try_at, problem)"
            " SELECT notice_id, channel, address, subject, text, params, provider, provider_id,"
            " 'QUEUED', 0, next_try_at, '' FROM notices_delivery ORDER BY id LIMIT 1",
        ),
        (
            "notices_furtherentry_pkey",
            "notices_furtherentry",
            "INSERT INTO notices_furtherentry (notice_id, entry_id)"
            " SELECT (SELECT min(id) FROM notices_notice), -1 FROM generate_series(1, 2)",
        ),
    ],
)
def test_what_the_database_forbids_is_counted_all_the_same(
    told: DemoReport, constraint: str, table: str, copy: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
        cursor.execute(copy)
    assert changed(told)["notices_duplicate"] == 1


@pytest.mark.need(1)
def test_a_mail_that_lacks_a_part_is_counted(told: DemoReport) -> None:
    mail = Delivery.objects.filter(channel="MAIL").order_by("id").last()
    assert mail is not None
    parts = mail.text.split("\n\n")
    mail.text = "\n\n".join(parts[:4] + parts[5:])
    mail.save()
    assert changed(told)["notices_without_five_parts"] == 1


@pytest.mark.need(1)
def test_somebody_who_asks_before_we_tell_is_counted(told: DemoReport) -> None:
    notice = Notice.objects.order_by("id").last()
    assert notice is not None
    notice.known_at = START
    notice.sent_at = START + 20 * MINUTE
    notice.save()
    Inquiry.objects.create(order=notice.order, about="DATE", asked_at=START + 5 * MINUTE)
    assert changed(told)["asked_first"] == 1
    Inquiry.objects.update(about="PAINT")
    assert "asked_first" not in changed(told)


@pytest.mark.need(26)
def test_an_unfair_pair_is_counted(told: DemoReport) -> None:
    plant_swap()
    assert int(str(changed(told)["unfair_pairs"])) >= 1


def test_a_database_without_a_demo_has_no_report(db: None) -> None:
    assert db is None
    with pytest.raises(NotADemo):
        make_report(START)


def note(order_id: int, known: dt.datetime, sent: dt.datetime | None) -> Told:
    """A notice."""
    return Told(order_id, order_id, known, known, sent)


def test_the_first_notice_is_measured_by_day_and_not_when_joined() -> None:
    assert first_notice_p95([]) is None
    by_day = [note(n, NOON, NOON + n * MINUTE) for n in range(1, 101)]
    assert first_notice_p95(by_day) == 95.0
    at_night = note(200, NOON + 10 * 60 * MINUTE, NOON + 20 * 60 * MINUTE)
    assert first_notice_p95([at_night]) is None
    first = note(1, NOON, NOON + MINUTE)
    joined = note(1, NOON + 10 * MINUTE, NOON + 121 * MINUTE)
    assert first_notice_p95([first, joined]) == 1.0
    next_day = note(1, NOON + 180 * MINUTE, NOON + 200 * MINUTE)
    assert first_notice_p95([first, next_day]) == 20.0


def test_asking_counts_only_between_knowing_and_telling() -> None:
    notices = [note(1, NOON, NOON + 30 * MINUTE), note(2, NOON, None)]
    ask = [(1, NOON - MINUTE), (1, NOON + 30 * MINUTE), (3, NOON + MINUTE)]
    assert count_asked_first(notices, ask) == 0
    assert count_asked_first(notices, [(1, NOON), (2, NOON + 600 * MINUTE)]) == 2


@pytest.mark.need(24, 26)
def test_the_watch_tells_staff_of_a_swap_once_with_both_codes(told: DemoReport) -> None:
    assert told.unfair_pairs == 0
    assert fairness.watch(ref="pln_before", now=LATER) == 0
    earlier, later = plant_swap()
    for _ in range(2):
        assert fairness.watch(ref="pln_after", now=LATER) >= 1
    alert = DirectMessage.objects.get(key="unfair:pln_after")
    assert earlier.code in alert.text
    assert later.code in alert.text
    assert not DirectMessage.objects.filter(key="unfair:pln_before").exists()
