"""C11 and the log's pages while the log grows, and where there is none yet."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.web.log_scenes import moved_order, publish_all, running_log
from tests.web.people import read, sign_in
from yinuo.contexts.ledger.models import Leaf
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.ledger.queries import sealed
from yinuo.contexts.orders.models import Order

pytestmark = pytest.mark.django_db
CODE = "NC26LU"
PAGE = f"/o/{CODE}/record"
NOW = factories.NOW


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def log(tmp_path: Path, settings: Any, world: factories.World) -> Iterator[None]:
    """Alice's order, published; more is written and published in the test."""
    with running_log(tmp_path, settings):
        moved_order(world)
        publish_all()
        yield


def bundle_of(client: Client) -> zipfile.ZipFile:
    """The downloaded zip."""
    return zipfile.ZipFile(io.BytesIO(client.get(f"{PAGE}/bundle.zip").content))


def test_every_entry_carries_its_number_or_says_that_it_waits(
    log: None, world: factories.World
) -> None:
    alice = sign_in(world.alice)
    page = read(alice, PAGE)
    entries = sealed.get_numbers(
        Leaf.objects.filter(entry__subject_id__isnull=False).values_list("entry_id", flat=True)
    )
    assert len(entries) == 3
    for number in entries.values():
        assert f'<a class="no" href="/log/{number}">第 {number} 条</a>' in page
    assert "正在写入公开记录" not in page
    factories.break_promise(world, Order.objects.get(code=CODE), factories.today())
    page = read(alice, PAGE)
    assert "有 1 条正在写入公开记录" in page
    assert page.count('<span class="no soft">正在写入公开记录</span>') == 1
    english = read(sign_in(world.alice, **{"accept-language": "en-GB"}), PAGE)
    assert "Being written to the public record: 1." in english
    waiting = json.loads(bundle_of(alice).read("bundle.json"))["waiting"]
    assert [(one["letter"], one["index"]) for one in waiting] == [("p", None)]
    publish_all()
    assert "正在写入公开记录" not in read(alice, PAGE)


def test_without_a_log_or_a_signer_nothing_breaks(
    tmp_path: Path, settings: Any, world: factories.World
) -> None:
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    moved_order(world)
    alice = sign_in(world.alice)
    assert "有 3 条正在写入公开记录" in read(alice, PAGE)
    assert "您的记录正在写入公开记录" in read(alice, f"{PAGE}/bundle.zip", 409)
    assert read(alice, f"{PAGE}/receipt", 404)
    head = read(Client(), "/log/head")
    assert "还没有公开过" in head
    assert "/log/checkpoint" not in head, "no link to a file that is not there"
    assert "无法判断：还没有公开过记录。" in read(Client(), "/verify?q=0")
    assert "前 0 条" not in read(Client(), "/public/queue")
    assert "没有第 0 条" in read(Client(), "/log/0", 404)
    with running_log(tmp_path / "later", settings, witnesses=0):
        publish_all()
    assert "签名程序没有应答" in read(alice, f"{PAGE}/bundle.zip", 503)
    head = read(Client(), "/log/head")
    assert "没有见证人签名" in head
    page = read(Client(), "/verify?q=0")
    assert "一致。内容和公开记录相同" in page
    assert "不证明时间" in page.split("</section>")[0]


def test_what_is_not_published_yet_is_shown_to_nobody_else(log: None) -> None:
    """Whoever asks each second must not learn in which second a stranger locked."""
    reader, size = Client(), sealed.get_head().size
    asked = ["/log/head", "/log/head.json", f"/verify?q={size}", f"/verify?q={size + 1}"]
    forms = ("", ".json", ".tlog-proof", ".receipt", ".leaf")
    asked += [f"/log/{n}{form}" for n in (size, size + 1) for form in forms]
    before = [plain(reader.get(path)) for path in asked]
    order = Order.objects.get(code=CODE)
    factories.record_of(order, "order.locked", {"locked_at": "2026-02-11T01:20:01Z"}, line="S7-A X")
    assert [plain(reader.get(path)) for path in asked] == before, "recorded"
    integrate(now=NOW)
    assert sealed.get_head().size == size + 1
    assert [plain(reader.get(path)) for path in asked] == before, "with a number"
    publish_all()
    for form in forms:
        assert reader.get(f"/log/{size}{form}").status_code == 200, form
    assert "一致。这份记录" in read(reader, f"/verify?q={size}")


def plain(answer: Any) -> tuple[int, str]:
    """Status and words of an answer, without what makes every request another."""
    return answer.status_code, re.sub(r'/problem\?[^"]*|nonce="[^"]*"', "", answer.content.decode())
