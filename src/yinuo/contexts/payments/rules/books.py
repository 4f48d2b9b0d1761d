"""What each event means in the books: accounts and signed amounts that add up to 0.

Amounts are whole fen; a debit is above 0, a credit below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Lines = Mapping[str, int]

HELD = {"DEPOSIT": "DEPOSITS_HELD", "BALANCE": "BALANCES_HELD", "EARNED": "REVENUE"}


def clearing(provider: str) -> str:
    """The account of money that a provider has, on its way to or from us."""
    return f"CLEARING_{provider}"


def opened(amount_fen: int) -> Lines:
    """A customer is asked for money."""
    return {"CLAIMS": amount_fen, "ASKED": -amount_fen}


def voided(amount_fen: int) -> Lines:
    """A customer is no longer asked for money."""
    return {"CLAIMS": -amount_fen, "ASKED": amount_fen}


def paid(kind: str, provider: str, amount_fen: int) -> Lines:
    """A bill was paid: the claim ends, the money is held for the customer."""
    return {
        clearing(provider): amount_fen,
        HELD[kind]: -amount_fen,
        "ASKED": amount_fen,
        "CLAIMS": -amount_fen,
    }


def unexplained(provider: str, amount_fen: int) -> Lines:
    """Money came that belongs to no bill, or not in that amount."""
    return {clearing(provider): amount_fen, "SUSPENSE": -amount_fen}


def owed_back(held: Sequence[tuple[str, int]], penalty_fen: int) -> Lines:
    """A refund is ordered: of each kind of bill so much, and what a doubled deposit adds."""
    lines: dict[str, int] = {}
    for kind, amount_fen in held:
        lines[HELD[kind]] = lines.get(HELD[kind], 0) + amount_fen
    if penalty_fen:
        lines["DOUBLE_DEPOSIT"] = penalty_fen
    return {**lines, "REFUNDS_PAYABLE": -sum(lines.values())}


def interest(amount_fen: int) -> Lines:
    """Interest is owed with a refund."""
    return {"INTEREST": amount_fen, "REFUNDS_PAYABLE": -amount_fen}


def sent_back(provider: str, amount_fen: int) -> Lines:
    """A provider paid a part of a refund."""
    return {"REFUNDS_PAYABLE": amount_fen, clearing(provider): -amount_fen}


def kept(kind: str, amount_fen: int) -> Lines:
    """Money is kept, with a decision and a name."""
    return {HELD[kind]: amount_fen, "FORFEITS_KEPT": -amount_fen}


def disputed(amount_fen: int) -> Lines:
    """The customer does not agree: what was kept is frozen."""
    return {"FORFEITS_KEPT": amount_fen, "FORFEITS_DISPUTED": -amount_fen}


def upheld(amount_fen: int) -> Lines:
    """A person looked again, and it stays kept."""
    return {"FORFEITS_DISPUTED": amount_fen, "FORFEITS_KEPT": -amount_fen}


def given_back(kind: str, amount_fen: int) -> Lines:
    """A person looked again, and it is the customer's money once more."""
    return {"FORFEITS_DISPUTED": amount_fen, HELD[kind]: -amount_fen}


def earned(held: Sequence[tuple[str, int]]) -> Lines:
    """The car was handed over: what was held for it is the maker's."""
    lines: dict[str, int] = {}
    for kind, amount_fen in held:
        lines[HELD[kind]] = lines.get(HELD[kind], 0) + amount_fen
    return {**lines, "REVENUE": -sum(lines.values())}
