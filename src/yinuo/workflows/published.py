"""The published log as the doors need it: is this entry in it, and the signer's word for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from yinuo.contexts.ledger.queries import proofs, sealed
from yinuo.notary.client import SignerAway, SignerClient, SignerRefused

published_policy = proofs.published_policy


@dataclass(frozen=True)
class EntryCheck:
    """What the published files say of entry `n`.

    `state` is one of: match, differs, damaged (the files do not agree with the checkpoint that was
    signed), waiting (it has a number and is not published yet), unknown (no such number) and away
    (the files cannot be read). `size` counts the published entries;
    `written_before` is when enough witnesses had seen it, None where none has.
    """

    n: int
    state: str
    size: int
    leaf_hash: bytes = b""
    written_before: dt.datetime | None = None


def check_entry(n: int) -> EntryCheck:
    """Look entry `n` up in the published files, as anybody could."""
    log, leaf = proofs.open_log(), sealed.get_leaf(n)
    if log is None:
        return EntryCheck(n, "away", 0)
    if leaf is None:
        return EntryCheck(n, "unknown", log.size)
    if n >= log.size:
        return EntryCheck(n, "waiting", log.size, leaf.leaf_hash)
    try:
        state = "match" if log.proves(n, leaf.leaf_hash) else "damaged"
        if not log.has(n, leaf.leaf_hash):
            state = "differs"
    except proofs.UNREADABLE:
        return EntryCheck(n, "away", log.size, leaf.leaf_hash)
    return EntryCheck(n, state, log.size, leaf.leaf_hash, sealed.get_bracket(n)[1])


def list_later_keys(policy: str) -> list[dict[str, str]]:
    """The entries of the log that state keys which this policy does not name, with their proofs."""
    log = proofs.open_log()
    return proofs.list_later_keys(log, policy) if log else []


def get_origin() -> str:
    """The log's name, as its newest checkpoint gives it; empty before there is one."""
    log = proofs.open_log()
    return log.origin if log else ""


def get_receipt(n: int) -> str | None:
    """The signed promise that entry `n` stands in the log; None where there is no such entry or
    the signer does not answer."""
    leaf = sealed.get_leaf(n)
    if leaf is None:
        return None
    try:
        return SignerClient(settings.SIGNER_DIR).receipts([(n, leaf.leaf_hash)])[0]
    except (SignerAway, SignerRefused):
        return None
