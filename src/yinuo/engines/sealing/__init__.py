"""Hashes of very many short messages at once. See docs/engines/sealing.md."""

from yinuo.engines.sealing.digests import base64url, hmac_sha256_many, sha256_many

__all__ = ["base64url", "hmac_sha256_many", "sha256_many"]
