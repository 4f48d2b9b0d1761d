"""What a customer does, in a real browser: fast on a weak line, by keyboard, without scripts."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import CDPSession, Page

from tests.web import scenes
from tests.web.conftest import SIZES, Reading, Site

pytestmark = pytest.mark.browser
MOVED = scenes.CODES["moved"]
CHOSEN = scenes.CODES["chosen"]
PATHS = [
    f"/o/{MOVED}",
    f"/o/{MOVED}/changes/1",
    f"/o/{MOVED}/by?d=2026-03-06",
    f"/o/{scenes.CODES['expected']}/queue",
    "/verify",
]
# The line of a phone in a bad place: 562.5 ms, 1,474.56 kbit/s down, 675 kbit/s up.
WEAK_LINE = {
    "offline": False,
    "latency": 562.5,
    "downloadThroughput": 1474.56 * 1000 / 8,
    "uploadThroughput": 675 * 1000 / 8,
}
SLOWER_CPU = 4
RUNS = 3
ROUNDS_MAX = 3
LCP_MS_MAX, INP_MS_MAX, CLS_MAX = 1800, 150, 0.02
PAGE_BYTES_MAX, SCRIPT_BYTES_MAX, REQUESTS_MAX = 60_000, 15_000, 6
WATCH = """
window.seen = {lcp: 0, cls: 0, inp: 0};
new PerformanceObserver(list => { for (const e of list.getEntries()) seen.lcp = e.startTime; })
    .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => {
    for (const e of list.getEntries()) if (!e.hadRecentInput) seen.cls += e.value;
}).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(list => {
    for (const e of list.getEntries()) seen.inp = Math.max(seen.inp, e.duration);
}).observe({type: 'event', buffered: true, durationThreshold: 16});
"""
FOCUSED = """() => {
    const e = document.activeElement, box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return {
        name: (e.innerText || e.value || e.name || '').trim().slice(0, 40),
        href: e.getAttribute('href') || '',
        outline: e.matches('input[type=date]') ? 2 : parseFloat(style.outlineWidth),
        covered: !(on && (e === on || e.contains(on) || on.contains(e))),
        body: e === document.body,
    };
}"""


def weaken(page: Page) -> CDPSession:
    """Put this page on a weak line and a slow processor."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", WEAK_LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
    return session


def measure(reading: Reading, site: Site, path: str) -> tuple[float, float, float]:
    """LCP and INP in milliseconds and CLS of one opening of a page and two inputs."""
    page = reading.page()
    page.add_init_script(WATCH)
    weaken(page)
    page.goto(site.url + path, wait_until="load")
    page.wait_for_timeout(300)
    lcp = page.evaluate("seen.lcp")
    page.locator("summary, .picks label, .card p").first.click()
    page.keyboard.press("Tab")
    page.wait_for_timeout(200)
    inp, cls = page.evaluate("[seen.inp, seen.cls]")
    page.context.close()
    return lcp, inp, cls


@pytest.mark.alone
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_fast_on_a_weak_line(reading: Reading, site: Site, path: str) -> None:
    # Other work on the machine makes a page look slower and never faster, so a round of three
    # that fails is measured again; the limits stay.
    rounds = []
    for _ in range(ROUNDS_MAX):
        runs = [measure(reading, site, path) for _ in range(RUNS)]
        lcp, inp, cls = (statistics.median(values) for values in zip(*runs, strict=True))
        rounds.append((round(lcp), round(inp), round(cls, 3)))
        if 0 < lcp <= LCP_MS_MAX and inp <= INP_MS_MAX and cls <= CLS_MAX:
            break
    print(f"{path}: LCP ms, INP ms, CLS by round: {rounds}")
    lcp, inp, cls = rounds[-1]
    assert 0 < lcp <= LCP_MS_MAX, rounds
    assert inp <= INP_MS_MAX, rounds
    assert cls <= CLS_MAX, rounds


@pytest.mark.parametrize("path", [*PATHS, "/", "/login", f"/o/{MOVED}/options"])
def test_a_page_is_light(reading: Reading, site: Site, path: str) -> None:
    page = reading.page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}),
    )
    page.goto(site.url + path, wait_until="networkidle")
    scripts = sum(size for key, size in sizes.items() if kinds.get(key) == "Script")
    print(f"{path}: {sum(sizes.values()):.0f} bytes in {len(sizes)} requests")
    assert 0 < sum(sizes.values()) <= PAGE_BYTES_MAX
    assert scripts <= SCRIPT_BYTES_MAX
    assert len(sizes) <= REQUESTS_MAX
    assert "Font" not in kinds.values()


def tab_to(page: Page, wanted: str) -> dict[str, object]:
    """Press Tab until the focus names `wanted`; every stop must be seen and not covered."""
    for _ in range(60):
        page.keyboard.press("Tab")
        stop: dict[str, object] = page.evaluate(FOCUSED)
        if stop["body"]:
            continue
        assert not stop["covered"], stop
        assert float(str(stop["outline"])) >= 2, stop
        if wanted in str(stop["name"]) or stop["href"] == wanted:
            return stop
    raise AssertionError(f"no way to {wanted!r} by keyboard")


@pytest.mark.parametrize("size", SIZES)
def test_by_keyboard_from_the_order_to_the_choices(reading: Reading, site: Site, size: str) -> None:
    page = reading.page(size=SIZES[size])
    page.goto(f"{site.url}/o/{MOVED}")
    tab_to(page, "选择怎么办")
    page.keyboard.press("Enter")
    page.wait_for_url("**/options")
    tab_to(page, "先不选")
    page.keyboard.press("Enter")
    page.wait_for_url("**later=1")
    assert page.get_by_role("status").inner_text().startswith("好，先不选。")


def test_by_keyboard_the_chance_and_the_place(reading: Reading, site: Site) -> None:
    page = reading.page()
    page.goto(f"{site.url}/o/{MOVED}/by?d=2026-03-06")
    tab_to(page, "PLATE")
    page.keyboard.press("Space")
    tab_to(page, "记下来")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert "记下了：3月6日，车牌指标。" in page.inner_text("main")
    tab_to(page, f"/o/{MOVED}/queue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")


def newest_code(site: Site) -> str:
    """The digits of the newest SMS, read where an operator without a gateway reads them."""
    with psycopg.connect(site.database_url) as database:
        row = database.execute(
            "SELECT text FROM notices_directmessage ORDER BY id DESC LIMIT 1"
        ).fetchone()
    found = re.search(r"\d{6}", row[0] if row else "")
    assert found
    return found.group()


@pytest.fixture
def plain(reading: Reading) -> Iterator[Page]:
    """A page that runs no script."""
    page = reading.page("", scripts=False)
    yield page
    assert page.locator("script").count() == 0


@pytest.mark.need(4, 25)
def test_everything_works_without_scripts(plain: Page, site: Site) -> None:
    page = plain
    page.goto(site.url)
    page.get_by_label("订单号").fill(CHOSEN.lower())
    page.get_by_role("button", name="查看").click()
    page.get_by_label("下单时留的手机号").fill("100 0000 0001")
    page.get_by_role("button", name="发验证码").click()
    page.get_by_label("短信里的 6 位验证码").fill(f" {newest_code(site)} ")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**/o/{CHOSEN}")
    text = page.inner_text("main")
    assert "3月2日—3月12日" in text
    assert "运车的列车停运了" in text
    page.get_by_role("link", name="选择怎么办").click()
    page.get_by_role("button", name="换一台").click()
    assert "您选了“换一台”。王敏负责" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="回到订单").click()
    page.get_by_label("我最晚要在哪天用车").fill("2026-03-09")
    page.get_by_role("button", name="看看").click()
    assert re.search(r"3月9日前到：20 次里约 \d+ 次。", page.inner_text("h1"))
    page.get_by_label("购置税").check()
    page.get_by_role("button", name="记下来").click()
    assert "记下了：3月9日，购置税。" in page.get_by_role("status").inner_text()
    page.goto(f"{site.url}/o/{scenes.CODES['expected']}")
    page.get_by_role("link", name="看规则和先交的车").click()
    text = page.inner_text("main")
    assert "前面还有 12 台" in text
    assert "退订车给了同城订单：2 台" in text


def test_the_code_of_an_sms_without_a_login(plain: Page, site: Site) -> None:
    with psycopg.connect(site.database_url) as database:
        row = database.execute(
            "SELECT n.code FROM notices_notice n JOIN orders_order o ON o.id = n.order_id"
            " WHERE o.code = %s",
            [MOVED],
        ).fetchone()
    assert row
    plain.goto(f"{site.url}/n")
    plain.get_by_label("通知码").fill("222222")
    plain.get_by_role("button", name="看通知").click()
    assert "没有找到" in plain.get_by_role("alert").inner_text()
    plain.get_by_label("通知码").fill(row[0].lower())
    plain.get_by_role("button", name="看通知").click()
    assert "运车的列车停运了" in plain.inner_text("main")
    plain.get_by_role("link", name="选择怎么办").click()
    assert "用手机号登录" in plain.inner_text("h1")
