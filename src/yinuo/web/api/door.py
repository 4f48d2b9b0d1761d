"""The short way to a ticket: in a burst nothing but key, body and ticket is looked at.

It stands before the framework and answers only requests that are in order; whatever it does not
know goes on to the full API (`launches.py`), which says what is wrong. Both give the same answers.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from yinuo.contexts.orders.operations.tickets import Taken
from yinuo.contexts.people.queries.keys import SenderKey, find_key
from yinuo.web.api import launches
from yinuo.web.kit.taking import let_go, take
from yinuo.workflows.launch import PERMISSION

PATH = re.compile(r"/api/v1/launches/([^/]{1,60})/tickets")
BODY_MAX = 2048
# A key that was taken back is refused after this long at the latest.
KEY_FRESH_S = 5.0
KEYS_MAX = 1000
FIELDS = {"group", "spec", "centre"}

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

_keys: dict[str, tuple[float, SenderKey]] = {}


def with_door(application: Application) -> Application:
    """`application` with the short way before it."""

    def answer(environ: Environ, start_response: Start) -> Iterable[bytes]:
        found = PATH.fullmatch(environ["PATH_INFO"])
        if found is None or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start_response)
        said = _take(found[1], environ)
        if said is None:
            return application(environ, start_response)
        status = "200 OK" if said.again else "201 Created"
        body = json.dumps(launches.say_ticket(said), ensure_ascii=False).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if said.again:
            headers.append(("Idempotency-Replayed", "true"))
        start_response(status, headers)
        return [body]

    return answer


def _take(code: str, environ: Environ) -> Taken | None:
    """The ticket; None for whatever has to be looked at in full."""
    name = environ.get("HTTP_IDEMPOTENCY_KEY", "")
    wanted = _wanted(environ)
    if wanted is None or not launches.KEY.fullmatch(name):
        return None
    key = _key(environ.get("HTTP_AUTHORIZATION", ""))
    if key is None:
        return None
    found = take(launch=code, key=launches.request_key(key.sender, name), **wanted)
    return found if isinstance(found, Taken) else None


def _wanted(environ: Environ) -> dict[str, str] | None:
    """What the body asks for, read and put back."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or int(length) > BODY_MAX:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict) or not all(isinstance(one, str) for one in asked.values()):
        return None
    return {field: asked.get(field, "") for field in FIELDS}


def _key(authorization: str) -> SenderKey | None:
    """The key, if it may take tickets and signs nothing; read again every few seconds."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    digest, now = hashlib.sha256(given.strip().encode()).hexdigest(), time.monotonic()
    known = _keys.get(digest)
    if known is not None and now - known[0] < KEY_FRESH_S:
        return known[1]
    try:
        found = find_key(given.strip())
    finally:
        # The framework is not there to give the connection back.
        let_go()
    if found is None or PERMISSION not in found.feeds or found.signing_secret:
        _keys.pop(digest, None)
        return None
    if len(_keys) >= KEYS_MAX:
        _keys.clear()
    _keys[digest] = (now, found)
    return found
