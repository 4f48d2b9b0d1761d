"""Whose money is kept, or is about to be; asked where the ground for it may have gone."""

from __future__ import annotations

from yinuo.contexts.payments.models import Keep


def list_orders_with_kept() -> list[int]:
    """Orders of which money is kept, is to be kept, or is disputed."""
    rows = Keep.objects.filter(
        state__in=[Keep.State.PROPOSED, Keep.State.KEPT, Keep.State.DISPUTED]
    )
    return sorted(set(rows.values_list("order_id", flat=True)))
