"""An order's whole record as one file that anybody can check, without us and without a network.

Its form is described in docs/reference/bundle.md; `verify.py history` reads it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger import wording as facts
from yinuo.contexts.ledger.queries import proofs
from yinuo.contexts.ledger.queries.streams import EntryText, get_secret, is_destroyed, list_texts
from yinuo.contexts.orders.operations.records import keep_issued
from yinuo.notary.client import SignerAway, SignerClient, SignerRefused
from yinuo.platform.refusals import Refusal
from yinuo.workflows.published import get_receipt

Json = dict[str, Any]


class NotPublished(Refusal):
    """Nothing of this order stands in the published log yet."""

    code = "not_published"
    zh = "您的记录正在写入公开记录。隔 10 分钟公开一次，请稍后再下载。"
    en = "Your record is being written to the public record. Try again in 10 minutes."


class SealAway(Refusal):
    """The signer does not answer, so no file can be sealed."""

    code = "seal_away"
    zh = "签名程序没有应答，文件没有做成。请 10 分钟后再试。"
    en = "The signer did not answer, so no file was made. Try again in 10 minutes."


class Destroyed(Refusal):
    """The order's secret was destroyed at its owner's wish; nothing can be opened again."""

    code = "secret_destroyed"
    zh = "按您的要求，密钥已经销毁，内容打不开了。以前下载的文件仍然可以核对。"
    en = "The secret was destroyed as you asked. Files downloaded before can still be checked."


@dataclass(frozen=True)
class Made:
    """A bundle: the exact bytes of `bundle.json`, and what stands in it for people to read."""

    data: bytes
    receipt: str
    policy: str
    entries: Sequence[EntryText]
    waiting: Sequence[EntryText]
    size: int


def make_bundle(*, order_id: int, order_code: str) -> Made:
    """The whole record of an order, sealed. The caller has checked that it is its owner's.

    Raises
    ------
    NotPublished, SealAway, Destroyed
    """
    k, texts, log = get_secret(order_id), list_texts(order_id), proofs.open_log()
    if is_destroyed(order_id):
        raise Destroyed
    if log is None or k is None:
        raise NotPublished
    published = [one for one in texts if one.index is not None and one.index < log.size]
    waiting = [one for one in texts if one not in published]
    if not published:
        raise NotPublished
    first = published[0].index
    receipt = get_receipt(first) if first is not None else None
    if receipt is None:
        raise SealAway
    policy = proofs.published_policy()
    bundle: Json = {
        "bundle": 1,
        "origin": log.origin,
        "order": order_code,
        "k": rules.encode(k),
        "policy": policy,
        "streams": _streams(log, k, order_code, published),
        "receipt": receipt,
    }
    if waiting:
        bundle["waiting"] = [{"letter": one.letter, **_entry(one)} for one in waiting]
    bundle["seal"] = _seal(bundle)
    data = json.dumps(bundle, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
    return Made(data, receipt, policy, published, waiting, log.size)


def _streams(
    log: proofs.PublicLog, k: bytes, order_code: str, published: Sequence[EntryText]
) -> list[Json]:
    streams = []
    for letter in "qpn":
        entries = [one for one in published if one.letter == letter]
        if not entries:
            continue
        stream = rules.stream_id(k, letter, order_code)
        last = entries[-1].index
        assert last is not None
        said: Json = {
            "letter": letter,
            "id": stream,
            "entries": [_entry(one) for one in entries],
            "proof": log.proof_file(last),
        }
        id_bytes = base64.urlsafe_b64decode(stream + "=")
        head = proofs.get_head_proof(log, id_bytes)
        if head is not None:
            said["head"] = {
                "size": head.size,
                "bits": head.bits,
                "bucket": head.bucket,
                "path": [base64.b64encode(one).decode() for one in head.path],
                "heads_index": head.index,
                "heads_leaf": head.leaf,
                "heads_proof": log.proof_file(head.index),
            }
        streams.append(said)
    return streams


def _entry(one: EntryText) -> Json:
    return {
        "n": one.n,
        "index": one.index,
        "leaf": one.leaf,
        "payload": one.payload,
        "words_zh": facts.say(one.recorded, "zh"),
        "words_en": facts.say(one.recorded, "en"),
    }


def seal_text(bundle: Json) -> str:
    """The text that seals a bundle: a digest of each entry, and one of all the rest.

    So a changed sign anywhere is found, and named by its entry.
    """
    lines = [f"{bundle['origin']}/bundle"]
    for stream in bundle["streams"]:
        lines += [f"{stream['letter']}{one['n']} {_digest(one)}" for one in stream["entries"]]
    rest = {name: value for name, value in bundle.items() if name != "seal"}
    rest["streams"] = [
        {name: value for name, value in stream.items() if name != "entries"}
        for stream in bundle["streams"]
    ]
    return "\n".join([*lines, f"rest {_digest(rest)}"]) + "\n"


def _digest(value: Json) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _seal(bundle: Json) -> str:
    try:
        return SignerClient(settings.SIGNER_DIR).seal(seal_text(bundle))
    except (SignerAway, SignerRefused):
        raise SealAway from None


def keep_given(*, order_id: int, files: Sequence[bytes], entries: int, now: dt.datetime) -> None:
    """Remember the files that were given to an order's owner by their digests."""
    digests = [hashlib.sha256(one).digest() for one in files]
    keep_issued(order_id=order_id, digests=digests, entries=entries, now=now)


def open_entry(*, order_id: int, order_code: str, index: int) -> Json | None:
    """One entry of an order opened, and nothing else of it: for a court, or a dispute.

    None where the order has no such entry. The caller has checked that it is its owner's.

    Raises
    ------
    NotPublished
    """
    one = next((text for text in list_texts(order_id) if text.index == index), None)
    k, log = get_secret(order_id), proofs.open_log()
    if one is None or k is None:
        return None
    if log is None or index >= log.size:
        raise NotPublished
    stream = rules.stream_id(k, one.letter, order_code)
    return {
        "opening": 1,
        "origin": log.origin,
        "policy": proofs.published_policy(),
        "order": order_code,
        "stream": stream,
        "n": one.n,
        "index": index,
        "leaf": one.leaf,
        "payload": one.payload,
        "k_n": rules.encode(rules.opening_key(k, stream, one.n)),
        "proof": log.proof_file(index),
    }
