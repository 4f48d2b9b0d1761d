"""The facts of a promise's life, and of what is owed when it is late."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

WINDOW = ("window_from", "window_until", "latest", "odds_percent", "next_update_at")
EXPECT = ("expect_from", "expect_until", "expect_after")
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
# What the move is made of: the same factors for all orders, the whole days of each.
SHARES = ("factors", "factor_refs", "factor_days", "factor_latest_days")

# What a quote said beside what was promised in the end.
QUOTED = ("quote", "quoted_latest", "latest", "days")

ANSWER = ("answerer", "answer_by_at")
CHOOSE = ("choose_by_at", "choices")
RISK = ("dots", "cause", "cause_ref", "known_at", "answerer", "run")
ENDED = ("first_latest", "latest", "late_days", "late_days_first", "at")

PROMISE_KINDS = (
    Kind(
        "promise.made",
        "promise",
        "p",
        ("weeks", "code"),
        ("order", *WINDOW, "unusual", "run"),
        True,
        "预计 {window} 交车，承诺最晚 {latest}。",
        "Expected {window}; promised by {latest} at the latest.",
    ),
    Kind(
        "quote.missed",
        "promise",
        "p",
        ("code",),
        ("order", *QUOTED, *SHARES, "answerer", "known_at"),
        True,
        "报价时说最晚 {quoted_latest}，正式承诺是 {latest}，晚 {days} 天。{shares}",
        "The quote said {quoted_latest} at the latest; the promise is {latest}, {days_words}"
        " later.{shares}",
    ),
    Kind(
        "quote.kept",
        "promise",
        "p",
        ("code",),
        ("order", *QUOTED, *SHARES),
        False,
        "报价时说最晚 {quoted_latest}，正式承诺是 {latest}，没有变晚。",
        "The quote said {quoted_latest} at the latest; the promise is {latest}, no later.",
    ),
    Kind(
        "promise.revised",
        "promise",
        "p",
        ("weeks", "code"),
        ("order", *MOVE, *SHARES, "unusual", "run"),
        True,
        "{moved}：改为 {window}，承诺最晚 {latest}。原因：{cause_words}。{shares}",
        "{moved}: now {window}, promised by {latest}. Reason: {cause_words}.{shares}",
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
        ("order", "why", "after", "next_update_at", "answerer", "known_at"),
        True,
        "{no_date}{next_update_at} 前再告诉您，没有结果也会告诉您。",
        "{no_date}You hear by {next_update_at}, even if there is still no answer.",
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
        (
            "order",
            *WINDOW,
            *RISK,
            "expect_from",
            "expect_until",
            "expect_after",
            *CHOOSE,
            "answer_by_at",
        ),
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
)
