"""The catalogue of facts: what each entry carries in clear, what it commits to, how it is said.

A fact is worded here and nowhere else, so a page, a mail and a webhook cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of fact.

    `leaf` is the type written in the entry's body and `stream` the order's stream it continues
    (q, p, n, or empty for facts of no order). `public` fields stand in the body for everybody;
    `private` fields are committed to. `tells` says that the order's customer must be told.
    `zh` and `en` are the sentence of the history; braces name fields, already made readable.
    """

    name: str
    leaf: str
    stream: str
    public: tuple[str, ...]
    private: tuple[str, ...]
    tells: bool
    zh: str
    en: str


WINDOW = ("window_from", "window_until", "latest", "odds_percent", "next_update_at")
MOVE = (
    "old_from",
    "old_until",
    "old_latest",
    *WINDOW,
    "days_later",
    "days_earlier",
    "cause",
    "cause_ref",
    "known_at",
    "choose_by_at",
    "choices",
    "answerer",
    "answer_by_at",
    "place_zh",
    "place_en",
    "car_state",
)

ANSWER = ("answerer", "answer_by_at")
CHOOSE = ("choose_by_at", "choices")
RISK = ("dots", "cause", "cause_ref", "known_at", "answerer", "run")
ENDED = ("first_latest", "latest", "late_days", "late_days_first", "at")

# The public code of a fact that was true before we could tell it in time: a date promised to an
# order of long ago, a step reported weeks later. It is recorded, and nobody is told of it as news.
HISTORY = "HISTORY"

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "order.locked",
            "lock",
            "q",
            ("line",),
            ("order", "locked_at"),
            False,
            "锁单，排进 {line} 队列。",
            "Locked; joined the line {line}.",
        ),
        Kind(
            "queue.held",
            "hold",
            "q",
            ("code",),
            ("order", "cause_ref"),
            False,
            "因为“{code_words}”暂时让后面的车先走，位置不变。",
            "Held ({code_words}); later cars may pass, the place is kept.",
        ),
        Kind(
            "queue.released",
            "release",
            "q",
            ("code",),
            ("order", "cause_ref"),
            False,
            "“{code_words}”结束，照原来的位置往前走。",
            "No longer held ({code_words}); moves on from the same place.",
        ),
        Kind(
            "queue.excepted",
            "alloc",
            "q",
            ("code",),
            ("order", "cause_ref"),
            False,
            "比前面的车先交，原因公开：{code_words}。",
            "Left before earlier orders ({code_words}); the reason is public.",
        ),
        Kind(
            "promise.made",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *WINDOW, "run"),
            True,
            "预计 {window} 交车，承诺最晚 {latest}。",
            "Expected {window}; promised by {latest} at the latest.",
        ),
        Kind(
            "promise.revised",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *MOVE, "run"),
            True,
            "{moved}：改为 {window}，承诺最晚 {latest}。原因：{cause_words}。",
            "{moved}: now {window}, promised by {latest}. Reason: {cause_words}.",
        ),
        Kind(
            "promise.kept_as_is",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *WINDOW, "ahead", "moved_ahead", "answerer", "known_at"),
            True,
            "{same}，仍是 {window}，承诺最晚 {latest}。",
            "{same}; still {window}, {latest} at the latest.",
        ),
        Kind(
            "promise.unknown",
            "promise",
            "p",
            ("code",),
            ("order", "next_update_at", "answerer", "known_at"),
            True,
            "还算不出日期。{next_update_at} 前再告诉您，没有结果也会告诉您。",
            "No date yet. You hear by {next_update_at}, even if there is still no answer.",
        ),
        Kind(
            "promise.broken",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", "latest", "answerer", "answer_by_at", "choices", "choose_by_at", "known_at"),
            True,
            "承诺 {latest}，车没有到。这是我们的责任。",
            "We promised {latest} and the car is not here. It is our fault.",
        ),
        Kind(
            "promise.at_risk",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *WINDOW, *RISK, "expect_from", "expect_until", *CHOOSE, "answer_by_at"),
            True,
            "承诺的 {latest} 可能赶不上：20 次里约 {dots} 次来得及。",
            "{latest} is at risk: about {dots} times in 20 in time.",
        ),
        Kind(
            "promise.recovered",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *WINDOW, *RISK),
            True,
            "承诺的 {latest} 又来得及了：20 次里约 {dots} 次。",
            "{latest} is likely again: about {dots} times in 20.",
        ),
        Kind(
            "promise.kept",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *ENDED),
            False,
            "承诺最晚 {latest}，{at} 交车，做到了。",
            "Promised by {latest}, handed over {at}: kept.",
        ),
        Kind(
            "promise.late",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *ENDED),
            False,
            "承诺最晚 {latest}，{at} 才交车，晚了 {late_days} 天。",
            "Promised by {latest}, handed over {at}: {late_days} days late.",
        ),
        Kind(
            "promise.cancelled",
            "promise",
            "p",
            ("weeks", "code"),
            ("order", *ENDED),
            False,
            "订单取消了（{at}），交车的承诺到此结束。",
            "The order was cancelled ({at}); its promise ended with it.",
        ),
        Kind(
            "deadline.at_risk",
            "promise",
            "p",
            ("code",),
            ("order", "deadline", "dots", "answerer", "answer_by_at", "known_at"),
            True,
            "{deadline} 前到的机会少于一半（20 次里约 {dots} 次）。",
            "The chance to have it by {deadline} is below half (about {dots} in 20).",
        ),
        Kind(
            "credit.begun",
            "credit",
            "p",
            ("code",),
            (
                "order",
                "first_latest",
                "from_step",
                "per_day",
                "cap",
                "unit",
                "table",
                "answerer",
                "known_at",
            ),
            True,
            "第一次承诺的 {first_latest} 过了。"
            "从第 {from_step} 天起，每天记给您 {per_day_words}。不用申请。",
            "The first promise, {first_latest}, has passed. From late day {from_step} on you are"
            " credited {per_day_words} a day, without asking.",
        ),
        Kind(
            "credit.given",
            "credit",
            "p",
            ("code",),
            ("order", "late_days", "amount", "total", "unit", "last_cause", "table"),
            False,
            "晚到第 {late_days} 天，记给您 {amount_words}，一共 {total_words}。",
            "Late day {late_days}: {amount_words} credited, {total_words} in all.",
        ),
        Kind(
            "credit.settled",
            "credit",
            "p",
            ("code",),
            ("order", "late_days", "total", "unit", "table"),
            False,
            "比第一次承诺一共晚 {late_days} 天，我们欠您 {total_words}。",
            "{late_days} days after the first promise in all; we owe you {total_words}.",
        ),
        Kind(
            "car.built",
            "step",
            "p",
            ("code",),
            ("order", "at", "known_at"),
            True,
            "您的车下线了（{at}）。",
            "Your car has been built ({at}).",
        ),
        Kind(
            "car.left_plant",
            "step",
            "p",
            ("code",),
            ("order", "at", "known_at"),
            False,
            "车离开工厂，在路上了（{at}）。",
            "The car left the plant and is on its way ({at}).",
        ),
        Kind(
            "car.arrived",
            "step",
            "p",
            ("code",),
            ("order", "at", "known_at", "place_zh", "place_en"),
            True,
            "车到了{place}（{at}）。",
            "The car arrived at {place} ({at}).",
        ),
        Kind(
            "car.handed_over",
            "deliver",
            "q",
            (),
            ("order", "at"),
            False,
            "交车完成（{at}）。",
            "Handed over ({at}).",
        ),
        Kind(
            "choice.made",
            "choice",
            "p",
            ("code",),
            ("order", "chosen", "chosen_at", "answer_by_at", "answerer"),
            False,
            "您选了“{chosen_words}”。",
            "You chose: {chosen_words}.",
        ),
        Kind(
            "choice.answered",
            "choice",
            "p",
            ("code",),
            ("order", "chosen", "answer", "answerer", "further_by", "known_at"),
            True,
            "“{chosen_words}”有答复了：{answer}。",
            "Answer to “{chosen_words}”: {answer}.",
        ),
        Kind(
            "notice.corrected",
            "notice",
            "n",
            ("code",),
            (
                "order",
                "notice",
                "said",
                "cause",
                "evidence",
                "answerer",
                "answer_by_at",
                "known_at",
            ),
            True,
            "更正：上次说是“{said_words}”。其实是“{cause_words}”。",
            "Correction: we said “{said_words}”; it was “{cause_words}”.",
        ),
        Kind(
            "notice.sent",
            "notice",
            "n",
            ("code", "channel"),
            ("order", "notice", "text_sha256", "sent_at", "known_at"),
            False,
            "通知已发出（{channel_words}，{sent_at}）。",
            "Notice sent ({channel_words}, {sent_at}).",
        ),
        Kind(
            "notice.delivered",
            "notice.ack",
            "n",
            ("code", "channel"),
            ("order", "notice", "at"),
            False,
            "通知已送达（{channel_words}，{at}）。",
            "Notice delivered ({channel_words}, {at}).",
        ),
        Kind(
            "notice.bounced",
            "notice.ack",
            "n",
            ("code", "channel"),
            ("order", "notice", "at"),
            False,
            "通知没有送到（{channel_words}，{at}），改为打电话。",
            "Notice not delivered ({channel_words}, {at}); we call instead.",
        ),
        Kind(
            "notice.read",
            "notice.ack",
            "n",
            ("code", "channel"),
            ("order", "notice", "at"),
            False,
            "通知已打开（{at}）。",
            "Notice opened ({at}).",
        ),
        Kind(
            "plan.committed",
            "plan",
            "",
            ("plan", "cause", "digest"),
            (),
            False,
            "生产计划 {plan} 生效，原因：{cause_words}。",
            "Plan {plan} committed; reason: {cause_words}.",
        ),
        Kind(
            "unusual.declared",
            "unusual",
            "",
            ("period", "factor_percent", "digest"),
            (),
            False,
            "宣布情况特殊（{period}），新的范围放宽到 {factor_percent}%。",
            "Declared unusual ({period}); new ranges widen to {factor_percent}%.",
        ),
        Kind(
            "unusual.ended",
            "unusual",
            "",
            ("period",),
            (),
            False,
            "特殊情况结束（{period}）。",
            "No longer unusual ({period}).",
        ),
        Kind(
            "hold.placed",
            "hold.line",
            "",
            ("hold", "cause", "digest"),
            (),
            False,
            "批次 {hold} 暂停交付，原因：{cause_words}。",
            "Batch {hold} held; reason: {cause_words}.",
        ),
    )
}
