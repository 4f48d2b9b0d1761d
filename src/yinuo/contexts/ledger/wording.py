"""Facts in words: the sentence of the history, the five parts of a notice, the text of an SMS."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from yinuo.contexts.ledger import (
    change_wording,
    danger,
    handover_words,
    money_words,
    queue_words,
    terms_words,
    visit_words,
)
from yinuo.contexts.ledger.codes import CHANNELS, CHOICES, CODE_WORDS
from yinuo.contexts.ledger.factors import Share, join_shares, shares_of, shares_words
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.life_words import life_lead, life_parts
from yinuo.contexts.ledger.life_words import readable as life_readable
from yinuo.contexts.ledger.phrases import (
    Names,
    Parts,
    amount_words,
    cause_words,
    choose_by,
    date_part,
    moved_words,
    no_date_words,
    same_words,
    who_answers,
    window_words,
)
from yinuo.contexts.ledger.queries import Recorded
from yinuo.platform.spoken import read_instant, say_date, say_days, say_instant

__all__ = ["Parts", "amount_words", "cause_words", "join_moves", "moved_words", "parts_of", "say",
           "say_choice", "shares_told", "window_words"]  # fmt: skip


def say(recorded: Recorded, language: str) -> str:
    """The one sentence of the history for this fact."""
    kind = KINDS[recorded.kind]
    template = kind.zh if language == "zh" else kind.en
    return template.format(**_readable({**recorded.public, **recorded.payload}, language))


def _readable(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Every field as it is said: dates, codes and places in words."""
    pick = 0 if language == "zh" else 1
    said: dict[str, Any] = {
        **fields,
        **handover_words.readable(fields, language),
        **life_readable(fields, language),
        **visit_words.readable(fields, language),
        **money_words.readable(fields, language),
    }
    for key, value in fields.items():
        if key in ("latest", "first_latest", "quoted_latest", "deadline"):
            said[key] = say_date(dt.date.fromisoformat(value), language)
        elif key == "at" or key.endswith("_at"):
            said[key] = say_instant(read_instant(value), language)
        elif key.endswith("_fen"):
            said[key.removesuffix("_fen")] = amount_words(value, "CNY", language)
        elif key.endswith(("_zh", "_en")):
            said[key[:-3]] = fields[f"{key[:-3]}_{language}"]
    if "window_from" in fields:
        said["window"] = window_words(fields, language)
    if "days_later" in fields:
        said["moved"] = moved_words(fields["days_later"], fields["days_earlier"], language)
    if "factors" in fields:
        shares = shares_words(shares_of(fields), language)
        said["shares"] = f" {shares}" if shares and language == "en" else shares
    if "days" in fields:
        said["days_words"] = say_days(fields["days"], language)
    for key in ("cause", "said"):
        if fields.get(key):
            said[f"{key}_words"] = cause_words(fields[key], language)
    if "after" in fields:
        said["no_date"] = no_date_words(fields, language)
    if "moved_ahead" in fields:
        said["same"] = same_words(fields["code"], language)
    for key, table in (("code", CODE_WORDS), ("chosen", CHOICES), ("channel", CHANNELS)):
        if fields.get(key) in table:
            said[f"{key}_words"] = table[fields[key]][pick]
    for key in ("per_day", "amount", "total", "cap", "refund"):
        if key in fields and "unit" in fields:
            said[f"{key}_words"] = amount_words(fields[key], fields["unit"], language)
    return said | change_wording.readable(fields, language) | queue_words.readable(fields, language)


def join_moves(moves: Sequence[Recorded]) -> dict[str, Any]:
    """Several moves of one order told together: from the first old range to the last new one."""
    first, last = moves[0].payload, moves[-1].payload
    joined = {
        **last,
        **{key: first[key] for key in ("old_from", "old_until", "old_latest")},
        "known_at": min(move.payload["known_at"] for move in moves),
    }
    twice = _both_ends(joined, "window_from", "window_until") - _both_ends(
        joined, "old_from", "old_until"
    )
    # Rounded away from zero, as each entry's own days are.
    days = (abs(twice) + 1) // 2
    joined["days_later"], joined["days_earlier"] = (days, 0) if twice > 0 else (0, days)
    return joined


def _both_ends(fields: Mapping[str, Any], first: str, last: str) -> int:
    """The sum of both ends as day numbers, which is twice the middle."""
    return sum(dt.date.fromisoformat(fields[key]).toordinal() for key in (first, last))


def parts_of(
    told: Sequence[Recorded], promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """The five parts of a notice that tells these facts of one order.

    `promise` is the payload of the order's newest entry that carries a range; `names` gives the
    name of each member of staff by public id.
    """
    parts = _lead_parts(told, promise, names, language)
    kinds = {one.kind for one in told}
    lead = next((kind for kind in LEADS if kind in kinds), "")
    alone = _newest(told) if not lead else None
    visit = visit_words.newest_visit(told)
    also = [
        one
        for one in told
        if (one.kind in (*ALSO_SAID, *ADDED) or (lead and one is visit))
        and one.kind != lead
        and one is not alone
    ]
    if also:
        joint = "" if language == "zh" else " "
        parts = replace(parts, what=joint.join([parts.what, *(say(one, language) for one in also)]))
    return parts


# What is said beside whatever decides how the notice reads as a whole: the first of LEADS.
ALSO_SAID = ("damage.told", *terms_words.SAID_BY, "notice.corrected", "choice.answered")
LEADS = (
    "promise.broken",
    "promise.revised",
    "promise.at_risk",
    "deadline.at_risk",
    "promise.recovered",
    *ALSO_SAID,
)
SAID_BY = {"damage.told": handover_words.damage_told, **terms_words.SAID_BY}
# Said beside anything else, and never what a notice is about when there is more.
ADDED = ("credit.begun", "quote.missed")


def _lead_parts(
    told: Sequence[Recorded], promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    for kind in LEADS[: -len(ALSO_SAID)]:
        lead = [one for one in told if one.kind == kind]
        if not lead:
            continue
        payload = lead[-1].payload
        if kind == "promise.revised":
            return _revised(lead, names, language)
        if kind == "promise.broken":
            return _broken(payload, names, language)
        if kind == "deadline.at_risk":
            return _deadline_at_risk(payload, promise, names, language)
        if kind == "promise.at_risk":
            return danger.warned(lead[-1], names, language)
        return danger.recovered(lead[-1], names, language)
    for kind in ALSO_SAID:
        lead = [one for one in told if one.kind == kind]
        if lead and kind in SAID_BY:
            newest = lead[-1]
            return SAID_BY[kind](newest, say(newest, language), promise, names, language)
        if lead:
            say_it = _corrected if kind == "notice.corrected" else _answered
            return say_it(lead[-1], promise, names, language)
    if one := life_lead(told):
        return life_parts(one, say(one, language), promise, names, language)
    if visit := visit_words.newest_visit(told):
        return visit_words.visit_parts(visit, promise, names, language)
    newest = _newest(told)
    if newest.kind in change_wording.TOLD:
        return change_wording.parts(newest, promise, names, language)
    if newest.kind in money_words.TOLD:
        return money_words.told(newest, say(newest, language), names, language)
    return _step(newest, promise, names, language)


def _newest(told: Sequence[Recorded]) -> Recorded:
    """The newest fact; one that is said beside others only where there is no other."""
    return next((one for one in reversed(told) if one.kind not in ADDED), told[-1])


def _revised(moves: Sequence[Recorded], names: Names, language: str) -> Parts:
    payload = join_moves(moves)
    causes = [cause_words(one.payload["cause"], language) for one in moves]
    stop = "。" if language == "zh" else ". "
    reasons = list(dict.fromkeys(causes))
    what = stop.join(reasons) + stop + _where(payload, language) + _wider(payload, language)
    what, made = what.strip(), _made_of(moves, language)
    if language == "zh":
        can = "您可以等、换车、改期或退订。退订全额退款。"
    else:
        can = "You can wait, take another car, move your visit, or cancel for a full refund."
    return Parts(
        headline=moved_words(payload["days_later"], payload["days_earlier"], language),
        what=what + made,
        date=date_part(payload, language),
        can=can,
        by_when=choose_by(payload, language),
        who=who_answers(payload, names, language),
        made=made,
    )


def shares_told(told: Sequence[Recorded]) -> list[Share]:
    """What the moves among these facts of one order are made of, by factor; empty without one."""
    moves = [one for one in told if one.kind == "promise.revised"]
    if not moves:
        return []
    joined = join_moves(moves)
    days = joined["days_later"] - joined["days_earlier"]
    return join_shares([move.payload for move in moves], days)


def _made_of(moves: Sequence[Recorded], language: str) -> str:
    """The days of each factor where there is more than one: one alone is the move itself."""
    shares = [one for one in shares_told(moves) if one.days]
    if len(shares) < 2:
        return ""
    words = shares_words(shares, language)
    return f"其中：{words}" if language == "zh" else f" Made of: {words[0].lower()}{words[1:]}"


def _wider(payload: Mapping[str, Any], language: str) -> str:
    """That a declared unusual time made the range wider; nothing where none did."""
    if not payload.get("unusual"):
        return ""
    return "近期情况特殊，范围放宽了。" if language == "zh" else " Times are unusual: wider range."


def _where(payload: Mapping[str, Any], language: str) -> str:
    """Where the car is and how it is; nothing where that is not known."""
    place = payload["place_zh" if language == "zh" else "place_en"]
    if not place:
        return ""
    states = {
        "UNHURT": ("没有损坏", "not damaged"),
        "DAMAGED": ("受了损伤", "damaged"),
        "": ("车况还没核实", "its condition is not confirmed"),
    }
    zh, en = states[payload["car_state"]]
    return f"车在{place}，{zh}。" if language == "zh" else f"The car is in {place}, {en}."


def _broken(payload: Mapping[str, Any], names: Names, language: str) -> Parts:
    latest = say_date(dt.date.fromisoformat(payload["latest"]), language)
    if language == "zh":
        headline = "我们没有做到"
        what = f"承诺 {latest}，车还没到。抱歉，这是我们的责任。"
        date = f"{names[payload['answerer']]}会告诉您新的日期。"
        can = "您可以现在全额退款，也可以换车或继续等。"
    else:
        headline = "We broke our promise"
        what = f"We promised {latest} and the car is not here. We are sorry; it is our fault."
        date = f"{names[payload['answerer']]} will tell you the new date."
        can = "You can take a full refund now, take another car, or keep waiting."
    return Parts(
        headline,
        what,
        date,
        can,
        choose_by(payload, language),
        who_answers(payload, names, language),
    )


def _deadline_at_risk(
    payload: Mapping[str, Any], promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    deadline = say_date(dt.date.fromisoformat(payload["deadline"]), language)
    dots = payload["dots"]
    if language == "zh":
        headline = "可能赶不上您的日子"
        what = f"{deadline}前到：20 次里约 {dots} 次。"
        can = "您可以等、换车、改期或退订。退订全额退款。"
        by_when = f"{deadline}前都可以选。不选就是继续等。"
    else:
        headline = "Your own deadline is at risk"
        what = f"By {deadline}: about {dots} times in 20."
        can = "You can wait, take another car, move your visit, or cancel for a full refund."
        by_when = f"You can choose until {deadline}. Doing nothing means waiting."
    return Parts(
        headline,
        what,
        date_part(promise, language),
        can,
        by_when,
        who_answers(payload, names, language),
    )


def _corrected(
    recorded: Recorded, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """A notice that gave a wrong reason; the dates in it stand."""
    zh = language == "zh"
    return Parts(
        headline="更正上次的原因" if zh else "A correction of the reason",
        what=say(recorded, language).removeprefix("更正：").removeprefix("Correction: "),
        date=date_part(promise, language),
        can="日期没有变，您已经选的照旧。" if zh else "The dates stand, and so does your choice.",
        by_when="您现在不用做什么。" if zh else "You need not do anything now.",
        who=who_answers(recorded.payload, names, language),
    )


def _answered(
    recorded: Recorded, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """An answer to what the customer chose: the last word, or who answers further by when."""
    zh = language == "zh"
    payload = recorded.payload
    name, by = names[payload["answerer"]], payload["further_by"]
    if by:
        by_when = "有结果就告诉您，没有结果也告诉您。" if zh else "You hear either way."
        who = who_answers({**payload, "answer_by_at": by}, names, language)
    else:
        at = say_instant(read_instant(payload["known_at"]), language)
        by_when = "不合适可以再选一次。" if zh else "If it does not suit, choose again."
        who = f"{name} {at} 答复。" if zh else f"{name} answered on {at}."
    return Parts(
        headline="您的选择有答复了" if zh else "An answer to your choice",
        what=payload["answer"] + ("。" if zh else "."),
        date=date_part(promise, language),
        can=say_choice(payload["chosen"], language),
        by_when=by_when,
        who=who,
    )


def say_choice(chosen: str, language: str) -> str:
    """What was chosen, as a sentence to the customer."""
    words = CHOICES[chosen][0 if language == "zh" else 1]
    return f"您选的是“{words}”。" if language == "zh" else f"You chose: {words}."


# The moment of a step, in brackets, and the full stop behind it.
AT_THE_END = re.compile(r"\s*[（(][^（()）]*[）)][。.]$|[。.]$")


def _step(
    recorded: Recorded, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """A step reached, or a week in which nothing moved: nothing to decide, next word by when."""
    zh = language == "zh"
    what = say(recorded, language)
    payload = recorded.payload
    if recorded.kind == "promise.kept_as_is":
        headline = same_words(recorded.public["code"], language)
        ahead, moved = payload["ahead"], payload["moved_ahead"]
        what = (
            f"前面 {ahead} 台，上周走了 {moved} 台。"
            if zh
            else f"{ahead} cars ahead; {moved} moved last week."
        )
    elif recorded.kind == "promise.made":
        headline = "您的交车日算好了" if zh else "Your date is worked out"
        what = (
            "按现在的排队、产能和运输算的。"
            if zh
            else "Worked out from the queue, capacity and transport as they are."
        ) + _wider(payload, language)
    elif recorded.kind == "promise.unknown":
        headline = "还算不出日期" if zh else "No date yet"
        what = no_date_words(payload, language) if payload["why"] else ""
        what += (
            "没有结果也会告诉您。" if zh else "You hear from us even if there is still no answer."
        )
        promise = {"next_update_at": payload["next_update_at"]}
    else:
        # The moment stands in the sentence below.
        headline = AT_THE_END.sub("", what)
    next_at = (promise or {}).get("next_update_at")
    name = names.get(payload.get("answerer", ""), "") or names.get("", "")
    by = say_instant(read_instant(next_at), language) if next_at else ""
    if zh:
        can, by_when = "您现在不用做什么。", f"{by} 前再告诉您。" if by else ""
        who = f"{name}负责，{by} 前更新。" if name and by else ""
    else:
        can, by_when = "You need not do anything now.", f"We update you by {by}." if by else ""
        who = f"{name} is in charge and updates you by {by}." if name and by else ""
    return Parts(headline, what, date_part(promise, language), can, by_when, who)
