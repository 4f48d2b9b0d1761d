"""What was found of a car that gives its customer a right to leave. Asked by workflows."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.handover.models import Inspection, SafetySignal
from yinuo.contexts.handover.rules import checking


@dataclass(frozen=True)
class CarGround:
    """What is on record of one car of an order.

    `refused` says that its customer decided not to take it and nothing has come after that;
    `faulty` that a check showed a problem; `unsafe` that a check on which life depends failed and
    quality has not cleared it. `failing` are the features that do not work, named as in contracts.
    """

    refused: bool = False
    faulty: bool = False
    unsafe: bool = False
    failing: tuple[str, ...] = ()


def get_ground(order_id: int, vin: str) -> CarGround:
    """What was found of the car with this VIN at its newest inspection for this order."""
    unsafe = SafetySignal.objects.filter(order=order_id, vin=vin, cleared_at=None).exists()
    row = Inspection.objects.filter(order=order_id, vin=vin).order_by("-number").first()
    if row is None:
        return CarGround(unsafe=unsafe)
    plan = checking.from_record(row.checklist)
    verdicts = dict(row.answers.values_list("code", "verdict"))
    stated = dict(row.features.values_list("code", "enabled"))
    return CarGround(
        row.state == "REFUSED",
        bool(checking.problems_of(plan, verdicts)),
        unsafe,
        tuple(checking.features_failing(plan, verdicts, stated)),
    )
