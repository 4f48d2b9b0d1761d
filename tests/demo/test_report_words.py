"""The page that says what each figure of the report means: all of them, in their order."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from yinuo.workflows.demo.report import DemoReport

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "demo-report.md"


def test_every_figure_of_the_report_has_its_row_and_no_row_is_left_over() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in rows] == [field.name for field in fields(DemoReport)]
    assert all(len(meaning.split()) > 2 for _, meaning in rows)
