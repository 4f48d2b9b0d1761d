"""Every inclusion and consistency case of transparency-dev/merkle is judged as they judge it.

Among them are the cases of an old tree without leaves: all of those are refused.
"""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from yinuo.engines.tlog import ProofError, check_consistency, check_inclusion

DATA = Path(__file__).parents[1] / "data" / "tlog"
INCLUSION = sorted(DATA.glob("inclusion/**/*.json"))
CONSISTENCY = sorted(DATA.glob("consistency/**/*.json"))


def case(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)


def judged(case: dict[str, Any]) -> Any:
    """Where a case is said to be wrong, the check must refuse it, and only there."""
    return pytest.raises(ProofError) if case["wantErr"] else contextlib.nullcontext()


def name(path: Path) -> str:
    return str(path.relative_to(DATA).with_suffix(""))


def test_all_cases_are_here() -> None:
    assert (len(INCLUSION), len(CONSISTENCY)) == (98, 98)


@pytest.mark.parametrize("path", INCLUSION, ids=name)
def test_inclusion(path: Path) -> None:
    one = case(path)
    proof = [raw(text) for text in one["proof"] or ()]
    with judged(one):
        check_inclusion(
            one["leafIdx"], one["treeSize"], raw(one["leafHash"]), proof, raw(one["root"])
        )


@pytest.mark.parametrize("path", CONSISTENCY, ids=name)
def test_consistency(path: Path) -> None:
    one = case(path)
    proof = [raw(text) for text in one["proof"] or ()]
    with judged(one):
        check_consistency(one["size1"], one["size2"], raw(one["root1"]), raw(one["root2"]), proof)
