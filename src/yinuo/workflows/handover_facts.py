"""What the law is told of a car before it is decided on, and when its keys are given.

A display, nearly new or repaired car is told as what it is. It goes with what its customer read,
signed and kept of it, and with nothing less (guiding case 17).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from yinuo.contexts.handover.queries.work import InspectionFacts
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.vehicles.queries.cars import Disclosed, get_disclosed
from yinuo.contexts.vehicles.rules import NEW, REPAIRED


def of_decision(order_id: int, facts: InspectionFacts) -> dict[str, Any]:
    """The facts of a car that its customer takes or refuses now, as the rule pack names them."""
    problems = checking.problems_of(facts.plan, facts.verdicts)
    failed = checking.failed_systems(facts.plan, facts.verdicts)
    car: dict[str, Any] = {"quality_defect": bool(problems)}
    if not problems or failed:
        # Whether a lesser fault defeats the purpose is a judgment that nobody has made here.
        car["purpose_defeated"] = bool(failed)
    disclosure: dict[str, Any] = {}
    if taken := _taken_used(order_id, facts):
        car["condition"], disclosure = taken.condition, _told(taken)
    elif not facts.repaired:
        car["condition"] = NEW
    defect: dict[str, Any] = {"possible": bool(failed) or facts.held}
    if defect["possible"]:
        defect["investigating"] = True
    return {
        "handover": {"completing": False, "signature_taken_as_waiver": False},
        "inspection": {"window_agreed": False},
        "fault": {"disputed": False},
        "car": car,
        "disclosure": disclosure,
        "defect": defect,
    }


def of_keys(
    order_id: int, facts: InspectionFacts, confirmed: Mapping[str, bool], today: dt.date
) -> dict[str, Any]:
    """The facts of a car whose keys are given today.

    `confirmed` is staff's word for each thing that they give and explain, without `handover.`.
    """
    given = checking.facts_proven(
        facts.plan, facts.verdicts, [name for name, done in confirmed.items() if done]
    )
    signed = facts.signature_id is not None
    # Damage is part of the signed document, which its customer keeps.
    condition = REPAIRED if facts.repaired else NEW
    disclosure: dict[str, Any] = {"written": True, "signed": signed, "copy_given": signed}
    if taken := _taken_used(order_id, facts):
        condition, disclosure = taken.condition, _told(taken)
    return {
        "handover": {
            **confirmed,
            **given,
            "completing": True,
            "signature_taken_as_waiver": False,
        },
        "inspection": {"window_agreed": False},
        "fault": {"disputed": False},
        "car": {
            "condition": condition,
            "quality_defect": bool(checking.problems_of(facts.plan, facts.verdicts)),
            "purpose_defeated": False,
            "delivered_date": today.isoformat(),
            "invoice_date": today.isoformat(),
        },
        "disclosure": disclosure,
        "defect": {"possible": facts.held, "investigating": facts.held},
    }


def _taken_used(order_id: int, facts: InspectionFacts) -> Disclosed | None:
    """The inspected car where it was taken instead of one to be built, and is not new as built."""
    taken = get_disclosed(order_id)
    if taken is None or taken.vin != facts.vin or taken.condition == NEW:
        return None
    return taken


def _told(taken: Disclosed) -> dict[str, Any]:
    return {"written": taken.written, "signed": taken.signed, "copy_given": taken.copy_given}
