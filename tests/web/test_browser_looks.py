"""The pages in a real browser: access, size, language, place on the screen."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web import (
    centre_scenes,
    claims_scenes,
    handover_scenes,
    log_scenes,
    rights_scenes,
    scenes,
)
from tests.web.conftest import SIZES, Reading, Site

pytestmark = pytest.mark.browser
MOVED = scenes.CODES["moved"]
STATES = [f"/o/{code}" for code in scenes.CODES.values()]
PAGES = [
    *STATES,
    f"/o/{MOVED}/changes/1",
    f"/o/{scenes.CODES['broken']}/changes/1",
    f"/o/{MOVED}/options",
    f"/o/{MOVED}/by",
    f"/o/{MOVED}/by?d=2026-03-06",
    f"/o/{MOVED}/by?d=2020-01-01",
    f"/o/{scenes.CODES['expected']}/queue",
    f"/o/{MOVED}/queue",
    f"/o/{MOVED}/do",
    f"/o/{MOVED}/say",
    f"/o/{scenes.CODES['centre']}/handover/visit",
    f"/o/{centre_scenes.VISITED}/handover/visit",
    f"/o/{MOVED}/record",
    "/me",
    "/n",
    "/nowhere",
    "/quote",
    "/quote?spec=S7-A&centre=NC",
    "/quote?spec=S7-R&centre=TJ",
    "/public",
    "/public/owed",
    f"/o/{MOVED}/record/share",
    f"/o/{MOVED}/record/<entry>",
    f"/r/{log_scenes.SHARED}",
    "/public/queue",
    "/verify",
    "/verify?q=0",
    "/verify?q=999999",
    "/log/head",
    "/log/1",
    "/log/5",
    "/log/999999",
    *rights_scenes.CUSTOMER_PAGES,
]
NOT_THERE = ("/nowhere", "/log/999999")
BAD_DAY = "400 (Bad Request)"
YAQIS = [
    f"/o/{code}/handover{part}"
    for code, part in (
        (handover_scenes.DAMAGED, ""),
        (handover_scenes.OPEN, ""),
        (handover_scenes.OPEN, "/check/outside"),
        (handover_scenes.REFUSED, ""),
        (handover_scenes.REFUSED, "/check/escape"),
        (handover_scenes.DRAWN, "/decide"),
        (handover_scenes.DRAWN, "/sign"),
        (handover_scenes.SIGNED, "/pay"),
        (handover_scenes.SIGNED, "/keys"),
    )
]
NOBODYS = [f"/t/{rights_scenes.NAMELESS}", *claims_scenes.PUBLIC_PAGES]
READ_BY = [("alice", PAGES), ("yaqi", YAQIS), ("", NOBODYS)]
# The last is a screen of 360 at 200 %.
WIDTHS = (390, 360, 320, 180)
OPEN_PAGES = ["/", "/login", "/n"]
AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    }
}
# What a page may never show: a code, a key or a blank that should have become words.
RAW = re.compile(
    r"[A-Z]{2,}_[A-Z_]+|\b(?:order|queue|by|state|role|notice|options|promise)\.[a-z]|"
    r"[{}]|\bNone\b|\bstf_|\bper_|\bord_|\d{4}-\d\d-\d\d|%}"
)
HAN = re.compile(r"[\u3400-\u9fff]")
OUTSIDE_CHINESE = """() => {
    const texts = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        if (!walk.currentNode.parentElement.closest('[lang^=zh]')) {
            texts.push(walk.currentNode.textContent);
        }
    }
    return texts.join('|') + '|' + document.title;
}"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll('a, button, input, summary, label')]
    .filter(e => !e.matches('.skip, input[type=hidden], input[type=radio]'))
    .filter(e => !e.matches('label:not(.picks label)'))
    .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, box]) => box.height > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
    .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
SMALL_TEXT = """(least) => [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .filter(e => e.getBoundingClientRect().height > 0)
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < least)
    .map(e => e.outerHTML.slice(0, 80))"""


BROKEN_DAYS = """() => {
    const broken = [];
    const parts = 'main :is(h1, h2, .lead, .latest, .soft, .list p, .way span, .note p)';
    for (const part of document.querySelectorAll(parts)) {
        const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            for (const found of walk.currentNode.textContent.matchAll(/\\d+月\\d+日/g)) {
                const range = document.createRange();
                range.setStart(walk.currentNode, found.index);
                range.setEnd(walk.currentNode, found.index + found[0].length);
                const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
                if (lines.size > 1) broken.push(part.textContent.trim());
            }
        }
    }
    return broken;
}"""


Found = list[tuple[object, ...]]


def days_and_widths(page: Page, path: str, widths: tuple[int, ...]) -> dict[str, Found]:
    """Days that are broken over two lines, and where a page scrolls sideways."""
    broken: Found = []
    wide: Found = []
    scrolls = "document.documentElement.scrollWidth > window.innerWidth"
    for width in widths:
        page.set_viewport_size({"width": width, "height": 640})
        if width >= 320:
            broken += [(path, width, said) for said in page.evaluate(BROKEN_DAYS)]
        if width <= 320 and page.evaluate(scrolls):
            wide.append((path, width))
    page.set_viewport_size({"width": 360, "height": 640})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    if page.evaluate(scrolls):
        wide.append((path, "200 %"))
    return {"broken days": broken, "wide": wide}


def words_of(page: Page, path: str, language: str) -> Found:
    """What should have become words, or other words."""
    text = page.inner_text("body")
    # What is written for programs stands in a box of its own, as it is.
    for exact in page.locator("pre.mono").all_inner_texts():
        text = text.replace(exact.strip(), "")
    found: Found = [(path, raw) for raw in RAW.findall(text)]
    if language == "en" and (said := HAN.findall(page.evaluate(OUTSIDE_CHINESE))):
        found.append((path, "".join(said)))
    if language == "zh" and not HAN.search(text):
        found.append((path, "no Chinese"))
    return found


def axe_of(page: Page, path: str) -> Found:
    """What axe finds, violations and what it leaves to be looked at."""
    answer = Axe().run(page, options=AXE_OPTIONS).response
    return [
        (path, kind, found["id"], found["nodes"][0]["html"][:100])
        for kind in ("violations", "incomplete")
        for found in answer[kind]
    ]


def look(page: Page, path: str, language: str, big: bool) -> dict[str, Found]:
    """Everything that is looked at on the page that is open, by what it is."""
    least = 60 if big else 44
    small: Found = [(path, one) for one in page.evaluate(SMALL_TARGETS, least)]
    if big:
        small += [(path, one) for one in page.evaluate(SMALL_TEXT, 18)]
        return {"small": small} | days_and_widths(page, path, WIDTHS[:-1])
    found = {"small": small, "words": words_of(page, path, language), "axe": axe_of(page, path)}
    return found | days_and_widths(page, path, WIDTHS)


@pytest.fixture(
    scope="module",
    params=[("zh", False), ("zh", True), ("en", False)],
    ids=["zh", "zh, larger", "en"],
)
def looked(request: pytest.FixtureRequest, browser: Browser, site: Site) -> dict[str, Found]:
    """All pages, each opened once and looked at in every way."""
    language, big = request.param
    reading, found = Reading(browser, site), defaultdict[str, Found](list)
    for reader, paths in READ_BY:
        page = reading.page(reader, language=language, big=big)
        heard = listen(page, site)
        for path in paths:
            page.set_viewport_size({"width": 360, "height": 640})
            page.goto(site.address(path))
            for kind, problems in look(page, path, language, big).items():
                found[kind] += problems
            # Of a page that is not there, and of a day that is over, the browser says so itself.
            own = path in NOT_THERE
            found["heard"] += [(path, one) for one in heard if not own and BAD_DAY not in one]
            heard.clear()
    reading.close()
    return found


def listen(page: Page, site: Site) -> list[str]:
    """What the page asks of another host, and what the browser complains of, as it happens."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(site.url + "/") else heard.append(asked.url),
    )
    return heard


@pytest.mark.parametrize("kind", ["axe", "words", "small", "wide", "broken days", "heard"])
def test_nothing_is_wrong_with_any_page(looked: dict[str, Found], kind: str) -> None:
    assert looked[kind] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_whole_for_the_household(reading: Reading, site: Site, language: str) -> None:
    problems: Found = []
    for reader, paths in (("bob", PAGES), ("", OPEN_PAGES)):
        page = reading.page(reader, language=language)
        for path in paths:
            page.goto(site.address(path))
            problems += words_of(page, path, language)
    assert problems == []


@pytest.mark.need(1, 2)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", [f"/o/{MOVED}", f"/o/{MOVED}/changes/1"])
def test_the_first_screen_shows_date_change_reason_and_button(
    reading: Reading, site: Site, path: str, language: str
) -> None:
    page = reading.page(language=language)
    page.goto(site.url + path)
    bar = page.locator(".bar").bounding_box()
    assert bar is not None
    wanted = {
        "zh": ("3月2日—3月12日", "比上次晚 6 天", "运车的列车停运了", "选择怎么办"),
        "en": ("2–12 March", "6 days later", "The train carrying it was cancelled", "Choose what"),
    }[language]
    for text in wanted:
        box = page.locator("main").get_by_text(text).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= bar["y"], text


@pytest.mark.parametrize("size", SIZES)
def test_pictures_for_the_readme(
    reading: Reading, site: Site, size: str, pictures: Path | None
) -> None:
    page = reading.page(size=SIZES[size])
    for name, path in (
        ("c1-order", f"/o/{MOVED}"),
        ("c2-notice", f"/o/{MOVED}/changes/1"),
        ("c3-in-time", f"/o/{MOVED}/by?d=2026-03-06"),
        ("c5-place", f"/o/{scenes.CODES['expected']}/queue"),
    ):
        page.goto(site.url + path)
        assert page.locator("h1, h2").first.is_visible()
        if pictures is not None:
            page.screenshot(path=pictures / f"{name}-zh-{SIZES[size][0]}.png")
