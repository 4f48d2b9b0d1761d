"""The short way to a ticket gives the same answers as the full API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.contexts.orders.launch_worlds import HOUR, Sale, make_sale
from tests.factories import NOW
from yinuo.contexts.orders.models import Launch, Ticket
from yinuo.contexts.people.operations.keys import create_key, revoke_key
from yinuo.platform import clock
from yinuo.web.api import door
from yinuo.web.kit import taking

pytestmark = pytest.mark.django_db
PASSED_ON = [b"passed on"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock of the tests' own, and no key known from before."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    door._keys.clear()


@pytest.fixture
def sale() -> Sale:
    """A launch of two cars."""
    return make_sale(2)


@pytest.fixture
def key() -> str:
    """A key that may take tickets."""
    return create_key(sender="app", feeds=["tickets"], signed=False, now=NOW).key


def ask(
    key: str,
    name: str = "request-0001",
    body: bytes = b"{}",
    path: str = "/api/v1/launches/S7-2026/tickets",
    method: str = "POST",
) -> tuple[str, Any]:
    """One request at the door: its status, or that it was passed on with its body whole."""
    said: list[str] = []

    def framework(environ: dict[str, Any], _start: Callable[..., Any]) -> Iterable[bytes]:
        assert environ["wsgi.input"].read() == body
        return PASSED_ON

    environ = {
        "PATH_INFO": path,
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "HTTP_IDEMPOTENCY_KEY": name,
        "wsgi.input": BytesIO(body),
    }
    answer = door.with_door(framework)(environ, lambda status, headers: said.append(status))
    if answer == PASSED_ON:
        return "", None
    return said[0], json.loads(b"".join(answer))


@pytest.mark.need(126)
def test_both_ways_give_the_same_ticket(sale: Sale, key: str) -> None:
    status, said = ask(key, body=b'{"spec": "S7-A", "centre": "NC"}')
    assert status == "201 Created"
    assert ask(key) == ("200 OK", said)
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "request-0001"}
    full = Client(headers=headers).post(
        "/api/v1/launches/S7-2026/tickets", b"{}", content_type="application/json"
    )
    assert (full.status_code, json.loads(full.content)) == (200, said)
    assert Ticket.objects.get().spec_id == sale.world.line.spec_id


def test_whatever_is_not_in_order_goes_the_full_way(sale: Sale, key: str) -> None:
    signed = create_key(sender="s", feeds=["tickets"], signed=True, now=NOW).key
    other = create_key(sender="o", feeds=["quotes"], signed=False, now=NOW).key
    assert ask(key, path="/api/v1/launches/S7-2026") == ("", None)
    assert ask(key, method="GET") == ("", None)
    assert ask(key, name="short") == ("", None)
    for wrong in (b"", b"{", b"[]", b'{"spec": 1}', b"x" * 3000):
        assert ask(key, body=wrong) == ("", None)
    for wrong_key in ("none", signed, other):
        assert ask(wrong_key) == ("", None)
    assert ask(key, path="/api/v1/launches/none/tickets") == ("", None)
    Launch.objects.filter(id=sale.launch_id).update(opens_at=NOW + HOUR)
    assert ask(key) == ("", None)
    assert not Ticket.objects.exists()


def test_a_key_that_was_taken_back_is_refused_after_seconds(
    sale: Sale, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [100.0]
    monkeypatch.setattr("yinuo.web.api.door.time.monotonic", lambda: moment[0])
    assert ask(key)[0] == "201 Created"
    revoke_key(public_id=key.partition(".")[0], now=NOW)
    moment[0] += door.KEY_FRESH_S + 0.1
    assert ask(key, "request-0002") == ("", None)
    assert sale.launch_id


def test_the_door_remembers_no_more_keys_than_it_may(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "KEYS_MAX", 2)
    for number in range(4):
        one = create_key(sender=f"a{number}", feeds=["tickets"], signed=False, now=NOW).key
        ask(one, f"request-{number}000")
        assert len(door._keys) <= 2
    assert Ticket.objects.count() == 4
    assert sale.launch_id


@pytest.mark.parametrize("inside", [True, False])
def test_who_waits_holds_no_connection(monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    """Else those who wait take all there are, and the one who works for them gets none."""
    closed: list[bool] = []
    stand_in = SimpleNamespace(in_atomic_block=inside, close=lambda: closed.append(True))
    monkeypatch.setattr(taking, "connection", stand_in)
    taking.let_go()
    assert bool(closed) is not inside
