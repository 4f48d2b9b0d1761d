"""Launches over HTTP: what is left, and a ticket for a request; durable before it is answered."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from yinuo.contexts.orders.operations.tickets import NoSuchLaunch, Taken
from yinuo.contexts.orders.queries.tickets import LaunchSeen, get_launch
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant
from yinuo.web.api import access
from yinuo.web.api.problems import Problem, to_json
from yinuo.web.kit.taking import take
from yinuo.workflows.launch import PERMISSION

router = Router(tags=["launches"])
SECURED: dict[str, Any] = {"security": [{"key": []}]}
KEY = re.compile(r"[\x21-\x7e]{8,100}")
STATUS = {"no_such_launch": 404, "not_open_yet": 409, "closed": 409}


class Asked(Schema):
    """What is wanted, as far as it is known: nothing of it can cost the ticket."""

    group: str = ""
    spec: str = ""
    centre: str = ""


@router.get("/launches/{code}", summary="What is left of a launch", openapi_extra=SECURED)
def read(request: HttpRequest, code: str) -> HttpResponse:
    """What is for sale, taken and waited for, by group."""
    access.check_key(request, PERMISSION)
    found = get_launch(code, clock.now())
    if found is None:
        raise _problem(NoSuchLaunch())
    return to_json(_left(found), 200)


@router.post("/launches/{code}/tickets", summary="Take a ticket", openapi_extra=SECURED)
def make(request: HttpRequest, code: str, asked: Asked) -> HttpResponse:
    """201 with the ticket; 200 with the first one when the Idempotency-Key was seen before."""
    key = access.check_key(request, PERMISSION)
    if key.signing_secret:
        body = access.read_body(request)
        access.check_signature(request, body, key.signing_secret, clock.machine_now())
    found = take(
        launch=code,
        key=request_key(key.sender, _name_of(request)),
        group=asked.group,
        spec=asked.spec,
        centre=asked.centre,
    )
    if isinstance(found, Refusal):
        raise _problem(found)
    response = to_json(say_ticket(found), 200 if found.again else 201)
    if found.again:
        response["Idempotency-Replayed"] = "true"
    return response


def request_key(sender: str, name: str) -> str:
    """The key of a request: two senders may use the same name."""
    return f"{sender}|{name}"


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


def _problem(refusal: Refusal) -> Problem:
    status = STATUS[refusal.code]
    return Problem(status, refusal.code, refusal.message("zh"), refusal.message("en"), "code")


def _left(found: LaunchSeen) -> dict[str, Any]:
    return {
        "launch": found.code,
        "stage": found.stage,
        "opens_at": write_instant(found.opens_at),
        "closes_at": write_instant(found.closes_at) if found.closes_at else None,
        "tickets": found.numbers_given,
        "chain": found.chain,
        "groups": [
            {
                "group": one.code,
                "for_sale": one.for_sale,
                "taken": one.taken,
                "left": one.left,
                "waiting_max": one.waiting,
            }
            for one in found.groups
        ],
    }


def say_ticket(found: Taken) -> dict[str, Any]:
    """A ticket as it is answered."""
    return {
        "ticket": found.code,
        "number": found.number,
        "group": found.group,
        "state": found.state,
        "waiting_no": found.waiting_no,
        "taken_at": found.taken_at.isoformat(timespec="microseconds"),
        "due_at": write_instant(found.due_at) if found.due_at else None,
        "chain": found.chain,
        "signature": found.signature,
        "page": f"/t/{found.code}",
    }
