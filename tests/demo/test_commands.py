"""`yinuo demo`, `yinuo clock` and `yinuo queue` as they are typed."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.errors import UndefinedFunction

from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.orders.operations.notes import NoSuchOrder, NoSuchReason, note_exception
from yinuo.contexts.production.models import Build
from yinuo.contexts.promises.models import Promise
from yinuo.platform import clock, installation
from yinuo.platform.columns import fetch_columns, fetch_mixed
from yinuo.platform.durations import read_duration
from yinuo.platform.installation import NotADemo
from yinuo.workflows.demo.days import START
from yinuo.workflows.fairness import check


def yinuo(*words: str) -> str:
    """What the command printed."""
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("demo_database")
class TestQueue:
    @pytest.mark.need(26)
    def test_a_fair_demo_has_no_findings(self) -> None:
        assert json.loads(yinuo("queue", "check", "--json")) == []

    @pytest.mark.need(24, 26)
    def test_a_planted_swap_is_found_and_both_orders_are_named(self) -> None:
        planted = yinuo("demo", "plant-swap").split()
        out = io.StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("queue", "check", "--json", stdout=out)
        assert end.value.code == 1
        found = json.loads(out.getvalue())
        assert len(found) == 1
        pair = found[0]
        assert (pair["earlier"]["order"], pair["later"]["order"]) == (planted[1], planted[2])
        assert pair["line"] == planted[0]
        assert pair["how"] == "PROMISED"
        assert pair["earlier"]["latest_date"] > pair["later"]["latest_date"]
        assert pair["earlier"]["locked_at"] < pair["later"]["locked_at"]

    def test_findings_in_words_name_both_orders(self) -> None:
        _, earlier, later = yinuo("demo", "plant-swap").split()
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("queue", "check", stdout=out)
        assert f"{earlier} / {later}" in out.getvalue()

    @pytest.mark.need(24)
    def test_a_car_built_before_an_earlier_lock_is_found(self) -> None:
        later = _behind_another()
        Order.objects.filter(id=later.id).update(state="BUILT")
        pairs = check(START)
        assert [(pair.how, pair.later.code) for pair in pairs] == [("BUILT", later.code)]
        Order.objects.filter(id=later.id).update(state="DELIVERED", delivered_at=START)
        assert [pair.later.code for pair in check(START)] == [later.code]

    @pytest.mark.need(24)
    def test_a_recorded_exception_lets_an_order_pass(self) -> None:
        later = _behind_another()
        Order.objects.filter(id=later.id).update(state="BUILT")
        note_exception(
            order_code=later.code, code="ACCIDENT_REPLACEMENT", cause_ref="S1", now=START
        )
        assert check(START) == []

    @pytest.mark.need(24)
    def test_a_recorded_hold_lets_others_pass(self) -> None:
        later = _behind_another()
        Order.objects.filter(id=later.id).update(state="BUILT")
        passed = Order.objects.filter(
            line=later.line, rank__lt=later.rank, state__in=["LOCKED", "SCHEDULED"]
        )
        for order in passed:
            QueueNote.objects.create(
                order=order, kind="HOLD", code="CUSTOMER_WAITS", cause_ref="x", from_at=START
            )
        assert check(START) == []

    def test_orders_without_a_promise_are_no_finding(self) -> None:
        Promise.objects.all().delete()
        assert check(START) == []

    @pytest.mark.need(25)
    def test_a_place_is_explained_with_rule_and_passes(self) -> None:
        said = yinuo("queue", "explain", "bj24zh")
        assert "BJ24ZH  R-06@TJ" in said
        assert "2 " in said
        assert "退订车给了同城订单" in said or "same-city" in said

    def test_an_unknown_code_is_refused(self) -> None:
        with pytest.raises(NoSuchOrder):
            yinuo("queue", "explain", "XXXXXX")


def _behind_another() -> Order:
    """A waiting order with another waiting one before it in its line, neither with a note."""
    waiting = Order.objects.filter(state="LOCKED", queue_notes=None).order_by("rank")
    for order in waiting:
        behind = waiting.filter(line=order.line, rank__gt=order.rank).first()
        if behind is not None:
            return behind
    raise AssertionError("no line holds two orders")


@pytest.mark.usefixtures("demo_database")
class TestNotes:
    @pytest.mark.need(24)
    def test_paying_is_no_reason(self) -> None:
        with pytest.raises(NoSuchReason):
            note_exception(order_code="BJ24ZH", code="PAID", cause_ref="x", now=START)
        with pytest.raises(NoSuchOrder):
            note_exception(order_code="NOBODY", code="ALREADY_BUILT", cause_ref="x", now=START)

    def test_a_note_is_recorded_once(self) -> None:
        words = {"order_code": "NC26WU", "code": "ALREADY_BUILT", "cause_ref": "x"}
        assert note_exception(**words, now=START)
        assert not note_exception(**words, now=START)


@pytest.mark.usefixtures("demo_database")
class TestClock:
    def test_it_is_shown_set_moved_stopped_and_started(self) -> None:
        yinuo("clock", "set", "2026-03-01T10:00")
        yinuo("clock", "freeze")
        assert yinuo("clock", "show").strip().startswith("2026-03-01T10:0")
        before = clock.now()
        yinuo("clock", "advance", "3h")
        assert clock.now() - before == dt.timedelta(hours=3)
        yinuo("clock", "run")
        assert not clock.is_frozen()
        yinuo("clock", "real")
        assert abs(clock.now() - clock.machine_now()) < dt.timedelta(seconds=5)

    @pytest.mark.parametrize("words", [("set", "soon"), ("advance", "3 weeks")])
    def test_what_is_no_time_is_a_usage_error(self, words: tuple[str, str]) -> None:
        with pytest.raises(CommandError) as problem:
            yinuo("clock", *words)
        assert problem.value.returncode == 2


@pytest.mark.usefixtures("demo_database")
class TestDemo:
    def test_a_tick_moves_the_clock_and_reports(self) -> None:
        yinuo("clock", "freeze")
        before = clock.now()
        yinuo("demo", "tick", "30m")
        assert clock.now() - before == dt.timedelta(minutes=30)
        assert clock.is_frozen()
        figures = json.loads(yinuo("demo", "report", "--json"))
        assert figures["orders_affected"] >= 1
        assert figures["notices_missing"] == 0
        assert "orders_open" in yinuo("demo", "report")

    def test_a_tick_lets_a_running_clock_run_on(self) -> None:
        yinuo("demo", "tick", "1m")
        assert not clock.is_frozen()

    def test_a_length_that_is_none_is_a_usage_error(self) -> None:
        with pytest.raises(CommandError) as problem:
            yinuo("demo", "tick", "soon")
        assert problem.value.returncode == 2

    def test_a_part_of_the_story_is_played_at_once(self) -> None:
        said = yinuo("demo", "story", "train")
        assert "X86" in said

    def test_reset_leaves_an_empty_database_and_loads_when_asked(self) -> None:
        yinuo("demo", "reset")
        assert installation.find_demo() is None
        assert not Order.objects.exists()
        yinuo("demo", "reset", "--load", "--small", "--seed", "5")
        assert installation.get_demo().seed == 5
        assert Build.objects.exists()

    def test_a_scale_of_nothing_is_a_usage_error(self) -> None:
        with pytest.raises(CommandError):
            yinuo("demo", "load", "--scale", "0")

    def test_a_real_database_is_left_alone(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE platform_installation SET kind = 'REAL'")
        before = Order.objects.count()
        for words in (
            ("demo", "reset"),
            ("demo", "tick", "1h"),
            ("demo", "report"),
            ("demo", "plant-swap"),
            ("demo", "story", "train"),
            ("clock", "set", "2026-03-01T10:00"),
            ("clock", "advance", "1h"),
        ):
            with pytest.raises(NotADemo):
                yinuo(*words)
        with pytest.raises(installation.NotEmpty):
            yinuo("demo", "load", "--small")
        assert Order.objects.count() == before

    def test_a_database_with_customers_and_no_kind_is_left_alone(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM platform_installation")
        with pytest.raises(NotADemo):
            yinuo("demo", "reset")
        with pytest.raises(installation.NotEmpty):
            yinuo("demo", "load", "--small")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", dt.timedelta(minutes=30)),
        ("3h", dt.timedelta(hours=3)),
        (" 2D ", dt.timedelta(days=2)),
    ],
)
def test_lengths_of_time_are_read(text: str, length: dt.timedelta) -> None:
    assert read_duration(text) == length


@pytest.mark.parametrize("text", ["", "h", "3", "-1h", "3w", "1.5h", "3h 2m"])
def test_other_lengths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        read_duration(text)


@pytest.mark.django_db
class TestColumns:
    def test_numbers_come_as_they_are(self) -> None:
        one, two = fetch_columns(
            "SELECT n, n * %s::bigint AS m FROM generate_series(1, 3) n ORDER BY n DESC",
            ("n", "m"),
            [-(10**12)],
        )
        assert one.tolist() == [3, 2, 1]
        assert two.tolist() == [-3 * 10**12, -2 * 10**12, -(10**12)]

    def test_no_rows_are_empty_columns(self) -> None:
        (none,) = fetch_columns("SELECT 1 AS n WHERE false", ("n",))
        assert none.size == 0

    def test_a_null_is_refused(self) -> None:
        with pytest.raises(ValueError, match="null"):
            fetch_columns("SELECT 1 AS n UNION ALL SELECT NULL", ("n",))

    def test_text_is_refused(self) -> None:
        with pytest.raises(UndefinedFunction):
            fetch_columns("SELECT 'ab'::text AS n", ("n",))

    def test_text_comes_beside_numbers(self) -> None:
        rows = "SELECT n, w FROM (VALUES (2, '王,\n'), (1, '')) AS t(n, w) WHERE n > %s"
        (numbers,), (words,) = fetch_mixed(rows, ("n",), ("w",), [0])
        assert (numbers.tolist(), words) == ([2, 1], ["王,\n", ""])
        (numbers,), (words,) = fetch_mixed(rows, ("n",), ("w",), [5])
        assert (numbers.tolist(), words) == ([], [])

    @pytest.mark.parametrize("word", ["NULL::text", "chr(31)", "'a' || chr(31) || 'b'"])
    def test_text_that_cannot_be_told_apart_is_refused(self, word: str) -> None:
        with pytest.raises(ValueError, match="null, or a text"):
            fetch_mixed(f"SELECT 1 AS n, {word} AS w", ("n",), ("w",))
