"""What an answer to a customer must hold: something said, or who finds out until when.

Some phrases put the customer off. They may be said only with a name and a time beside them.
"""

from __future__ import annotations

from yinuo.platform.plain_language import BANNED_EN, BANNED_ZH
from yinuo.platform.refusals import Refusal

ANSWER_CHARS_MIN = 4
# Said only with a name and a time beside them, besides what no sentence of ours may hold.
PUTTING_OFF_ZH = (*BANNED_ZH, "耐心等待", "不知道", "打400")
PUTTING_OFF_EN = (
    *BANNED_EN,
    "asap",
    "be patient",
    "not sure",
    "don't know",
    "do not know",
    "no idea",
    "call 400",
    "call the hotline",
    "has been forwarded",
)


class SayWhoAndWhen(Refusal):
    """The answer puts the customer off without naming anybody or any time."""

    code = "say_who_and_when"
    zh = "不知道也能说：写清谁去查、几点前答复。"
    en = "Not knowing is fine: say who finds out and by when they answer."


class AnswerNeeded(Refusal):
    """Nothing, or next to nothing, was written."""

    code = "answer_needed"
    zh = "还没有写答复。请写明说了什么。"
    en = "There is no answer yet. Write what was said."


def banned_words(text: str) -> list[str]:
    """The phrases of the list that stand in `text`, spaces and letter case aside."""
    plain = "".join(text.split())
    spaced = " ".join(text.lower().replace("\u2019", "'").split())
    return [word for word in PUTTING_OFF_ZH if word in plain] + [
        word for word in PUTTING_OFF_EN if word in spaced
    ]


def check_answer(text: str, *, promised: bool) -> None:
    """Let an answer pass; `promised` says that it names who answers further and by when.

    Raises
    ------
    AnswerNeeded, SayWhoAndWhen
    """
    if len("".join(text.split())) < ANSWER_CHARS_MIN:
        raise AnswerNeeded
    if not promised and banned_words(text):
        raise SayWhoAndWhen
