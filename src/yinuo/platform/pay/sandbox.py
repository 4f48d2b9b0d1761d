"""The sandbox: no money moves. A page of ours stands for the provider's own."""

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


class Sandbox:
    """The provider SANDBOX: whoever opens its page says whether it was paid.

    It keeps nothing itself. A charge is open until its page was answered, and a refund that it is
    asked for is paid at once.
    """

    name = "SANDBOX"
    starts_here = True

    def start(self, ask: Ask) -> str:
        """The address of the page that stands for a provider's."""
        return f"/pay/sandbox/{ask.number}"

    def query(self, number: str) -> Answer:
        """Nothing is known beyond what its page said."""
        del number
        return Answer("OPEN")

    def close(self, number: str) -> Answer:
        """Over: its page takes no answer any more."""
        del number
        return Answer("FAILED")

    def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Paid at once."""
        return RefundAnswer("PAID", f"SBX{ask.number}")

    def query_refund(self, ask: RefundAsk) -> RefundAnswer:
        """Paid, whenever it was asked for."""
        return self.refund(ask)

    def read(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Message | None:
        """It sends nothing."""
        del headers, body, now
        raise Forged("the sandbox sends nothing")

    def reply(self, taken: bool) -> Reply:
        """It reads nothing."""
        del taken
        return Reply(404, "text/plain", "")
