"""Giving and taking back the keys of sending systems."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from yinuo.contexts.people.models import ApiKey
from yinuo.contexts.people.queries.keys import digest_key
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal


class NoSuchKey(Refusal):
    """There is no key with this id, or it was taken back already."""

    code = "no_such_key"
    zh = "没有正在使用的密钥 {public_id}。"
    en = "No key {public_id} is in force."


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown once; only a digest of `key` is kept."""

    public_id: str
    key: str
    signing_secret: str


def create_key(*, sender: str, feeds: Collection[str], signed: bool, now: dt.datetime) -> NewKey:
    """Give `sender` a key for `feeds`; `signed` asks that every request be signed."""
    public_id = ids.new_id("key")
    key = f"{public_id}.{secrets.token_urlsafe(32)}"
    signing_secret = secrets.token_urlsafe(32) if signed else ""
    ApiKey.objects.create(
        public_id=public_id,
        sender=sender,
        secret_digest=digest_key(key),
        signing_secret=signing_secret,
        feeds=sorted(feeds),
        created_at=now,
    )
    return NewKey(public_id, key, signing_secret)


def revoke_key(*, public_id: str, now: dt.datetime) -> None:
    """Take a key back; requests with it are refused from now on.

    Raises
    ------
    NoSuchKey
        No such key is in force.
    """
    in_force = ApiKey.objects.filter(public_id=public_id, revoked_at=None)
    if not in_force.update(revoked_at=now):
        raise NoSuchKey(public_id=public_id)
