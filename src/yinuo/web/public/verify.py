"""V1, is this record real and unchanged: the verdict first, then what it does not prove.

A file is checked by the browser and never sent here. What is asked here is a number, a code or a
digest; the answer is worked out from the published files, not read from a table.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.ledger.queries import sealed
from yinuo.contexts.orders.queries import records
from yinuo.platform import clock
from yinuo.platform.ids import clean_code
from yinuo.web.kit.dates import moment
from yinuo.web.kit.wording import say
from yinuo.workflows import published, shared_record

# What the script says; each is a data attribute of the page, so its words are ours and translated.
SCRIPT_WORDS = (
    "match",
    "match_untimed",
    "few_signed",
    "differs",
    "differs_rest",
    "differs_gone",
    "then",
    "empty",
    "too_large",
    "other_file",
    "no_bundle",
    "broken",
    "proof_alone",
    "no_seal",
    "unknown_key",
    "no_file",
    "no_text",
    "no_sample",
    "insecure",
    "no_policy",
    "other_log",
    "counted",
    "waiting",
    "complete",
    "open_end",
    "one_only",
    "without_q",
    "without_p",
    "without_n",
    "only",
    "only_untimed",
    "moment",
    "months",
)
NUMBER = re.compile(r"(?:第|entry|#)?\s*(\d[\d,]{0,20})\s*条?", re.IGNORECASE)
TYPED_MAX = 300
# The codes of shared pages are longer than any other.
SHARE_SIGNS = 20
CODE = re.compile(r"[0-9A-Z]{4,24}")
# What is pasted instead: the text of a file of ours, and a digest of another kind or length.
PASTED = re.compile(r"[{\[\u2014]|c2sp\.org/|PK\x03")
LIKE_DIGEST = re.compile(r"[0-9A-Fa-f]{28,}")
ALGORITHM = re.compile(r"sha-?256\s*[:=]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """The first line, what more there is to say, and where to go on. `tone` colours it."""

    tone: str
    words: str
    more: Sequence[str] = ()
    number: int | None = None


@require_safe
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """The form, and the verdict on `?q=`."""
    language = str(request.language)  # type: ignore[attr-defined]
    asked = code or request.GET.get("q")
    typed = (asked or "").strip()
    verdict = judge(typed, language) if asked is not None else None
    policy = published.published_policy()
    blanks = {name: f"{{{name}}}" for name in ("at", "n", "size", "origin", "y", "m", "d", "t")}
    context = {
        "typed": typed[:TYPED_MAX],
        "verdict": verdict,
        "words": {key: say(f"verify.{key}", language, **blanks) for key in SCRIPT_WORDS},
        "policy": policy,
        "keys": json.dumps(published.list_later_keys(policy)),
        "has_log": sealed.get_head().published_size > 0,
    }
    return render(request, "public/verify.html", context)


def judge(typed: str, language: str) -> Verdict:
    """The verdict on what was typed: an entry's number, with or without its digest, or a code."""
    if not typed:
        return Verdict("alert", say("verify.typed_nothing", language))
    if len(typed) > TYPED_MAX or PASTED.match(typed):
        return Verdict("alert", say("verify.typed_file", language))
    words = ALGORITHM.sub("", typed).split()
    digests = [one for one in map(read_digest, words) if one]
    rest = " ".join(word for word in words if not read_digest(word))
    number = NUMBER.fullmatch(rest) if rest else None
    if number:
        return _of_entry(int(number[1].replace(",", "")), digests, language)
    if len(digests) == 1 or (digests and not rest):
        # As programs print it: beside the name of the file.
        return _of_file(digests[0], language)
    if LIKE_DIGEST.fullmatch(typed):
        return Verdict("alert", say("verify.typed_digest", language))
    token = clean_code(typed)
    if CODE.fullmatch(token):
        return _of_code(token, language)
    return Verdict("alert", say("verify.unknown_typed", language))


def read_digest(typed: str) -> bytes | None:
    """32 bytes written as 64 hexadecimal signs or as base64 of either alphabet; else None."""
    if re.fullmatch(r"[0-9A-Fa-f]{64}", typed):
        return bytes.fromhex(typed)
    if re.fullmatch(r"[A-Za-z0-9+/_-]{43}=?", typed):
        plain = typed.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            return base64.b64decode(plain + "=", validate=True)
        except binascii.Error:
            return None
    return None


def _of_entry(n: int, digests: Sequence[bytes], language: str) -> Verdict:
    """Whether entry `n` stands in the published tree, with this digest where one is given."""
    found = published.check_entry(n)
    if found.state == "away":
        return _cannot_tell(language)
    if found.state in ("unknown", "waiting"):
        # The same for both: how many wait would tell when somebody locked.
        more = say("verify.not_found_number", language, size=found.size)
        return Verdict("alert", say("verify.not_found", language), [more])
    if found.state == "damaged":
        return Verdict("bad", say("verify.damaged", language))
    if found.state == "differs":
        return Verdict("bad", say("verify.differs", language, n=n), (), n)
    if digests and digests[0] != found.leaf_hash:
        return Verdict("bad", say("verify.differs_leaf", language, n=n), (), n)
    if found.written_before is None:
        only = [say("verify.only_untimed", language)]
        return Verdict("good", say("verify.match_untimed", language), only, n)
    only = [say("verify.only", language)]
    at = moment(found.written_before, language, clock.now())
    return Verdict("good", say("verify.match", language, at=at), only, n)


def _of_file(digest: bytes, language: str) -> Verdict:
    """Whether we gave out the file with this digest."""
    issued = records.get_issued(digest)
    if issued is None:
        more = say("verify.not_found_digest", language)
        return Verdict("alert", say("verify.not_found", language), [more])
    at = moment(issued.issued_at, language, clock.now())
    only = [say("verify.only", language)]
    return Verdict("good", say("verify.issued", language, at=at), only)


def _of_code(token: str, language: str) -> Verdict:
    """Whether every entry of a shared page stands in the published tree.

    Of a code that is as short as an order's only what to do is said, whether it exists or not.
    """
    now = clock.now()
    link = records.get_shared(token, now)
    if link is None and len(token) < SHARE_SIGNS:
        more = say("verify.typed_code_more", language)
        return Verdict("alert", say("verify.typed_code", language), [more])
    if link is None:
        more = say("verify.not_found_code", language)
        return Verdict("alert", say("verify.not_found", language), [more])
    if link.over:
        return Verdict("alert", say("verify.shared_over", language))
    page = shared_record.get_page(link.order_id, language, now)
    found = [published.check_entry(line.number) for line in page.lines if line.number is not None]
    return _of_lines(found, language)


def _of_lines(found: Sequence[published.EntryCheck], language: str) -> Verdict:
    """The worst of these entries decides."""
    first = {one.state: one.n for one in reversed(found)}
    if "away" in first or not found:
        return _cannot_tell(language)
    if "damaged" in first:
        return Verdict("bad", say("verify.damaged", language))
    if "differs" in first:
        n = first["differs"]
        return Verdict("bad", say("verify.differs", language, n=n), (), n)
    if "waiting" in first:
        n = first["waiting"]
        return Verdict("alert", say("verify.unknown_waiting", language, n=n), (), n)
    shared = say("verify.shared", language)
    times = [one.written_before for one in found]
    if None in times:
        more = [shared, say("verify.only_untimed", language)]
        return Verdict("good", say("verify.match_untimed", language), more)
    more = [shared, say("verify.only", language)]
    at = moment(max(time for time in times if time), language, clock.now())
    return Verdict("good", say("verify.match", language, at=at), more)


def _cannot_tell(language: str) -> Verdict:
    if sealed.get_head().published_at is None:
        return Verdict("alert", say("verify.unknown_none", language))
    more = say("verify.unknown_log_text", language)
    return Verdict("alert", say("verify.unknown_log", language), [more])
