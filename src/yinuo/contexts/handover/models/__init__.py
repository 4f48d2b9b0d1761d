"""The visit, the joint inspection, its evidence, the decision, the signature, the yard."""

from yinuo.contexts.handover.models.centres import Absence, Bay, Duty, Opening, Zone
from yinuo.contexts.handover.models.evidence import Evidence, Upload
from yinuo.contexts.handover.models.findings import (
    Damage,
    Diagnosis,
    RemoteLook,
    SafetySignal,
)
from yinuo.contexts.handover.models.inspection import (
    Answer,
    FeatureState,
    Inspection,
    InspectorPass,
    Outcome,
    Statement,
)
from yinuo.contexts.handover.models.signing import Signature
from yinuo.contexts.handover.models.visits import SlotCount, Visit
from yinuo.contexts.handover.models.yard import MovePermit, NearMiss, Occupancy, SlotStop

__all__ = [
    "Absence",
    "Answer",
    "Bay",
    "Damage",
    "Diagnosis",
    "Duty",
    "Evidence",
    "FeatureState",
    "Inspection",
    "InspectorPass",
    "MovePermit",
    "NearMiss",
    "Occupancy",
    "Opening",
    "Outcome",
    "RemoteLook",
    "SafetySignal",
    "Signature",
    "SlotCount",
    "SlotStop",
    "Statement",
    "Upload",
    "Visit",
    "Zone",
]
