"""A provider in memory that behaves as the port says, and loses answers when told to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from yinuo.platform.pay.port import (
    Answer,
    Ask,
    Forged,
    Message,
    RefundAnswer,
    RefundAsk,
    Refused,
    Reply,
    Silent,
)


@dataclass
class Desk:
    """Charges by number with what was paid; refunds by number. `silent` loses the answer."""

    name: str = "WECHAT"
    starts_here: bool = False
    charges: dict[str, int] = field(default_factory=dict)
    paid: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, RefundAsk] = field(default_factory=dict)
    silent: bool = False
    refuse: str = ""
    slow: bool = False
    closed: set[str] = field(default_factory=set)
    calls: int = 0

    def _answer(self) -> None:
        self.calls += 1
        if self.silent:
            raise Silent("lost")

    def start(self, ask: Ask) -> str:
        self.charges.setdefault(ask.number, ask.amount_fen)
        self._answer()
        return f"https://pay.example.cn/{ask.number}"

    def query(self, number: str) -> Answer:
        self._answer()
        if number in self.paid:
            return Answer("PAID", self.charges[number], self.paid[number])
        return Answer("FAILED" if number in self.closed else "OPEN")

    def close(self, number: str) -> Answer:
        if number in self.charges and number not in self.paid:
            self.closed.add(number)
        return self.query(number)

    def refund(self, ask: RefundAsk) -> RefundAnswer:
        if self.refuse:
            raise Refused(self.refuse)
        first = self.refunds.setdefault(ask.number, ask)
        assert first == ask
        self._answer()
        return self._refund(ask.number)

    def _refund(self, number: str) -> RefundAnswer:
        return RefundAnswer("OPEN") if self.slow else RefundAnswer("PAID", f"back-{number}")

    def query_refund(self, ask: RefundAsk) -> RefundAnswer:
        self._answer()
        if ask.number not in self.refunds:
            return RefundAnswer("OPEN", known=False)
        return self._refund(ask.number)

    def read(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Message | None:
        del headers, body, now
        raise Forged("this desk sends nothing")

    def reply(self, taken: bool) -> Reply:
        del taken
        return Reply(404, "text/plain", "")

    def given_back(self) -> int:
        """All that it paid back, in fen."""
        return sum(ask.amount_fen for ask in self.refunds.values())
