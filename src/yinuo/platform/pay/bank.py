"""Bank transfer: the customer sends money with our number; the statement says that it came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from yinuo.platform.pay.port import (
    Answer,
    Ask,
    Forged,
    Message,
    RefundAnswer,
    RefundAsk,
    Reply,
)


class Bank:
    """The provider BANK. `account` is what a customer writes on the transfer.

    Nothing is asked over the network: statements are imported, and a person sends what goes back.
    """

    name = "BANK"
    starts_here = True

    def __init__(self, account: str) -> None:
        self.account = account

    def start(self, ask: Ask) -> str:
        """The page that shows account, amount and number."""
        return ask.back_url

    def query(self, number: str) -> Answer:
        """The statement will say."""
        del number
        return Answer("OPEN")

    def close(self, number: str) -> Answer:
        """Nothing more is expected; a transfer that comes all the same goes back."""
        del number
        return Answer("FAILED")

    def refund(self, ask: RefundAsk) -> RefundAnswer:
        """A person sends it; the statement, or that person, gives the reference."""
        del ask
        return RefundAnswer("OPEN", why="BY_HAND")

    def query_refund(self, ask: RefundAsk) -> RefundAnswer:
        """The statement will say."""
        return self.refund(ask)

    def read(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Message | None:
        """A bank sends nothing."""
        del headers, body, now
        raise Forged("a bank sends nothing")

    def reply(self, taken: bool) -> Reply:
        """A bank reads nothing."""
        del taken
        return Reply(404, "text/plain", "")
