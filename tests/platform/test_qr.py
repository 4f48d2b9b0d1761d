"""A code to scan, read back from the path that the page draws."""

from __future__ import annotations

import re

from yinuo.platform.qr import QUIET, Drawn, draw

TEXT = "weixin://wxpay/bizpayurl?pr=C23456789ABCDEFGHJKLM"
FINDER = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]


def modules(drawn: Drawn) -> list[str]:
    """Rows of 0 and 1, without the quiet border."""
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn.path)}
    inner = range(QUIET, drawn.size - QUIET)
    assert dark <= {(x, y) for x in inner for y in inner}, "the border stays white"
    return ["".join("1" if (x, y) in dark else "0" for x in inner) for y in inner]


def test_the_marks_by_which_a_phone_finds_it() -> None:
    rows = modules(draw(TEXT))
    side = len(rows)
    version = (side - 17) // 4
    assert side == 17 + 4 * version
    for top, left in ((0, 0), (0, side - 7), (side - 7, 0)):
        assert [row[left : left + 7] for row in rows[top : top + 7]] == FINDER
    # The one module that is always dark stands in this row and column, and not the other way about.
    assert rows[4 * version + 9][8] == "1"
    timing = rows[6][8 : side - 8]
    assert timing == "".join("10"[n % 2] for n in range(len(timing)))


def test_another_text_is_another_code() -> None:
    assert draw(TEXT) == draw(TEXT)
    assert draw(TEXT).path != draw(TEXT[:-1] + "N").path
    assert draw("a" * 200).size > draw("a").size
