"""What of an order's promise gives its customer a right to leave. Asked by workflows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.queries.choices import OPENING_KINDS


@dataclass(frozen=True)
class PromiseGround:
    """`broken_date` is the promised day that passed without the car; None where none did.

    `moved` says that a change was told that let the customer choose, and the choice stays open. A
    change of the customer's own is none.
    """

    broken_date: dt.date | None
    moved: bool


def get_ground(order_id: int, today: dt.date) -> PromiseGround:
    """What the promise of an order, kept or broken by `today`, gives its customer."""
    row = Promise.objects.filter(order=order_id).first()
    if row is None:
        return PromiseGround(None, False)
    late = row.state == Promise.State.BROKEN or (
        row.state == Promise.State.ACTIVE and row.latest_date < today
    )
    return PromiseGround(row.latest_date if late else None, _moved_by_us(order_id))


def _moved_by_us(order_id: int) -> bool:
    """Whether a change was told that opened a choice and that the customer did not ask for."""
    own = {code for code, cause in CAUSES.items() if cause.evidence == "customer"}
    told = list_of_subject(order_id, OPENING_KINDS)
    return any(entry.payload.get("cause") not in own for entry in told)


def latest_dates(order_ids: Iterable[int]) -> dict[int, dt.date]:
    """The latest day that is promised to each of these orders; none where no promise stands."""
    rows = Promise.objects.filter(order_id__in=list(order_ids))
    standing = rows.exclude(state=Promise.State.CLOSED)
    return dict(standing.values_list("order_id", "latest_date"))
