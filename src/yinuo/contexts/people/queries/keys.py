"""Which system a key belongs to, and what it may send."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from yinuo.contexts.people.models import ApiKey


@dataclass(frozen=True)
class SenderKey:
    """A key that is in force. With a `signing_secret` every request must be signed by it."""

    public_id: str
    sender: str
    feeds: frozenset[str]
    signing_secret: str


def digest_key(key: str) -> str:
    """What is kept of a key. It is random and long, so a plain digest cannot be searched."""
    return hashlib.sha256(key.encode()).hexdigest()


def find_key(key: str) -> SenderKey | None:
    """The key in force that `key` (as given to its sender) is, or None."""
    public_id = key.partition(".")[0]
    row = ApiKey.objects.filter(public_id=public_id, revoked_at=None).first()
    if row is None or not hmac.compare_digest(row.secret_digest, digest_key(key)):
        return None
    return SenderKey(row.public_id, row.sender, frozenset(row.feeds), row.signing_secret)


def list_keys() -> list[SenderKey]:
    """The keys in force, oldest first."""
    return [
        SenderKey(row.public_id, row.sender, frozenset(row.feeds), row.signing_secret)
        for row in ApiKey.objects.filter(revoked_at=None).order_by("id")
    ]
