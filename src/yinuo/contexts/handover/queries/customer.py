"""What a customer, the household and a helper may see of a hand-over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from yinuo.contexts.handover.models import (
    Damage,
    Evidence,
    Inspection,
    InspectorPass,
    RemoteLook,
)
from yinuo.contexts.handover.queries.seen import (
    EvidenceSeen,
    HandoverSeen,
    evidence_seen,
    read_handover,
)
from yinuo.contexts.handover.rules.passes import digest_of
from yinuo.contexts.people.queries.people import sees


@dataclass(frozen=True)
class Helper:
    """Somebody who inspects for the customer, by a code that the customer gave."""

    order_id: int
    order_code: str
    name: str
    until_at: dt.datetime


def get_for_customer(person_id: int, order_id: int) -> HandoverSeen:
    """The hand-over of an order of the reader's own or of the reader's household.

    A stranger's is as empty as one that has not begun. Damage stands in it once it was told.
    """
    mine = sees(person_id, "order__person")
    if not any(
        model._default_manager.filter(mine, order=order_id).exists()
        for model in (Inspection, Damage, RemoteLook)
    ):
        return HandoverSeen(order_id, None, (), (), (), {})
    return _told_only(read_handover(order_id))


def _told_only(seen: HandoverSeen) -> HandoverSeen:
    return replace(seen, damages=tuple(one for one in seen.damages if one.told_at is not None))


def get_helper(code: str, now: dt.datetime) -> Helper | None:
    """Who holds this code, while it holds."""
    row = (
        InspectorPass.objects.filter(
            code_digest=digest_of(code), ended_at=None, given_at__lte=now, until_at__gt=now
        )
        .select_related("order")
        .first()
    )
    return Helper(row.order_id, row.order.code, row.name, row.until_at) if row else None


def get_for_helper(helper: Helper) -> HandoverSeen:
    """The hand-over as a helper sees it; `helper` comes from `get_helper`."""
    return _told_only(read_handover(helper.order_id))


def list_helpers(person_id: int, order_id: int, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """The names of those whose code holds now, with its end; for the owner and the household."""
    rows = InspectorPass.objects.filter(
        sees(person_id, "order__person"), order_id=order_id, ended_at=None, until_at__gt=now
    )
    return list(rows.distinct().order_by("id").values_list("name", "until_at"))


def find_evidence(person_id: int, order_id: int, ref: str) -> EvidenceSeen | None:
    """A picture or film of an order that the reader may see.

    Photos of damage count from the moment on in which the damage was told.
    """
    rows = Evidence.objects.filter(
        sees(person_id, "order__person"), order_id=order_id, public_id=ref
    )
    return _shown(rows.distinct().first())


def find_evidence_of_helper(helper: Helper, ref: str) -> EvidenceSeen | None:
    """A picture or film of the order that somebody inspects."""
    return _shown(Evidence.objects.filter(order_id=helper.order_id, public_id=ref).first())


def _shown(row: Evidence | None) -> EvidenceSeen | None:
    if row is None or (row.damage is not None and row.damage.told_at is None):
        return None
    return evidence_seen(row)
