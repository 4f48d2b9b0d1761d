"""Which step may follow which, for a bill, a charge and a refund: one table for each."""

from __future__ import annotations

BILL = {
    "OPEN": {"PAID", "VOID"},
    "BLOCKED": {"VOID"},
    "PAID": set[str](),
    "VOID": set[str](),
}
# A charge that failed or ran out can still be paid: the provider has the last word, and word that
# comes late is true all the same.
CHARGE = {
    "STARTED": {"PAID", "FAILED", "CLOSED"},
    "FAILED": {"PAID"},
    "CLOSED": {"PAID"},
    "PAID": set[str](),
}
PART = {
    "DUE": {"SENT", "PAID", "FAILED"},
    "SENT": {"PAID", "FAILED", "DUE"},
    # A person sends it another way, or the provider says that it was paid after all.
    "FAILED": {"DUE", "PAID"},
    "PAID": set[str](),
}


def may_follow(table: dict[str, set[str]], state: str, following: str) -> bool:
    """Whether `following` may come after `state`."""
    return following in table[state]
