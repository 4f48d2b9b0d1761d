"""SHA-256 and HMAC-SHA-256 of very many short messages at once.

For a few messages `hashlib` does it. Each of its calls costs more than a short message takes, so
very many are put side by side, sixteen at a time (`lanes`): the same bytes in a third of the time.
"""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import numpy.typing as npt
from numba import njit

from yinuo.engines.sealing.lanes import INITIAL, LANES, compress

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]

# For fewer messages than this nothing is compiled.
MANY = 512
BLOCK = 64
DIGEST = 32
ALPHABET = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8
)
_START = np.array(INITIAL, np.uint32)


def sha256_many(text: Bytes, ends: Ints) -> Bytes:
    """The SHA-256 of each message, shape (N, 32).

    Parameters
    ----------
    text
        The messages one after the other, any number of bytes each.
    ends
        Behind which byte of `text` each of them ends, shape (N,), rising.
    """
    starts = _starts(text, ends)
    if ends.size < MANY:
        raw, spans = text.tobytes(), zip(starts.tolist(), ends.tolist(), strict=True)
        return _table([hashlib.sha256(raw[start:end]).digest() for start, end in spans])
    state = np.tile(_START, (ends.size, 1))
    return np.asarray(_digests(text, starts, ends - starts, state, 0), np.uint8)


def hmac_sha256_many(keys: Bytes, text: Bytes, ends: Ints) -> Bytes:
    """The HMAC-SHA-256 (RFC 2104) of each message under its own key, shape (N, 32).

    `keys` has shape (N, K) with K at most 64; `text` and `ends` are as for `sha256_many`.
    """
    starts = _starts(text, ends)
    assert keys.ndim == 2
    assert len(keys) == ends.size
    assert keys.shape[1] <= BLOCK
    if ends.size < MANY:
        raw, rows = text.tobytes(), zip(keys, starts.tolist(), ends.tolist(), strict=True)
        return _table(
            [hmac.digest(k.tobytes(), raw[start:end], "sha256") for k, start, end in rows]
        )
    inner = _digests(text, starts, ends - starts, _keyed(keys, 0x36), BLOCK)
    at = np.arange(0, inner.size, DIGEST, dtype=np.int64)
    sizes = np.full(at.size, DIGEST, np.int64)
    outer = _digests(inner.reshape(-1), at, sizes, _keyed(keys, 0x5C), BLOCK)
    return np.asarray(outer, np.uint8)


def base64url(digests: Bytes) -> Bytes:
    """Each digest of 32 bytes in base64url without padding (RFC 4648), shape (N, 43)."""
    assert digests.ndim == 2
    assert digests.shape[1] == DIGEST
    padded = np.zeros((len(digests), DIGEST + 1), np.uint32)
    padded[:, :DIGEST] = digests
    threes = padded.reshape(len(digests), (DIGEST + 1) // 3, 3)
    joined = threes[:, :, 0] << 16 | threes[:, :, 1] << 8 | threes[:, :, 2]
    signs = np.stack([joined >> bits & 63 for bits in (18, 12, 6, 0)], axis=2)
    return np.ascontiguousarray(ALPHABET[signs.reshape(len(digests), 44)[:, :43]])


def _table(digests: list[bytes]) -> Bytes:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST)


def _starts(text: Bytes, ends: Ints) -> Ints:
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    assert (ends >= starts).all()
    assert text.size == (ends[-1] if ends.size else 0)
    return starts


def _keyed(keys: Bytes, pad: int) -> Words:
    blocks = np.full((len(keys), BLOCK), pad, np.uint8)
    blocks[:, : keys.shape[1]] ^= keys
    return np.asarray(_absorb(blocks), np.uint32)


@njit(cache=True, nogil=True)
def _word(text, at):  # type: ignore[no-untyped-def]
    return (
        np.uint32(text[at]) << np.uint32(24)
        | np.uint32(text[at + 1]) << np.uint32(16)
        | np.uint32(text[at + 2]) << np.uint32(8)
        | np.uint32(text[at + 3])
    )


@njit(cache=True, nogil=True)
def _absorb(blocks):  # type: ignore[no-untyped-def]
    """The state after one whole block of each message."""
    count = len(blocks)
    out = np.empty((count, 8), np.uint32)
    state, words = np.zeros((8, LANES), np.uint32), np.zeros((16, LANES), np.uint32)
    for first in range(0, count, LANES):
        lanes = min(LANES, count - first)
        for lane in range(lanes):
            for row in range(8):
                state[row, lane] = _START[row]
            for row in range(16):
                words[row, lane] = _word(blocks[first + lane], 4 * row)
        compress(state, words)
        for lane in range(lanes):
            for row in range(8):
                out[first + lane, row] = state[row, lane]
    return out


@njit(cache=True, nogil=True)
def _pad(text, start, length, before, tail):  # type: ignore[no-untyped-def]
    """What is left of a message behind its whole blocks, with the padding; one block or two."""
    whole = length // BLOCK * BLOCK
    left = length - whole
    size = BLOCK if left + 9 <= BLOCK else 2 * BLOCK
    for at in range(left):
        tail[at] = text[start + whole + at]
    tail[left] = 0x80
    bits = (before + length) * 8
    for at in range(left + 1, size - 8):
        tail[at] = 0
    for at in range(8):
        tail[size - 1 - at] = (bits >> (8 * at)) & 255


@njit(cache=True, nogil=True)
def _digests(text, starts, lengths, states, before):  # type: ignore[no-untyped-def]
    count = starts.size
    out = np.empty((count, DIGEST), np.uint8)
    state, words = np.zeros((8, LANES), np.uint32), np.zeros((16, LANES), np.uint32)
    tails = np.zeros((LANES, 2 * BLOCK), np.uint8)
    blocks = np.zeros(LANES, np.int64)
    for first in range(0, count, LANES):
        lanes = min(LANES, count - first)
        longest = 0
        for lane in range(lanes):
            n = first + lane
            blocks[lane] = (lengths[n] + 8) // BLOCK + 1
            longest = max(longest, blocks[lane])
            _pad(text, starts[n], lengths[n], before, tails[lane])
            for row in range(8):
                state[row, lane] = states[n, row]
        for block in range(longest):
            for lane in range(lanes):
                n = first + lane
                if (block + 1) * BLOCK <= lengths[n]:
                    at = starts[n] + block * BLOCK
                    for row in range(16):
                        words[row, lane] = _word(text, at + 4 * row)
                elif block < blocks[lane]:
                    at = (block - lengths[n] // BLOCK) * BLOCK
                    for row in range(16):
                        words[row, lane] = _word(tails[lane], at + 4 * row)
            compress(state, words)
            for lane in range(lanes):
                if block + 1 == blocks[lane]:
                    for row in range(8):
                        for byte in range(4):
                            out[first + lane, 4 * row + byte] = (
                                state[row, lane] >> np.uint32(24 - 8 * byte)
                            ) & np.uint32(255)
    return out
