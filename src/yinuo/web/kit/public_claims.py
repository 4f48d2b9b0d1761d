"""Public statements for programs: the same on the public pages and in the API."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from yinuo.contexts.claims.queries.promised import list_commitments
from yinuo.contexts.claims.queries.register import ClaimSeen, list_public


def write_all(*, today: dt.date) -> dict[str, Any]:
    """Every public statement and commitment as JSON holds it."""
    return {
        "claims": [write_claim(one) for one in list_public(today=today)],
        "commitments": [asdict(one) for one in list_commitments(today=today)],
    }


def write_claim(one: ClaimSeen) -> dict[str, Any]:
    """One statement as JSON holds it; `entry` is its number in the log."""
    said = asdict(one)
    for version in said["versions"]:
        version["blob"] = f"/log/blob/{version['sha256']}"
    for piece in said["evidence"]:
        piece["url"] = f"/public/claims/{one.code}/evidence/{piece['public_id']}"
    return {**said, "url": f"/public/claims/{one.code}"}
