"""Whether anything of a person stands in the public files: looked for value by value."""

from __future__ import annotations

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
from yinuo.contexts.ledger.rules import encode
from yinuo.engines.tlog import decode_bundle
from yinuo.platform.personal import list_columns, values_of
from yinuo.workflows.open_columns import OPEN

# 32 bytes in base64url or base64, or in hexadecimal: hashes, ids of streams, commitments, keys.
HASHED = re.compile(
    r"\b[0-9a-f]{64}\b|(?<![A-Za-z0-9_+/-])[A-Za-z0-9_+/-]{43}(?![A-Za-z0-9_+/-])=?"
)
# In a leaf every one of these must be such a hash; then its signs are not searched for words.
SEALED = ("s", "p", "c")


@dataclass(frozen=True)
class Leak:
    """A value of a column that stands in a public text, as itself or as its bare hash."""

    column: str
    value: str
    where: str


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
    values = ((name, text) for name, text in values_of(list_personal()) if text not in words)
    return search(texts, values)


def search(texts: dict[str, str], values: Iterable[tuple[str, str]]) -> list[Leak]:
    """Those `values` (column, text) that stand in one of `texts` (text, where), also hashed.

    Exact: each value is compared with every stretch of its length.
    """
    whole = "\n".join(texts)
    hashes = {one.rstrip("=") for one in HASHED.findall(whole)}
    bare = HASHED.sub("#", whole)
    stretches: dict[int, set[str]] = {}
    found = []
    for column, value in dict.fromkeys(values):
        size = len(value)
        if size not in stretches:
            stretches[size] = {bare[at : at + size] for at in range(len(bare) - size + 1)}
        if value in stretches[size] or any(one in hashes for one in _hashes_of(value)):
            where = next((texts[text] for text in texts if value in text), "a bare hash")
            found.append(Leak(column, value, where))
    return found


def _hashes_of(value: str) -> Iterator[str]:
    """The value under the hashes that need no secret: whoever guesses it could prove the guess."""
    if HASHED.fullmatch(value):
        yield value
    digest = hashlib.sha256(value.encode()).digest()
    yield digest.hex()
    yield encode(digest)


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
