"""Very many facts at once are the same facts: same bytes, same streams, same refusals."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.contexts.ledger.samples import PRIVATE, PUBLIC, sample
from tests.contexts.ledger.test_record import check_streams
from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.models import Entry, Opening, Secret, StreamHead, Untold
from yinuo.contexts.ledger.operations import Series, record_many, record_series
from yinuo.contexts.ledger.operations import series as bulk
from yinuo.contexts.ledger.operations.streams import (
    STAGED_FROM,
    lock_heads,
    lock_streams,
    read_streams,
)
from yinuo.contexts.ledger.rules import Each
from yinuo.platform.weaving import texts_of

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(0, rules.INTEGER_MAX)
lists = st.lists(texts, max_size=3).map(tuple)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
COUNT = 4


@st.composite
def many_objects(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of four objects: some the same for all, some not."""
    fields: dict[str, Any] = {}
    for key in draw(st.lists(keys, unique=True, max_size=6)):
        kind = draw(st.sampled_from([texts, numbers, lists]))
        values: Any = st.lists(kind, min_size=COUNT, max_size=COUNT)
        each = values.map(Each)
        fields[key] = draw(st.one_of(kind, each))
    return fields


def streams_of(
    secrets: list[bytes], ids: list[str], numbers: list[int], previous: list[str]
) -> rules.Streams:
    """Streams by columns."""
    keys = np.array([list(k) for k in secrets], np.uint8)
    return rules.Streams(keys, texts_of(ids), numbers, texts_of(previous))


def one_of(fields: dict[str, Any], n: int) -> dict[str, Any]:
    """Object `n` by itself."""
    return {
        key: value.listed()[n] if isinstance(value, Each) else value
        for key, value in fields.items()
    }


@given(many_objects())
def test_many_objects_are_written_as_one_by_one(fields: dict[str, Any]) -> None:
    one_by_one = [rules.canonical(one_of(fields, n)) for n in range(COUNT)]
    assert rules.canonical_many(fields, COUNT).words() == one_by_one


@pytest.mark.parametrize(
    "values",
    [
        [True, False, 1],
        [1, "1", 2],
        [1.0, 2.0, 3.0],
        [-1, 0, 1],
        [rules.INTEGER_MAX + 1, 0, 1],
        ["\ud800", "a", "b"],
        [("a",), (1,), ("b",)],
        [("\udfff",), ("a",), ("b",)],
        [None, "a", "b"],
        ["a", "b"],
    ],
)
def test_what_has_no_canonical_form_is_refused(values: list[Any]) -> None:
    with pytest.raises(ValueError, match="x: "):
        rules.canonical_many({"x": Each(values)}, 3)


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="lower-case"):
        rules.canonical_many({"Not": Each(["a"])}, 1)


@given(st.integers(0, 10**6), st.binary(min_size=32, max_size=32), many_objects())
def test_many_leaves_are_those_of_one_by_one(n: int, k: bytes, fields: dict[str, Any]) -> None:
    public = {key: value for key, value in fields.items() if key not in rules.RESERVED}
    ids = [rules.stream_id(k, letter, "NC26LU") for letter in "qpnq"]
    before = ["" if n == 0 else rules.encode(bytes([m]) * 32) for m in range(COUNT)]
    payloads = [f'{{"order":"{m}"}}' for m in range(COUNT)]
    streams = streams_of([k] * COUNT, ids, [n] * COUNT, before)
    leaves = rules.ordered_leaves("promise", streams, texts_of(payloads), public)
    bodies, hashes = (texts.words() for texts in leaves)
    for m in range(COUNT):
        sealed = rules.commitment(k, ids[m], n, payloads[m])
        own = one_of(public, m)
        assert bodies[m] == rules.ordered_leaf("promise", ids[m], n, before[m], sealed, own)
        assert hashes[m] == rules.leaf_hash(bodies[m])


def test_streams_that_begin_are_not_mixed_with_those_that_go_on() -> None:
    streams = streams_of([b"k" * 32] * 2, ["a", "b"], [0, 1], ["", "x"])
    with pytest.raises(ValueError, match="apart"):
        rules.ordered_leaves("promise", streams, texts_of(["{}", "{}"]), {})


def test_a_leaf_that_is_too_long_is_refused_and_so_is_a_reserved_key() -> None:
    streams = streams_of([b"k" * 32], ["a"], [0], [""])
    with pytest.raises(ValueError, match="at most"):
        rules.ordered_leaves("promise", streams, texts_of(["{}"]), {"code": "字" * 700})
    with pytest.raises(ValueError, match="kept"):
        rules.ordered_leaves("promise", streams, texts_of(["{}"]), {"p": "x"})


def series(orders: dict[int, str], cause: str, **public: Any) -> Series:
    """A move of the promises of these orders by `cause`, with each order's own code in it."""
    kind = "promise.revised"
    return Series(
        kind,
        list(orders),
        list(orders.values()),
        [f"{cause}:{order}" for order in orders],
        {**PUBLIC[kind], **public},
        {**PRIVATE[kind], "order": Each(list(orders.values()))},
    )


def many_orders(count: int, start: int = 1) -> dict[int, str]:
    return {start + n: f"A{n:05d}" for n in range(count)}


@pytest.mark.django_db
def test_a_series_continues_the_streams_of_single_facts(now: dt.datetime) -> None:
    orders = many_orders(5)
    record_many([sample("promise.made", "first", 2, orders[2])], now=now)
    record_many([sample("queue.held", "held", 3, orders[3])], now=now)
    ids = record_series(series(orders, "one"), now=now)
    assert None not in ids
    assert record_series(series(orders, "two"), now=now) == sorted(
        Entry.objects.filter(change_key__startswith="two:").values_list("id", flat=True)
    )
    record_many([sample("promise.made", "last", 4, orders[4])], now=now)
    assert check_streams(orders) == 6
    assert Entry.objects.count() == 13
    numbers = Entry.objects.filter(subject_id=2, letter="p").order_by("n")
    assert list(numbers.values_list("n", flat=True)) == [0, 1, 2]


@pytest.mark.django_db
def test_a_series_and_single_facts_write_the_same_bytes(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_bytes", lambda count: b"s" * count)
    record_series(series({1: "SAME22"}, "a"), now=now)
    record_many([sample("promise.revised", "b", 2, "SAME22")], now=now)
    said = [
        (one.letter, one.n, one.body, one.opening.payload, one.recorded_at)
        for one in Entry.objects.order_by("id").select_related("opening")
    ]
    assert said[0] == said[1]
    heads = StreamHead.objects.order_by("subject_id").values_list("letter", "n", "leaf_hash")
    assert heads[0] == heads[1]


@pytest.mark.django_db
def test_what_was_recorded_before_is_left_out(now: dt.datetime) -> None:
    orders = many_orders(6)
    some = {order: code for order, code in orders.items() if order % 2}
    assert None not in record_series(series(some, "cause"), now=now)
    again = record_series(series(orders, "cause"), now=now)
    assert [entry is None for entry in again] == [True, False] * 3
    assert record_series(series(orders, "cause"), now=now) == [None] * 6
    assert Entry.objects.count() == Opening.objects.count() == Untold.objects.count() == 6
    assert check_streams(orders) == 6


@pytest.mark.django_db
def test_enough_facts_to_be_staged(now: dt.datetime) -> None:
    orders = many_orders(STAGED_FROM + 5)
    for cause in ("one", "two"):
        assert None not in record_series(series(orders, cause), now=now)
    assert Secret.objects.count() == len(orders)
    assert check_streams(orders) == len(orders)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('moved_head')")
        assert cursor.fetchone() == (None,)


@pytest.mark.django_db
def test_somebody_wrote_to_a_stream_after_it_was_read(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = many_orders(STAGED_FROM + 5)
    record_series(series(orders, "one"), now=now)
    stale = read_streams(list(orders), "p")
    last = max(orders)
    record_many([sample("promise.made", "between", last, orders[last])], now=now)
    monkeypatch.setattr(bulk, "read_streams", lambda subjects, letter: stale)
    assert None not in record_series(series(orders, "two"), now=now)
    assert Entry.objects.count() == 2 * len(orders) + 1
    assert check_streams(orders) == len(orders)


def rows_of(streams: rules.Streams) -> list[tuple[bytes, str, int, str]]:
    """Secret, id, next number and last hash of each."""
    keys = [row.tobytes() for row in streams.secrets]
    columns = (keys, streams.ids.words(), streams.numbers, streams.previous.words())
    return list(zip(*columns, strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wanted", [[1, 2, 3, 4, 5], [2, 4], [5, 1, 3], [1, 40]], ids=["all", "gaps", "mixed", "far"]
)
def test_streams_are_read_as_they_are_locked(now: dt.datetime, wanted: list[int]) -> None:
    orders = {**many_orders(5), 40: "FAR222"}
    record_series(series(orders, "one"), now=now)
    record_many([sample("promise.made", "further", 3, orders[3])], now=now)
    read = read_streams(wanted, "p")
    locked = lock_streams({order: orders[order] for order in wanted}, "p")
    assert read is not None
    assert rows_of(read) == rows_of(locked)
    entries = Entry.objects.filter(letter="p").order_by("n")
    newest = {row.subject_id: row for row in entries}
    keys = {row.subject_id: bytes(row.k) for row in Secret.objects.all()}
    for order, (key, name, number, last) in zip(wanted, rows_of(read), strict=True):
        assert key == keys[order]
        assert (name, number - 1) == (json.loads(newest[order].body)["s"], newest[order].n)
        assert last == rules.leaf_hash(newest[order].body)


@pytest.mark.django_db
def test_a_stream_that_has_not_begun_is_not_read(now: dt.datetime) -> None:
    orders = many_orders(3)
    assert read_streams(list(orders), "p") is None
    record_series(series(orders, "one"), now=now)
    assert read_streams([1, 2, 3, 4], "p") is None
    assert read_streams(list(orders), "q") is None
    lock_heads({(3, "q"): orders[3]})
    assert read_streams([3], "q") is None


@pytest.mark.django_db
def test_a_large_cause_that_comes_again_writes_only_what_is_missing(now: dt.datetime) -> None:
    orders = many_orders(STAGED_FROM + 5)
    record_series(series({1: orders[1], 7: orders[7]}, "one"), now=now)
    ids = record_series(series(orders, "one"), now=now)
    known = [order for order, entry_id in zip(orders, ids, strict=True) if entry_id is None]
    assert known == [1, 7]
    assert record_series(series(orders, "one"), now=now) == [None] * len(orders)
    assert check_streams(orders) == len(orders)


@pytest.mark.django_db
def test_who_is_told_otherwise_is_not_left_untold(now: dt.datetime) -> None:
    orders = many_orders(2)
    record_series(series(orders, "told"), told=True, now=now)
    record_series(series(orders, "history", code=HISTORY), now=now)
    assert not Untold.objects.exists()
    ids = record_series(series(orders, "mixed", code=Each([HISTORY, "TRAIN_LATE"])), now=now)
    assert list(Untold.objects.values_list("entry_id", flat=True)) == ids[1:]


@pytest.mark.django_db
def test_signs_that_copy_would_misread_arrive_as_they_are(now: dt.datetime) -> None:
    odd = 'back\\slash\ttab\nline "quoted" 100% \\N'
    plain = series({1: "ODD222"}, "odd\\key")
    private = {**plain.private, "place_zh": odd, "answerer": Each([odd])}
    record_series(
        Series(plain.kind, [1], ["ODD222"], plain.change_keys, plain.public, private), now=now
    )
    entry = Entry.objects.get()
    payload = rules.canonical(
        {**PRIVATE["promise.revised"], "order": "ODD222", "place_zh": odd, "answerer": odd,
         "kind": "promise.revised"}
    )  # fmt: skip
    assert (entry.change_key, entry.opening.payload) == ("odd\\key:1", payload)
    assert check_streams({1: "ODD222"}) == 1


@pytest.mark.django_db
def test_a_series_that_is_none_is_refused(now: dt.datetime) -> None:
    good = series(many_orders(2), "x")
    twice = Series(
        good.kind, [1, 1], good.subject_codes, good.change_keys, good.public, good.private
    )
    with pytest.raises(ValueError, match="of its own"):
        record_series(twice, now=now)
    without = Series(good.kind, good.subject_ids, good.subject_codes, good.change_keys, {}, {})
    with pytest.raises(ValueError, match="fields"):
        record_series(without, now=now)
    assert record_series(series({}, "nobody"), now=now) == []
    assert not Entry.objects.exists()


def test_a_series_outside_a_transaction_is_refused(fresh_database: str, now: dt.datetime) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record_series(series(many_orders(1), "x"), now=now)
    with transaction.atomic():
        assert record_series(series(many_orders(1), "x"), now=now)
