"""The facts of the queue: locks, holds, exceptions, allocations, and what closes a week of a line.

From these leaves alone anybody can work out who was passed, by whom and for which public reason.
"""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

# Why and for what: the order itself, and the row that was the cause.
CAUSE = ("order", "cause_ref")
LOCK = ("order", "locked_at")

QUEUE_KINDS = (
    Kind(
        "order.locked",
        "lock",
        "q",
        ("line",),
        LOCK,
        False,
        "锁单，从这一刻开始排队。",
        "Locked; your place in line counts from here.",
    ),
    Kind(
        "order.locked_by_ticket",
        "lock",
        "q",
        ("line", "launch", "ticket"),
        LOCK,
        False,
        "锁单，按您的 {ticket} 号排队。",
        "Locked; your place in line is that of your ticket {ticket}.",
    ),
    Kind(
        "queue.held",
        "hold",
        "q",
        ("code",),
        CAUSE,
        False,
        "因为“{code_words}”暂时让后面的车先走，位置不变。",
        "Held ({code_words}); later cars may pass, the place is kept.",
    ),
    Kind(
        "queue.released",
        "release",
        "q",
        ("code",),
        CAUSE,
        False,
        "“{code_words}”结束，照原来的位置往前走。",
        "No longer held ({code_words}); moves on from the same place.",
    ),
    Kind(
        "queue.excepted",
        "except",
        "q",
        ("code",),
        CAUSE,
        False,
        "比前面的车先交，原因公开：{code_words}。",
        "Left before earlier orders ({code_words}); the reason is public.",
    ),
    Kind(
        "order.allocated",
        "alloc",
        "q",
        ("line", "batch"),
        ("order", "how", "cause_ref", "at"),
        False,
        "这个订单有车了（{at}），不用再排，批次：{batch_words}。",
        "A car went to this order ({at}); it left the line. Batch: {batch_words}.",
    ),
    Kind(
        "line.opened",
        "line",
        "",
        ("line",),
        (),
        False,
        "队伍 {line} 开始排。",
        "Line {line} opened.",
    ),
    Kind(
        "queue.batch_closed",
        "batch",
        "",
        ("line", "batch", "count"),
        (),
        False,
        "队伍 {line} 的批次结清：{batch_words}，{count} 台。",
        "Line {line}: batch closed, {batch_words}, {count} cars.",
    ),
    Kind(
        "launch.counted",
        "tickets",
        "",
        ("launch", "number", "chain"),
        (),
        False,
        "开售 {launch} 发到了 {number} 号。",
        "Launch {launch} has given out {number} tickets.",
    ),
)
