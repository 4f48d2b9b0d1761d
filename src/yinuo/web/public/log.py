"""The public log for people: its head, and every entry as it stands in it.

An entry is shown once a checkpoint covers it, and how many wait is not said: whoever asked again
and again could else tell to the second when a stranger locked, which no published file tells.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger import wording as facts
from yinuo.contexts.ledger.queries import proofs, sealed
from yinuo.contexts.ledger.rules import encode
from yinuo.platform.spoken import write_instant
from yinuo.web.kit.wording import all_words
from yinuo.workflows import published
from yinuo.workflows.log_reading import last_reading


@require_safe
def head(request: HttpRequest) -> HttpResponse:
    """How far the log has come, who saw it, and how to check it."""
    seen = sealed.get_head()
    context = {
        "head": seen,
        "root": seen.published_root.hex(),
        "policy": published.published_policy(),
        "newest": seen.published_size - 1,
        "reading": last_reading(),
    }
    return render(request, "public/log_head.html", context)


@require_safe
def head_json(_request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    seen, reading = sealed.get_head(), last_reading()
    return _written(
        {
            "read_over_at": _instant(reading.ended_at) if reading else None,
            "files_that_differ": len(reading.faults) if reading else None,
            "published_size": seen.published_size,
            "published_root": encode(seen.published_root),
            "published_at": _instant(seen.published_at),
            "witnessed_at": _instant(seen.quorum_at),
            "checkpoint": seen.note,
        }
    )


@require_safe
def entry(request: HttpRequest, n: int) -> HttpResponse:
    """Entry `n`: what it is, when it was written, and the leaf itself."""
    leaf, seen = _published_leaf(n), sealed.get_head()
    if leaf is None:
        return render(request, "public/log_unknown.html", {"n": n, "head": seen}, status=404)
    since, until = sealed.get_bracket(n)
    fields: dict[str, Any] = json.loads(leaf.body)
    context = {
        "n": n,
        "leaf": leaf,
        "head": seen,
        "hash": leaf.leaf_hash.hex(),
        "type": type_words(fields["t"]),
        "ordered": "s" in fields,
        "said": _said(leaf, str(request.language)),  # type: ignore[attr-defined]
        "since": since,
        "until": until,
        "previous": n - 1 if n else None,
        "next": n + 1 if n + 1 < seen.published_size else None,
    }
    return render(request, "public/log_entry.html", context)


def _published_leaf(n: int) -> sealed.LeafSeen | None:
    """Leaf `n` where a published checkpoint covers it; None for any other number."""
    return sealed.get_leaf(n) if n < sealed.get_head().published_size else None


def type_words(leaf_type: str) -> str:
    """The key of the words for a type of leaf."""
    key = f"log.t.{leaf_type}"
    return key if key in all_words() else "log.t.other"


def _said(leaf: sealed.LeafSeen, language: str) -> str:
    """The sentence of an entry that is about no order; of any other only its type is public."""
    if leaf.entry_id is None or '"s":"' in leaf.body or not leaf.kind:
        return ""
    found = ledger.get_many([leaf.entry_id])
    return facts.say(found[leaf.entry_id], language)


@require_safe
def entry_json(_request: HttpRequest, n: int) -> HttpResponse:
    """Entry `n` with its proof, to be checked by anybody; 404 before it is published."""
    leaf = _published_leaf(n)
    proof = proofs.proof_file(n)
    if leaf is None or proof is None:
        raise Http404
    since, until = sealed.get_bracket(n)
    return _written(
        {
            "entry": 1,
            "origin": published.get_origin(),
            "index": n,
            "leaf": leaf.body,
            "leaf_sha256": leaf.leaf_hash.hex(),
            "written_after": _instant(since),
            "written_before": _instant(until),
            "proof": proof,
        }
    )


@require_safe
def proof(_request: HttpRequest, n: int) -> HttpResponse:
    """The inclusion proof of entry `n` as a `.tlog-proof` file."""
    text = proofs.proof_file(n)
    if text is None:
        raise Http404
    return _file(text, f"{n}.tlog-proof")


@require_safe
def receipt(_request: HttpRequest, n: int) -> HttpResponse:
    """A signed promise that entry `n` stands in the log; breaking it would be provable."""
    text = published.get_receipt(n) if _published_leaf(n) else None
    if text is None:
        raise Http404
    return _file(text, f"{n}.receipt")


@require_safe
def leaf_text(_request: HttpRequest, n: int) -> HttpResponse:
    """The leaf of entry `n`, byte for byte."""
    leaf = _published_leaf(n)
    if leaf is None:
        raise Http404
    assert hashlib.sha256(b"\0" + leaf.body.encode()).digest() == leaf.leaf_hash
    return _file(leaf.body, f"{n}.leaf")


def _instant(at: dt.datetime | None) -> str | None:
    return write_instant(at) if at else None


def _written(said: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(said, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text.encode(), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="entry-{name}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response
