"""What dates rest on, through HTTP: references with two sources, and the guard; who may state."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.factories import NOW, World
from tests.web import watch_scenes
from tests.web.people import read, sign_in, sign_in_staff
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.production.models import LaunchReference, Resource
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
PAGE = "/staff/plan/grounds"
FORM = {
    "plant": "P1",
    "from": "2026-02-09",
    "launches": "3",
    "percent": "67",
    "spread": "20",
    "note_zh": "2021、2023、2024 年三次投产",
    "note_en": "the launches of 2021, 2023 and 2024",
    "source": "2025 年 1 月爬坡复盘",
    "second_source": "协会公布的每月交付量",
}


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def manager(world: World) -> Client:
    return sign_in_staff(world.manager)


@pytest.mark.need(22, 112)
def test_a_reference_is_stated_with_two_sources_and_on_the_record(
    manager: Client, world: World
) -> None:
    Resource.objects.create(code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1")
    assert "还没有参照" in read(manager, PAGE)
    assert manager.post(PAGE, FORM).status_code == 302
    row = LaunchReference.objects.get()
    assert row.mean == pytest.approx(-0.33)
    assert (row.sd, row.launches) == (0.2, 3)
    assert (row.stated_by_id, row.stated_at) == (world.manager.id, NOW)
    page = read(manager, PAGE)
    for words in ("47–87%", FORM["source"], FORM["second_source"], FORM["note_zh"], "赵磊"):
        assert words in page
    # What is expected now is what was stated, as long as no week of output says otherwise.
    assert "对照了 0 周" in page
    assert Entry.objects.filter(kind="reference.stated").count() == 1
    edit = read(manager, f"{PAGE}?edit={row.id}")
    assert 'value="67"' in edit
    assert f'value="{FORM["source"]}"' in edit
    clock.set_test_clock(at=NOW + factories.DAY, running=False)
    assert manager.post(PAGE, {**FORM, "percent": "75"}).status_code == 302
    assert LaunchReference.objects.get().mean == pytest.approx(-0.25)
    assert Entry.objects.filter(kind="reference.stated").count() == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"second_source": ""}, "两个互不依赖的来源"),
        ({"second_source": FORM["source"]}, "两个互不依赖的来源"),
        ({"note_en": ""}, "两个互不依赖的来源"),
        ({"from": "2026-02-10"}, "请检查"),
        ({"from": "soon"}, "请检查"),
        ({"plant": "P9"}, "请检查"),
        ({"percent": "0"}, "请检查"),
        ({"percent": "201"}, "请检查"),
        ({"spread": "-5"}, "请检查"),
        ({"spread": "0"}, "请检查"),
        ({"launches": "many"}, "请检查"),
        ({"launches": "99999"}, "请检查"),
    ],
)
def test_what_cannot_be_comes_back_with_what_was_typed(
    manager: Client, changed: dict[str, str], said: str
) -> None:
    Resource.objects.create(code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1")
    answer = manager.post(PAGE, {**FORM, **changed})
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (409, True)
    assert FORM["note_zh"] in page
    assert not LaunchReference.objects.exists()
    assert not Entry.objects.filter(kind="reference.stated").exists()


def test_who_may_state_and_who_may_read(world: World) -> None:
    Resource.objects.create(code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1")
    dora = sign_in_staff(world.dora)
    assert PAGE in read(dora, "/staff/plan")
    assert 'name="percent"' not in read(dora, PAGE)
    assert dora.post(PAGE, FORM).status_code == 403
    for person in (world.alice, world.bob, world.carol):
        customer = sign_in(person)
        assert customer.get(PAGE).status_code in (302, 403, 404)
        assert customer.post(PAGE, FORM).status_code in (302, 403, 404)
    assert Client().get(PAGE).status_code == 302
    assert not LaunchReference.objects.exists()


def test_the_guard_stands_beside_and_the_page_asks_little(
    world: World, manager: Client, django_assert_max_num_queries: Any
) -> None:
    watch_scenes.build(world)
    with django_assert_max_num_queries(18):
        page = read(manager, PAGE)
    for words in ("一厂 + HOOD", "115%", "116.2%", "31 / 212", "26 周以后", "不放宽", "没写来源"):
        assert words in page
    english = read(sign_in_staff(world.manager, **{"accept-language": "en"}), PAGE)
    assert "What dates rest on" in english
    assert "Beyond 26 weeks" in english
