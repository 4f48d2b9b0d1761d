"""What is wrong with a record, where, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT_MAX = 1000


@dataclass(frozen=True)
class RowProblem:
    """One thing wrong with one row.

    `line` counts from 1 and is where the row begins in the file (in a JSON list: the item's
    number); 0 concerns the whole file. `field` may be empty. `zh` and `en` say what is wrong
    and what would be right.
    """

    line: int
    field: str
    zh: str
    en: str

    def message(self, language: str) -> str:
        """The sentence in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


class Wrong(Exception):
    """A value that cannot be taken, with the sentence for the person who sent it."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(en)

    def at(self, line: int, name: str) -> RowProblem:
        """This, as the problem of a field in a row."""
        return RowProblem(line, name, self.zh, self.en)


@dataclass
class Problems:
    """Problems in the order they were met: all are counted, the first 1,000 are kept."""

    kept: list[RowProblem] = field(default_factory=list)
    count: int = 0
    bad_lines: int = 0
    _last_line: int = -1

    def add(self, problem: RowProblem) -> None:
        """Count `problem`; several of one row count as one bad line."""
        self.count += 1
        if problem.line != self._last_line:
            self.bad_lines += problem.line > 0
            self._last_line = problem.line
        if len(self.kept) < KEPT_MAX:
            self.kept.append(problem)
