"""The beginning of a log: its name, its keys, its policy and its first three leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings

from yinuo.contexts.ledger.log_folder import POLICY, LogFolder, log_folder
from yinuo.contexts.ledger.operations.rulebook import genesis_facts
from yinuo.contexts.ledger.operations.sealing.integration import Integrated, integrate, read_tree
from yinuo.engines.tlog import (
    Log,
    NoteError,
    Signer,
    Witness,
    format_policy,
    make_policy,
    parse_policy,
)
from yinuo.notary import keys
from yinuo.notary.keeping import KeepingError
from yinuo.notary.signer import load_head
from yinuo.platform.refusals import Refusal


class LogStands(Refusal):
    """There is a log here already, or what another one left behind."""

    code = "log_stands"
    zh = "这里已经有一份公开记录（{where}），不会另起一份。"
    en = "There is a log here already ({where}); another one is not begun."


class LogNotBegun(Refusal):
    """Nobody has begun the log of this installation."""

    code = "log_not_begun"
    zh = "公开记录还没有开始。运行 yinuo log init。"
    en = "The log has not begun: run yinuo log init."


class OriginUnfit(Refusal):
    """The log cannot have this name, which it would keep for ever."""

    code = "log_origin_unfit"
    zh = "公开记录不能叫“{origin}”：名字一辈子不变，请用自己的域名，如 --origin log.example.cn。"
    en = (
        "The log cannot be named “{origin}”: it keeps its name for ever, so give one of your own"
        " such as --origin log.example.cn, without blanks and plus signs."
    )


def origin_of_site() -> str:
    """The name a log begins with here: LOG_ORIGIN, else the site's host with /log.

    Raises
    ------
    OriginUnfit
        There is no LOG_ORIGIN, and the site's host is this machine's own.
    """
    where = urlsplit(settings.SITE_URL)
    origin = settings.LOG_ORIGIN or f"{where.netloc}/log"
    if not settings.LOG_ORIGIN and where.hostname in {None, "localhost", "127.0.0.1", "::1"}:
        raise OriginUnfit(origin=origin)
    return origin


def has_begun() -> bool:
    """Whether the log has its first leaves."""
    return read_tree().size > 0


def begin(*, origin: str, witnesses: Sequence[Witness] = (), now: dt.datetime) -> Integrated:
    """Make the keys and the policy of a new log and put its first leaves before all others.

    Safe to repeat until it has succeeded. Runs inside the caller's transaction, if there is one.

    Raises
    ------
    LogStands
        The log has begun, or its signer has signed another one.
    OriginUnfit
        The name is empty, or has a blank or a plus sign.
    """
    if has_begun():
        raise LogStands(where="PostgreSQL")
    try:
        keys.make(origin)
    except NoteError:
        raise OriginUnfit(origin=origin) from None
    held = _keys(origin)
    log_keys, receipt_keys = held["log"], held["receipt"]
    policy = make_policy(
        [Log(one.verifier) for one in log_keys],
        witnesses,
        receipts=[one.verifier for one in receipt_keys],
    )
    write_policy(log_folder(), format_policy(policy))
    first = genesis_facts(log_keys[0].verifier.vkey(), receipt_keys[0].verifier.vkey())
    return integrate(first=first, limit=0, now=now)


class PolicyUnfit(Refusal):
    """The policy cannot be read, or it is of another log."""

    code = "log_policy_unfit"
    zh = "这份采信约定不能用：{why}。"
    en = "This policy cannot be used: {why}."


class LogNotNamed(PolicyUnfit):
    """The policy lacks a key of this log."""

    zh = "这份采信约定里没有这份记录自己的公钥，请加上这一行：log {vkey}"
    en = "This policy lacks a key of this log; add the line: log {vkey}"


def write_policy_file(data: bytes) -> None:
    """Put another policy into force; it names the keys that this log signs with.

    The keys of receipts are taken over where it names none.

    Raises
    ------
    PolicyUnfit, FileMissing, LogNotBegun
    """
    if not has_begun():
        raise LogNotBegun
    folder = log_folder()
    try:
        fresh = parse_policy(data)
    except NoteError as wrong:
        raise PolicyUnfit(why=str(wrong)) from None
    held = parse_policy(folder.must_get(POLICY))
    for log in held.logs:
        if log.verifier not in {one.verifier for one in fresh.logs}:
            raise LogNotNamed(vkey=log.verifier.vkey())
    if not fresh.receipts:
        fresh = replace(fresh, receipts=held.receipts)
    write_policy(folder, format_policy(fresh))


def write_policy(folder: LogFolder, text: str) -> None:
    """Put the policy into the public folder."""
    with folder.writing():
        folder.replace(POLICY, text.encode())


def _keys(origin: str) -> dict[keys.Use, list[Signer]]:
    """The signer's keys, made unless they are there and have signed nothing."""
    try:
        keys.create(settings.SIGNER_DIR, origin)
    except KeepingError:
        name, held = keys.load(settings.SIGNER_DIR)
        if name != origin or load_head(settings.SIGNER_DIR / keys.STATE).size:
            raise LogStands(where=str(settings.SIGNER_DIR)) from None
        return held
    return keys.load(settings.SIGNER_DIR)[1]
