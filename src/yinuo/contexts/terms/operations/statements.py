"""What is promised to everybody in public comes to its end for contracts to be made."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.terms.models import Statement

ONE_DAY = dt.timedelta(days=1)


def end_publicly(*, code: str, on: dt.date) -> bool:
    """Contracts made from `on` on carry this no more; those made before keep it.

    A statement holds for its first day at least. False where it had ended, or never was.
    """
    with transaction.atomic():
        row = Statement.objects.select_for_update().filter(code=code, ended_date=None).first()
        if row is None:
            return False
        row.ended_date = max(on, row.said_date + ONE_DAY)
        row.save(update_fields=["ended_date"])
    return True
