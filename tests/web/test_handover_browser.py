"""The inspection in a real browser: few taps, with and without scripts, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests import handovers
from tests.web import handover_scenes
from tests.web.conftest import SIZES, Reading, Site

pytestmark = pytest.mark.browser
CHECKS, GROUPS = 24, 6
WAYS = [(*way, code) for way, code in handover_scenes.READY.items()]


class Taps:
    """Counts what a finger does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def tap(self, selector: str) -> None:
        """One tap on something in view."""
        self.page.locator(selector).first.click()
        self.count += 1


@pytest.mark.need(13, 27)
@pytest.mark.parametrize(("language", "scripts", "code"), WAYS)
def test_24_checks_then_sign_then_pay(
    reading: Reading, site: Site, language: str, scripts: bool, code: str
) -> None:
    page = reading.page("yaqi", language=language, scripts=scripts)
    page.goto(f"{site.url}/o/{code}/handover/pay")
    assert page.locator("main form").count() == 0
    page.goto(f"{site.url}/o/{code}/handover")
    page.locator("a.main").click()
    taps = Taps(page)
    for _ in range(GROUPS):
        for check in page.locator("fieldset.check").all():
            check.locator("input[value=GOOD]").check()
            taps.count += 1
        taps.tap("form.checks button.main")
        page.wait_for_load_state()
    assert page.url.endswith("/decide")
    assert taps.count == CHECKS + GROUPS == 30
    page.locator("button[value=TAKE]").click()
    page.wait_for_url("**/sign")
    taps = Taps(page)
    taps.tap("button.main")
    page.wait_for_url("**/pay")
    taps.tap("button[name=provider]")
    page.wait_for_url("**/pay/sandbox/**")
    assert taps.count <= 3


def test_a_signature_is_drawn(reading: Reading, site: Site) -> None:
    page = reading.page("yaqi")
    page.goto(f"{site.url}/o/{handover_scenes.DRAWN}/handover/sign")
    page.locator("#name").fill("")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + 20 + 20 * step, box["y"] + 20 + 8 * step)
    page.mouse.up()
    page.locator("form[data-sign] button.main").click()
    page.wait_for_url("**/pay")


@pytest.mark.need(15)
def test_the_photo_of_known_damage_is_shown(reading: Reading, site: Site) -> None:
    page = reading.page("yaqi", scripts=False)
    page.goto(f"{site.url}/o/{handover_scenes.DAMAGED}/handover")
    assert "照片在这里" in page.inner_text("main")
    assert page.locator("a.shot img").evaluate("one => one.naturalWidth") == 64


def test_a_film_goes_on_after_the_line_broke(reading: Reading, site: Site, tmp_path: Path) -> None:
    """A film of three parts whose second is lost on the way; what was typed stays meanwhile."""
    film = tmp_path / "boot.mp4"
    film.write_bytes(handovers.film(1_200_000))
    page = reading.page("yaqi", size=SIZES["phone"])
    page.goto(f"{site.url}/o/{handover_scenes.OPEN}/handover/check/escape")
    lost: list[str] = []

    def lose_one(route: Route) -> None:
        if route.request.method == "PUT" and len(lost) == 0:
            lost.append(route.request.headers["content-range"])
            route.abort()
        else:
            route.continue_()

    page.route("**/uploads/**", lose_one)
    check = page.locator("fieldset.check").first
    check.locator("input[value=PROBLEM]").check()
    check.locator("textarea").fill("按键没有反应")
    field = check.locator("input[type=file]")
    field.set_input_files(film)
    expect(check.locator("[data-state]")).to_contain_text("信号断了", timeout=20_000)
    page.reload()
    assert check.locator("input[value=PROBLEM]").is_checked()
    assert check.locator("textarea").input_value() == "按键没有反应"
    field.set_input_files(film)
    expect(check.locator("[data-state]")).to_contain_text("100%", timeout=20_000)
    assert len(lost) == 1
    page.locator("form.checks button.main").click()
    page.wait_for_url("**/check/driving")
    page.goto(f"{site.url}/o/{handover_scenes.OPEN}/handover/check/escape")
    assert page.locator("video").count() == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_scrolls_sideways(reading: Reading, site: Site, language: str) -> None:
    refused, signed = handover_scenes.REFUSED, handover_scenes.SIGNED
    page = reading.page("yaqi", language=language, size=(320, 640))
    for path in (
        f"/o/{handover_scenes.DAMAGED}/handover",
        f"/o/{refused}/handover",
        f"/o/{refused}/handover/check/escape",
        f"/o/{signed}/handover/pay",
        f"/o/{signed}/handover/keys",
    ):
        page.goto(f"{site.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
