"""What a kind of fact declares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of fact.

    `leaf` is the type written in the entry's body and `stream` the order's stream it continues
    (q, p, n, or empty for facts of no order). `public` fields stand in the body for everybody;
    `private` fields are committed to. `tells` says that the order's customer must be told.
    `zh` and `en` are the sentence of the history; braces name fields, already made readable.
    """

    name: str
    leaf: str
    stream: str
    public: tuple[str, ...]
    private: tuple[str, ...]
    tells: bool
    zh: str
    en: str
