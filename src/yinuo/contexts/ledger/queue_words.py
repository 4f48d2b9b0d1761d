"""Batches, keys and the public dates of lines in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yinuo.contexts.ledger import eta_words
from yinuo.contexts.ledger.kinds import HISTORY

BEFORE_THE_LOG = ("公开记录以前", "before the public record")
USES = {
    "log": ("记录本身", "the log itself"),
    "receipt": ("回执和下载的档案", "receipts and downloaded records"),
}


def readable(fields: Mapping[str, Any], language: str) -> dict[str, str]:
    """The batch, the use of a key and the dates of lines, as they are said."""
    said = eta_words.readable(fields, language)
    if "batch" in fields:
        said["batch_words"] = batch_words(fields["batch"], language)
    if fields.get("use") in USES:
        said["use_words"] = USES[fields["use"]][0 if language == "zh" else 1]
    return said


def batch_words(batch: str, language: str) -> str:
    """A batch as it is said: the ISO week, or that it lies before the log."""
    if batch == HISTORY:
        return BEFORE_THE_LOG[0 if language == "zh" else 1]
    year, week = batch.split("-W")
    return f"{year} 年第 {int(week)} 周" if language == "zh" else f"week {int(week)} of {year}"
