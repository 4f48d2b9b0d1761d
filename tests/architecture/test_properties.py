"""Every property that the design of promises states has a test that says so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# P15 is not a property: more capacity is not earlier for everybody.
STATED = {number for number in range(1, 17) if number != 15}


def claims() -> dict[int, list[str]]:
    """Which tests name which property, in their name or at the head of their docstring."""
    found: dict[int, list[str]] = {number: [] for number in STATED}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            said = (ast.get_docstring(node) or "").split(":")[0].split("\n")[0]
            named = {int(n) for n in re.findall(r"\bP(\d+)\b", said)}
            named |= {int(n) for n in re.findall(r"^test_p(\d+)_", node.name)}
            for number in named & STATED:
                found[number].append(f"{path.name}::{node.name}")
    return found


def test_each_property_is_named_by_a_test() -> None:
    missing = [number for number, tests in claims().items() if not tests]
    assert missing == []
