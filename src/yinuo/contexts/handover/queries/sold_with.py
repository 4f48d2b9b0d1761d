"""What a model is sold with: the features that are tried at its inspection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from yinuo.contexts.handover.rules import checking


@dataclass(frozen=True)
class Feature:
    """A feature as contracts name it: its code without `feature_`."""

    code: str
    zh: str
    en: str


@cache
def list_features(model: str) -> tuple[Feature, ...]:
    """The features of this model, in the order in which they are tried."""
    return tuple(
        Feature(check.code.removeprefix("feature_"), check.zh, check.en)
        for check in checking.all_checks(checking.checklist_for(model)).values()
        if check.group == checking.FEATURES
    )
