"""The feeds over HTTP: what they are, and sending to one. Records are stored, applied later."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from yinuo.platform import clock, idempotency
from yinuo.platform.records.reading import Form
from yinuo.platform.records.schema import Field
from yinuo.web.api import access
from yinuo.web.api.problems import Problem, answer, new_request_id, to_json
from yinuo.workflows.intake import FEEDS, Report, run_feed

router = Router(tags=["feeds"])
FORMS = {
    "application/json": Form.JSON,
    "application/jsonl": Form.JSONL,
    "application/x-ndjson": Form.JSONL,
    "application/x-jsonlines": Form.JSONL,
    "text/csv": Form.CSV,
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    },
    "security": [{"key": []}],
}


@router.get("/feeds", summary="The feeds and their fields")
def list_feeds(request: HttpRequest) -> HttpResponse:
    """Every feed with its fields, as this installation takes them."""
    feeds = [
        {
            "feed": name,
            "title": kind.en,
            "title_zh": kind.zh,
            "whole": kind.whole,
            "fields": [_describe(field) for field in kind.schema.fields],
        }
        for name, kind in FEEDS.items()
    ]
    return to_json({"feeds": feeds}, 200)


def _describe(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind,
        "required": field.required,
        "choices": list(field.choices) or None,
        "about": field.en,
        "about_zh": field.zh,
    }


@router.post("/feeds/{feed}", summary="Send records", openapi_extra=BODY)
def send(
    request: HttpRequest, feed: str, dry_run: bool = False, skip_bad: bool = False
) -> HttpResponse:
    """Store records: 202 with the report, 422 with what is wrong in which row."""
    if feed not in FEEDS:
        raise Problem(404, "no_such_feed", f"没有 {feed}", f"There is no feed {feed}.", "feed")
    key = access.check_key(request, feed)
    body = access.read_body(request)
    if key.signing_secret:
        access.check_signature(request, body, key.signing_secret, clock.machine_now())
    form = _form(request)
    scope, name = f"api:{key.public_id}:{feed}", request.headers.get("Idempotency-Key", "")
    mark = hashlib.sha256(f"{dry_run} {skip_bad} ".encode() + body).hexdigest()
    if name and (first := idempotency.first_answer(scope, name)):
        return _again(first, mark)
    now = clock.now()
    report = run_feed(
        feed, body, sender=key.sender, now=now, dry_run=dry_run, skip_bad=skip_bad, form=form
    )
    status, said = _answer(report)
    if name:
        idempotency.keep_answer(
            scope, name, {"mark": mark, "status": status, "body": said}, now=now
        )
    return to_json(said, status)


def _form(request: HttpRequest) -> Form:
    form = FORMS.get(request.content_type or "")
    if form is None:
        raise Problem(
            415,
            "bad_content_type",
            f"Content-Type 应为 {'、'.join(FORMS)} 之一",
            f"Content-Type should be one of {', '.join(FORMS)}.",
            "Content-Type",
        )
    return form


def _answer(report: Report) -> tuple[int, dict[str, Any]]:
    """The status and body for a report; a request with bad rows is a problem unless skipped."""
    if report.ok or report.written:
        return 202, report.as_json()
    problem = Problem(
        422,
        "row_problems",
        f"{report.problems.count} 处有误，没有写入任何一行",
        f"{report.problems.count} problems; nothing was written.",
    )
    said = {
        "type": "invalid_request",
        "code": problem.code,
        "message": problem.en,
        "message_zh": problem.zh,
        "param": None,
        "request_id": new_request_id(),
        "report": report.as_json(),
    }
    return problem.status, said


def _again(first: dict[str, Any], mark: str) -> HttpResponse:
    """The answer of the first time, if this is the same request."""
    if first["mark"] != mark:
        problem = Problem(
            422,
            "idempotency_key_reused",
            "这个 Idempotency-Key 已经用于另一个请求",
            "This Idempotency-Key was used for another request.",
            "Idempotency-Key",
        )
        return answer(problem, new_request_id())
    response = to_json(first["body"], first["status"])
    response["Idempotency-Replayed"] = "true"
    return response
