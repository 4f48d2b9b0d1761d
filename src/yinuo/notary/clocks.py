"""The clock of a witness: its own machine's. A demo may set it by a small file."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from yinuo.notary.keeping import KeepingError, write_durably

Clock = Callable[[], int]
"""Gives the Unix second."""


def machine() -> int:
    """This machine's Unix second."""
    return int(time.time())  # noqa: TID251 -- what a witness says of time is its own machine's


def by_file(path: Path) -> Clock:
    """A clock that the file sets, asked anew each time; without the file, the machine's.

    The file holds a whole number of seconds to add to the machine's clock, or `=` and the Unix
    second at which the clock stands still. The clock raises KeepingError when it holds anything
    else.
    """

    def read() -> int:
        try:
            text = path.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return machine()
        if not re.fullmatch(r"=[0-9]{1,12}|-?[0-9]{1,12}", text):
            raise KeepingError(f"{path} 里写的不是时间。", f"{path} sets no clock.")
        return int(text[1:]) if text.startswith("=") else machine() + int(text)

    return read


def set_clock(path: Path, *, at: int, running: bool) -> None:
    """Have the clocks of this file show the Unix second `at`, and count on if `running`."""
    text = str(at - machine()) if running else f"={at}"
    write_durably(path, f"{text}\n".encode())
