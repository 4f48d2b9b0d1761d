"""Spoiling a demo on purpose, so that the check of fairness has something to find."""

from __future__ import annotations

from django.db import transaction

from yinuo.contexts.promises.models import Promise
from yinuo.platform import installation

DATES = ("from_date", "until_date", "latest_date")


def swap_dates(*, order_id: int, other_id: int) -> None:
    """Exchange the promised dates of two orders, unseen by the ledger.

    Raises
    ------
    NotADemo
        This is done to a demo only.
    """
    installation.get_demo()
    with transaction.atomic():
        rows = Promise.objects.select_for_update().in_bulk([order_id, other_id])
        one, other = rows[order_id], rows[other_id]
        for name in DATES:
            mine, theirs = getattr(one, name), getattr(other, name)
            setattr(one, name, theirs)
            setattr(other, name, mine)
        one.save(update_fields=DATES)
        other.save(update_fields=DATES)
