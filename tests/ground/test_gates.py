"""`./test` itself: how outcomes are gathered and rows counted."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ground.machine import ROOT
from tools import gates

SAMPLE = """
import pytest

@pytest.mark.need(22, 23)
def test_shown(): pass

@pytest.mark.need(23)
def test_failing(): assert False

@pytest.mark.need(25)
@pytest.mark.skip(reason="not today")
def test_skipped(): pass

@pytest.fixture
def broken(): raise ValueError

@pytest.mark.need(26)
def test_never_begun(broken): pass

@pytest.fixture
def untidy():
    yield
    raise ValueError

@pytest.mark.need(27)
def test_left_a_mess(untidy): pass

def test_of_no_row(): pass
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the plugin writes about a session of six tests."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    need\n", encoding="utf-8")
    sheet = folder / "sheet.json"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.outcomes", "-p", "no:django",
         "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "YINUO_OUTCOMES": str(sheet)},
        check=False,
        capture_output=True,
    )  # fmt: skip
    found: dict[str, dict[str, Any]] = json.loads(sheet.read_text(encoding="utf-8"))
    return {name.rpartition("::")[2]: test for name, test in found.items()}


def test_each_outcome_is_the_worst_of_its_phases(outcomes: dict[str, dict[str, Any]]) -> None:
    assert {name: test["outcome"] for name, test in outcomes.items()} == {
        "test_shown": "passed",
        "test_failing": "failed",
        "test_skipped": "skipped",
        "test_never_begun": "failed",
        "test_left_a_mess": "failed",
        "test_of_no_row": "passed",
    }


def test_a_row_is_shown_when_all_its_tests_pass(outcomes: dict[str, dict[str, Any]]) -> None:
    assert gates.sort_rows(outcomes) == ([22], [23, 25, 26, 27])


@pytest.mark.parametrize(
    ("code", "outcomes", "expected"),
    [
        (0, {"a": {"outcome": "passed", "rows": [1]}}, 0),
        (5, {}, 0),
        (1, {"a": {"outcome": "failed", "rows": [1]}}, 1),
        (0, {"a": {"outcome": "skipped", "rows": [1]}}, 1),
        (0, {"a": {"outcome": "passed", "rows": [163]}}, 1),
        (2, {}, 1),
    ],
)
def test_needs_prints_the_rows_and_fails_on_a_failing_one(
    code: int,
    outcomes: dict[str, dict[str, Any]],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(gates, "run_pytest", lambda words: (code, outcomes))
    assert gates.main(["needs"]) == expected
    said = capsys.readouterr().out
    assert "of 162" in said
    assert ("no such row" in said) is any(163 in test["rows"] for test in outcomes.values())


def test_a_gate_that_fails_shows_why(capfd: pytest.CaptureFixture[str]) -> None:
    gate = gates.Gate("lint", ["-c", "print('line 7 is crooked'); raise SystemExit(3)"])
    assert gates.run_gate(gate) is False
    assert "line 7 is crooked" in capfd.readouterr().out


def test_a_gate_that_passes_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert gates.run_gate(gates.Gate("lint", ["-c", "print('much ado')"])) is True
    assert capfd.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("code", [0, 1])
def test_everything_runs_even_when_a_gate_fails(
    code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run_gate(gate: gates.Gate) -> bool:
        ran.append(gate.name)
        return gate.name != "lint" or code == 0

    sheet = {"a": {"outcome": "passed", "rows": []}}
    monkeypatch.setattr(gates, "run_gate", run_gate)
    monkeypatch.setattr(gates, "begin_template", lambda: contextlib.nullcontext(lambda: None))
    monkeypatch.setattr(gates, "run_all_tests", lambda: (0, sheet))
    assert gates.main([]) == code
    assert ran == ["lint", "format", "imports", "types"]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == ("FAILED: lint (1 passed)" if code else "All gates passed (1 passed)")


@pytest.mark.parametrize("failing", ["beside", "alone", ""])
def test_tests_that_measure_time_run_by_themselves(
    failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def outcome(name: str, words: list[str]) -> tuple[int, dict[str, dict[str, Any]]]:
        ran.append(" ".join(words))
        return int(name == failing), {name: {"outcome": "passed", "rows": []}}

    monkeypatch.setattr(gates, "run_beside", lambda lanes: outcome("beside", lanes[0][:3]))
    monkeypatch.setattr(gates, "run_pytest", lambda words: outcome("alone", words))
    code, outcomes = gates.run_all_tests()
    assert ran == ["-q -m not alone", "-q -m alone"]
    assert (code, set(outcomes)) == (int(bool(failing)), {"beside", "alone"})


def test_two_lanes_hold_every_test_once() -> None:
    lanes = [path for lane in gates.list_lanes() for path in lane]
    files = [file for path in lanes for file in (ROOT / path).rglob("test_*.py")]
    assert sorted(files) == sorted((ROOT / "tests").rglob("test_*.py"))
    assert all(gates.list_lanes())
    assert gates.list_lanes()[0][-1] == "tests/web"


def test_lanes_run_beside_each_other_and_all_are_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = []
    for name, body in (("test_first", "assert True"), ("test_second", "assert False")):
        meet = tmp_path / f"{name}.met"
        other = tmp_path / ("test_second.met" if name == "test_first" else "test_first.met")
        path = tmp_path / f"{name}.py"
        path.write_text(
            "import pathlib, time\n"
            f"def {name}():\n"
            f"    pathlib.Path({str(meet)!r}).touch()\n"
            f"    while not pathlib.Path({str(other)!r}).exists(): time.sleep(0.01)\n"
            f"    {body}\n",
            encoding="utf-8",
        )
        paths.append(
            ["-q", "-p", "tests.outcomes", "-p", "no:django", "-c", "/dev/null", str(path)]
        )
    code, outcomes = gates.run_beside(paths)
    assert code == 1
    assert {name.rpartition("::")[2]: test["outcome"] for name, test in outcomes.items()} == {
        "test_first": "passed",
        "test_second": "failed",
    }
    said = capfd.readouterr().out
    assert "1 passed" in said
    assert "1 failed" in said


def test_paths_go_to_pytest_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def run_pytest(words: list[str]) -> tuple[int, dict[str, dict[str, Any]]]:
        seen.append(words)
        return 4, {}

    monkeypatch.setattr(gates, "run_pytest", run_pytest)
    assert gates.main(["tests/ground", "-x"]) == 4
    assert seen == [["tests/ground", "-x"]]


def test_every_python_tree_is_a_gates_business() -> None:
    trees = {path.relative_to(ROOT).parts[0] for path in Path(ROOT).glob("*/**/*.py")}
    assert trees - {".venv", "var"} <= set(gates.PYTHON_ROOTS)
