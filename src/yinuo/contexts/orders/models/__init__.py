"""Tables of orders: orders and their lines, and the launches and tickets that come before them."""

from yinuo.contexts.orders.models.launches import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.models.orders import (
    Condition,
    Inquiry,
    Line,
    Order,
    QueueNote,
    StaffLook,
)

__all__ = [
    "Condition",
    "Inquiry",
    "Launch",
    "Line",
    "Order",
    "QueueNote",
    "SalesCell",
    "SalesGroup",
    "StaffLook",
    "Ticket",
]
