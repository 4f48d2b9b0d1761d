"""The pages of errors: their words, their number, and what was typed."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.web.people import read, sign_in
from yinuo.platform import clock
from yinuo.web.customer import orders
from yinuo.web.kit.wording import UnknownWords, all_words, blanks, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of_alice() -> Client:
    clock.set_test_clock(at=factories.NOW, running=False)
    world = factories.make_world()
    factories.make_order(world, "NC26LU")
    client = sign_in(world.alice)
    client.raise_request_exception = False
    return client


def test_an_unknown_page_says_how_to_go_on(client_of_alice: Client) -> None:
    page = read(client_of_alice, "/nowhere", 404)
    assert "没有找到这一页" in page
    assert 'href="/login"' in page
    assert "Nothing found here" in read(client_of_alice, "/nowhere?lang=en", 404)


def test_our_error_has_a_number_and_keeps_what_was_typed(
    client_of_alice: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_args: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("yinuo.contexts.promises.operations.choices.save_deadline", breaks)
    answer = client_of_alice.post("/o/NC26LU/by", {"d": "2026-03-06", "reason": "TAX"})
    page = answer.content.decode()
    assert answer.status_code == 500
    number = re.search(r"编号 ([2-9A-Z]{4})，10 分钟后再试", page)
    assert number
    assert f"error {number.group(1)} at /o/NC26LU/by" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in page
    assert '<input type="hidden" name="d" value="2026-03-06">' in page
    assert "再发一次" in page


def test_our_error_on_reading_has_no_form(
    client_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(orders, "history", breaks)
    page = read(client_of_alice, "/o/NC26LU", 500)
    assert "我们这边出错了" in page
    assert "<form" not in page


@pytest.mark.parametrize(("origin", "kept"), [("http://testserver", True), ("http://evil", False)])
def test_a_stale_form_is_kept_only_for_our_own_page(
    client_of_alice: Client, origin: str, kept: bool
) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"origin": origin})
    strict.cookies = client_of_alice.cookies
    answer = strict.post("/o/NC26LU/by", {"d": "2026-03-06", "digits": "123456"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "这一页开得太久了" in page
    assert ('value="2026-03-06"' in page) is kept
    assert "123456" not in page


def test_a_method_that_is_not_offered(client_of_alice: Client) -> None:
    assert client_of_alice.put("/o/NC26LU/by").status_code == 405
    assert client_of_alice.post("/o/NC26LU").status_code == 405
    assert client_of_alice.get("/logout").status_code == 405


def test_every_key_has_both_languages_with_the_same_blanks() -> None:
    for key, texts in all_words().items():
        assert set(texts) == {"zh", "en"}, key
        assert blanks(texts["zh"]) == blanks(texts["en"]), key


def test_missing_words_are_an_error() -> None:
    with pytest.raises(UnknownWords):
        say("no.such.key", "zh")
    with pytest.raises(UnknownWords):
        say("nav.order", "fr")
    with pytest.raises(UnknownWords):
        say("order.latest", "zh")


def test_every_key_is_used() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (settings.ROOT / "src/yinuo/web").rglob("*")
        if path.suffix in (".py", ".html")
    )
    # A key that is put together at run time is used if its beginning stands in a source.
    made = tuple(re.findall(r"""["']([a-z_]+\.(?:[a-z_]+\.)*|home\.p)["'{]""", sources))
    unused = [key for key in all_words() if not key.startswith(made) and f'"{key}"' not in sources]
    unused = [key for key in unused if f"'{key}'" not in sources]
    assert unused == []
