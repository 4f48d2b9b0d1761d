"""Each hour somebody else stamps the newest checkpoint; one that is away is asked again."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from yinuo.contexts.ledger.operations.sealing.anchoring import keep_anchor, text_to_anchor
from yinuo.contexts.ledger.queries.sealed import get_last_anchor
from yinuo.platform.timestamps import NoStamp, ask_stamp, read_roots

LATE = dt.timedelta(hours=3)


@dataclass(frozen=True)
class Anchored:
    """How the anchors stand: the newest and why the last try failed, if it did.

    `late` says that an authority is named and none has stamped for hours.
    """

    urls: tuple[str, ...]
    size: int | None
    at: dt.datetime | None
    problem: str
    late: bool


def run(*, now: dt.datetime, wanted: bool = False) -> int:
    """Have the newest checkpoint stamped if it is time or `wanted`; how many stamps there are.

    Authorities are asked in the order in which they are named until one answers. Nothing is raised
    when none does: it is tried again the next minute, and `look` says so.
    """
    if not settings.TSA_URLS:
        return 0
    due = text_to_anchor(now=now, wanted=wanted)
    if due is None:
        return 0
    size, text = due
    problems = []
    for url in settings.TSA_URLS:
        try:
            roots = read_roots(Path(settings.TSA_ROOTS)) if settings.TSA_ROOTS else []
            stamp = ask_stamp(url, text, roots)
        except NoStamp as failure:
            problems.append(str(failure))
            continue
        keep_anchor(size=size, stamp=stamp, now=now)
        _note().unlink(missing_ok=True)
        return 1
    _note().write_text(json.dumps({"at": now.isoformat(), "why": "; ".join(problems)}))
    return 0


def look(*, now: dt.datetime) -> Anchored:
    """How the anchors stand, for `yinuo doctor` and the log's own page."""
    size, at = get_last_anchor() or (None, None)
    problem = ""
    if _note().exists():
        problem = str(json.loads(_note().read_text())["why"])
    late = bool(settings.TSA_URLS) and (bool(problem) if at is None else now - at > LATE)
    return Anchored(settings.TSA_URLS, size, at, problem, late)


def _note() -> Path:
    """Beside the public folder, which holds nothing of our own troubles."""
    folder = Path(settings.LOG_DIR)
    return folder.with_name(f"{folder.name}.anchors")
