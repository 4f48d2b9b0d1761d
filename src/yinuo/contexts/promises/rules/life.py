"""The life of a promise: its stages, and which fact leads from one to another.

The facts of the ledger are the truth; the stage in the promise's row is a copy for quick questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

COMMITTED, RE_PROMISED, PULLED_IN = "COMMITTED", "RE_PROMISED", "PULLED_IN"
AT_RISK, RECOVERED, BROKEN = "AT_RISK", "RECOVERED", "BROKEN"
KEPT, LATE, CANCELLED = "KEPT", "HANDED_OVER", "CANCELLED"

CALM = frozenset({COMMITTED, RE_PROMISED, PULLED_IN, RECOVERED})
OPEN = CALM | {AT_RISK, BROKEN}
ENDED = frozenset({KEPT, LATE, CANCELLED})
STAGES = (
    COMMITTED, RE_PROMISED, PULLED_IN, AT_RISK, RECOVERED, BROKEN, KEPT, LATE, CANCELLED
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A fact of `kind` leads from any of `sources` to `target`; `when` says what else is needed."""

    kind: str
    sources: frozenset[str]
    target: str
    when: str


STEPS = (
    Step("promise.made", frozenset(), COMMITTED, "a date can be worked out for the first time"),
    Step("promise.revised", OPEN, RE_PROMISED, "the promise no longer fits what is known"),
    Step("promise.revised", OPEN, PULLED_IN, "the same, and all of it is earlier"),
    Step("promise.at_risk", CALM, AT_RISK, "the promised date is in danger, and we say so"),
    Step("promise.recovered", frozenset({AT_RISK}), RECOVERED, "the danger has passed"),
    Step("promise.broken", CALM | {AT_RISK}, BROKEN, "the promised date has passed"),
    Step("promise.kept", OPEN, KEPT, "handed over by the latest date"),
    Step("promise.late", OPEN, LATE, "handed over after it"),
    Step("promise.cancelled", OPEN, CANCELLED, "the order was cancelled"),
)
KINDS = frozenset(step.kind for step in STEPS)


class Entry(Protocol):
    """What is needed of a recorded fact."""

    @property
    def kind(self) -> str: ...

    @property
    def payload(self) -> Mapping[str, Any]: ...


class ImpossibleStep(ValueError):
    """A fact follows another that it cannot follow."""


def is_pulled_in(payload: Mapping[str, Any]) -> bool:
    """Whether a move brought both the range and the latest date forward."""
    return bool(payload["days_earlier"]) and payload["latest"] < payload["old_latest"]


def next_stage(stage: str, entry: Entry) -> str:
    """The stage after `entry`; "" is the stage before the first promise.

    Raises
    ------
    ImpossibleStep
        Nothing leads there from `stage`.
    """
    if entry.kind not in KINDS:
        return stage
    targets = [
        step.target
        for step in STEPS
        if step.kind == entry.kind and (stage in step.sources or (not stage and not step.sources))
    ]
    if not targets:
        raise ImpossibleStep(f"{entry.kind} after {stage or 'nothing'}")
    if entry.kind == "promise.revised":
        return PULLED_IN if is_pulled_in(entry.payload) else RE_PROMISED
    return targets[0]


def stage_of(entries: Iterable[Entry]) -> str:
    """The stage that an order's facts, oldest first, lead to; "" without a promise."""
    stage = ""
    for entry in entries:
        stage = next_stage(stage, entry)
    return stage
