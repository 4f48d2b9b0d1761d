"""Tables of orders: orders and their lines, and the launches and tickets that come before them."""

from yinuo.contexts.orders.models.amendments import (
    Amendment,
    AmendmentPaper,
    AmendmentTask,
    Buyer,
    LineMove,
)
from yinuo.contexts.orders.models.draws import Draw, DrawnPlace
from yinuo.contexts.orders.models.launches import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.models.orders import (
    Condition,
    Inquiry,
    Line,
    Order,
    QueueNote,
    StaffLook,
)
from yinuo.contexts.orders.models.records import IssuedCopy, ShareLink
from yinuo.contexts.orders.models.rights import (
    Cancellation,
    Dispute,
    ExitOffer,
    Postponement,
)

__all__ = [
    "Amendment",
    "AmendmentPaper",
    "AmendmentTask",
    "Buyer",
    "Cancellation",
    "Condition",
    "Dispute",
    "Draw",
    "DrawnPlace",
    "ExitOffer",
    "Inquiry",
    "IssuedCopy",
    "Launch",
    "Line",
    "LineMove",
    "Order",
    "Postponement",
    "QueueNote",
    "SalesCell",
    "SalesGroup",
    "ShareLink",
    "StaffLook",
    "Ticket",
]
