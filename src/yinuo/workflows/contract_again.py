"""The next version of an order's contract: another buyer, another car, another configuration.

The template is that of the version before, in the words issued today; what was agreed besides goes
on. Its clauses stand in full on the page on which the change is confirmed, and how they stood there
is kept with the contract. The version before stays as it was agreed.
"""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.people.queries.people import get_person
from yinuo.contexts.terms.operations.contracts import agree
from yinuo.contexts.terms.queries.clauses import Wording, list_to_show
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.contexts.terms.rules import PAGE_PX, Shown
from yinuo.workflows.promised import promised_with_spec

# As the pages set them: all words and the price in one size, black on white.
TYPE_PX, CONTRAST_X100 = PAGE_PX, 1500


def clauses_of(order_id: int) -> list[Wording]:
    """The clauses to show before a change; none for an order whose contract is kept elsewhere."""
    current = get_current(order_id)
    return list_to_show(current.template_code) if current else []


def agree_again(
    *,
    order_id: int,
    person_id: int,
    page: str,
    shown_at: dt.datetime,
    price_change_fen: int = 0,
    spec_code: str = "",
    now: dt.datetime,
) -> int | None:
    """Make the next version; returns its number, None where no contract is kept here.

    `page` showed all clauses of `clauses_of` at `shown_at`; `price_change_fen` is what it costs
    more than before, negative for less. With another `spec_code` what is promised with the car is
    that of this configuration; without one it goes on as it was.

    Raises
    ------
    NoSuchTemplate, ClauseNotAllowed, DepositTooHigh
    """
    current, person = get_current(order_id), get_person(person_id)
    if current is None:
        return None
    assert person is not None
    contract = agree(
        order_id=order_id,
        template_code=current.template_code,
        language=person.language,
        price_fen=current.price_fen + price_change_fen,
        price_change_fen=price_change_fen,
        deposit_fen=current.deposit_fen,
        shown=[
            Shown(
                clause_code=clause.code,
                page=page,
                means=frozenset({"highlight"}),
                type_px=max(TYPE_PX, clause.prompt_px),
                price_type_px=TYPE_PX,
                contrast_x100=CONTRAST_X100,
                shown_at=shown_at,
            )
            for clause in list_to_show(current.template_code)
        ],
        person_id=person_id,
        facts={**current.facts, **promised_with_spec(spec_code)} if spec_code else None,
        now=now,
    )
    return contract.version
