"""Hidden posts in, public statements out."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from yinuo.contexts.claims.operations import posts
from yinuo.contexts.claims.queries.register import get_public
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.api import access
from yinuo.web.api.problems import Problem, to_json
from yinuo.web.kit.public_claims import write_all, write_claim
from yinuo.workflows.claims import PERMISSION

router = Router(tags=["claims"])
SECURED: dict[str, Any] = {"security": [{"key": []}]}
KEY = re.compile(r"[\x21-\x7e]{8,100}")
BAD_FIELD = ("report_not_readable", "no_such_rule")


class Hidden(Schema):
    """A post that is not shown any more. Its text is not sent, only the SHA-256 of its UTF-8 bytes.

    `at` is an instant with its zone; `evidence` the number of published evidence (`evd_...`).
    """

    post: str
    action: str
    rule: str
    reviewer: str
    reason: str
    text_sha256: str
    at: str
    evidence: str = ""


@router.post("/moderation", summary="A post was hidden or removed", openapi_extra=SECURED)
def report(request: HttpRequest, said: Hidden) -> HttpResponse:
    """201 with the post's public page and its author's code; 200 with the same when repeated."""
    key = access.check_key(request, PERMISSION)
    if key.signing_secret:
        body = access.read_body(request)
        access.check_signature(request, body, key.signing_secret, clock.machine_now())
    try:
        found = posts.report(
            sender=key.sender, key=_name_of(request), said=_read(said), now=clock.now()
        )
    except Refusal as refused:
        raise _problem(refused) from None
    answer = {
        "post": found.public_id,
        "page": f"/public/moderation/{found.public_id}",
        "appeal_code": found.code,
    }
    response = to_json(answer, 200 if found.again else 201)
    if found.again:
        response["Idempotency-Replayed"] = "true"
    return response


@router.get("/claims", summary="What is said in public")
def list_claims(request: HttpRequest) -> HttpResponse:
    """Every statement with its versions, evidence and entry numbers; no key is needed."""
    return to_json(write_all(today=local_date(clock.now())), 200)


@router.get("/claims/{code}", summary="One public statement")
def read_claim(request: HttpRequest, code: str) -> HttpResponse:
    """One statement; no key is needed."""
    found = get_public(code, today=local_date(clock.now()))
    if found is None:
        raise Problem(404, "no_such_claim", "没有这个说法", "There is no such statement.", "code")
    return to_json(write_claim(found), 200)


def _read(said: Hidden) -> posts.Report:
    return posts.Report(
        post_ref=said.post,
        act=said.action,
        rule=said.rule,
        reviewer=said.reviewer,
        reason=said.reason,
        text_sha256=said.text_sha256,
        acted_at=_instant(said.at),
        evidence=said.evidence,
    )


def _instant(written: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(written)
        return at.astimezone(dt.UTC) if at.tzinfo else _no_instant()
    except (ValueError, OverflowError):
        return _no_instant()


def _no_instant() -> dt.datetime:
    raise Problem(
        400,
        "report_not_readable",
        "at 要写成 2026-02-11T09:20:00+08:00",
        "at is written like 2026-02-11T09:20:00+08:00.",
        "at",
    )


def _name_of(request: HttpRequest) -> str:
    """The sender's own name of the request, which makes a repetition the same request."""
    name = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(name):
        raise Problem(
            400,
            "idempotency_key_needed",
            "请在 Idempotency-Key 里给这次请求一个编号，8 到 100 个字符",
            "Give the request a key of 8 to 100 characters in Idempotency-Key.",
            "Idempotency-Key",
        )
    return name


def _problem(refused: Refusal) -> Problem:
    status = 400 if refused.code in BAD_FIELD else 409
    param = str(refused.data.get("field", "rule" if status == 400 else ""))
    return Problem(status, refused.code, refused.message("zh"), refused.message("en"), param)
