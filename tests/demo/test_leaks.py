"""Nothing of a person stands in the public files of the demo, nor as a bare hash."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from yinuo.contexts.orders.models import Order, Ticket
from yinuo.contexts.orders.queries.ending import get_ending
from yinuo.contexts.payments.queries.books import check_books
from yinuo.contexts.people.models import Person
from yinuo.contexts.production.operations.holds import seal_evidence
from yinuo.engines.tlog import encode_bundle
from yinuo.platform.personal import forms_of, list_columns
from yinuo.workflows import erasure, integrity, leaks
from yinuo.workflows.open_columns import OPEN

AT = dt.datetime(2026, 2, 11, 1, 20, 33, 123456, tzinfo=dt.UTC)


@pytest.mark.need(26)
def test_nothing_of_a_person_is_public_and_a_leak_in_any_file_is_found(
    demo_database: str, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("privacy", "scan")
    first, second = Person.objects.order_by("id")[:2]
    name, phone = first.name, first.phone
    leaf = {"c": "A" * 43, "code": "X", "n": 0, "s": "B" * 43, "t": "hold", "v": 1}
    bundle = tmp_path / "tile" / "entries" / "000.p"
    bundle.mkdir(parents=True)
    planted = json.dumps({**leaf, "code": f"X{phone}X"})
    (bundle / "1").write_bytes(encode_bundle([planted.encode()]))
    (tmp_path / "blob").mkdir()
    (tmp_path / "blob" / "a").write_text(f"第一位车主是{name}。")
    (tmp_path / f"{second.phone}.txt").write_text("")
    (tmp_path / "verify.py").write_text(Order.objects.order_by("id")[0].code)
    settings.LOG_DIR = tmp_path
    capsys.readouterr()
    with pytest.raises(SystemExit):
        call_command("privacy", "scan")
    said = capsys.readouterr().out
    assert f"people.Person.name: {name!r} blob/a" in said
    assert f"people.Person.phone: {phone!r} tile/entries/000.p/1" in said
    assert f"people.Person.phone: {second.phone!r} {second.phone}.txt" in said
    assert "orders.Order.code" not in said


@pytest.mark.need(26)
def test_orders_of_every_kind_can_be_erased_and_nothing_else_suffers(demo_database: str) -> None:
    """Some that have what few have: whatever guards their rows lets the erasure through."""
    now = Order.objects.order_by("-state_at")[0].state_at + 4 * dt.timedelta(days=366)
    wanted: set[int] = set()
    ended = Order.objects.filter(state__in=["DELIVERED", "CANCELLED"])
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Order and model._meta.managed:
                rows = model._default_manager.filter(**{f"{field.name}__in": ended})
                wanted |= set(rows.order_by("pk").values_list(f"{field.name}_id", flat=True)[:4])
    free = [one for one in map(get_ending, wanted) if not erasure.look(one, now=now).against]
    assert len(free) >= 15
    for one in free:
        assert erasure.erase(code=one.code, reason="PURPOSE_ENDED", now=now)
    assert leaks.find_left() == {}
    assert check_books() == []
    assert integrity.check() == []
    gone = [one.order_id for one in free]
    assert not Ticket.objects.filter(order__in=gone).exists()
    assert Order.objects.filter(id__in=gone, rank__lt=0).count() == len(gone)


def test_what_is_looked_for() -> None:
    assert {
        "orders.Order.code",
        "orders.Order.locked_at",
        "orders.Order.rank",
        "orders.Ticket.code",
        "people.Person.name",
        "people.Person.phone",
        "production.Build.vin",
        "payments.Charge.provider_ref",
        "ledger.Secret.k",
    } <= set(leaks.list_personal())


def sha(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


@pytest.mark.parametrize(
    "public",
    [
        "x-NC26LU-x",
        sha("NC26LU").hex(),
        base64.urlsafe_b64encode(sha("NC26LU")).decode().rstrip("="),
        base64.urlsafe_b64encode(sha("NC26LU")).decode(),
        '{"digest":"' + sha("NC26LU").hex() + '"}',
    ],
)
def test_a_value_is_found_bare_or_under_a_hash_without_a_secret(public: str) -> None:
    found = leaks.search({public: "here"}, [("orders.Order.code", "NC26LU")])
    assert [one.value for one in found] == ["NC26LU"]


def test_what_is_not_there_is_not_found() -> None:
    texts = {"NC26L": "a", "U": "b", sha("other").hex(): "c"}
    assert leaks.search(texts, [("orders.Order.code", "NC26LU")]) == []


def test_a_value_is_found_whatever_its_length_and_only_whole() -> None:
    """Against the plain way: is it a part of the text, outside of what is hashed?"""
    text = "陈安在2026-02-11 09:20签收 LYNS7ANC0S0000001 NC26LU"
    parts = [text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1)]
    # The same with one sign that is not there, at either end and within.
    wrong = ["§" + one for one in parts] + [one + "§" for one in parts]
    wrong += [one[: len(one) // 2] + "§" + one[len(one) // 2 :] for one in parts]
    # Its first and its last signs are there, but not together.
    wrong += [text[:9] + text[-9:], text[20:28] + text[:8]]
    values = [("a.B.c", one) for one in (*parts, *wrong)]
    assert {one.value for one in leaks.search({text: "here"}, values)} == set(parts)


def test_signs_that_meet_by_chance_in_a_random_id_a_key_or_a_signature_are_no_leak() -> None:
    key = f"log log.test+0123abcd+{'A' * 20}YARD{'A' * 20} "
    signature = f"— YARN {'A' * 60}ZONE{'A' * 36}=="
    texts = {"commitment cmt_2bpvds638dwnjup9tnvb": "a", "x s639 y": "b"}
    texts |= {key: "policy", signature: "checkpoint"}
    values = ["s638", "s639", "cmt_2bpvds638dwnjup9tnvb", "YARD", "ZONE", "YARN", "log.test"]
    found = leaks.search(texts, [("production.BuildEvent.external_id", one) for one in values])
    assert [one.value for one in found] == [*values[1:3], "YARN", "log.test"]


def test_a_value_of_two_columns_is_said_of_both() -> None:
    found = leaks.search({"x NC26LU": "here"}, [("a.B.c", "NC26LU"), ("d.E.f", "NC26LU")] * 2)
    assert [one.column for one in found] == ["a.B.c", "d.E.f"]


def test_a_leaf_must_hide_only_hashes_where_it_is_not_searched() -> None:
    with pytest.raises(AssertionError):
        leaks.search(dict(leaks._leaf_texts(['{"s":"NC26LU","t":"lock"}'])), [])


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        ("NC26LU", {"NC26LU"}),
        ("NC", set()),
        ("陈安", {"陈安", "\\u9648\\u5b89"}),
        ("陈", set()),
        (12345678, set()),
        (1770772833123456, {"1770772833123456"}),
        (None, set()),
        (True, set()),
        ({"a": ["LYNS7ANC0S0000001", 3]}, {"LYNS7ANC0S0000001"}),
        (b"\x00\xff", {"00ff", "AP8"}),
        (
            AT,
            {
                "2026-02-11T01:20",
                "2026-02-11 01:20",
                "202602110120",
                "2026-02-11T09:20",
                "2026-02-11 09:20",
                "202602110920",
                "1770772833",
                "1770772833123456",
            },
        ),
    ],
)
def test_the_forms_in_which_a_value_may_be_written(value: object, forms: set[str]) -> None:
    assert set(forms_of(value)) == forms


def test_every_open_column_is_one_and_has_its_reason() -> None:
    assert set(OPEN) <= set(list_columns())
    assert all(len(reason) > 5 for reason in OPEN.values())
    # What the issue names is looked for whatever else changes.
    assert not [
        name
        for name in OPEN
        if name.startswith(("people.", "payments.", "notices.", "handover.", "vehicles."))
    ]


def test_the_evidence_of_a_hold_cannot_be_found_again_by_trying() -> None:
    assert seal_evidence("hld_a", "LYNS7ANC0S0000001") != seal_evidence(
        "hld_b", "LYNS7ANC0S0000001"
    )
    assert sha("LYNS7ANC0S0000001").hex() != seal_evidence("hld_a", "LYNS7ANC0S0000001")
