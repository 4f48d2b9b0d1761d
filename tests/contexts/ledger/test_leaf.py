"""The form of a leaf: canonical JSON, ids, commitments and hashes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.ledger import rules

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
WHOLE = st.integers(0, 2**53 - 1)
SCALARS = st.one_of(TEXTS, WHOLE)
FIELDS = st.dictionaries(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=6)), max_size=8)

SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n"}
SHORT_ESCAPES |= {"\f": "\\f", "\r": "\\r"}


def jcs(value: Any) -> str:
    """RFC 8785 written out by hand, for text, whole numbers, lists and objects."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(jcs(key) + ":" + jcs(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, int):
        return f"{value:d}"
    signs = []
    for sign in value:
        if sign in SHORT_ESCAPES:
            signs.append(SHORT_ESCAPES[sign])
        elif ord(sign) < 32:
            signs.append(f"\\u{ord(sign):04x}")
        else:
            signs.append(sign)
    return '"' + "".join(signs) + '"'


@given(FIELDS)
def test_the_canonical_form_is_rfc_8785_byte_for_byte(fields: dict[str, Any]) -> None:
    written = rules.canonical(fields)
    assert written.encode() == jcs(fields).encode()
    assert json.loads(written) == fields


@given(FIELDS)
def test_the_order_in_which_fields_were_given_changes_nothing(fields: dict[str, Any]) -> None:
    turned = dict(reversed(fields.items()))
    assert rules.canonical(fields) == rules.canonical(turned)


@given(FIELDS, FIELDS)
def test_two_facts_are_written_alike_only_if_they_are_alike(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (rules.canonical(one) == rules.canonical(other)) == (one == other)


@pytest.mark.parametrize("value", [0, 1, 2**31, 2**53 - 1])
def test_integers_are_written_without_sign_point_or_exponent(value: int) -> None:
    assert rules.canonical({"a": value}) == '{"a":' + str(value) + "}"


@pytest.mark.parametrize(
    "value",
    [-1, 2**53, 1.0, float("nan"), None, True, {"b": 1}, ["a", None], [True], [1.5], [[1]], b"x"],
)
def test_nothing_but_text_whole_numbers_and_lists_of_them_is_recorded(value: Any) -> None:
    with pytest.raises(ValueError, match="a:"):
        rules.canonical({"a": value})


@pytest.mark.parametrize("key", ["", "A", "名", "1a", "a-b", "_a", "a b", "a\n"])
def test_keys_are_lower_case_ascii(key: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        rules.canonical({key: 1})


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        rules.canonical({"a": "\ud83d"})
    assert rules.canonical({"a": "\U0001f697"}) == '{"a":"🚗"}'


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@given(st.binary(min_size=32, max_size=32), st.sampled_from("qpn"), st.integers(0, 999))
def test_ids_and_commitments_follow_the_published_construction(
    k: bytes, letter: str, n: int
) -> None:
    stream = rules.stream_id(k, letter, "NC26LU")
    assert stream == b64(
        hmac.new(k, f"pl1/stream/{letter}/NC26LU".encode(), hashlib.sha256).digest()
    )
    payload = '{"order":"NC26LU"}'
    k_n = hmac.new(k, f"pl1/open/{stream}/{n}".encode(), hashlib.sha256).digest()
    assert rules.opening_key(k, stream, n) == k_n
    assert rules.commitment(k, stream, n, payload) == b64(
        hmac.new(k_n, payload.encode(), hashlib.sha256).digest()
    )


def test_the_three_streams_of_an_order_cannot_be_joined_by_their_names() -> None:
    names = {rules.stream_id(bytes(32), letter, "NC26LU") for letter in "qpn"}
    assert len(names) == 3
    assert len({name[:4] for name in names}) == 3


def test_the_key_of_one_entry_opens_no_other() -> None:
    k = bytes(range(32))
    assert len({rules.opening_key(k, "s", n) for n in range(50)}) == 50


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        rules.stream_id(bytes(length), "q", "NC26LU")


def test_there_are_three_streams_and_no_fourth() -> None:
    with pytest.raises(ValueError, match="no stream"):
        rules.stream_id(bytes(32), "x", "NC26LU")


@given(TEXTS)
def test_a_leaf_is_hashed_as_rfc_6962_says(body: str) -> None:
    assert rules.leaf_hash(body) == b64(hashlib.sha256(b"\x00" + body.encode()).digest())


def test_the_first_leaf_of_a_stream_names_no_leaf_before_it() -> None:
    first = json.loads(rules.ordered_leaf("lock", "s1", 0, "", "c1", {"line": "S7-A@NC"}))
    assert first == {"v": 1, "t": "lock", "s": "s1", "n": 0, "c": "c1", "line": "S7-A@NC"}
    second = json.loads(rules.ordered_leaf("hold", "s1", 1, "h0", "c2", {"code": "X"}))
    assert second["p"] == "h0"


def test_a_leaf_has_at_most_2048_bytes() -> None:
    spare = rules.LEAF_BYTES_MAX - len(rules.free_leaf("plan", {"a": ""}).encode())
    assert len(rules.free_leaf("plan", {"a": "x" * spare}).encode()) == 2048
    with pytest.raises(ValueError, match="2048"):
        rules.free_leaf("plan", {"a": "x" * (spare + 1)})
    with pytest.raises(ValueError, match="2048"):
        rules.free_leaf("plan", {"a": "车" * (spare // 3 + 1)})


@pytest.mark.parametrize("key", list("vtsnpc"))
def test_a_fact_cannot_take_the_leafs_own_fields(key: str) -> None:
    with pytest.raises(ValueError, match="kept for"):
        rules.free_leaf("plan", {key: "x"})
