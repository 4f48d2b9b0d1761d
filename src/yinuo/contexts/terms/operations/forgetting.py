"""The contract stays when the record of an order is destroyed: by the day, without its ticket."""

from __future__ import annotations

from django.db import transaction

from yinuo.contexts.terms.models import (
    ClauseShown,
    Contract,
    Decision,
    EnabledFeatures,
    Remedy,
    SideOffer,
    SideTerm,
    TermBreach,
)
from yinuo.platform.coarser import to_days


@transaction.atomic
def forget(*, order_id: int) -> None:
    """Turn the moments of an order's contract into days, and cut it from the ticket it came from.

    The ledger has begun the erasure in this transaction, or the database refuses.
    """
    contracts = Contract.objects.filter(order=order_id)
    decisions = Decision.objects.filter(order=order_id)
    for rows in (
        TermBreach.objects.filter(term__contract__in=contracts),
        SideOffer.objects.filter(order=order_id),
        SideTerm.objects.filter(contract__in=contracts),
        ClauseShown.objects.filter(contract__in=contracts),
        EnabledFeatures.objects.filter(contract__in=contracts),
        Remedy.objects.filter(order=order_id),
        contracts,
        decisions,
    ):
        to_days(rows)
    contracts.update(ticket=None)
    decisions.update(ticket=None)
