"""How the facts of money read: in the record, in a notice, in an SMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yinuo.contexts.ledger.money_kinds import MONEY_KINDS
from yinuo.contexts.ledger.phrases import Names, Parts, amount_words, who_answers
from yinuo.contexts.ledger.queries import Recorded
from yinuo.platform.spoken import read_instant, say_instant

WHAT = {"DEPOSIT": ("定金", "deposit"), "BALANCE": ("尾款", "balance")}
DECIDED = {
    "GIVEN_BACK": ("钱退给您", "the money goes back to you"),
    "UPHELD": ("仍然留下，您可以再问", "it stays kept; you can ask further"),
}
# In a notice and in an SMS; the sentence of the fact itself is longer.
TOLD = tuple(kind.name for kind in MONEY_KINDS if kind.tells)
HEADLINES = {
    "money.due": ("可以付款了", "You can pay now"),
    "money.received": ("钱收到了", "Your payment was received"),
    "refund.ordered": ("钱退给您", "Your refund"),
    "refund.late": ("我们没有做到：退款晚了", "We broke our promise: your refund is late"),
    "refund.paid": ("退款到账了", "Your refund was paid"),
    "money.kept": ("定金留下了一部分", "Part of the deposit is kept"),
    "keep.decided": ("您不同意的那一笔，有结果了", "The amount you disputed"),
}
CAN = {
    "money.due": (
        "想再看一遍车，也可以先不付。",
        "You may look at the car once more before you pay.",
    ),
    "money.kept": (
        "不同意就在订单页点“我不同意”。",
        "If you do not agree, say so on the order page.",
    ),
    "refund.late": ("抱歉，这是我们的责任。您不用催。", "We are sorry; it is our fault."),
}
NOTHING = ("您现在不用做什么。", "You need not do anything now.")
NO_HURRY = ("没有要您赶的期限。", "Nothing runs out for you.")
BY_WHEN = {
    "money.due": ("不会因为没付款取消订单。", "No order is cancelled for not paying."),
    "money.kept": (
        "不同意没有期限，说了就先冻结。",
        "There is no time limit; it is frozen at once.",
    ),
}
SMS = {
    "money.due": "money_due",
    "money.received": "money_received",
    "refund.ordered": "refund_ordered",
    "refund.late": "refund_late",
    "refund.paid": "refund_paid",
    "money.kept": "money_kept",
    "keep.decided": "keep_decided",
}
# The templates of the SMS; amounts only where the sentence names one.
MONEY_SMS: dict[str, tuple[str, str]] = {
    "money_due": (
        "您签了字，可以付款了。不会因为没付款取消订单。详情{address} 通知码{code}",
        "You can pay now {address} {code}",
    ),
    "money_received": (
        "收到您的付款{amount}。详情{address} 通知码{code}",
        "Received {amount} {address} {code}",
    ),
    "refund_ordered": (
        "退给您{amount}，原路退回。到账期限和进度详情{address} 通知码{code}",
        "Refund {amount} {address} {code}",
    ),
    "refund_late": (
        "给您的退款晚了，抱歉，这是我们的责任，利息一起付。详情{address} 通知码{code}",
        "Your refund is late, sorry {address} {code}",
    ),
    "refund_paid": (
        "退款{amount}已到账。详情{address} 通知码{code}",
        "Refund paid {amount} {address} {code}",
    ),
    "money_kept": (
        "定金留下了一部分，依据和理由在网页里，可以不同意。详情{address} 通知码{code}",
        "Part of your deposit is kept {address} {code}",
    ),
    "keep_decided": (
        "您不同意的那一笔有结果了。详情{address} 通知码{code}",
        "Your dispute is decided {address} {code}",
    ),
}


def readable(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What the money is, the interest and what was decided, in words."""
    pick = 0 if language == "zh" else 1
    said: dict[str, Any] = {}
    if fields.get("code") in WHAT:
        said["what"] = WHAT[fields["code"]][pick]
    if fields.get("code") in DECIDED:
        said["decided"] = DECIDED[fields["code"]][pick]
    if "interest" in fields:
        said["interest_part"] = _interest(fields["interest"], language)
    return said


def _interest(amount_fen: int, language: str) -> str:
    if not amount_fen:
        return ""
    yuan = f"{amount_fen / 100:,.2f}"
    return f"（其中利息 {yuan} 元）" if language == "zh" else f" (interest {yuan} yuan)"


def told(recorded: Recorded, said: str, names: Names, language: str) -> Parts:
    """The five parts of a notice about money."""
    pick = 0 if language == "zh" else 1
    kind, payload = recorded.kind, recorded.payload
    return Parts(
        headline=HEADLINES[kind][pick],
        what=said,
        date=_date(payload, language),
        can=CAN.get(kind, NOTHING)[pick],
        by_when=BY_WHEN.get(kind, NO_HURRY)[pick],
        who=who_answers(payload, names, language),
    )


def _date(payload: Mapping[str, Any], language: str) -> str:
    """The day that the money is about."""
    at = payload.get("due_at") or payload.get("at") or payload["known_at"]
    when = say_instant(read_instant(at), language)
    if payload.get("due_at"):
        return f"到账期限：{when}。" if language == "zh" else f"Due by {when}."
    return f"时间：{when}。" if language == "zh" else f"On {when}."


def sms(recorded: Recorded, language: str) -> dict[str, str]:
    """The name of the template as `kind`, and the amount where it names one."""
    values = {"kind": SMS[recorded.kind]}
    if "{amount}" in MONEY_SMS[values["kind"]][0]:
        amount = amount_words(recorded.payload["amount"], "FEN", language)
        values["amount"] = amount.replace(" ", "") if language == "zh" else amount
    return values
