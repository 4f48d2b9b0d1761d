"""C1 through HTTP: every state, and who may read it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from yinuo.platform import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


def sign_in(person: object, **headers: str) -> Client:
    client = Client(headers=headers)
    session = client.session
    session["person_id"] = person.id  # type: ignore[attr-defined]
    session["staff_id"] = None
    session.save()
    return client


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


@pytest.mark.need(22)
def test_the_date_has_a_range_a_latest_day_and_both_times(world: factories.World) -> None:
    order = factories.make_order(world, "NC26LU", state="IN_TRANSIT")
    factories.make_promise(order)
    page = read(sign_in(world.alice), "/o/NC26LU")
    for text in (
        "运输中 · 第 5 步，共 7 步",
        "<h1>3月2日—3月12日</h1>",
        "我们承诺最晚 3月15日（周日）",
        "2月11日 09:20 算出，2月18日 18:00 前再更新。",
    ):
        assert text in page
