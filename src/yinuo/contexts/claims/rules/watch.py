"""Words that the law leaves to a person: absolute terms, being first, a car that drives itself."""

from __future__ import annotations

import re

ABSOLUTE = re.compile(
    "最(?:佳|好|高|强|大|快|安全|先进|便宜|低价|优)|国家级|世界级|顶级|极致|唯一|"
    r"\bbest\b|\bunrivalled\b|\bsafest\b",
    re.IGNORECASE,
)
FIRST = re.compile(r"首创|首个|首款|第一|领先|world first|number one", re.IGNORECASE)
ASSISTANCE = re.compile("驾驶|智驾|领航|泊车|driv", re.IGNORECASE)
AUTONOMY = re.compile(
    "自动驾驶|无人驾驶|自动化驾驶|高阶智驾|解放双手|脱手|自己开|self-driving|autonomous|hands-free",
    re.IGNORECASE,
)


def facts_of(text: str) -> dict[str, object]:
    """What the words of a text say to the rules on advertising: only what they do say."""
    facts: dict[str, object] = {}
    if ABSOLUTE.search(text):
        # What it is used for is for the person to say; of the goods is the gravest.
        facts |= {"ad.absolute_term": True, "ad.absolute_use": "about_goods"}
    if FIRST.search(text):
        facts |= {"ad.claims_first": True}
    if AUTONOMY.search(text):
        facts |= {"ad.about_assistance": True, "ad.suggests_autonomy": True}
    elif ASSISTANCE.search(text):
        facts |= {"ad.about_assistance": True, "ad.suggests_autonomy": False}
    return facts
