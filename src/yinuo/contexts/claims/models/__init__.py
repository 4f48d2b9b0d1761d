"""Public statements with their evidence, commitments, and posts that were hidden."""

from yinuo.contexts.claims.models.posts import Appeal, HiddenPost
from yinuo.contexts.claims.models.proofs import Commitment, Evidence, Hold
from yinuo.contexts.claims.models.statements import (
    Blob,
    Claim,
    ClaimVersion,
    Conflict,
    Signature,
)

__all__ = [
    "Appeal",
    "Blob",
    "Claim",
    "ClaimVersion",
    "Commitment",
    "Conflict",
    "Evidence",
    "HiddenPost",
    "Hold",
    "Signature",
]
