"""Tickets of launches are counted in public: how many were given out, and the end of their chain.

A place in a launch is fixed by its ticket, and an order comes of it hours later. So the public log
says how many tickets there are before it says anything of an order that came from one.
"""

from __future__ import annotations

from yinuo.contexts.ledger.operations import Fact
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.orders.queries.tickets import list_chain_heads


def counted_facts() -> list[Fact]:
    """One fact for each launch that has given out tickets since it was counted last.

    To be put into the log before any order that was committed before this was asked.
    """
    facts = [
        Fact(
            "launch.counted",
            f"tickets:{one.launch}:{one.number}",
            {"launch": one.launch, "number": one.number, "chain": one.chain},
        )
        for one in list_chain_heads()
    ]
    known = recorded_keys([fact.change_key for fact in facts]) if facts else set()
    return [fact for fact in facts if fact.change_key not in known]
