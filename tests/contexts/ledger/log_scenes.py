"""Logs to try things on."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tests.contexts.ledger.samples import sample
from yinuo.contexts.ledger.log_folder import LogFolder
from yinuo.contexts.ledger.models import Leaf
from yinuo.contexts.ledger.operations import record_many
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.engines.tlog import (
    TileReader,
    check_inclusion,
    inclusion_proof,
    leaf_hash,
    open_checkpoint,
    parse_policy,
)


def record(count: int, now: dt.datetime, start: int = 1, kind: str = "order.locked") -> None:
    """So many entries, each of an order of its own; they wait for their numbers."""
    numbers = range(start, start + count)
    with transaction.atomic():
        record_many([sample(kind, f"{kind}:{n}", n, f"W{n:05d}") for n in numbers], now=now)


def write(count: int, now: dt.datetime, start: int = 1, kind: str = "order.locked") -> None:
    """The same, and they get their numbers."""
    record(count, now, start, kind)
    integrate(now=now)


def check_public(folder: LogFolder) -> int:
    """The published checkpoint proves leaves of it, from files alone; its size."""
    seen = open_checkpoint(parse_policy(folder.get("policy")), folder.get("checkpoint"))
    size, root = seen.checkpoint.size, seen.checkpoint.root
    read = TileReader(folder.get, size)
    leaves = Leaf.objects.filter(idx__lt=size).select_related("entry").order_by("idx")
    bodies = [leaf.entry.body if leaf.entry else leaf.body or "" for leaf in leaves]
    assert len(bodies) == size
    for index in {0, 1, size // 2, size - 1} & set(range(size)):
        proof = inclusion_proof(index, size, read)
        check_inclusion(index, size, leaf_hash(bodies[index].encode()), proof, root)
    return size
