"""Openings kept as a shared form and their own parts: the same bytes, and each form once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.contexts.ledger.samples import PRIVATE
from tests.contexts.ledger.test_record import check_streams
from tests.contexts.ledger.test_series import COUNT, many_objects, one_of, series
from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.forms import SEPARATOR, form_many, put_together
from yinuo.contexts.ledger.models import Entry, Form, Opening
from yinuo.contexts.ledger.operations import Fact, Series, record_many, record_series
from yinuo.contexts.ledger.operations.series import FORMED_FROM
from yinuo.contexts.ledger.queries import (
    get_many,
    latest_windows,
    list_of_subject,
    list_of_subjects,
    list_untold,
)
from yinuo.contexts.ledger.rules import Each

KIND = "promise.revised"
# What JSON, COPY, SQL and our own separator could each misread.
HOSTILE = (
    'tab\t back\\slash \\N \\. line\nfeed\r "quoted" \x1e \x1f \x7f {0} %s 100% \u2028 🚗 郑州'
)


def orders_from(start: int, count: int = FORMED_FROM) -> dict[int, str]:
    """The codes of so many orders, each its own."""
    return {number: f"A{number:05d}" for number in range(start, start + count)}


def change(facts: Series, **private: Any) -> Series:
    """The same facts with some committed fields replaced."""
    return Series(
        facts.kind,
        facts.subject_ids,
        facts.subject_codes,
        facts.change_keys,
        facts.public,
        {**facts.private, **private},
    )


def payload_of(code: str, **private: Any) -> str:
    """What is committed to, written by itself."""
    return rules.canonical({**PRIVATE[KIND], "order": code, "kind": KIND, **private})


def opened() -> dict[int, str]:
    """Every payload as the database itself puts it together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id, payload FROM ledger_opened")
        return dict(cursor.fetchall())


def rewritten(facts: Series, cause: str) -> Series:
    """The same facts of another cause."""
    keys = [f"{cause}:{order}" for order in facts.subject_ids]
    return Series(
        facts.kind, facts.subject_ids, facts.subject_codes, keys, facts.public, facts.private
    )


@given(many_objects())
def test_form_and_parts_are_the_objects_written_one_by_one(fields: dict[str, Any]) -> None:
    formed = form_many(fields, COUNT)
    one_by_one = [rules.canonical(one_of(fields, n)) for n in range(COUNT)]
    assert formed.payloads.words() == one_by_one
    assert [put_together(formed.form, parts) for parts in formed.parts.words()] == one_by_one
    differing = sum(isinstance(value, Each) for value in fields.values())
    assert formed.form.count(SEPARATOR) == differing


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_canonical_text_holds_the_separator(text: str) -> None:
    assert SEPARATOR not in rules.canonical({"x": text, "y": [SEPARATOR, text]})


@pytest.mark.parametrize("parts", ["a", "a\x1eb\x1ec", ""])
def test_parts_of_another_form_are_refused(parts: str) -> None:
    with pytest.raises(ValueError, match="do not fill"):
        put_together('{"a":\x1e,"b":\x1e}', parts)
    with pytest.raises(ValueError, match="do not fill"):
        put_together('{"a":1}', parts or "x")


@pytest.mark.django_db
def test_a_cause_has_one_form_for_all_its_batches(now: dt.datetime) -> None:
    for start in (1, 1001, 2001):
        record_series(series(orders_from(start), "one"), now=now)
    [form] = Form.objects.all()
    assert bytes(form.digest) == hashlib.sha256(form.pieces.encode()).digest()
    assert Opening.objects.filter(form=form).count() == 3 * FORMED_FROM
    assert set(Opening.objects.values_list("parts", flat=True)) == {
        code for start in (1, 1001, 2001) for code in orders_from(start).values()
    }
    orders = orders_from(1)
    record_series(change(series(orders, "two"), cause_ref="evt_two"), now=now)
    assert Form.objects.count() == 2
    record_series(rewritten(series(orders, "three"), "three"), now=now)
    assert Form.objects.count() == 2
    assert check_streams(orders_from(1, 3000)) == 3 * FORMED_FROM


@pytest.mark.django_db
def test_few_facts_and_single_ones_are_written_whole(now: dt.datetime) -> None:
    orders = orders_from(1, FORMED_FROM - 1)
    record_series(series(orders, "few"), now=now)
    assert not Form.objects.exists()
    assert not Opening.objects.exclude(form=None).exists()
    said = {orders[one.subject_id]: one.payload["order"] for one in get_many(opened()).values()
            if one.subject_id}  # fmt: skip
    assert said == {code: code for code in orders.values()}
    assert check_streams(orders) == len(orders)


@pytest.mark.django_db
def test_hostile_signs_come_back_as_they_were(now: dt.datetime) -> None:
    """In what all share and in what each has of its own, through COPY, ORM and SQL."""
    orders = orders_from(1)
    own = [f"{HOSTILE}{n}" for n in range(len(orders))]
    lists = [(HOSTILE, str(n)) for n in range(len(orders))]
    facts = change(
        series(orders, "odd"),
        place_zh=HOSTILE,
        choices=[HOSTILE, ""],
        answerer=Each(own),
        factors=Each(lists),
    )
    ids = record_series(facts, now=now)
    expected = [
        payload_of(code, place_zh=HOSTILE, choices=[HOSTILE, ""], answerer=who, factors=list(why))
        for code, who, why in zip(orders.values(), own, lists, strict=True)
    ]
    assert Form.objects.count() == 1
    rows = Entry.objects.select_related("opening__form").order_by("id")
    assert [row.opening.payload for row in rows] == expected
    by_sql = opened()
    assert [by_sql[entry_id] for entry_id in ids if entry_id] == expected
    assert check_streams(orders) == len(orders)


@pytest.mark.django_db
def test_every_reader_reads_both_kinds(now: dt.datetime) -> None:
    """Openings with a form, without one, and entries that have none."""
    orders = orders_from(1)
    record_series(series(orders, "one"), now=now)
    record_series(series({1: orders[1]}, "two"), now=now)
    with_form, whole = list_of_subject(1)
    assert with_form.payload == whole.payload == json.loads(payload_of(orders[1]))
    many = list_of_subjects(orders, [KIND])
    assert [len(many[order]) for order in orders] == [2] + [1] * (FORMED_FROM - 1)
    assert many[5][0].payload["order"] == orders[5]
    windows = latest_windows(orders)
    assert [windows[order]["order"] for order in orders] == list(orders.values())
    assert [one.payload["order"] for one in list_untold(3)] == [orders[n] for n in (1, 2, 3)]
    plan = {"plan": "p", "cause": "PLANT_STOPPED", "digest": ""}
    [free] = record_many([sample_of_no_order(plan)], now=now)
    assert free is not None
    assert get_many([free])[free].payload == {}
    assert len(opened()) == FORMED_FROM + 1


def sample_of_no_order(public: dict[str, Any]) -> Fact:
    """A fact of no order; it has nothing to open."""
    return Fact("plan.committed", "plan", public)


@pytest.mark.django_db
def test_reading_forms_costs_no_further_query(
    now: dt.datetime, django_assert_num_queries: Any
) -> None:
    orders = orders_from(1)
    ids = record_series(series(orders, "one"), now=now)
    with django_assert_num_queries(1):
        assert len(get_many([one for one in ids if one])) == FORMED_FROM
    with django_assert_num_queries(1):
        assert len(list_of_subjects(orders, [KIND])) == FORMED_FROM


def test_a_form_falls_with_the_facts_that_needed_it(fresh_database: str, now: dt.datetime) -> None:
    facts = series(orders_from(1), "one")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_series(facts, now=now)
        raise ZeroDivisionError
    assert not Form.objects.exists()
    for _ in range(2):
        with transaction.atomic():
            record_series(facts, now=now)
    assert (Form.objects.count(), Opening.objects.count()) == (1, FORMED_FROM)


@pytest.mark.django_db
def test_a_refused_batch_takes_its_form_along(now: dt.datetime) -> None:
    """The half of a cause that was recorded before is found out by the database's refusal."""
    orders = orders_from(1)
    record_series(series({7: orders[7]}, "one"), now=now)
    ids = record_series(series(orders, "one"), now=now)
    assert ids.count(None) == 1
    # One fewer than a form is made for.
    assert not Form.objects.exists()
    assert record_series(series(orders, "one"), now=now) == [None] * FORMED_FROM
    with pytest.raises(IntegrityError), transaction.atomic():
        record_series(series(orders, "two"), now=now)
        raise IntegrityError
    assert not Form.objects.exists()
    assert check_streams(orders) == FORMED_FROM


def test_nobody_waits_for_a_form_that_is_being_made(fresh_database: str, now: dt.datetime) -> None:
    """Two open transactions with the same form: each makes it, later ones find one of them."""
    failures: list[BaseException] = []
    both_wrote = threading.Barrier(2)

    def write(start: int) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '20s'")
                record_series(series(orders_from(start), "one"), now=now)
                # Passed only when both have written and neither has ended.
                both_wrote.wait(20)
        except BaseException as failure:  # noqa: BLE001 -- handed to the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(start,)) for start in (1, 1001)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with transaction.atomic():
        record_series(series(orders_from(2001), "one"), now=now)
    forms = list(Form.objects.order_by("id"))
    assert len(forms) == 2
    assert forms[0].pieces == forms[1].pieces
    assert Opening.objects.filter(form=forms[0]).count() == 2 * FORMED_FROM
    assert check_streams(orders_from(1, 3000)) == 3 * FORMED_FROM
