"""The draw of a launch: by the record's own state, not by anybody's word, whether it counts."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.ledger.queries.seals import sealed_size
from yinuo.contexts.orders.operations import draws
from yinuo.contexts.orders.operations.draws import DRAWN, NOT_SEALED, NoDraw
from yinuo.contexts.orders.queries.draws import get_draw
from yinuo.contexts.orders.rules.draws import read_value
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal


class BadValue(Refusal):
    """What was given cannot be what a public source published."""

    code = "bad_value"
    zh = "开奖结果只能是数字、字母和空格，最多 256 个字符，照公布的样子填。"
    en = "The result has digits, letters and blanks only, at most 256, as it was published."


def draw(*, launch: str, value: str, now: dt.datetime) -> str:
    """The source published `value`: every ticket of the window gets its place.

    Where no quorum of witnesses had sealed the end of the window before the moment of the draw, it
    does not count and the numbers of the tickets do; that stood fast before anybody could know the
    value. Returns the outcome, DRAWN or NOT_SEALED. Safe to repeat.

    Raises
    ------
    BadValue, NoDraw, NotDrawnBefore
    """
    seen, read = get_draw(launch), read_value(value)
    if not read:
        raise BadValue
    if seen is None:
        raise NoDraw(launch=launch)
    size = sealed_size(f"window.end:{launch}", seen.drawn_at)
    draws.make_draw(launch_code=launch, value=read, size=size, now=now)
    outbox.nudge("promises.first")
    return NOT_SEALED if size is None else DRAWN
