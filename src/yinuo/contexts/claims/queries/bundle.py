"""All that is kept of a statement in one file for a court, and what each part is named by."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zipfile
from typing import IO, Any

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, ClaimVersion, Evidence
from yinuo.contexts.claims.queries.gate import said_of
from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform import uploads
from yinuo.platform.spoken import write_instant

README = """这里是一个公开说法的全部材料，从登记第一天起。

manifest.json 列出每一个文件的 SHA-256，和它在公开记录里是第几条（entry）。
核对文件：sha256sum 文件名，和 manifest.json 里的数字一样，就没有被改过。
核对时间和完整：到公开记录的 /log/<第几条>，那里写着同一个数字。
entry 是 null 的，还没有进公开记录，或者是没有公开的证据。

All that is kept of a public statement, from its first day on.

manifest.json lists the SHA-256 of each file and the number of its entry in the public log.
To check a file: sha256sum FILE gives the number in manifest.json unless it was changed.
To check time and order: /log/<entry> of the public log shows the same number.
Where entry is null, it is not in the public log yet, or is evidence that was not published.
"""


def write(staff_id: int, code: str, file: IO[bytes], *, now: dt.datetime) -> bool:
    """Write the bundle of a statement as a zip to `file`; False where there is no such statement.

    Raises
    ------
    NotStaff
    FileNotFoundError
        A kept file is missing from the upload room.
    """
    require_staff(staff_id)
    claim = Claim.objects.select_related("speaker", "owner").filter(code=code).first()
    if claim is None:
        return False
    parts: dict[str, bytes] = {"README.txt": README.encode()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = _about(claim, now)
        versions = list(claim.versions.order_by("number"))
        evidence = list(claim.evidence.order_by("id"))
        named = [one.entry_id for one in versions] + [one.entry_id for one in evidence]
        numbers = get_numbers([entry_id for entry_id in named if entry_id is not None])
        manifest["versions"] = [_version(one, numbers, parts) for one in versions]
        manifest["evidence"] = [_evidence(one, numbers, archive) for one in evidence]
        manifest["files"] = {
            name: hashlib.sha256(content).hexdigest() for name, content in sorted(parts.items())
        }
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.writestr(
            "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
        )
    return True


def _about(claim: Claim, now: dt.datetime) -> dict[str, Any]:
    ended = get_numbers([claim.ended_entry_id or 0])
    return {
        "bundle": 1,
        "claim": claim.code,
        "topic": claim.topic,
        "speaker": claim.speaker.name_zh if claim.speaker else "",
        "owner": claim.owner.name_zh,
        "opened_at": write_instant(claim.opened_at),
        "made_at": write_instant(now),
        "ended": {
            "at": _at(claim.ended_at),
            "code": claim.ended_code,
            "why": claim.ended_why,
            "entry": ended.get(claim.ended_entry_id or 0),
        },
        "holds": [
            {
                "why": one.why,
                "by": one.placed_by.name_zh,
                "placed_at": _at(one.placed_at),
                "lifted_at": _at(one.lifted_at),
                "lifted_why": one.lifted_why,
            }
            for one in claim.holds.select_related("placed_by").order_by("id")
        ],
        "conflicts": [
            {
                "template": one.template,
                "clause": one.clause,
                "found_at": _at(one.found_at),
                "mended_at": _at(one.mended_at),
            }
            for one in claim.conflicts.order_by("id")
        ],
        "commitments": [
            {
                "id": one.public_id,
                "what": one.what_zh,
                "due": one.due_date.isoformat(),
                "closed_at": _at(one.closed_at),
                "closed": one.closed_code,
                "proof": one.proof,
            }
            for one in claim.commitments.order_by("id")
        ],
    }


def _version(row: ClaimVersion, numbers: dict[int, int], parts: dict[str, bytes]) -> dict[str, Any]:
    content, name = said_of(row).content(), f"texts/{row.number}.txt"
    parts[name] = content
    return {
        "file": name,
        "number": row.number,
        "sha256": rules.digest_of(content),
        "url": row.url,
        "channel": row.channel,
        "expires": row.expires_date.isoformat() if row.expires_date else None,
        "layout": row.layout,
        "written_at": _at(row.written_at),
        "published_at": _at(row.published_at),
        "published": row.published_code,
        "missing": row.missing,
        "entry": numbers.get(row.entry_id or 0),
        "signatures": [
            {
                "side": one.side,
                "name": one.staff.name_zh,
                "digest": one.digest,
                "signed_at": _at(one.signed_at),
            }
            for one in row.signatures.select_related("staff").order_by("id")
        ],
    }


def _evidence(row: Evidence, numbers: dict[int, int], archive: zipfile.ZipFile) -> dict[str, Any]:
    name = f"evidence/{row.public_id}.{uploads.ENDINGS[row.media_type]}"
    if row.dropped_at is None:
        with uploads.open_kept(rules.ROOM, row.sha256) as kept, archive.open(name, "w") as target:
            while piece := kept.read(uploads.PIECE_BYTES):
                target.write(piece)
    return {
        "file": name if row.dropped_at is None else None,
        "id": row.public_id,
        "title": row.title,
        "sha256": row.sha256,
        "bytes": row.size_bytes,
        "made": row.made_date.isoformat(),
        "valid_until": row.valid_until_date.isoformat() if row.valid_until_date else None,
        "added_at": _at(row.added_at),
        "published_at": _at(row.published_at),
        "dropped_at": _at(row.dropped_at),
        "entry": numbers.get(row.entry_id or 0),
    }


def _at(at: dt.datetime | None) -> str | None:
    return write_instant(at) if at else None
