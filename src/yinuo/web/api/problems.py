"""What the API answers when it cannot do what was asked; one form for every reason."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from yinuo.platform import ids


class Problem(Exception):
    """An answer other than success. `message_zh` is for people, `code` for programs."""

    def __init__(self, status: int, code: str, zh: str, en: str, param: str = "") -> None:
        self.status = status
        self.code = code
        self.zh = zh
        self.en = en
        self.param = param
        super().__init__(en)


TYPES = {401: "authentication", 403: "permission", 404: "not_found", 413: "too_large"}


def answer(problem: Problem, request_id: str, **more: Any) -> JsonResponse:
    """`problem` as JSON; `more` is added beside the fields that every problem has."""
    body = {
        "type": TYPES.get(problem.status, "invalid_request"),
        "code": problem.code,
        "message": problem.en,
        "message_zh": problem.zh,
        "param": problem.param or None,
        "request_id": request_id,
        **more,
    }
    response = to_json(body, problem.status)
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def to_json(body: Any, status: int) -> JsonResponse:
    """`body` as JSON with Chinese readable in it."""
    return JsonResponse(body, status=status, safe=False, json_dumps_params={"ensure_ascii": False})


def new_request_id() -> str:
    """A number by which a sender and we can speak of one request."""
    return ids.new_id("req")
