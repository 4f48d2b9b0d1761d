"""Sealing the record: numbers, files, signatures, witnesses, and the look before all of it."""

from yinuo.contexts.ledger.operations.sealing.beginning import (
    LogNotBegun,
    LogStands,
    OriginUnfit,
    PolicyUnfit,
    begin,
    has_begun,
    origin_of_site,
    write_policy,
    write_policy_file,
)
from yinuo.contexts.ledger.operations.sealing.checkpoints import (
    NotPublished,
    is_due,
    split_notes,
)
from yinuo.contexts.ledger.operations.sealing.guarding import (
    DatabaseEmpty,
    Guarded,
    StreamsForked,
    guard,
)
from yinuo.contexts.ledger.operations.sealing.integration import (
    Integrated,
    integrate,
    is_anything_waiting,
)
from yinuo.contexts.ledger.operations.sealing.publishing import (
    LogBehind,
    NoQuorum,
    Published,
    TreeDiffers,
    publish,
    write_public_copies,
)

__all__ = [
    "DatabaseEmpty",
    "Guarded",
    "Integrated",
    "LogBehind",
    "LogNotBegun",
    "LogStands",
    "NoQuorum",
    "NotPublished",
    "OriginUnfit",
    "PolicyUnfit",
    "Published",
    "StreamsForked",
    "TreeDiffers",
    "begin",
    "guard",
    "has_begun",
    "integrate",
    "is_anything_waiting",
    "is_due",
    "origin_of_site",
    "publish",
    "split_notes",
    "write_policy",
    "write_policy_file",
    "write_public_copies",
]
