"""Small print: a condition is as large and as dark as the claim it limits, and beside it.

The sizes are computed styles in CSS px; the contrast is that of WCAG 2.2 (1.4.3). Words that take
a headline back are found in the text, whatever their size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COLOUR = re.compile(r"#[0-9a-f]{6}")
CONTRAST_MIN = 4.5
# A claim that is taken back by its own condition says nothing.
TAKES_BACK = re.compile(
    "|".join(
        (
            "以[^，。；]{0,10}为准",
            "仅供参考",
            "解释权",
            "不(?:构成|作为|代表|视为)[^，。；]{0,8}(?:承诺|要约|依据|保证)",
            "恕不另行通知",
            "效果图",
            "图片仅?为?示意",
            r"for reference only",
            r"subject to (?:the )?actual",
            r"no(?:t a)? (?:promise|guarantee|offer)",
        )
    ),
    re.IGNORECASE,
)
# A figure whose condition leaves out what makes it, such as 1.98 s without the first foot.
NUMBER = re.compile(r"\d")
LEAVES_OUT = re.compile(r"不含|不包括|不计|除外|excluding|not including", re.IGNORECASE)

FINDINGS: dict[str, tuple[str, str]] = {
    "SMALLER": ("条件的字比正文小", "the condition is set smaller than the claim"),
    "PALER": ("条件的颜色比正文浅", "the condition is paler than the claim"),
    "ILLEGIBLE": ("条件和底色分不清", "the condition does not stand out from its ground"),
    "ELSEWHERE": ("条件不在同一屏", "the condition is not on the same screen"),
    "TAKES_BACK": ("有收回承诺的话：{words}", "words take the claim back: {words}"),
    "LEAVES_OUT": ("条件把数字缩小了：{words}", "the condition narrows the figure: {words}"),
}


@dataclass(frozen=True)
class Layout:
    """How claim and condition are set.

    Attributes
    ----------
    claim_px, condition_px : int
        Size of the letters, in CSS px.
    claim_ink, claim_ground, condition_ink, condition_ground : str
        Colours of letters and of what lies behind them, as `#rrggbb` in lower case.
    same_screen : bool
        Whether both are seen at once on a phone.
    """

    claim_px: int
    condition_px: int
    claim_ink: str
    claim_ground: str
    condition_ink: str
    condition_ground: str
    same_screen: bool


@dataclass(frozen=True)
class Finding:
    """Something wrong with the small print: its code of `FINDINGS` and the words found, if any."""

    code: str
    words: str = ""

    def said(self, language: str) -> str:
        """In words."""
        return FINDINGS[self.code][0 if language == "zh" else 1].format(words=self.words)


def contrast(ink: str, ground: str) -> float:
    """The contrast of two colours `#rrggbb`, from 1 to 21 (WCAG 2.2, relative luminance).

    Raises
    ------
    ValueError
        One of them is no such colour.
    """
    high, low = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lint(text: str, condition: str, layout: Layout) -> list[Finding]:
    """What is wrong with the small print of a claim; empty where nothing is.

    Without a condition only the claim's own words are looked at.
    """
    found = []
    if condition:
        dark = contrast(layout.condition_ink, layout.condition_ground)
        if layout.condition_px < layout.claim_px:
            found.append(Finding("SMALLER"))
        if dark < contrast(layout.claim_ink, layout.claim_ground):
            found.append(Finding("PALER"))
        if dark < CONTRAST_MIN:
            found.append(Finding("ILLEGIBLE"))
        if not layout.same_screen:
            found.append(Finding("ELSEWHERE"))
    back = TAKES_BACK.search(f"{text}\n{condition}")
    if back:
        found.append(Finding("TAKES_BACK", back[0]))
    out = LEAVES_OUT.search(condition)
    if out and NUMBER.search(text):
        found.append(Finding("LEAVES_OUT", out[0]))
    return found


def _luminance(colour: str) -> float:
    if not COLOUR.fullmatch(colour):
        raise ValueError(f"{colour!r} is no colour")
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
