"""Very many openings that say nearly the same: what they share is kept once, as their form.

An opening is then the parts in which it differs. Form and parts put together are the payload that
was committed to, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from yinuo.contexts.ledger.rules import Each, Value, canonical_pieces
from yinuo.platform.weaving import Texts, weave

# Canonical JSON writes control characters as escapes, so this one stands in none of it. It is not
# the one that `platform.columns` puts between texts: parts can be read in columns.
SEPARATOR = "\x1e"


@dataclass(frozen=True)
class Formed:
    """Objects in canonical JSON: what they share, what is each one's own, and all of it.

    `form` holds the shared pieces with `SEPARATOR` between them, one more than an object has parts;
    `parts` holds the parts of each object in the same way.
    """

    form: str
    parts: Texts
    payloads: Texts


def form_many(fields: Mapping[str, Value | Each], count: int) -> Formed:
    """`rules.canonical_many` as form and parts; raises as it does."""
    pieces = canonical_pieces(fields, count)
    shared = [piece for piece in pieces if isinstance(piece, str)]
    own: list[str | Texts] = []
    for piece in pieces:
        if isinstance(piece, Texts):
            own += [SEPARATOR, piece] if own else [piece]
    return Formed(SEPARATOR.join(shared), weave(own or [""], count), weave(pieces, count))


def put_together(form: str, parts: str) -> str:
    """The payload of which `form` is shared and `parts` are one opening's own.

    Raises
    ------
    ValueError
        The parts are not those of such a form.
    """
    shared = _pieces(form)
    own = parts.split(SEPARATOR) if len(shared) > 1 else []
    if len(shared) != len(own) + 1 or (not own and parts):
        raise ValueError(f"{len(own)} parts do not fill a form of {len(shared)} pieces")
    words = [""] * (len(shared) + len(own))
    words[::2], words[1::2] = shared, own
    return "".join(words)


@lru_cache(maxsize=64)
def _pieces(form: str) -> tuple[str, ...]:
    """Half a million openings have one form between them."""
    return tuple(form.split(SEPARATOR))
