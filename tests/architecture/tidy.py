"""What neither ruff nor import-linter sees: sizes, words, and who may write rows.

Each check takes a path relative to the repository and the file's text, and yields findings.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES_MAX = 400
TEST_LINES_MAX = 600
# The independent verifier is one file, so that it can be read and handed on as one.
VERIFIER_LINES_MAX = 866
FUNCTION_LINES_MAX = 60
VIEW_LINES_MAX = 25
BANNED_MODULES = {
    "base", "common", "helper", "helpers", "manager", "managers", "services", "util", "utils",
}  # fmt: skip
WRITES = re.compile(r"\.(save|delete|create|update|bulk_create|get_or_create)\(|\batomic\b")
# A dictionary or a digest may be updated; a queryset may not.
HARMLESS = re.compile(r"\b(digest|hasher|headers|context|params|data|options|env)\.update\(")
UNDONE = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
# Put together here, so that this file does not hold what it looks for.
HOSTS = [".".join(words) for words in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
PLACES = ["/".join(("", *words)) + "/" for words in (("work",), ("tmp", "w"), ("home", "user"))]
ELSEWHERE = re.compile("|".join(map(re.escape, HOSTS + PLACES)))
SKIPPED_FOLDERS = {".git", ".hypothesis", ".venv", "var", "node_modules", "__pycache__"}
TEXT_SUFFIXES = {
    "", ".cfg", ".css", ".csv", ".go", ".html", ".importlinter", ".ini", ".js", ".json", ".jsonl",
    ".lock", ".md", ".mjs", ".py", ".sh", ".sql", ".svg", ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, and what to do."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        """As an editor can jump to it."""
        return f"{self.path}:{self.line} {self.text}"


def check_lengths(path: str, text: str) -> Iterator[Finding]:
    """Modules, functions and views stay within their limits; migrations are exempt.

    A function's docstring is not counted: explaining an array well must cost nothing.
    """
    if not path.endswith(".py") or "/migrations/" in path:
        return
    room = path.partition("/")[0]
    limit = {"tests": TEST_LINES_MAX, "verify": VERIFIER_LINES_MAX}.get(room, MODULE_LINES_MAX)
    lines = text.count("\n")
    if lines > limit:
        yield Finding(path, lines, f"{lines} lines, {limit} allowed: make it a package.")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = code_lines(node)
            most = VIEW_LINES_MAX if is_view(path, node) else FUNCTION_LINES_MAX
            if length > most:
                said = f"{node.name} has {length} lines, {most} allowed: give a part a name."
                yield Finding(path, node.lineno, said)


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def is_view(path: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function answers a request: it lives in `web` and takes `request` first."""
    first = node.args.args[0].arg if node.args.args else ""
    return path.startswith("src/yinuo/web/") and first == "request"


def check_names(path: str, text: str) -> Iterator[Finding]:
    """No module is called by a word that says nothing."""
    pure = PurePosixPath(path)
    for part in (pure.stem, *pure.parent.parts):
        if pure.suffix == ".py" and part in BANNED_MODULES:
            yield Finding(path, 1, f"“{part}” says nothing: name what is in it.")


def check_doors(path: str, text: str) -> Iterator[Finding]:
    """`web` and `jobs` order operations; they write no row and hold no transaction."""
    if not path.startswith(("src/yinuo/web/", "src/yinuo/jobs/")) or not path.endswith(".py"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if WRITES.search(HARMLESS.sub("", line)):
            yield Finding(path, number, "A door writes no rows: order an operation.")


def check_words(path: str, text: str) -> Iterator[Finding]:
    """Nothing is left undone, and nothing points at one machine or one registry."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNDONE.search(line):
            yield Finding(path, number, "Do it, or write an issue.")
        if ELSEWHERE.search(line):
            yield Finding(path, number, "No path of one machine and no registry host here.")


def check_locks(path: str, text: str) -> Iterator[Finding]:
    """Locks name packages and hashes; where they come from is the machine's business."""
    if path.endswith(".lock") and "://" in text:
        yield Finding(path, text[: text.index("://")].count("\n") + 1, "No address in a lock.")
    if path.endswith("package-lock.json") and '"resolved"' in text:
        yield Finding(path, 1, "Make it with omit-lockfile-registry-resolved=true.")


CHECKS: tuple[Callable[[str, str], Iterator[Finding]], ...] = (
    check_lengths,
    check_names,
    check_doors,
    check_words,
    check_locks,
)


def check(path: str, text: str) -> list[Finding]:
    """All findings in one file."""
    return [finding for rule in CHECKS for finding in rule(path, text)]


def repository_files() -> Iterator[tuple[str, str]]:
    """Every text file of the repository with its text, generated folders left out."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in sorted(folders)
            if name not in SKIPPED_FOLDERS and not name.endswith("_cache")
        ]
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix in TEXT_SUFFIXES and path.name != ".git" and "vendor" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
