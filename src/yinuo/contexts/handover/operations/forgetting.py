"""What was found and signed at the hand-over stays with the car, by the day."""

from __future__ import annotations

from django.db import transaction

from yinuo.contexts.handover.models import (
    Answer,
    Damage,
    Diagnosis,
    Evidence,
    FeatureState,
    Inspection,
    InspectorPass,
    Occupancy,
    Outcome,
    RemoteLook,
    SafetySignal,
    Signature,
    Statement,
    Upload,
    Visit,
)
from yinuo.platform.coarser import to_days


@transaction.atomic
def forget(*, order_id: int) -> None:
    """Remove visits and who was let in to inspect, and turn the moments of the hand-over into days.

    The ledger has begun the erasure in this transaction, or the database refuses.
    """
    InspectorPass.objects.filter(order=order_id).delete()
    Occupancy.objects.filter(visit__order=order_id).delete()
    Visit.objects.filter(order=order_id).delete()
    for model in (Answer, Diagnosis, FeatureState, Outcome, Statement):
        to_days(model._default_manager.filter(inspection__order=order_id))
    for own in (Damage, Evidence, Inspection, RemoteLook, SafetySignal, Signature, Upload):
        to_days(own._default_manager.filter(order=order_id))
