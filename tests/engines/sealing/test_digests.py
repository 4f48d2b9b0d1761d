"""Hashes of many messages side by side are those of `hashlib`, one by one."""

from __future__ import annotations

import base64
import hashlib
import hmac

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.sealing import base64url, hmac_sha256_many, sha256_many
from yinuo.engines.sealing.digests import MANY
from yinuo.engines.sealing.lanes import INITIAL, LANES, ROUND_CONSTANTS

Bytes = npt.NDArray[np.uint8]
# Around every border: of a word, of what fits beside the padding, of a block, of two.
LENGTHS = (*range(70), 118, 119, 120, 121, 127, 128, 129, 183, 184, 191, 192, 193, 1000, 5000)
counts = st.sampled_from([0, 1, 5, MANY - 1, MANY, MANY + 1, MANY + LANES - 1, MANY + LANES])


def flat(messages: list[bytes]) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The messages one after the other, and where each of them ends."""
    ends = np.cumsum(np.array([len(message) for message in messages], np.int64))
    return np.frombuffer(b"".join(messages), np.uint8), ends.astype(np.int64)


def random_messages(count: int, seed: int) -> list[bytes]:
    generator = np.random.default_rng(seed)
    lengths = generator.choice(np.array(LENGTHS), count).tolist()
    return [generator.bytes(length) for length in lengths]


def random_keys(count: int, seed: int, width: int = 32) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, width), np.uint8)


def test_the_constants_are_those_of_the_standard() -> None:
    assert [hex(word) for word in INITIAL[:2]] == ["0x6a09e667", "0xbb67ae85"]
    assert [hex(ROUND_CONSTANTS[at]) for at in (0, 1, 63)] == [
        "0x428a2f98", "0x71374491", "0xc67178f2",
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(counts, st.integers(0, 10**6))
def test_every_hash_is_that_of_hashlib(count: int, seed: int) -> None:
    messages = random_messages(count, seed)
    found = sha256_many(*flat(messages))
    assert found.shape == (count, 32)
    assert [row.tobytes() for row in found] == [hashlib.sha256(one).digest() for one in messages]


@settings(max_examples=40, deadline=None)
@given(counts, st.integers(0, 10**6), st.sampled_from([1, 32, 63, 64]))
def test_every_keyed_hash_is_that_of_hmac(count: int, seed: int, width: int) -> None:
    messages, keys = random_messages(count, seed), random_keys(count, seed, width)
    found = hmac_sha256_many(keys, *flat(messages))
    assert [row.tobytes() for row in found] == [
        hmac.digest(key.tobytes(), one, "sha256") for key, one in zip(keys, messages, strict=True)
    ]


@pytest.mark.parametrize("length", LENGTHS)
def test_every_length_side_by_side(length: int) -> None:
    message = bytes(at % 251 for at in range(length))
    found = sha256_many(*flat([message] * (MANY + 3)))
    assert {row.tobytes() for row in found} == {hashlib.sha256(message).digest()}


def test_long_messages_beside_short_ones() -> None:
    messages = [b"x" * (3000 if at % LANES == 7 else at % 3) for at in range(MANY + 5)]
    found = sha256_many(*flat(messages))
    assert [row.tobytes() for row in found] == [hashlib.sha256(one).digest() for one in messages]


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=20))
def test_base64_is_that_of_the_library(digests: list[bytes]) -> None:
    table = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
    assert [row.tobytes() for row in base64url(table)] == [
        base64.urlsafe_b64encode(one).rstrip(b"=") for one in digests
    ]


def test_what_does_not_fit_together_is_refused() -> None:
    text, ends = flat([b"ab", b"c"])
    with pytest.raises(AssertionError):
        sha256_many(text, ends + 1)
    with pytest.raises(AssertionError):
        sha256_many(text, ends[::-1])
    with pytest.raises(AssertionError):
        hmac_sha256_many(random_keys(3, 1), text, ends)
    with pytest.raises(AssertionError):
        hmac_sha256_many(random_keys(2, 1, 65), text, ends)
    with pytest.raises(AssertionError):
        base64url(random_keys(2, 1, 31))
