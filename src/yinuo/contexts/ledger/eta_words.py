"""The public dates of lines in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from yinuo.platform.spoken import say_date, say_month


def readable(fields: Mapping[str, Any], language: str) -> dict[str, str]:
    """All lines of an entry, each with its days where it has them."""
    if "lines" not in fields:
        return {}
    said = list(fields["lines"])
    if "latest_days" in fields:
        days = zip(fields["first_days"], fields["last_days"], fields["latest_days"], strict=True)
        said = [_dated(line, row, language) for line, row in zip(said, days, strict=True)]
    joined = ("；" if language == "zh" else "; ").join(said)
    if fields.get("beyond"):
        month = say_month(fields["beyond"], language)
        joined += f"（{month}以后）" if language == "zh" else f" (after {month})"
    return {"etas": joined}


def _dated(line: str, days: tuple[str, str, str], language: str) -> str:
    first, last, latest = (say_date(dt.date.fromisoformat(day), language) for day in days)
    if language == "zh":
        return f"{line} {first}—{last}，最晚 {latest}"
    return f"{line} {first} – {last}, {latest} at the latest"
