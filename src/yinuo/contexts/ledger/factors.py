"""What a move of dates is made of: the closed list of factors, and their days in words.

An entry carries the same factors for everybody whom its cause moves, and each order's own whole
days, later ones with a plus, earlier ones with a minus. They add up to what the order was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.platform.spoken import say_days

LINE_ORDER, UNUSUAL, SEEN, REST = "LINE_ORDER", "UNUSUAL", "SEEN", "REST"
# Factors that stand for one are joined by this sign.
JOIN = "+"
MINUS = "−"

FACTORS: dict[str, tuple[str, str]] = {
    "PLAN": ("工厂计划", "the plant's plan"),
    "OUTPUT": ("工厂实际产量", "what the plant really builds"),
    "PARTS": ("零件到货", "parts"),
    "OPTION": ("选装件供货", "supply of options"),
    "QUEUE": ("排在前面的车", "cars ahead of yours"),
    "TRANSPORT": ("运输", "transport"),
    "CENTRE": ("交付中心排期", "the delivery centre"),
    "HOLIDAYS": ("放假安排", "public holidays"),
    "CHECK": ("质量检查", "the quality check"),
    "CHANGE": ("您改了配置或交付中心", "your change of configuration or centre"),
    "DAY": ("您改了要车的日子", "your change of the day"),
    LINE_ORDER: ("照锁单先后交车", "the order of locks is kept"),
    UNUSUAL: ("特殊时期留的余量", "a margin for unusual times"),
    # What moved the date before this event and did not yet break the promise.
    SEEN: ("此前已有的变化", "changes before this"),
    REST: ("其他变化", "other changes"),
}

# The factor that a cause's own days belong to; the others by the evidence that they need.
_BY_CAUSE = {
    "PART_LATE": "PARTS",
    "OPTION_SCARCE": "OPTION",
    "CENTRE_FULL": "CENTRE",
    "OUTPUT_MEASURED": "OUTPUT",
    "POSITION_MEASURED": "TRANSPORT",
    "CUSTOMER_CHANGED": "CHANGE",
    "CUSTOMER_POSTPONED": "DAY",
    "OTHER": REST,
}
_BY_EVIDENCE = {"carrier": "TRANSPORT", "plan": "PLAN", "hold": "CHECK"}


def factor_of(cause_code: str) -> str:
    """The factor that takes the days of an event with this cause."""
    found = _BY_CAUSE.get(cause_code) or _BY_EVIDENCE.get(CAUSES[cause_code].evidence)
    if found is None:
        raise KeyError(f"{cause_code} belongs to no factor")
    return found


@dataclass(frozen=True)
class Share:
    """Whole days of one factor, later ones positive: of the range's middle, of the latest date."""

    factor: str
    days: int
    latest_days: int
    ref: str


def shares_of(payload: Mapping[str, Any]) -> list[Share]:
    """The factors of a move that change this order, those with most days first; the rest last."""
    columns = (payload.get(key, ()) for key in ("factors", "factor_refs"))
    days = (map(int, payload.get(key, ())) for key in ("factor_days", "factor_latest_days"))
    found = [
        Share(factor, middle, latest, ref)
        for factor, ref, middle, latest in zip(*columns, *days, strict=True)
        if middle or latest
    ]
    return _ranked(found)


def join_shares(moves: Iterable[Mapping[str, Any]], days: int) -> list[Share]:
    """The shares of several moves told together, whose middle moved by `days` in all.

    Each move's days are rounded by themselves; what that leaves goes to the rest.
    """
    found: dict[str, Share] = {}
    for payload in moves:
        for one in shares_of(payload):
            before = found.get(one.factor, Share(one.factor, 0, 0, one.ref))
            found[one.factor] = Share(
                one.factor,
                before.days + one.days,
                before.latest_days + one.latest_days,
                one.ref,
            )
    left = days - sum(one.days for one in found.values())
    if found and left:
        rest = found.get(REST, Share(REST, 0, 0, ""))
        found[REST] = Share(REST, rest.days + left, rest.latest_days, rest.ref)
    return _ranked([one for one in found.values() if one.days or one.latest_days])


def _ranked(shares: list[Share]) -> list[Share]:
    return sorted(shares, key=lambda one: (one.factor in (SEEN, REST), -abs(one.days), one.factor))


def factor_words(factor: str, language: str) -> str:
    """What a factor is called; factors that could not be told apart are named together."""
    named = [FACTORS[part][0 if language == "zh" else 1] for part in factor.split(JOIN)]
    if language == "zh":
        return "和".join(["、".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def signed_days(days: int, language: str) -> str:
    """「+9 天」 or "−2 days"; 「0 天」 without a sign."""
    sign = "+" if days > 0 else MINUS if days < 0 else ""
    size = f"{abs(days)} 天" if language == "zh" else say_days(abs(days), "en")
    return f"{sign}{size}"


def shares_words(shares: Sequence[Share], language: str) -> str:
    """「工厂计划 +9 天，运输 −2 天，合计 +7 天。」; nothing where the middle stood still."""
    told = [one for one in shares if one.days]
    parts = [f"{factor_words(one.factor, language)} {signed_days(one.days, language)}"
             for one in told]  # fmt: skip
    if not parts:
        return ""
    if len(parts) > 1:
        total = signed_days(sum(one.days for one in told), language)
        parts.append(f"合计 {total}" if language == "zh" else f"together {total}")
    if language == "zh":
        return "，".join(parts) + "。"
    said = ", ".join(parts) + "."
    return said[0].upper() + said[1:]
