"""What is wrong with a rule pack, said to the person who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault: the file, the rule (or table) in it, and the words."""

    file: str
    rule: str
    zh: str
    en: str

    def said(self, language: str) -> str:
        """One line that names file and rule."""
        where = f"{self.file} [{self.rule}]" if self.rule else self.file
        return f"{where}：{self.zh}" if language == "zh" else f"{where}: {self.en}"


class PackError(Exception):
    """A rule pack that is refused, with every fault that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.said("en") for fault in faults))


class Unreadable(Exception):
    """One table that cannot be read; becomes a `Fault` with its file and rule."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)
