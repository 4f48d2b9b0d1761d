"""The visit, the joint inspection, its evidence, the decision, the signature and the keys."""

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

__all__ = [
    "Answer",
    "Damage",
    "Diagnosis",
    "Evidence",
    "FeatureState",
    "Inspection",
    "InspectorPass",
    "Outcome",
    "RemoteLook",
    "SafetySignal",
    "Signature",
    "Statement",
    "Upload",
]
