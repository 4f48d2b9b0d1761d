"""How a clause that was held void is told to the customer whose contract holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yinuo.contexts.ledger.phrases import Names, Parts, date_part, who_answers
from yinuo.contexts.ledger.queries import Recorded


def voided(
    recorded: Recorded, said: str, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The clause binds nobody; whoever paid or gave something up for it is answered by name."""
    zh = language == "zh"
    return Parts(
        headline="合同里有一条不算数了" if zh else "A clause of your contract does not count",
        what=said,
        date=date_part(promise, language),
        can=(
            "您不用做什么。为它付过钱、吃过亏，告诉我们，我们赔。"
            if zh
            else "You need not do anything. If it cost you something, tell us and we make it good."
        ),
        by_when=(
            "什么时候说都可以，您的其他权利不变。"
            if zh
            else "There is no hurry; all your other rights stand."
        ),
        who=who_answers(recorded.payload, names, language),
    )
