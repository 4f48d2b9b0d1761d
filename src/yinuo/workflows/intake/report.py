"""What became of the records that were sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yinuo.platform.records.problems import Problems, RowProblem

IDS_MAX = 1000


@dataclass
class Report:
    """What became of one file or request.

    `accepted` were written (in a dry run: would be), `duplicates` had been received before with
    the same content, `refused` are bad rows. `held` were written but are not used until staff
    release them; `warnings` say why. `ids` names what was made (order codes, public ids), at
    most the first 1,000. Nothing was written unless `written`.
    """

    feed: str
    sender: str
    dry_run: bool
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    held: int = 0
    written: bool = False
    ids: list[str] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)

    @property
    def refused(self) -> int:
        """Rows with something wrong in them."""
        return self.problems.bad_lines

    @property
    def ok(self) -> bool:
        """Nothing was wrong: every row is written or was known."""
        return not self.problems.count

    def as_json(self) -> dict[str, Any]:
        """The report as a program reads it, both languages in it."""
        return {
            "feed": self.feed,
            "sender": self.sender,
            "dry_run": self.dry_run,
            "written": self.written,
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "held": self.held,
            "ids": self.ids,
            "problems_count": self.problems.count,
            "problems": [_as_json(problem) for problem in self.problems.kept],
            "warnings": [_as_json(problem) for problem in self.warnings],
        }


def _as_json(problem: RowProblem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "field": problem.field,
        "message_zh": problem.zh,
        "message": problem.en,
    }
