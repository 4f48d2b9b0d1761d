"""How words of the command line are read, with what to write where they are wrong."""

from __future__ import annotations

import argparse
import datetime as dt

from yinuo.platform.speech import word


def read_day(text: str) -> dt.date:
    """A date such as 2026-02-11.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        said = word(
            f"“{text}”不是日期，请写成 2026-02-11", f"{text!r} is no date; write 2026-02-11"
        )
        raise argparse.ArgumentTypeError(said) from None
