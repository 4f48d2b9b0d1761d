"""What is billed, paid, given back and kept, and the books that show it."""

from yinuo.contexts.payments.models.bills import Bill, Charge
from yinuo.contexts.payments.models.books import Account, Posting, PostingLine
from yinuo.contexts.payments.models.inbox import BankRow, MoneyTask, ProviderMessage, Settled
from yinuo.contexts.payments.models.refunds import Keep, Refund, RefundPart

__all__ = [
    "Account",
    "BankRow",
    "Bill",
    "Charge",
    "Keep",
    "MoneyTask",
    "Posting",
    "PostingLine",
    "ProviderMessage",
    "Refund",
    "RefundPart",
    "Settled",
]
