"""Many texts at once as bytes: one after the other, and put together without a Python text each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

# For fewer texts than this nothing is compiled.
WOVEN_FROM = 512


@dataclass(frozen=True)
class Texts:
    """Texts in UTF-8, one after the other; `ends` says behind which byte each of them ends."""

    text: Bytes
    ends: Ints

    def __len__(self) -> int:
        return int(self.ends.size)

    def words(self) -> list[str]:
        """Each text by itself."""
        raw, ends = self.text.tobytes(), self.ends.tolist()
        return [raw[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]

    def lengths(self) -> Ints:
        """Bytes of each text."""
        return np.diff(self.ends, prepend=0)


def texts_of(words: Sequence[object]) -> Texts:
    """These words, or numbers in decimal, as `Texts`."""
    # Texts need not be written as text once more; asking each for its type is the cheaper way.
    written: Sequence[str] = words if set(map(type, words)) == {str} else list(map(str, words))  # type: ignore[assignment]
    joined = "".join(written)
    raw = joined.encode()
    # Where every sign is a byte the lengths are known without writing each word by itself.
    sized = map(len, written if len(raw) == len(joined) else [word.encode() for word in written])
    sizes = np.fromiter(sized, np.int64, len(written))
    return Texts(np.frombuffer(raw, np.uint8), np.cumsum(sizes))


def spread(words: Sequence[str], rows: Ints) -> Texts:
    """The word of each row, of few words that come again and again; `rows` (N,) indexes them."""
    few = texts_of(words)
    lengths = few.lengths()
    if rows.size < WOVEN_FROM:
        return texts_of([words[row] for row in rows.tolist()])
    ends = np.cumsum(lengths[rows])
    return Texts(_spread(few.text, few.ends - lengths, lengths, rows, int(ends[-1])), ends)


def weave(pieces: Sequence[str | Texts], count: int) -> Texts:
    """`count` texts, each made of the pieces in turn: a word that all share, or each one's own.

    Raises
    ------
    ValueError
        A column does not have `count` texts.
    """
    for piece in pieces:
        if isinstance(piece, Texts) and len(piece) != count:
            raise ValueError(f"{len(piece)} texts for {count} rows")
    if count < WOVEN_FROM:
        columns = [[one] * count if isinstance(one, str) else one.words() for one in pieces]
        return texts_of(["".join(row) for row in zip(*columns, strict=True)])
    tables = [texts_of([one]) if isinstance(one, str) else one for one in pieces]
    sizes = [table.text.size for table in tables]
    lengths = np.zeros(count, np.int64)
    for table in tables:
        # The one text of a shared piece is added to all rows.
        lengths += table.lengths()
    ends = np.cumsum(lengths)
    woven = _fill(
        np.concatenate([table.text for table in tables]),
        np.cumsum(np.array([0, *sizes[:-1]], np.int64)),
        np.concatenate([table.ends for table in tables]),
        np.cumsum(np.array([0, *map(len, tables[:-1])], np.int64)),
        np.array([len(table) == 1 for table in tables]),
        ends,
    )
    return Texts(woven, ends)


@njit(cache=True, nogil=True)
def _copy(source, first, target, at, size):  # type: ignore[no-untyped-def]
    """So many bytes. Unsigned, because a signed place costs a look whether it is negative."""
    for byte in range(size):
        target[at + byte] = source[first + byte]


@njit(cache=True, nogil=True)
def _fill(pool, bases, all_ends, firsts, shared, ends):  # type: ignore[no-untyped-def]
    """Row by row, piece by piece. The texts of a piece begin at `bases` of the pool, and its ends
    at `firsts` of all ends; a shared piece has one text for all rows."""
    out = np.empty(ends[-1], np.uint8)
    at = 0
    for row in range(ends.size):
        for piece in range(bases.size):
            place = 0 if shared[piece] else row
            end = all_ends[firsts[piece] + place]
            start = all_ends[firsts[piece] + place - 1] if place else 0
            _copy(pool, np.uint64(bases[piece] + start), out, np.uint64(at), np.uint64(end - start))
            at += end - start
    return out


@njit(cache=True, nogil=True)
def _spread(text, starts, lengths, rows, total):  # type: ignore[no-untyped-def]
    out = np.empty(total, np.uint8)
    at = 0
    for row in rows:
        _copy(text, np.uint64(starts[row]), out, np.uint64(at), np.uint64(lengths[row]))
        at += lengths[row]
    return out
