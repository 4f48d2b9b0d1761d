"""What may be given to a customer as a reason."""

from __future__ import annotations

import re

from yinuo.contexts.ledger.causes import CAUSES

# A holiday is known before a date is promised, so it explains nothing by itself.
HOLIDAY_WORDS = re.compile(
    r"(春节|春运|过年|新年|新春|元旦|国庆|中秋|端午|清明|五一|十一|劳动节|黄金周|节日|假期|放假|假日|"
    r"节假日|长假|小长假|调休|期间|前后|临近|正值|遇上|因为|由于|因|导致|造成|引起|所致|的|和|与|及|"
    r"原因|影响|年|月|日|周|至|到|spring\s*festival|chinese\s*new\s*year|lunar\s*new\s*year|new\s*year|"
    r"golden\s*week|cny|holidays?|period|season|break|because|caused|by|due|during|of|the|to|and|"
    r"\W|_|\d)+",
    re.IGNORECASE,
)


def explains_itself(text: str) -> bool:
    """Whether a text says more than that there was a holiday."""
    said = text.strip()
    return len(said) >= 4 and HOLIDAY_WORDS.fullmatch(said) is None


def explains(cause_code: str, evidence: str) -> bool:
    """Whether a cause with this evidence may be given to a customer.

    The cause is on the closed list, and the evidence says more than that there was a holiday.
    """
    return cause_code in CAUSES and explains_itself(evidence)
