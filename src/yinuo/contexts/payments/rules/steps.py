"""Which step of a charge may follow which."""

from __future__ import annotations

# A charge that failed or ran out can still be paid: the provider has the last word, and word that
# comes late is true all the same.
CHARGE = {
    "STARTED": {"PAID", "FAILED", "CLOSED"},
    "FAILED": {"PAID"},
    "CLOSED": {"PAID"},
    "PAID": set[str](),
}


def may_follow(state: str, following: str) -> bool:
    """Whether `following` may come after `state`."""
    return following in CHARGE[state]
