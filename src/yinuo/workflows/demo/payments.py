"""The demo's deposits: every order that stands paid 5,000 yuan when it was locked."""

from __future__ import annotations

from yinuo.contexts.payments.operations.adopting import adopt_deposits

DEPOSIT_FEN = 500_000


def adopt() -> int:
    """Write the deposits that are missing in the books; returns how many. No money moved."""
    return adopt_deposits(deposit_fen=DEPOSIT_FEN, provider="SANDBOX")
