"""Words on the terminal: Chinese where `LANG` asks for it, else English."""

from __future__ import annotations

import os
import sys
from typing import Literal

Language = Literal["zh", "en"]


def terminal_language() -> Language:
    """`zh` when the first of LC_ALL, LC_MESSAGES and LANG that is set begins with it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def word(zh: str, en: str) -> str:
    """The one of two wordings that the person at the terminal reads."""
    return zh if terminal_language() == "zh" else en


def say(zh: str, en: str) -> None:
    """Print a line on stderr, so that a command's own output stays clean."""
    print(word(zh, en), file=sys.stderr, flush=True)
