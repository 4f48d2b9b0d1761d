"""Every door at once: strangers find nothing behind it, and nothing that is typed breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests import factories, handovers
from tests.web.people import sign_in, sign_in_staff
from yinuo.contexts.handover.models import InspectorPass
from yinuo.contexts.orders.models import Order
from yinuo.platform import clock
from yinuo.web.console.handover import ACTS

pytestmark = pytest.mark.django_db
HOLDER = re.compile(r"<(?:(\w+):)?(\w+)>")
# What no form of ours sends: a number beyond any column, days that are none, markup without end.
ODD = ("9" * 40, "-1", "<b>x</b>" * 400, "2026-02-30T25:61", "0001-01-01", "²", "")


def doors(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Every path that the product answers, with its holders."""
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from doors(one.url_patterns, path)
        else:
            yield path


def fill(path: str, code: str, odd: str = "nothing") -> str:
    """The path with this order's code, and with what does not exist in its other places."""
    named = {"code": code}
    return HOLDER.sub(
        lambda found: named.get(found[2], "9" * 18 if found[1] == "int" else odd), path
    )


ALL = sorted(set(doors(get_resolver().url_patterns)))
OF_AN_ORDER = [path for path in ALL if path.startswith(("/o/", "/t/"))]
OF_STAFF = [path for path in ALL if path.startswith("/staff/")]


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=handovers.NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    order = handovers.make_ready(world)
    handovers.begin(order, world)
    return order


def fields(turn: int) -> dict[str, str]:
    """Every field that some form of ours reads, with something odd in each, another each turn."""
    names = "code name phone company uscc words reason from until at by who zone to_zone from_zone"
    names += " vin driver kind check finding second said amount_fen version document digest drawing"
    names += " taken not_before date time party people spec centre place factor evidence title why"
    names += " follows seen_by near_miss stop permit visit item train absence size person value"
    return {name: ODD[(at + turn) % len(ODD)] for at, name in enumerate(names.split())}


def test_a_stranger_finds_no_door_of_an_order(world: factories.World, order: Order) -> None:
    assert len(OF_AN_ORDER) > 40
    carol, nobody = sign_in(world.carol), Client()
    for path in OF_AN_ORDER:
        at = fill(path, order.code)
        assert carol.get(at).status_code in (404, 405), at
        assert carol.post(at, {"do": "cancel"}).status_code in (404, 405), at
        for answer in (nobody.get(at), nobody.post(at, {})):
            assert answer.status_code in (302, 403, 404, 405), at
            assert "/login" in answer.get("Location", "/login"), at


@pytest.mark.parametrize("turn", [0, 3])
def test_nothing_typed_breaks_a_door_of_an_order(
    world: factories.World, order: Order, turn: int
) -> None:
    alice, typed = sign_in(world.alice), fields(turn)
    broken: list[str] = []
    for path in OF_AN_ORDER:
        at = fill(path, order.code)
        broken += [path] * (alice.post(at, typed).status_code >= 500)
        broken += [path] * (alice.get(at, typed).status_code >= 500)
    assert broken == []


@pytest.mark.parametrize("turn", [0, 3])
def test_nothing_typed_breaks_a_door_of_staff(
    world: factories.World, order: Order, turn: int
) -> None:
    manager, typed = sign_in_staff(world.manager), fields(turn)
    broken: list[str] = []
    for path in OF_STAFF:
        at = fill(path, order.code)
        broken += [path] * (manager.post(at, typed).status_code >= 500)
        broken += [path] * (manager.get(at, typed).status_code >= 500)
    at = f"/staff/orders/{order.code}/handover"
    for do in ACTS:
        broken += [do] * (manager.post(at, {**typed, "do": do}).status_code >= 500)
    assert broken == []


def test_a_zero_byte_is_no_form_of_ours(world: factories.World, order: Order) -> None:
    alice = sign_in(world.alice)
    at = f"/o/{order.code}/handover/helper"
    assert alice.post(at, {"do": "give", "name": "刘\x00"}).status_code == 400
    assert not InspectorPass.objects.exists()
