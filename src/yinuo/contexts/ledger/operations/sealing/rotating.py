"""Changing a key of the log: the next one stands in the log, signed for by the old one, before it
signs alone.

Both keys sign from the moment the next one is made. Every step is safe to repeat after a kill.
Old lines stay in the policy, because what they signed stays true; a thief of an old key still
finds no witness.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.models import Leaf
from yinuo.contexts.ledger.operations.rulebook import key_fact
from yinuo.contexts.ledger.operations.sealing.beginning import LogNotBegun, has_begun, write_policy
from yinuo.contexts.ledger.operations.sealing.checkpoints import published_size, read_policy
from yinuo.contexts.ledger.operations.sealing.integration import integrate
from yinuo.contexts.ledger.operations.sealing.publishing import NoQuorum, have_seen, publish
from yinuo.engines.tlog import Log, Policy, format_policy, parse_vkey, split_note
from yinuo.notary.client import SignerClient, SignerState
from yinuo.notary.keys import Use
from yinuo.platform.refusals import Refusal


class NoNextKey(Refusal):
    """There is only one key of this use."""

    code = "log_no_next_key"
    zh = "还没有新密钥：先运行 yinuo log rotate。"
    en = "There is no next key: run yinuo log rotate first."


class KeyNotPublished(Refusal):
    """The next key does not yet stand in the log under a published checkpoint."""

    code = "log_key_not_published"
    zh = "新公钥还没有公布在记录里，旧密钥不能停用。再运行一次 yinuo log rotate。"
    en = (
        "The new key does not stand in the published log yet, so the old one stays: run"
        " yinuo log rotate again."
    )


class KeyNotTrusted(Refusal):
    """Too few witnesses sign for the next key alone."""

    code = "log_key_not_trusted"
    zh = "认得新公钥的见证人还不够（{why}），旧密钥不能停用。请先让见证人加上新公钥。"
    en = "Too few witnesses know the new key ({why}); the old one stays. Have them trust it first."


@dataclass(frozen=True)
class Rotated:
    """The next key, and its entry in the log."""

    vkey: str
    index: int


def rotate_key(*, use: Use, now: dt.datetime) -> Rotated:
    """Make the next key, state it in the log, believe it, and publish under both keys.

    Raises
    ------
    LogNotBegun
        There is nothing to sign.
    Refusal, SignerAway, SignerRefused, OSError
        As `publish` does. What was done stays; asked again it goes on from there.
    """
    if not has_begun():
        raise LogNotBegun
    vkey = SignerClient(settings.SIGNER_DIR).rotate(use)
    integrate(first=[key_fact(use, vkey)], limit=0, now=now)
    write_policy(log_folder(), format_policy(_with_key(read_policy(log_folder()), use, vkey)))
    publish(now=now)
    return Rotated(vkey, _index_of(use, vkey))


def retire_key(*, use: Use, now: dt.datetime) -> str:
    """Destroy the older key once the newer can stand alone; the public key that stays.

    Raises
    ------
    NoNextKey, KeyNotPublished, KeyNotTrusted
        It cannot yet.
    """
    signer = SignerClient(settings.SIGNER_DIR)
    state = signer.state()
    known = state.vkeys if use == "log" else state.receipt_vkeys
    if len(known) == 1:
        raise NoNextKey
    if _index_of(use, known[-1]) >= published_size():
        raise KeyNotPublished
    if use == "log":
        _check_trusted(log_folder(), signer, state, now=now)
    return signer.retire(use)


def _check_trusted(
    folder: LogFolder, signer: SignerClient, state: SignerState, *, now: dt.datetime
) -> None:
    """Raise KeyNotTrusted unless a quorum signs what the newer key alone has signed."""
    note = signer.checkpoint(old=state.size, size=state.size, root=state.root)
    text, lines = split_note(note)
    # One line for each key, in their order.
    alone = f"{text}\n{lines[-1]}\n"
    try:
        have_seen(folder, read_policy(folder), alone, state.size, now=now)
    except NoQuorum as refusal:
        raise KeyNotTrusted(why=refusal.data["why"]) from None


def _index_of(use: Use, vkey: str) -> int:
    key = key_fact(use, vkey).change_key
    found = Leaf.objects.filter(entry__change_key=key).values_list("idx", flat=True).first()
    if found is None:
        raise KeyNotPublished
    return found


def _with_key(policy: Policy, use: Use, vkey: str) -> Policy:
    verifier = parse_vkey(vkey)
    logs, receipts = policy.logs, policy.receipts
    if use == "log" and verifier not in (log.verifier for log in logs):
        logs = (*logs, Log(verifier, logs[0].url))
    if use == "receipt" and verifier not in receipts:
        receipts = (*receipts, verifier)
    return Policy(logs, policy.witnesses, policy.groups, policy.quorum, receipts)
