"""The tree as RFC 6962 writes it down: recursive, slow, obviously right."""

from __future__ import annotations

import hashlib


def slow_root(leaves: list[bytes]) -> bytes:
    """MTH(D[n]) of section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = power_below(len(leaves))
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = power_below(len(leaves))
    if m < k:
        return [*slow_path(m, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(m - k, leaves[k:]), slow_root(leaves[:k])]


def slow_proof(m: int, leaves: list[bytes]) -> list[bytes]:
    """PROOF(m, D[n]) of section 2.1.2."""
    return slow_subproof(m, leaves, whole=True)


def slow_subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [slow_root(leaves)]
    k = power_below(len(leaves))
    if m <= k:
        return [*slow_subproof(m, leaves[:k], whole=whole), slow_root(leaves[k:])]
    return [*slow_subproof(m - k, leaves[k:], whole=False), slow_root(leaves[:k])]


def power_below(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
