"""How a fact becomes a leaf: canonical JSON, stream ids, commitments and hashes.

The form is fixed: a leaf is later sealed into a public tree exactly as it stands here. It is a
restricted profile of RFC 8785 (keys lower-case ASCII; strings, integers up to 2^53-1 and lists of
those), hashed as in RFC 6962.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring

import numpy as np
import numpy.typing as npt

from yinuo.engines.sealing import base64url, hmac_sha256_many, sha256_many
from yinuo.platform.weaving import Texts, texts_of, weave

Scalar = str | int
Value = Scalar | Sequence[Scalar]

VERSION = 1
LEAF_BYTES_MAX = 2048
# The one type of leaf that nests: the rule of the queue, with its grammar.
RULE = "rule"
RULE_BYTES_MAX = 65_535
INTEGER_MAX = 2**53 - 1
RESERVED = frozenset("vtsnpc")
KEY_FORM = re.compile(r"[a-z][a-z0-9_]*")
NAME_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
SURROGATE = re.compile("[\ud800-\udfff]")
# So many signs has a hash, a stream's id or a commitment: 32 bytes as base64url.
HASH_SIGNS = 43
# The bytes that JSON writes as they are.
PLAIN = bytes(sign for sign in range(0x20, 0x7F) if sign not in b'"\\')


def _check_scalar(key: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(f"{key}: only text and integers can be recorded, not {value!r}")
    if isinstance(value, int) and not 0 <= value <= INTEGER_MAX:
        raise ValueError(f"{key}: {value} is outside 0..2^53-1")
    if isinstance(value, str) and not value.isascii() and SURROGATE.search(value):
        raise ValueError(f"{key}: half of a surrogate pair is no text")


def canonical(fields: Mapping[str, Value]) -> str:
    """`fields` as canonical JSON: one flat object, keys sorted, no blanks, Unicode kept.

    Raises
    ------
    ValueError
        A key is not lower-case ASCII, or a value is no text, integer in range or list of those.
    """
    for key, value in fields.items():
        if not KEY_FORM.fullmatch(key):
            raise ValueError(f"{key!r} is not a lower-case ASCII key")
        if isinstance(value, (list, tuple)):
            for item in value:
                _check_scalar(key, item)
        else:
            _check_scalar(key, value)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Each:
    """A field that differs from one fact to the next; any other value is the same for all."""

    values: Sequence[str] | Sequence[int] | Sequence[tuple[str, ...]] | Texts

    def listed(self) -> Sequence[object]:
        """The values as a sequence."""
        return self.values.words() if isinstance(self.values, Texts) else self.values

    def pick(self, rows: Sequence[int]) -> Each:
        """The values of these rows."""
        values = self.listed()
        return Each([values[row] for row in rows])  # type: ignore[arg-type]


def canonical_many(fields: Mapping[str, Value | Each], count: int) -> Texts:
    """`canonical` of `count` objects that share their keys, byte for byte the same.

    What all of them share is written once; the rest is put in its place.

    Raises
    ------
    ValueError
        As `canonical`; or a field does not have `count` values.
    """
    return weave(canonical_pieces(fields, count), count)


def canonical_pieces(fields: Mapping[str, Value | Each], count: int) -> list[str | Texts]:
    """What `canonical_many` is woven of: in turn a text that all share and each object's own.

    The first and the last piece are shared. Raises as `canonical_many`.
    """
    canonical(dict.fromkeys(fields, 0))
    pieces: list[str | Texts] = ["{"]
    for key in sorted(fields):
        value = fields[key]
        if isinstance(value, Each):
            if len(value.values) != count:
                raise ValueError(f"{key}: {len(value.values)} values for {count} facts")
            quote, column = _column(key, value.values)
            pieces += [f'"{key}":{quote}', column, f"{quote},"]
        else:
            pieces.append(canonical({key: value})[1:-1] + ",")
    # The comma behind the last field is the one that nothing follows.
    last = pieces.pop()
    assert isinstance(last, str)
    return _joined([*pieces, last.removesuffix(",") + "}"])


def _joined(pieces: Sequence[str | Texts]) -> list[str | Texts]:
    """The same with words that stand side by side put together."""
    joined: list[str | Texts] = []
    for piece in pieces:
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _column(key: str, values: Sequence[object] | Texts) -> tuple[str, Texts]:
    """The quotation mark around a value, if any, and the values as they stand in the text."""
    if isinstance(values, Texts):
        if values.text.tobytes().translate(None, PLAIN):
            raise ValueError(f"{key}: texts that are woven already are plain")
        return '"', values
    types = set(map(type, values))
    if types == {int}:
        numbers = [value for value in values if isinstance(value, int)]
        _check_scalar(key, min(numbers))
        _check_scalar(key, max(numbers))
        return "", texts_of(values)
    if types <= {str}:
        joined = "".join(map(str, values))
        if joined.isascii() and not joined.encode().translate(None, PLAIN):
            return '"', texts_of(values)
        _check_scalar(key, joined)
    elif types != {tuple}:
        raise ValueError(f"{key}: the values are not all text, all integers or all lists")
    text_of = {value: _text(key, value) for value in set(values)}
    return "", texts_of([text_of[value] for value in values])


def _text(key: str, value: object) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    assert isinstance(value, tuple)
    if not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key}: lists that differ hold text only")
    return canonical({key: value})[len(key) + 4 : -1]


def encode(raw: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def stream_id(k: bytes, letter: str, order_code: str) -> str:
    """The id of one of an order's streams; nobody without `k` can join two of them.

    `letter` is q (place in the queue), p (promises) or n (notices).
    """
    if len(k) != 32:
        raise ValueError("the secret of an order has 32 bytes")
    if letter not in ("q", "p", "n"):
        raise ValueError(f"no stream is called {letter!r}")
    return encode(hmac.digest(k, f"pl1/stream/{letter}/{order_code}".encode(), "sha256"))


def opening_key(k: bytes, stream: str, n: int) -> bytes:
    """The key that opens entry `n` of `stream`, and nothing else of the order."""
    return hmac.digest(k, f"pl1/open/{stream}/{n}".encode(), "sha256")


def commitment(k: bytes, stream: str, n: int, payload: str) -> str:
    """The commitment to `payload` (canonical JSON) that entry `n` of `stream` carries."""
    return encode(hmac.digest(opening_key(k, stream, n), payload.encode(), "sha256"))


def leaf_hash(body: str) -> str:
    """The RFC 6962 leaf hash of `body`."""
    return encode(hashlib.sha256(b"\x00" + body.encode()).digest())


def ordered_leaf(
    leaf: str, stream: str, n: int, previous: str, committed: str, public: Mapping[str, Value]
) -> str:
    """The body of entry `n` of a stream; `previous` is the hash of entry n-1, empty when n is 0."""
    fields: dict[str, Value] = {"v": VERSION, "t": leaf, "s": stream, "n": n, "c": committed}
    if n:
        fields["p"] = previous
    return _leaf(fields, public)


@dataclass(frozen=True)
class Streams:
    """Where many streams stand, by columns: their orders' secrets as bytes, of shape (N, 32), their
    ids, the number of the next entry and the hash of the one before, empty where there is none."""

    secrets: npt.NDArray[np.uint8]
    ids: Texts
    numbers: Sequence[int]
    previous: Texts

    def pick(self, rows: Sequence[int]) -> Streams:
        """Those of these rows."""
        ids, previous = self.ids.words(), self.previous.words()
        return Streams(
            self.secrets[rows],
            texts_of([ids[row] for row in rows]),
            [self.numbers[row] for row in rows],
            texts_of([previous[row] for row in rows]),
        )


def ordered_leaves(
    leaf: str, streams: Streams, payloads: Texts, public: Mapping[str, Value | Each]
) -> tuple[Texts, Texts]:
    """The next body of each stream, and its hash; the same as `ordered_leaf` of each.

    All streams begin, or all go on: the number is 0 for every one or for none.
    """
    begins = {number == 0 for number in streams.numbers}
    if len(begins) > 1:
        raise ValueError("streams that begin and streams that go on are written apart")
    if taken := RESERVED.intersection(public):
        raise ValueError(f"{sorted(taken)} are kept for the leaf's own fields")
    fields: dict[str, Value | Each] = {
        "v": VERSION,
        "t": leaf,
        "s": Each(streams.ids),
        "n": Each(streams.numbers),
        "c": Each(_commitments(streams, payloads)),
    }
    if begins == {False}:
        fields["p"] = Each(streams.previous)
    bodies = canonical_many({**fields, **public}, len(payloads))
    if bodies.lengths().max(initial=0) > LEAF_BYTES_MAX:
        raise ValueError(f"a leaf has at most {LEAF_BYTES_MAX} bytes")
    return bodies, _encoded(sha256_many(*_flat(weave(["\0", bodies], len(bodies)))))


def _commitments(streams: Streams, payloads: Texts) -> Texts:
    """`commitment` of each."""
    if streams.secrets.shape[1] != 32:
        raise ValueError("the secret of an order has 32 bytes")
    labels = weave(["pl1/open/", streams.ids, "/", texts_of(streams.numbers)], len(streams.numbers))
    opening_keys = hmac_sha256_many(streams.secrets, *_flat(labels))
    return _encoded(hmac_sha256_many(opening_keys, *_flat(payloads)))


def _flat(texts: Texts) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    return texts.text, texts.ends


def _encoded(digests: npt.NDArray[np.uint8]) -> Texts:
    """`encode` of each row."""
    signs = base64url(digests)
    ends = np.arange(1, len(signs) + 1, dtype=np.int64) * signs.shape[1]
    return Texts(signs.reshape(-1), ends)


def free_leaf(leaf: str, public: Mapping[str, Value]) -> str:
    """The body of an entry that belongs to no order: a plan, a rule."""
    return _leaf({"v": VERSION, "t": leaf}, public)


def _leaf(fields: dict[str, Value], public: Mapping[str, Value]) -> str:
    if taken := RESERVED.intersection(public):
        raise ValueError(f"{sorted(taken)} are kept for the leaf's own fields")
    nests = fields["t"] == RULE
    body = _nested({**fields, **public}) if nests else canonical({**fields, **public})
    bytes_max = RULE_BYTES_MAX if nests else LEAF_BYTES_MAX
    if len(body.encode()) > bytes_max:
        raise ValueError(f"a leaf has at most {bytes_max} bytes")
    return body


def _nested(fields: Mapping[str, object]) -> str:
    """Canonical JSON of objects in objects; keys are codes and names, in ASCII."""
    _check_nested("", fields)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _check_nested(key: str, value: object) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not isinstance(name, str) or not NAME_FORM.fullmatch(name):
                raise ValueError(f"{name!r} is no name of ASCII letters, digits, dots and strokes")
            _check_nested(name, inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _check_nested(key, inner)
    else:
        _check_scalar(key, value)
