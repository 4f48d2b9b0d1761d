"""The facts of an order's money: asked for, received, given back, kept. Amounts are fen."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

AMOUNT = ("order", "amount", "unit")
ANSWER = ("answerer", "answer_by_at", "known_at")

MONEY_KINDS = (
    Kind(
        "money.due",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "bill", *ANSWER),
        True,
        "您验过车、签了字，{what}{amount_words}可以付了。",
        "You inspected and signed; the {what} of {amount_words} can be paid now.",
    ),
    Kind(
        "money.received",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "bill", "at", *ANSWER),
        True,
        "收到您的{what}{amount_words}（{at}）。",
        "Your {what} of {amount_words} was received ({at}).",
    ),
    Kind(
        "refund.ordered",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "refund_ref", "due_at", *ANSWER),
        True,
        "退给您 {amount_words}，原路退回，{due_at} 前到账。",
        "{amount_words} goes back to you the way it came, by {due_at}.",
    ),
    Kind(
        "refund.late",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "refund_ref", "due_at", *ANSWER),
        True,
        "{amount_words} 该在 {due_at} 前退给您，还没到。利息按天算，一起付。",
        "{amount_words} was due back to you by {due_at}. Interest runs daily, paid with it.",
    ),
    Kind(
        "refund.paid",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "interest", "refund_ref", "reference", "at", *ANSWER),
        True,
        "退款 {amount_words}{interest_part}已到账（{at}），流水号 {reference}。",
        "The refund of {amount_words}{interest_part} was paid ({at}), reference {reference}.",
    ),
    Kind(
        "money.kept",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "keep", "clause", "reason", "approver", "decision", *ANSWER),
        True,
        "留下定金 {amount_words}。依据：{clause}。理由：{reason}。",
        "{amount_words} of the deposit is kept. Clause: {clause}. Reason: {reason}.",
    ),
    Kind(
        "keep.disputed",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "keep", "at"),
        False,
        "您不同意留下 {amount_words}。这笔钱先冻结，换一个人重新看（{at}）。",
        "You do not agree that {amount_words} is kept. It is frozen; somebody else looks ({at}).",
    ),
    Kind(
        "keep.decided",
        "money",
        "p",
        ("code",),
        (*AMOUNT, "keep", "decider", "at", *ANSWER),
        True,
        "您不同意留下的 {amount_words}，重新看过了：{decided}（{at}）。",
        "We looked again at the {amount_words} you disputed: {decided} ({at}).",
    ),
)
