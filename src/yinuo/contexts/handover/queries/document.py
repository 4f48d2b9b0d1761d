"""What one inspection says as one document: the text that is signed, and its digest."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from yinuo.contexts.handover.models import Damage, Inspection
from yinuo.contexts.handover.rules import checking
from yinuo.platform.spoken import write_instant


def build_document(inspection: Inspection) -> dict[str, Any]:
    """Everything that was tried, found, shown, promised and decided, at the newest version."""
    outcome = inspection.outcomes.filter(version=inspection.version).first()
    # What had been found of this car, not of one that the order had before it.
    of_this = Q(left_at=None) | Q(left_at__gt=inspection.opened_at)
    damages = Damage.objects.filter(of_this, order=inspection.order_id).order_by("id")
    return {
        "inspection": inspection.public_id,
        "order": inspection.order.code,
        "number": inspection.number,
        "version": inspection.version,
        "vin": inspection.vin,
        "checklist_sha256": checking.digest(checking.canonical({"groups": inspection.checklist})),
        "answers": [
            {"check": row.code, "verdict": row.verdict, "words": row.words, "by": row.helper}
            for row in inspection.answers.order_by("code")
        ],
        "features": [
            {
                "check": row.code,
                "enabled": row.enabled,
                "by": row.enabled_by_date.isoformat() if row.enabled_by_date else "",
            }
            for row in inspection.features.order_by("code")
        ],
        "evidence": [
            {"check": row.code, "type": row.media_type, "sha256": row.sha256}
            for row in inspection.evidence.order_by("code", "sha256")
        ],
        "damages": [
            {
                "damage": row.public_id,
                "spot": row.spot_zh,
                "words": row.words_zh,
                "told_at": write_instant(row.told_at) if row.told_at else "",
            }
            for row in damages
        ],
        "outcome": {
            "taken": outcome.taken,
            "words": outcome.words,
            "fix_by": outcome.fix_by_date.isoformat() if outcome.fix_by_date else "",
        }
        if outcome
        else {},
    }


def text_of(inspection: Inspection) -> tuple[str, str]:
    """The document as its one canonical text, and the SHA-256 of that."""
    text = checking.canonical(build_document(inspection))
    return text, checking.digest(text)
