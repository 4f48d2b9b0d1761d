"""V1 in a real browser: a file is judged on the device, with and without WebCrypto's Ed25519.

What is said of which file stands in `tests/verify/record_cases.py`; here it is given to the page.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.verify.record_cases import PHOTO, changed, swap, without_witnesses, written
from tests.web.conftest import Reading, Site

pytestmark = [pytest.mark.browser, pytest.mark.need(25)]
CODE = "NC26LU"
# A browser like Chrome 109: its WebCrypto knows every hash and no Ed25519.
WITHOUT_ED25519 = """
    const real = crypto.subtle.importKey.bind(crypto.subtle);
    crypto.subtle.importKey = (form, key, how, ...rest) => how === "Ed25519"
        ? Promise.reject(new DOMException("unrecognised", "NotSupportedError"))
        : real(form, key, how, ...rest);
"""
DROP = """(bytes) => {
    const held = new DataTransfer();
    if (bytes) held.items.add(new File([new Uint8Array(bytes)], "large"));
    const drop = new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true });
    document.getElementById("local").dispatchEvent(drop);
}"""
Json = dict[str, Any]


def taken(page: Page, site: Site, path: str) -> bytes:
    """What is downloaded."""
    answer = page.request.get(f"{site.url}{path}")
    assert answer.ok, answer.text()[:500]
    return answer.body()


def said(page: Page) -> list[str]:
    """The lines of the verdict, once there is one; it is taken away again."""
    page.wait_for_selector("#verdict:not([hidden])")
    lines = page.locator("#verdict > *").all_inner_texts()
    page.evaluate("document.getElementById('verdict').hidden = true")
    return lines


def judge(page: Page, name: str, content: bytes) -> list[str]:
    """The lines of the verdict on a file."""
    page.set_input_files("#file", FilePayload(name=name, mimeType="", buffer=content))
    return said(page)


def entry(bundle: Json) -> Json:
    """The entry that is tampered with: the newest date."""
    found: Json = bundle["streams"][1]["entries"][1]
    return found


@pytest.mark.parametrize("ed25519", [True, False], ids=["webcrypto", "written out"])
def test_a_file_is_judged_on_the_device(reading: Reading, site: Site, ed25519: bool) -> None:
    page = reading.page()
    data = taken(page, site, f"/o/{CODE}/record/bundle.zip")
    bundle = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("bundle.json"))
    if not ed25519:
        page.add_init_script(WITHOUT_ED25519)
    page.goto(f"{site.url}/verify")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    lines = judge(page, f"record-{CODE}.zip", data)
    assert lines[0] == "一致。这份记录 2026年2月11日 09:20 前写入，之后没有改过。"
    assert lines[-1] == "只证明记录没改、时间真实，不证明内容属实。"
    bad = changed(bundle, lambda b: swap(entry(b), "payload", "2026-03-12", "2026-03-11"))
    lines = judge(page, "bundle.json", written(bad))
    assert lines[0] == f"不一致：第 {entry(bundle)['index']} 条和公开记录不同。"
    assert lines[-1].startswith("请向给您文件的人要原件。")
    page.click("#check")
    assert said(page) == lines, "the button below means the file when nothing is pasted"
    wanted = [] if ed25519 else [f"GET {site.url}/static/kit/ed25519.js"]
    sent = [one for one in asked if not one.endswith("/icon.svg")]
    assert sent == wanted, "nothing of the file was sent"


def test_whatever_is_given_gets_an_answer(reading: Reading, site: Site) -> None:
    page = reading.page(language="en")
    page.goto(f"{site.url}/verify")
    page.fill("#text", " \n")
    page.click("#check")
    assert said(page)[0].startswith("Cannot tell: nothing is pasted yet.")
    for name, content, words in (
        ("bundle.json", b"", "the file is empty. Download it again."),
        ("photo.jpg", PHOTO, "this is no record. Choose the downloaded record-….zip"),
        ("bundle.json", b"{", "the file is not whole, or a program rewrote it."),
    ):
        assert judge(page, name, content)[0].startswith(f"Cannot tell: {words}")
    page.evaluate(DROP, (1 << 26) + 1)
    assert said(page)[0].startswith("Cannot tell: the file is too large.")
    page.evaluate(DROP, 0)
    assert said(page)[0].startswith("Cannot tell: no file could be read.")
    page.route("**/log/0.json", lambda route: route.abort())
    page.click("[data-change]")
    assert said(page)[0] == (
        "Cannot tell: the sample could not be fetched. Go online and try again."
    )


def test_one_entry_a_pasted_text_and_the_sample(reading: Reading, site: Site) -> None:
    page = reading.page(language="en")
    data = taken(page, site, f"/o/{CODE}/record/bundle.zip")
    index = entry(json.loads(zipfile.ZipFile(io.BytesIO(data)).read("bundle.json")))["index"]
    opened = json.loads(taken(page, site, f"/o/{CODE}/record/{index}.json"))
    page.goto(f"{site.url}/verify")
    match = "Match: written before 11 February 2026, 09:20, unchanged since."
    assert judge(page, "entry.json", written(opened))[0] == match
    alone = changed(opened, lambda one: one.update(proof=without_witnesses(one["proof"])))
    few = "Cannot tell: the content agrees, but too few witnesses have signed."
    assert judge(page, "entry.json", written(alone))[0].startswith(few)
    other = changed(opened, lambda one: one.update(origin="log.example/other"))
    words = "Cannot tell: this file belongs to another record (log.example/other)."
    assert judge(page, "entry.json", written(other))[0].startswith(words)
    page.fill("#text", json.dumps(opened))
    page.click("#check")
    expect(page.locator("#verdict h2")).to_contain_text("Match")
    page.click("[data-change]")
    expect(page.locator("#verdict h2")).to_contain_text("Mismatch")
    page.click("[data-sample]:not([data-change])")
    expect(page.locator("#verdict h2")).to_contain_text("Match")


def test_the_script_is_not_needed(reading: Reading, site: Site) -> None:
    bare = reading.page(scripts=False)
    bare.goto(f"{site.url}/verify")
    assert bare.locator("#local").is_hidden()
    assert "离线核对" in bare.inner_text("main")
    bare.fill("#q", "0")
    bare.click("form[action='/verify'] button")
    assert bare.inner_text("h1").startswith("一致。这份记录")
