"""The facts of leaving, coming back, waiting longer and disagreeing."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

LIFE_KINDS = (
    Kind(
        "order.cancelled",
        "cancel",
        "q",
        ("code",),
        ("order", "refund", "unit", "refund_by", "at"),
        False,
        "您退订了（{at}），{refund_words}在 {refund_by} 前退回。",
        "You cancelled ({at}); {refund_words} comes back by {refund_by}.",
    ),
    Kind(
        "order.restored",
        "restore",
        "q",
        (),
        ("order", "at"),
        False,
        "您回来了（{at}），还在原来的位置。",
        "You came back ({at}), to the same place in line.",
    ),
    Kind(
        "order.postponed",
        "postpone",
        "p",
        (),
        ("order", "not_before", "at"),
        False,
        "您要求 {not_before} 以后再交车（{at}），位置不变。",
        "You asked for the car not before {not_before} ({at}); your place is kept.",
    ),
    Kind(
        "order.resumed",
        "postpone",
        "p",
        (),
        ("order", "at"),
        False,
        "改期结束（{at}），从原来的位置往前走。",
        "No longer postponed ({at}); the order moves on from its old place.",
    ),
    Kind(
        "exit.offered",
        "right",
        "p",
        ("code",),
        ("order", "waited_days", "known_at", "answerer", "answer_by_at"),
        True,
        "您等了 {waited_days} 天。现在可以退订，钱全部退给您；不退，位置不变。",
        "You have waited {waited_days} days. You can leave with all your money, or keep waiting.",
    ),
    Kind(
        "dispute.opened",
        "dispute",
        "p",
        (),
        ("order", "dispute", "at", "answerer", "answer_by_at"),
        False,
        "您不同意（编号 {dispute}，{at}）。处理完以前，不催付款，不取消订单。",
        "You disagreed ({dispute}, {at}). Until it is settled no money is asked for and nothing is"
        " cancelled.",
    ),
    Kind(
        "dispute.settled",
        "dispute",
        "p",
        ("code",),
        ("order", "dispute", "answer", "answerer", "known_at"),
        True,
        "您的异议 {dispute} 有答复了：{answer}。",
        "An answer to your objection {dispute}: {answer}.",
    ),
)
