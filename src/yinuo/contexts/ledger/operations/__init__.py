"""Recording facts. The only writer of the ledger."""

from yinuo.contexts.ledger.operations.facts import (
    Fact,
    gathered,
    mark_history_told,
    mark_told,
    record,
    record_many,
)
from yinuo.contexts.ledger.operations.series import Series, record_series

__all__ = [
    "Fact",
    "Series",
    "gathered",
    "mark_history_told",
    "mark_told",
    "record",
    "record_many",
    "record_series",
]
