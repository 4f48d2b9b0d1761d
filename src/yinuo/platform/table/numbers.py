"""Numbers out of the texts of one column, or the finding that it holds none."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NUMBER = re.compile(
    r"[¥￥$€£]?\s*([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*%?"
)
NUMERIC_SHARE_MIN = 0.9


def read_numbers(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """The column as floats, NaN where there is none; None if it is rather one of names.

    It is one of numbers if nine tenths of its texts that hold a digit, and half of all that are
    not empty, are numbers.
    """
    met = {text: _read_one(text) for text in set(texts)}
    values = np.array([met[text] for text in texts], np.float64)
    filled = np.array([bool(text) for text in texts])
    digits = np.array([any(map(str.isdigit, text)) for text in texts])
    good = int(np.isfinite(values).sum())
    if good == 0 or good < NUMERIC_SHARE_MIN * digits.sum() or good < 0.5 * filled.sum():
        return None
    return values


def _read_one(text: str) -> float:
    found = NUMBER.fullmatch(text.strip())
    if not found or not any(map(str.isdigit, found[1])):
        return float("nan")
    return float(found[1].replace(",", ""))
