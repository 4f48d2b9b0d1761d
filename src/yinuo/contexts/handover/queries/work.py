"""What the stories of a hand-over need to know; who may act was asked before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.handover.models import Damage, Inspection, SafetySignal, Signature
from yinuo.contexts.handover.rules import checking


@dataclass(frozen=True)
class InspectionFacts:
    """The newest inspection of an order as the law and the stories need it."""

    id: int
    public_id: str
    vin: str
    state: str
    version: int
    plan: tuple[checking.Group, ...]
    verdicts: dict[str, str]
    answered_at: dict[str, dt.datetime]
    stated: dict[str, bool]
    held: bool
    damaged: bool
    repaired: bool
    signature_id: int | None
    keys_given_at: dt.datetime | None


def get_facts(order_id: int) -> InspectionFacts | None:
    """The newest inspection of an order; None where none was opened.

    `stated` is what staff said of promised features; `damaged` says that damage is known,
    `repaired` that some of it was put right.
    """
    row = Inspection.objects.filter(order=order_id).order_by("-number").first()
    if row is None:
        return None
    answers = list(row.answers.all())
    damages = Damage.objects.filter(order=order_id, left_at=None)
    return InspectionFacts(
        row.id,
        row.public_id,
        row.vin,
        row.state,
        row.version,
        checking.from_record(row.checklist),
        {one.code: one.verdict for one in answers},
        {one.code: one.answered_at for one in answers},
        dict(row.features.values_list("code", "enabled")),
        SafetySignal.objects.filter(order=order_id, vin=row.vin, cleared_at=None).exists(),
        damages.exists(),
        damages.exclude(repaired_at=None).exists(),
        Signature.objects.filter(inspection=row).values_list("id", flat=True).first(),
        row.keys_given_at,
    )


def list_signed() -> list[tuple[int, int]]:
    """Orders that are signed for and not paid, with the row of the signature."""
    rows = Signature.objects.filter(order__state="SIGNED", inspection__state="SIGNED")
    return list(rows.order_by("id").values_list("order_id", "id"))


def list_open_signals(order_id: int) -> list[int]:
    """The safety signals of an order that quality has not cleared, whichever car they are about."""
    rows = SafetySignal.objects.filter(order=order_id, cleared_at=None)
    return list(rows.order_by("id").values_list("id", flat=True))


def list_failed(code: str) -> list[int]:
    """The orders at whose inspection this check, on which life depends, failed."""
    rows = SafetySignal.objects.filter(code=code).values_list("order_id", flat=True)
    return sorted(set(rows))
