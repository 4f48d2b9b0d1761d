"""What keeps a sentence readable, as counts: its length, the words it may not use, its language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HAN_MAX = 22
HAN_MEAN_MAX = 10
WORDS_MAX = 20
WORDS_MEAN_MAX = 12
# Each of these puts somebody off without naming a person and a time.
BANNED_ZH = (
    "尽快",
    "请耐心等待",
    "以实际为准",
    "不清楚",
    "不确定",
    "找400",
    "已反馈",
    "系统错误",
    "小时内",
    "仅供参考",
)
BANNED_EN = ("as soon as possible", "please be patient", "subject to change", "system error")
# What the reader may do in a time that begins at a named moment puts nobody off.
RIGHT_ZH = re.compile(r"锁单后 \d+ 小时内，?可以")
HAN = re.compile(r"[\u3400-\u9fff]")
BLANK = re.compile(r"\{[^{}]*\}")
END_ZH = re.compile(r"[。！？；\n]")
END_EN = re.compile(r"(?<=[.!?;])\s+|\n")
WORD = re.compile(r"[A-Za-z0-9{][\w'’{}-]*")


@dataclass(frozen=True)
class Finding:
    """What is wrong with the text `where`."""

    where: str
    problem: str


def sentences(text: str, language: str) -> list[str]:
    """The sentences of a text, without their full stops and empty ends."""
    parts = (END_ZH if language == "zh" else END_EN).split(text)
    return [part.strip() for part in parts if part.strip()]


def length(sentence: str, language: str) -> int:
    """Han characters of a Chinese sentence, words of an English one; a blank is no Han."""
    if language == "zh":
        return len(HAN.findall(BLANK.sub("", sentence)))
    return len(WORD.findall(sentence))


def check_text(where: str, text: str, language: str) -> list[Finding]:
    """What is wrong with one text, apart from its company."""
    longest = HAN_MAX if language == "zh" else WORDS_MAX
    found = [
        Finding(where, f"{length(one, language)} > {longest}: {one}")
        for one in sentences(text, language)
        if length(one, language) > longest
    ]
    banned = BANNED_ZH if language == "zh" else BANNED_EN
    said = RIGHT_ZH.sub("", text).casefold()
    found += [Finding(where, f"may not say {word!r}") for word in banned if word in said]
    if language == "en" and HAN.search(text):
        found.append(Finding(where, "Chinese in an English text"))
    return found


def check_pairs(texts: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """What is wrong with texts in Chinese and English: each alone, in pairs, and on average."""
    found: list[Finding] = []
    for where, (zh, en) in texts.items():
        if not zh or not en:
            found.append(Finding(where, "a language has no text"))
        found += check_text(where, zh, "zh") + check_text(where, en, "en")
    for language, mean_max in (("zh", HAN_MEAN_MAX), ("en", WORDS_MEAN_MAX)):
        mean = mean_length([pair[language == "en"] for pair in texts.values()], language)
        if mean > mean_max:
            found.append(Finding(language, f"mean length {mean:.1f} > {mean_max}"))
    return found


def mean_length(texts: list[str], language: str) -> float:
    """The mean length of all sentences in `texts`; 0 if there are none."""
    lengths = [length(one, language) for text in texts for one in sentences(text, language)]
    return sum(lengths) / len(lengths) if lengths else 0.0
