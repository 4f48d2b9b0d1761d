"""Disputes with what was done in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.terms.models import Matter


@dataclass(frozen=True)
class StepSeen:
    """Something done in a dispute, and who decided it."""

    tactic: str
    why: str
    cost_fen: int
    trust: str
    decider_zh: str
    decider_en: str
    decided_at: dt.datetime


@dataclass(frozen=True)
class MatterSeen:
    """A dispute with its steps in their order and what they cost in all."""

    id: int
    public_id: str
    title: str
    claims_fen: int
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    steps: tuple[StepSeen, ...]

    @property
    def cost_fen(self) -> int:
        """What all steps cost."""
        return sum(step.cost_fen for step in self.steps)


def list_matters() -> list[MatterSeen]:
    """Every dispute, open ones first, the newest first."""
    rows = Matter.objects.prefetch_related("steps__decided_by").order_by("-opened_at", "-id")
    return sorted((_seen(row) for row in rows), key=lambda one: one.closed_at is not None)


def _seen(row: Matter) -> MatterSeen:
    steps = sorted(row.steps.all(), key=lambda step: step.id)
    return MatterSeen(
        row.id,
        row.public_id,
        row.title,
        row.claims_fen,
        row.opened_at,
        row.closed_at,
        tuple(
            StepSeen(
                step.tactic,
                step.why,
                step.cost_fen,
                step.trust,
                step.decided_by.name_zh,
                step.decided_by.name_en,
                step.decided_at,
            )
            for step in steps
        ),
    )
