"""Opening lines: one for each spec at each centre, public from its first order on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.orders.models import Line


def open_lines(
    wanted: Mapping[tuple[int, int], str], *, now: dt.datetime
) -> dict[tuple[int, int], int]:
    """The row of each line by (spec, centre); those that are not there are made and made public.

    `wanted` gives the public name of each line, "<spec>@<centre>".
    """
    specs = {spec for spec, _ in wanted}
    known = {
        (line.spec_id, line.centre_id): line.id for line in Line.objects.filter(spec_id__in=specs)
    }
    fresh = sorted(wanted.keys() - known.keys())
    for spec, centre in fresh:
        line, _ = Line.objects.get_or_create(spec_id=spec, centre_id=centre)
        known[spec, centre] = line.id
    record_many(
        [Fact("line.opened", f"line:{wanted[one]}", {"line": wanted[one]}) for one in fresh],
        now=now,
    )
    return known
