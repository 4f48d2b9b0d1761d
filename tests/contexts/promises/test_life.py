"""The life of a promise: which fact may follow which, and the table in the manual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.ledger.kinds import KINDS as LEDGER_KINDS
from yinuo.contexts.promises.rules import life
from yinuo.contexts.promises.rules.life import STAGES, STEPS, ImpossibleStep, next_stage, stage_of

DOC = Path(__file__).parents[3] / "docs/life-of-a-promise.md"
LATER = {"days_earlier": 0, "latest": "2026-03-20", "old_latest": "2026-03-15"}
EARLIER = {"days_earlier": 6, "latest": "2026-03-09", "old_latest": "2026-03-15"}
MIXED = {"days_earlier": 3, "latest": "2026-03-15", "old_latest": "2026-03-15"}


@dataclass(frozen=True)
class Said:
    """A recorded fact."""

    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)


def facts(*names: str) -> list[Said]:
    return [
        Said("promise.revised", LATER if name == "later" else EARLIER)
        if name in ("later", "earlier")
        else Said(f"promise.{name}")
        for name in names
    ]


LIVES = [
    ((), ""),
    (("made",), "COMMITTED"),
    (("made", "kept_as_is", "kept_as_is"), "COMMITTED"),
    (("made", "later"), "RE_PROMISED"),
    (("made", "earlier"), "PULLED_IN"),
    (("made", "at_risk"), "AT_RISK"),
    (("made", "at_risk", "recovered"), "RECOVERED"),
    (("made", "at_risk", "recovered", "at_risk", "later"), "RE_PROMISED"),
    (("made", "at_risk", "broken"), "BROKEN"),
    (("made", "broken", "later", "kept"), "KEPT"),
    (("made", "broken", "late"), "HANDED_OVER"),
    (("made", "earlier", "cancelled"), "CANCELLED"),
]


@pytest.mark.need(22)
@pytest.mark.parametrize(("names", "stage"), LIVES)
def test_the_stage_follows_from_the_facts(names: tuple[str, ...], stage: str) -> None:
    assert stage_of(facts(*names)) == stage


@pytest.mark.parametrize(
    "names",
    [
        ("later",),
        ("made", "made"),
        ("made", "recovered"),
        ("made", "at_risk", "at_risk"),
        ("made", "broken", "at_risk"),
        ("made", "broken", "broken"),
        ("made", "kept", "later"),
        ("made", "kept", "late"),
        ("made", "cancelled", "kept"),
    ],
)
def test_what_cannot_follow_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ImpossibleStep):
        stage_of(facts(*names))


def test_only_a_move_that_brings_everything_forward_pulls_in() -> None:
    assert next_stage("COMMITTED", Said("promise.revised", MIXED)) == "RE_PROMISED"
    assert next_stage("BROKEN", Said("promise.revised", EARLIER)) == "PULLED_IN"


@given(st.lists(st.sampled_from(sorted(life.KINDS - {"promise.revised"})), max_size=8))
def test_every_life_ends_once_and_stays_ended(kinds: list[str]) -> None:
    stage = ""
    for kind in kinds:
        before = stage
        try:
            stage = next_stage(stage, Said(kind))
        except ImpossibleStep:
            continue
        assert before not in life.ENDED
        assert stage in STAGES


def test_every_step_is_a_fact_of_the_ledger() -> None:
    assert {step.kind for step in STEPS} <= LEDGER_KINDS.keys()
    assert {step.target for step in STEPS} == set(STAGES)
    reached = {step.target for step in STEPS}
    assert {source for step in STEPS for source in step.sources} <= reached


@pytest.mark.need(22)
def test_the_manual_shows_the_same_steps() -> None:
    manual = DOC.read_text(encoding="utf-8")
    rows = [row for row in manual.splitlines() if row.startswith("| `promise.")]
    assert rows == [
        f"| `{step.kind}` | {', '.join(one for one in STAGES if one in step.sources) or '-'}"
        f" | {step.target} | {step.when} |"
        for step in STEPS
    ]
    for step in STEPS:
        for source in step.sources or {"[*]"}:
            assert f"{source} --> {step.target}" in manual
