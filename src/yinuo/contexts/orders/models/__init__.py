"""Tables of orders: orders and their lines, and the launches and tickets that come before them."""

from yinuo.contexts.orders.models.launches import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.models.orders import Inquiry, Line, Order, QueueNote, StaffLook

__all__ = [
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
