"""What facts of public statements look like; all of them stand in clear."""

from __future__ import annotations

from typing import Any

DIGEST = "0f" * 32
CLAIMS_PUBLIC: dict[str, dict[str, Any]] = {
    "claim.published": {
        "claim": "pay-after-inspection",
        "version": 2,
        "url": "https://car.example.cn/news/12",
        "sha256": DIGEST,
        "channel": "LIVE",
        "code": "CHANGED",
    },
    "claim.ended": {"claim": "pay-after-inspection", "code": "DELETED"},
    "evidence.published": {
        "claim": "hood-duct",
        "evidence": "evd_8k2m9p7q4r5s6t7u8v9w",
        "sha256": DIGEST,
    },
    "commitment.made": {
        "commitment": "cmt_8k2m9p7q4r5s6t7u8v9w",
        "deadline": "2026-03-31",
        "sha256": DIGEST,
    },
    "commitment.closed": {
        "commitment": "cmt_8k2m9p7q4r5s6t7u8v9w",
        "code": "DONE",
        "sha256": DIGEST,
    },
    "post.hidden": {"post": "pst_8k2m9p7q4r5s6t7u8v9w", "code": "PRIVACY", "seal": DIGEST},
    "post.appealed": {"post": "pst_8k2m9p7q4r5s6t7u8v9w", "code": "RESTORED"},
}
