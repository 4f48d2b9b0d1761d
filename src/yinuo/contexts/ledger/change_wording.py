"""How the outcome of what a customer asked for is told, and who has it now when it was late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yinuo.contexts.ledger.codes import AMENDMENTS, GROUNDS
from yinuo.contexts.ledger.phrases import Names, Parts, date_part, who_answers
from yinuo.contexts.ledger.queries import Recorded
from yinuo.platform.spoken import read_instant, say_instant

TOLD = ("amendment.refused", "amendment.decided", "amendment.handed_up", "amendment.waits")
SIDES = {"OLD": ("您这边", "your side"), "NEW": ("对方", "the other side")}
KEPT = {
    "yes": ("锁单时间不变。", "The lock time counts as before."),
    "no": ("从换的这一刻重新排。", "The place counts from this change."),
}

WAITS_ON = {
    "OTHER_SIDE": (
        "还差对方用短信验证码确认。",
        "we wait for the other side's code.",
    ),
    "US": ("还在办，材料都在。", "still being worked on; everything you sent is here."),
}


def readable(fields: Mapping[str, Any], language: str) -> dict[str, str]:
    """Codes of these facts in words: whose side, whether the place was kept."""
    pick = 0 if language == "zh" else 1
    said = {}
    for key, table in (("side", SIDES), ("kept", KEPT), ("on", WAITS_ON)):
        if fields.get(key) in table:
            said[f"{key}_words"] = table[fields[key]][pick]
    if fields.get("ground"):
        said["reason"], said["clause"] = ground_words(fields["ground"], language)
    return said


def ground_words(ground: str, language: str) -> tuple[str, str]:
    """The reason of a refusal and its clause."""
    words = GROUNDS[ground]
    return (words[0], words[2]) if language == "zh" else (words[1], words[3])


def parts(
    recorded: Recorded, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The five parts for the newest of these facts."""
    zh = language == "zh"
    what = AMENDMENTS[recorded.public["code"]][0 if zh else 1]
    kind, payload = recorded.kind, recorded.payload
    if kind in ("amendment.decided", "amendment.refused"):
        return _ended(recorded, what, date_part(promise, language), names, language)
    if kind == "amendment.handed_up":
        late = names[payload["late"]]
        return Parts(
            headline="换人接着办了" if zh else "Somebody else has taken it over",
            what=(
                f"{what}：{late}没有按时给结果，抱歉。"
                if zh
                else f"{what}: {late} did not answer in time. We are sorry."
            ),
            date=date_part(promise, language),
            can="材料都在，不用再交。"
            if zh
            else "Everything you sent is here; send nothing again.",
            by_when="有没有结果，都会告诉您。"
            if zh
            else "You hear from us with a result or without.",
            who=who_answers(payload, names, language),
        )
    other = payload["on"] == "OTHER_SIDE"
    state = WAITS_ON[payload["on"]][0 if zh else 1]
    if other:
        headline = "还差对方确认" if zh else "The other side has not confirmed"
        can = "请对方登录订单页确认。" if zh else "Ask the other side to log in and confirm."
    else:
        headline = "申请还在办" if zh else "Still being worked on"
        can = "您现在不用做什么。" if zh else "You need not do anything now."
    return Parts(
        headline,
        f"{what}：{state}" if zh else f"{what}: {state}",
        date_part(promise, language),
        can,
        "位置不变，也可以撤回。" if zh else "Your place stays; you can withdraw.",
        who_answers(payload, names, language),
    )


def _ended(recorded: Recorded, what: str, date: str, names: Names, language: str) -> Parts:
    zh, payload = language == "zh", recorded.payload
    done = recorded.kind == "amendment.decided"
    at = say_instant(read_instant(payload["known_at"]), language)
    name = names[payload["answerer"]]
    if done:
        headline = f"办好了：{what}" if zh else f"Done: {what}"
        can = "您现在不用做什么。" if zh else "You need not do anything now."
        by_when = "订单页上已经是新的。" if zh else "The order's page shows it already."
    else:
        headline = f"没有办成：{what}" if zh else f"Not done: {what}"
        can = (
            "可以补好材料再办一次，也可以不改，继续等。"
            if zh
            else "Correct it and ask again, or leave it as it is."
        )
        by_when = "没有期限。位置没有变。" if zh else "No deadline. Your place has not changed."
    because = f"{what}已经改好，原来的位置不变。" if zh else f"{what}: changed, your place stays."
    if not done:
        reason, clause = ground_words(payload["ground"], language)
        because = f"{reason}依据：{clause}。" if zh else f"{reason} Clause: {clause}."
    who = f"{name} {at} 决定。" if zh else f"{name} decided on {at}."
    return Parts(headline, because, date, can, by_when, who)
