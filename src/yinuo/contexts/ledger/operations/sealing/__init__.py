"""Sealing the record: numbers, tiles, signatures, witnesses."""

from yinuo.contexts.ledger.operations.sealing.integration import (
    Integrated,
    integrate,
    is_anything_waiting,
)

__all__ = ["Integrated", "integrate", "is_anything_waiting"]
