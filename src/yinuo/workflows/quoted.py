"""An order made from a quote: the first promise beside what the quote said, and what lies between.

The promise of whoever stands today where the quote had seen this customer says what the plan and
its output have changed; what comes on top of it, the queue has grown since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.ledger.factors import LINE_ORDER, REST
from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.rules import Value
from yinuo.contexts.orders.queries.forecasting import FromQuote, last_before, list_from_quotes
from yinuo.contexts.production.queries.planning import find_plan_in_force
from yinuo.contexts.promises.operations.forecasting import Names
from yinuo.contexts.promises.queries.quotes import QuoteSeen, get_quotes
from yinuo.contexts.promises.rules import FIRST_IS_NEWS, Ints, Windows
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.platform.spoken import write_instant
from yinuo.workflows.outlook import Outlook


@dataclass(frozen=True)
class Step:
    """So many days by one factor, with what is on record behind it."""

    factor: str
    ref: str
    days: int


def compare_with_quotes(
    outlook: Outlook, settled: Windows, rows: Ints, names: Names, *, now: dt.datetime
) -> int:
    """Record, for first promises just made, what the quote had said; returns how many had one.

    `rows` are the orders of `names` in the outlook. In the caller's transaction; safe to repeat.
    """
    order_ids = outlook.orders.order_ids[rows].tolist()
    ordered = list_from_quotes(order_ids)
    quotes = get_quotes([one.quote_ref for one in ordered]) if ordered else {}
    facts = []
    for one in ordered:
        quote, at = quotes[one.quote_ref], order_ids.index(one.order_id)
        if quote.latest_date is None:
            continue
        steps = _steps(outlook, settled, int(rows[at]), quote, one, now)
        latest = dt.date.fromordinal(int(settled.latest[rows[at]]))
        facts.append(_fact(one, quote, latest, steps, names.codes[at], names.answerers[at], now))
    record_many(facts, now=now)
    return len(facts)


def _steps(
    outlook: Outlook,
    settled: Windows,
    row: int,
    quote: QuoteSeen,
    order: FromQuote,
    now: dt.datetime,
) -> list[Step]:
    """From the quoted latest date to the promised one, step by step."""
    assert quote.latest_date is not None
    forecast, promised = outlook.windows.latest[row], settled.latest[row]
    ref = find_plan_in_force(now)
    # Without a new plan what changed is how much of the old one was built.
    replanned = ref != find_plan_in_force(quote.made_at)
    factor, ref = ("PLAN", ref) if replanned else ("OUTPUT", quote.public_id)
    before = last_before(order.order_id, quote.made_at)
    place = np.flatnonzero(outlook.orders.order_ids == (before or 0))
    then = forecast
    if place.size and outlook.windows.latest[place[0]] < BEYOND_HORIZON:
        then = min(outlook.windows.latest[place[0]], forecast)
    grown = f"{write_instant(quote.made_at)} / {write_instant(order.locked_at)}"
    steps = [
        Step(factor, ref, int(then) - quote.latest_date.toordinal()),
        Step("QUEUE", grown, int(forecast - then)),
        Step(LINE_ORDER, "", int(promised - forecast)),
    ]
    if before is None and steps[0].days:
        # Nobody stood there: what the place would be given today cannot be told apart.
        steps[0] = Step(REST, "", steps[0].days)
    return [step for step in steps if step.days]


def _fact(
    order: FromQuote,
    quote: QuoteSeen,
    latest: dt.date,
    steps: Sequence[Step],
    code: str,
    answerer: str,
    now: dt.datetime,
) -> Fact:
    assert quote.latest_date is not None
    late = (latest - quote.latest_date).days
    days = [str(step.days) for step in steps]
    private: dict[str, Value] = {
        "order": code,
        "quote": quote.public_id,
        "quoted_latest": quote.latest_date.isoformat(),
        "latest": latest.isoformat(),
        "days": abs(late),
        "factors": [step.factor for step in steps],
        "factor_refs": [step.ref for step in steps],
        "factor_days": days,
        "factor_latest_days": days,
    }
    if late > 0:
        private |= {"answerer": answerer, "known_at": write_instant(now)}
    long_ago = now - order.locked_at > FIRST_IS_NEWS
    public = HISTORY if long_ago else "LATER" if late > 0 else "SOONER" if late else "SAME"
    kind = "quote.missed" if late > 0 else "quote.kept"
    key = f"quoted:{order.order_id}"
    return Fact(kind, key, {"code": public}, private, order.order_id, code)
