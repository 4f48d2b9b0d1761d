"""Staff pages in a real browser: access, both languages, weight, keys, and life without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.web import centre_scenes, claims_scenes, rights_scenes, scenes
from tests.web.conftest import SIZES, Reading, Site
from tests.web.test_browser_looks import AXE_OPTIONS, HAN, OUTSIDE_CHINESE

pytestmark = pytest.mark.browser
MOVED = scenes.CODES["moved"]
PAGES = [
    "/staff/",
    "/staff/people",
    "/staff/notices/new",
    "/staff/orders",
    "/staff/orders?q=AH26",
    "/staff/orders?q=ZZZZ",
    f"/staff/orders/{MOVED}",
    "/staff/plan",
    f"/staff/plan/{scenes.PLAN}/diff",
    "/staff/plan/whatif",
    "/staff/plan/growth",
    "/staff/plan/grounds",
    "/staff/unusual",
    "/staff/pulse",
    "/staff/quality",
    "/staff/outbox",
    "/staff/outbox?kind=alerts",
    *rights_scenes.STAFF_PAGES,
    *claims_scenes.STAFF_PAGES,
]
READ_BY = [
    ("dora", PAGES),
    ("manager", rights_scenes.MANAGERS_PAGES),
    ("lawyer", claims_scenes.LAWYERS_PAGES),
]
RAW = re.compile(r"\bstaff\.[a-z]|[{}]|\bNone\b|\bstf_|\bper_|\bord_|%}")
PAGE_BYTES_MAX = 250_000
VIEWS = {name: ViewportSize(width=size[0], height=size[1]) for name, size in SIZES.items()}
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true; })"


def opened(
    reading: Reading, site: Site, *, language: str, size: tuple[int, int]
) -> Iterator[tuple[Page, str]]:
    """Every page, opened by who reads it."""
    for reader, paths in READ_BY:
        page = reading.page(reader, language=language, size=size)
        for path in paths:
            page.goto(site.url + path)
            yield page, path


def rows_of(page: Page) -> list[str]:
    hrefs = page.eval_on_selector_all("[data-row]", "all => all.map(one => one.href)")
    return [str(href) for href in hrefs]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.href || document.activeElement.id"))


def words_of(page: Page, path: str, language: str) -> list[tuple[str, str]]:
    """What should have become words, or words of the other language."""
    problems = [(path, str(found)) for found in RAW.findall(page.inner_text("body"))]
    if language == "en" and (said := HAN.findall(page.evaluate(OUTSIDE_CHINESE))):
        problems.append((path, "".join(said)))
    return problems


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_in_order_in_its_language(
    reading: Reading, site: Site, language: str
) -> None:
    """Each is opened once and looked at on a telephone and on a desk."""
    axe, problems = Axe(), list[tuple[str, ...]]()
    for page, path in opened(reading, site, language=language, size=SIZES["phone"]):
        for size in ("phone", "desktop"):
            page.set_viewport_size(VIEWS[size])
            answer = axe.run(page, options=AXE_OPTIONS).response
            for kind in ("violations", "incomplete"):
                problems += [
                    (path, size, kind, found["id"], found["nodes"][0]["html"][:120])
                    for found in answer[kind]
                ]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                problems.append((path, size, "wide"))
            problems += words_of(page, path, language)
            # On the desk with everything that can be unfolded.
            page.evaluate(UNFOLD)
    assert problems == []


CENTRE = f"/staff/centres/{centre_scenes.CENTRE}"


@pytest.mark.parametrize("path", ["/staff/unusual", "/staff/plan/grounds?edit=1", CENTRE])
def test_forms_of_those_who_decide_are_in_order(reading: Reading, path: str, site: Site) -> None:
    """What a specialist does not see: offers filled in, and references to be changed."""
    axe, problems = Axe(), []
    for language in ("zh", "en"):
        page = reading.page("manager", language=language, size=SIZES["phone"])
        page.goto(site.url + path)
        answer = axe.run(page, options=AXE_OPTIONS).response
        problems += [found["id"] for kind in ("violations", "incomplete") for found in answer[kind]]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append("wide")
        problems += RAW.findall(page.inner_text("body"))
        if language == "en":
            problems += HAN.findall(page.evaluate(OUTSIDE_CHINESE))
    assert problems == []


@pytest.mark.parametrize(("reader", "paths"), READ_BY)
def test_pages_are_light_and_stay_at_home(
    reading: Reading, site: Site, reader: str, paths: list[str]
) -> None:
    page = reading.page(reader, size=SIZES["desktop"])
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    line.on("Network.loadingFinished", lambda done: weights.append(done["encodedDataLength"]))
    for path in paths:
        weights.clear()
        page.goto(site.url + path, wait_until="networkidle")
        assert 0 < sum(weights) <= PAGE_BYTES_MAX, (path, sum(weights))
    assert [url for url in asked if not url.startswith(site.url + "/")] == []
    assert said == []


def test_the_list_is_walked_with_j_and_k_and_opened_with_enter(
    reading: Reading, site: Site
) -> None:
    page = reading.page("dora", size=SIZES["desktop"])
    page.goto(f"{site.url}/staff/orders?q=AH26")
    rows = rows_of(page)
    assert len(rows) >= 3
    page.evaluate("document.activeElement.blur()")
    for key, row in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert focused(page) == rows[row]
    assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    page.keyboard.press("Enter")
    page.wait_for_url(rows[0])
    page.keyboard.press("/")
    assert focused(page) == "find"
    page.keyboard.type("jkn")
    assert page.input_value("#find") == "jkn"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    page.wait_for_url(f"{site.url}/staff/notices/new")


def test_the_page_beside_is_the_customers_and_takes_no_order(reading: Reading, site: Site) -> None:
    page = reading.page("dora", size=SIZES["desktop"])
    page.goto(f"{site.url}/staff/orders/{MOVED}", wait_until="networkidle")
    own = reading.page("alice")
    own.goto(f"{site.url}/o/{MOVED}")
    frame = page.frame(url=re.compile(rf"/o/{MOVED}$"))
    assert frame is not None
    for part in (".hero h1", ".alert h2"):
        assert frame.inner_text(part) == own.inner_text(part)
    assert page.get_attribute("iframe", "sandbox") == "allow-same-origin"


def test_everything_can_be_done_without_scripts(reading: Reading, site: Site) -> None:
    page = reading.page("dora", size=SIZES["desktop"], scripts=False)
    page.goto(f"{site.url}/staff/")
    page.fill("#find", MOVED)
    page.press("#find", "Enter")
    page.wait_for_url(f"{site.url}/staff/orders/{MOVED}")
    page.click("text=客户来问日期了，记一笔")
    assert "客户来问交车日期" in page.inner_text("main")


def test_a_manager_sees_a_plan_as_what_it_does_to_people(
    reading: Reading, site: Site, pictures: Path | None
) -> None:
    page = reading.page("manager", size=SIZES["desktop"])
    page.goto(f"{site.url}/staff/plan/{scenes.PLAN}/diff")
    said = page.inner_text("main")
    assert "1,204 人会晚（最多 9 天）" in said
    assert "3 条违反先来后到" in said
    offered = page.eval_on_selector_all("#cause option", "all => all.map(one => one.value)")
    assert "OTHER" in offered
    assert not any("HOLIDAY" in code or "FESTIVAL" in code for code in offered)
    if pictures is not None:
        page.screenshot(path=pictures / f"s4-plan-zh-{SIZES['desktop'][0]}.png")
