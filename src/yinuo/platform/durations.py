"""Lengths of time as a person types them: 30m, 3h, 2d."""

from __future__ import annotations

import datetime as dt
import re

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
FORM = re.compile(r"([0-9]{1,5})([mhd])")


def read_duration(text: str) -> dt.timedelta:
    """The length of time that `text` names.

    Raises
    ------
    ValueError
        `text` is not a whole number with m, h or d after it.
    """
    match = FORM.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a length of time such as 30m, 3h or 2d")
    return dt.timedelta(**{UNITS[match[2]]: int(match[1])})
