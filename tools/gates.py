"""All gates of `./test`: style, layout, imports, types, tests. Run inside the environment.

./test               every gate
./test PATH...       pytest on these paths (other pytest words too)
./test needs         the rows of needs shown, failing and open
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[1]
NEEDS_TOTAL = 162
PYTHON_ROOTS = ("src", "tests", "tools", "bench", "verify")
# Half of the time of all tests; what is not named here runs in the second lane.
FIRST_LANE = frozenset({"architecture", "engines", "ground", "rulepacks", "tour", "web"})
# import-linter's command has no module form that prints.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as c; c()"


@dataclass(frozen=True)
class Gate:
    """One check that needs no test run: what it is called and how it is asked."""

    name: str
    command: list[str]


def static_gates() -> list[Gate]:
    """The gates before the tests, quickest first."""
    trees = [name for name in PYTHON_ROOTS if any((ROOT / name).rglob("*.py"))]
    return [
        Gate("lint", ["-m", "ruff", "check", "-q", *trees]),
        Gate("format", ["-m", "ruff", "format", "-q", "--check", *trees]),
        Gate("imports", ["-c", LINT_IMPORTS]),
        Gate("types", ["-m", "mypy", "--no-error-summary", *trees]),
    ]


def gate_environment() -> dict[str, str]:
    """The environment the gates see: this tree's own sources, and settings that can be read."""
    state = Path(tempfile.gettempdir()) / f"yinuo-gates-{os.getuid()}"
    state.mkdir(mode=0o700, exist_ok=True)
    paths = [str(ROOT / "src"), str(ROOT)]
    # mypy's Django plugin reads the settings, which make a secret in the state folder.
    return {"STATE_DIR": str(state), **os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def run_gate(gate: Gate) -> bool:
    """Run one gate; print its name, its time, and what it said if it failed."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, *gate.command],
        check=False,
        cwd=ROOT,
        env=gate_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{gate.name:8} {verdict:6} {time.monotonic() - begun:6.1f} s", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return done.returncode == 0


def run_pytest(words: Sequence[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run pytest with `words`; its exit code, and each test's outcome and rows."""
    with tempfile.TemporaryDirectory() as folder:
        return _finish(_begin(words, Path(folder) / "outcomes.json"))


def run_beside(
    lanes: Sequence[Sequence[str]],
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run pytest once for each of `lanes`, all at the same time; print each when it has ended.

    Returns the first exit code that is not 0, and the outcomes of all.
    """
    worst, found = 0, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running = []
        for number, words in enumerate(lanes):
            said = (folder / f"{number}.txt").open("w+", encoding="utf-8", errors="replace")
            running.append(_begin(words, folder / f"{number}.json", said))
        for lane in running:
            code, outcomes = _finish(lane)
            worst = worst or code
            found.update(outcomes)
    return worst, found


@dataclass(frozen=True)
class Running:
    """A pytest on its way: where its outcomes will stand and, if not the terminal, its words."""

    process: subprocess.Popen[bytes]
    sheet: Path
    said: TextIO | None


def _begin(words: Sequence[str], sheet: Path, said: TextIO | None = None) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "YINUO_OUTCOMES": str(sheet)},
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT if said else None,
    )
    return Running(process, sheet, said)


def _finish(running: Running) -> tuple[int, dict[str, dict[str, Any]]]:
    code = running.process.wait()
    if running.said:
        running.said.seek(0)
        print(running.said.read().rstrip(), flush=True)
        running.said.close()
    sheet = running.sheet
    return code, json.loads(sheet.read_text(encoding="utf-8")) if sheet.exists() else {}


def sort_rows(outcomes: dict[str, dict[str, Any]]) -> tuple[list[int], list[int]]:
    """The rows of needs that are shown, and those with a test that does not pass.

    A row is shown when it has a test and every one of its tests passed.
    """
    by_row: dict[int, set[str]] = {}
    for test in outcomes.values():
        for row in test["rows"]:
            by_row.setdefault(row, set()).add(test["outcome"])
    shown = sorted(row for row, verdicts in by_row.items() if verdicts == {"passed"})
    return shown, sorted(set(by_row) - set(shown))


def print_needs(words: Sequence[str]) -> int:
    """Run the tests that show a row and print where the rows stand."""
    code, outcomes = run_pytest(["-q", *words])
    shown, failing = sort_rows(outcomes)
    strange = [row for row in shown + failing if not 1 <= row <= NEEDS_TOTAL]
    still_open = sorted(set(range(1, NEEDS_TOTAL + 1)) - set(shown) - set(failing))
    for title, rows in (("shown", shown), ("failing", failing), ("open", still_open)):
        print(f"{title:8}{len(rows):4} of {NEEDS_TOTAL}: {' '.join(map(str, rows)) or '-'}")
    if strange:
        print(f"no such row: {strange}")
    return 1 if code not in (0, 5) or failing or strange else 0


def list_lanes() -> list[list[str]]:
    """The folders of tests in two lanes of about the same length; together they are all.

    Browsers come last in theirs: the loop of a browser stays in its process.
    """
    folders = sorted(
        path.name for path in (ROOT / "tests").iterdir() if any(path.rglob("test_*.py"))
    )
    lanes = [[name for name in folders if (name in FIRST_LANE) is first] for first in (True, False)]
    return [[f"tests/{name}" for name in lane] for lane in lanes]


@contextlib.contextmanager
def begin_template() -> Iterator[Callable[[], None]]:
    """Make what every session of tests needs, beside the gates; gives what waits for it.

    The tables are migrated once, and compiled kernels kept, instead of once for each session.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = {"NUMBA_CACHE_DIR": f"{folder}/numba"}
        if not os.environ.get("DATABASE_URL"):
            own["YINUO_TEMPLATE"] = f"{folder}/template.sql"
        making = subprocess.Popen(
            [sys.executable, "-m", "tests.template", f"{folder}/template.sql"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            stdin=subprocess.DEVNULL,
        )

        def ready() -> None:
            making.wait()
            os.environ.update(own)

        try:
            yield ready
        finally:
            making.kill()
            making.wait()


def run_all_tests() -> tuple[int, dict[str, dict[str, Any]]]:
    """Every test: first those that bear company, in two lanes, then those that measure time."""
    beside, outcomes = run_beside([["-q", "-m", "not alone", *lane] for lane in list_lanes()])
    alone, more = run_pytest(["-q", "-m", "alone"])
    return beside or alone, outcomes | more


def run_everything() -> int:
    """Every gate, all of them even when one fails; 0 when all passed."""
    with begin_template() as ready:
        failed = [gate.name for gate in static_gates() if not run_gate(gate)]
        ready()
        code, outcomes = run_all_tests()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for test in outcomes.values():
        counts[test["outcome"]] += 1
    if code:
        failed.append("tests")
    said = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    verdict = f"FAILED: {', '.join(failed)}" if failed else "All gates passed"
    print(f"{verdict} ({said or 'no tests'})")
    return 1 if failed else 0


def main(argv: list[str]) -> int:
    """Choose by the first word."""
    if not argv:
        return run_everything()
    if argv[0] == "needs":
        return print_needs(argv[1:])
    return run_pytest(argv)[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
