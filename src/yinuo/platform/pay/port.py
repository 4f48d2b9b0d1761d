"""The port to a payment provider.

Amounts are whole fen. `number` is our own number of a charge or of a part of a refund: asking a
provider twice with one number collects, or pays back, once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["OPEN", "PAID", "FAILED"]


class Silent(Exception):
    """The provider gave no answer, or none that can be trusted: what it did is not known."""


# An answer that lacks what belongs in it says as little as none.
UNHEARD = (Silent, KeyError, TypeError, ValueError)


class Refused(Exception):
    """The provider answered that it does not do it; `code` is its own word for why."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(f"{code} {words}".strip())
        self.code = code


class Forged(Exception):
    """A message is not from the provider, is too old, or is meant for somebody else."""


@dataclass(frozen=True)
class Ask:
    """A charge to begin. `back_url` is where the customer comes back to.

    `phone` says whether they are on a phone now, and can change over to the provider's app there.
    """

    number: str
    amount_fen: int
    subject: str
    expires_at: dt.datetime
    back_url: str
    client_ip: str = "127.0.0.1"
    phone: bool = True


@dataclass(frozen=True)
class Answer:
    """What a provider knows of a charge; `amount_fen` and `ref` only where it was paid."""

    state: State
    amount_fen: int = 0
    ref: str = ""


@dataclass(frozen=True)
class RefundAsk:
    """A part of a refund to pay back over the charge it came by."""

    number: str
    charge_number: str
    charge_ref: str
    amount_fen: int
    charge_amount_fen: int
    reason: str


@dataclass(frozen=True)
class RefundAnswer:
    """What a provider knows of a part of a refund. OPEN: on its way, or not known to it."""

    state: State
    ref: str = ""
    why: str = ""
    known: bool = True


@dataclass(frozen=True)
class Message:
    """What a provider sent by itself, its signature checked.

    `key` is the same whenever the same thing is sent again; `about` says what `number` counts.
    """

    key: str
    about: Literal["CHARGE", "REFUND"]
    number: str
    state: State
    amount_fen: int
    ref: str


@dataclass(frozen=True)
class Reply:
    """What the provider wants to read; anything else makes it send the same again."""

    status: int
    content_type: str
    body: str


class Provider(Protocol):
    """Somebody who moves money for us. Every method but `read` and `reply` may use the network.

    All may raise `Silent`; `start` and `refund` may raise `Refused`; `read` raises `Forged`.
    """

    name: str
    # Whether `start` uses no network either: its address is known at once.
    starts_here: bool

    def start(self, ask: Ask) -> str:
        """Begin a charge; the address to which the customer goes to pay it.

        An address that no browser opens (`weixin://`) is one to scan with a phone.
        """

    def query(self, number: str) -> Answer:
        """What became of a charge."""

    def close(self, number: str) -> Answer:
        """End a charge that nobody paid; what became of it.

        FAILED: it is over. OPEN: the provider does not know it yet, so it has to be closed again
        later. PAID: somebody was quicker.
        """

    def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Pay a part of a refund back."""

    def query_refund(self, ask: RefundAsk) -> RefundAnswer:
        """What became of it."""

    def read(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Message | None:
        """The message in a request, or None for one that is of no interest."""

    def reply(self, taken: bool) -> Reply:
        """The answer to a request: taken, or send it again."""
