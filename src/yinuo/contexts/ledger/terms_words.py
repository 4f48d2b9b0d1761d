"""How a void clause, and one that stands again, is told to the customer whose contract holds it."""

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


def restored(
    recorded: Recorded, said: str, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The ruling fell; what the customer had asked for because of it is still answered."""
    zh = language == "zh"
    return Parts(
        headline=("合同里有一条重新有效" if zh else "A clause of your contract stands again"),
        what=said,
        date=date_part(promise, language),
        can=(
            "为它提过的要求照样有人答复。不同意，可以随时说，也可以投诉或起诉。"
            if zh
            else "What you asked for because of it is still answered. If you disagree, say so, or"
            " take it to an authority or a court."
        ),
        by_when=(
            "什么时候说都可以，您的其他权利不变。"
            if zh
            else "There is no hurry; all your other rights stand."
        ),
        who=who_answers(recorded.payload, names, language),
    )


def offered(
    recorded: Recorded, said: str, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """Something was offered besides the contract; it counts once the buyer agrees to it."""
    zh = language == "zh"
    return Parts(
        headline="有一条补充约定等您看" if zh else "Something is offered besides your contract",
        what=said,
        date=date_part(promise, language),
        can=(
            "在订单的“记录”页同意或者不同意。不回复，就还是原来的合同。"
            if zh
            else "Agree or decline on your record page. If you do nothing, the contract"
            " stays as it is."
        ),
        by_when=(
            "什么时候答复都可以，交车之前有效。"
            if zh
            else "Answer whenever you like before the car is handed over."
        ),
        who=who_answers(recorded.payload, names, language),
    )


def breached(
    recorded: Recorded, said: str, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The date agreed on singly will be missed, or was; the exits are open."""
    zh = language == "zh"
    return Parts(
        headline="单独约定的交车日期守不住了" if zh else "The date agreed with you is not kept",
        what=said,
        date=date_part(promise, language),
        can=(
            "这是我们违约。可以继续等，也可以退订、换车；怎么选、退多少，在“办理”里先看清楚再选。"
            if zh
            else "We are in breach. Wait, leave or take another car: the options page shows what"
            " each brings before you choose."
        ),
        by_when=(
            "什么时候选都可以，不选就是继续等。"
            if zh
            else "Choose whenever you like; doing nothing means waiting."
        ),
        who=who_answers(recorded.payload, names, language),
    )


SAID_BY = {
    "clause.voided": voided,
    "clause.restored": restored,
    "side_term.breached": breached,
    "side_term.offered": offered,
}
