"""Whether anything of a person stands in the public files: looked for value by value."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.codes import CHANNELS, CHOICES, QUEUE_CODES
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.queries.entries import iterate_bodies
from yinuo.contexts.ledger.queries.erasures import list_reasons
from yinuo.engines.tlog import decode_bundle
from yinuo.platform.personal import count_rows_of, list_columns, values_of
from yinuo.workflows.open_columns import CAR as OPEN_CAR
from yinuo.workflows.open_columns import OPEN

# 32 bytes in base64url or base64, or in hexadecimal: hashes, ids of streams, commitments, keys.
HASHED = re.compile(
    r"\b[0-9a-f]{64}\b|(?<![A-Za-z0-9_+/-])[A-Za-z0-9_+/-]{43}(?![A-Za-z0-9_+/-])=?"
)
DIGEST_BYTES = 32
# Random public ids, keys and signatures: a few signs of some value may stand in them by chance.
RANDOM = re.compile(
    r"\b[a-z]{2,4}_[2-9a-hj-np-z]{20}\b"
    r"|\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}(?![A-Za-z0-9+/=])"
    r"|(?<= )[A-Za-z0-9+/]{88,}={0,2}$",
    re.MULTILINE,
)
# So many signs of a value are looked up before all of it is compared.
STRETCH = 8
# In a leaf every one of these must be such a hash; then its signs are not searched for words.
SEALED = ("s", "p", "c")


@dataclass(frozen=True)
class Leak:
    """A value of a column that stands in a public text, as itself or as its bare hash."""

    column: str
    value: str
    where: str


BOOKS = "books: thirty years"
CAR = "the car and its first owner: ten years"
SINCE = "who looked after the erasure"
# Tables in which rows may name an order whose record was erased, and why.
KEPT = {
    "orders.Buyer": BOOKS,
    "orders.StaffLook": SINCE,
    "handover.Damage": CAR,
    "handover.Evidence": CAR,
    "handover.Inspection": CAR,
    "handover.RemoteLook": CAR,
    "handover.SafetySignal": CAR,
    "handover.Signature": CAR,
    "handover.Upload": CAR,
    "payments.Bill": BOOKS,
    "payments.Keep": BOOKS,
    "payments.Posting": BOOKS,
    "payments.Refund": BOOKS,
    "production.Build": CAR,
    "production.BuildEvent": CAR,
    "terms.Contract": BOOKS,
    "terms.Decision": BOOKS,
    "terms.Remedy": BOOKS,
    "terms.SideOffer": BOOKS,
    "transit.CarrierEvent": CAR,
    "transit.Load": CAR,
    "vehicles.Assignment": CAR,
    "vehicles.CarHold": CAR,
    "vehicles.Disclosure": CAR,
}


def find_left() -> dict[str, int]:
    """Tables that still hold rows of an erased order without being `KEPT`, and how many."""
    return count_rows_of("orders.Order", list(list_reasons()), KEPT)


def closed_words() -> set[str]:
    """Kinds of facts and codes of the closed lists, whole and word by word: nobody's own."""
    known = {*KINDS, *CAUSES, *QUEUE_CODES, *CHANNELS, *CHOICES}
    known |= {part for kind in KINDS.values() for part in (kind.leaf, *kind.public)}
    return known | {part for one in known for part in re.split(r"[._]", one)}


def list_personal() -> list[str]:
    """The columns that nobody named as open, sorted."""
    return sorted(set(list_columns()) - set(OPEN))


def find(folder: Path | None) -> list[Leak]:
    """Every personal value that stands in a leaf or in a file of the public folder."""
    texts = dict(_leaf_texts(iterate_bodies()))
    if folder is not None and folder.exists():
        texts.update(_file_texts(folder))
    words = closed_words()
    # The name of a configuration is nobody's own wherever it is written down.
    words |= {text for _, text in values_of([one for one in OPEN if OPEN[one] == OPEN_CAR])}
    values = ((name, text) for name, text in values_of(list_personal()) if text not in words)
    return search(texts, values)


def search(texts: dict[str, str], values: Iterable[tuple[str, str]]) -> list[Leak]:
    """Those `values` (column, text) that stand in one of `texts` (text, where), also hashed.

    Exact. Most values end at one look into a set of short stretches of what is public.
    """
    columns: dict[str, dict[str, None]] = {}
    for column, value in values:
        columns.setdefault(value, {})[column] = None
    whole = "\n".join(texts)
    hashes = set(HASHED.findall(whole))
    digests = {_digest(one) for one in hashes}
    bare = HASHED.sub("#", whole)
    named = RANDOM.sub("#", bare)
    short = {size: _stretches(named, size) for size in range(1, STRETCH + 1)}
    long = _stretches(bare, STRETCH)

    def stands(value: str) -> bool:
        if len(value) <= STRETCH:
            return value in short.get(len(value), ())
        return value[:STRETCH] in long and value[-STRETCH:] in long and value in bare

    found = []
    for value, names in columns.items():
        if (
            stands(value)
            or hashlib.sha256(value.encode()).digest() in digests
            or (HASHED.fullmatch(value) and _digest(value) in digests)
        ):
            where = next((texts[text] for text in texts if value in text), "a bare hash")
            found += [Leak(name, value, where) for name in names]
    return found


def _stretches(text: str, size: int) -> set[str]:
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def _digest(written: str) -> bytes:
    """The 32 bytes that are written as hexadecimal or in either base64."""
    if len(written) == 2 * DIGEST_BYTES:
        return bytes.fromhex(written)
    plain = written.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=")


def _leaf_texts(bodies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What leaves say in clear, each once, with the first leaf that says so."""
    for body in bodies:
        leaf = json.loads(body)
        for name in SEALED:
            value = leaf.pop(name, None)
            assert value is None or HASHED.fullmatch(value), (name, body)
        leaf.pop("n", None)
        yield json.dumps(leaf, ensure_ascii=False, sort_keys=True), body


def _file_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """The public files: leaves out of their bundles, everything else as it stands."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or name == "verify.py":
            continue
        if name.startswith("tile/entries/"):
            bodies = (one.decode() for one in decode_bundle(path.read_bytes()))
            yield from ((text, f"{name}: {body}") for text, body in _leaf_texts(bodies))
        elif not name.startswith("tile/"):
            yield path.read_bytes().decode("utf-8", "replace"), name
            yield name, name
