"""What shows a report that staff wrote down."""

from __future__ import annotations

from collections.abc import Sequence

from yinuo.contexts.transit.models import CarrierEvent


def keep_evidence(*, refs: Sequence[str], evidence: str) -> None:
    """Keep beside these reports what shows them; once written it stays."""
    CarrierEvent.objects.filter(public_id__in=list(refs), evidence="").update(
        evidence=evidence.strip()
    )
