"""V1 in a real browser: a file is judged on the device, with and without WebCrypto's Ed25519."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.web.conftest import Reading, Site

pytestmark = [pytest.mark.browser, pytest.mark.need(25)]
CODE = "NC26LU"
SCRIPT_BYTES_MAX = 15 * 1024
# A browser like Chrome 109: its WebCrypto knows every hash and no Ed25519.
WITHOUT_ED25519 = """
    const real = crypto.subtle.importKey.bind(crypto.subtle);
    crypto.subtle.importKey = (form, key, how, ...rest) => how === "Ed25519"
        ? Promise.reject(new DOMException("unrecognised", "NotSupportedError"))
        : real(form, key, how, ...rest);
"""
Json = dict[str, Any]


def taken(page: Page, site: Site, path: str) -> bytes:
    """What is downloaded."""
    answer = page.request.get(f"{site.url}{path}")
    assert answer.ok, answer.text()[:500]
    return answer.body()


def judge(page: Page, name: str, content: bytes) -> list[str]:
    """The lines of the verdict on a file."""
    page.evaluate("document.getElementById('verdict').hidden = true")
    page.set_input_files("#file", FilePayload(name=name, mimeType="", buffer=content))
    page.wait_for_selector("#verdict:not([hidden])")
    return page.locator("#verdict > *").all_inner_texts()


def changed(bundle: Json, change: Callable[[Json], object]) -> bytes:
    """The file with one thing changed."""
    copy = json.loads(json.dumps(bundle))
    change(copy)
    return json.dumps(copy, ensure_ascii=False).encode()


def entry(bundle: Json) -> Json:
    """The entry that is tampered with: the newest date."""
    found: Json = bundle["streams"][1]["entries"][1]
    return found


def replace(one: Json, field: str, old: str, new: str) -> None:
    assert old in one[field]
    one[field] = one[field].replace(old, new, 1)


def tampered(bundle: Json) -> list[tuple[bytes, str]]:
    """Files with one change each, and what the first line must say of them."""
    n = f"不一致：第 {entry(bundle)['index']} 条和公开记录不同。"
    rest, gone = "不一致：文件里的证明和公开记录对不上。", "不一致：文件里少了记录。"
    changes: list[tuple[Callable[[Json], object], str]] = [
        (lambda b: replace(entry(b), "payload", "2026-03-12", "2026-03-11"), n),
        (lambda b: replace(entry(b), "leaf", '"weeks":7', '"weeks":6'), n),
        (lambda b: replace(entry(b), "words_zh", "晚", "早"), n),
        (lambda b: b["streams"][1]["entries"].pop(), gone),
        (lambda b: b["streams"].pop(), rest),
        (lambda b: b.update(order="NC26LV"), n.replace(str(entry(bundle)["index"]), "{}")),
        (lambda b: replace(b["streams"][0], "proof", "index ", "index 1"), rest),
        (lambda b: replace(b, "seal", "rest ", "rest A"), rest),
    ]
    return [(changed(bundle, change), said) for change, said in changes]


@pytest.mark.parametrize("ed25519", [True, False], ids=["webcrypto", "written out"])
def test_a_file_is_judged_on_the_device(reading: Reading, site: Site, ed25519: bool) -> None:
    page = reading.page()
    data = taken(page, site, f"/o/{CODE}/record/bundle.zip")
    text = zipfile.ZipFile(io.BytesIO(data)).read("bundle.json")
    bundle = json.loads(text)
    if not ed25519:
        page.add_init_script(WITHOUT_ED25519)
    page.goto(f"{site.url}/verify")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    match = "一致。这份记录 2026年2月11日 09:20 前写入，之后没有改过。"
    for name, content in (("bundle.zip", data), ("bundle.json", text)):
        lines = judge(page, name, content)
        assert lines[0] == match
        assert lines[-1] == "只证明记录没改、时间真实，不证明内容属实。"
    for content, said in tampered(bundle):
        assert judge(page, "bundle.json", content)[0] in (said, said.format(first(bundle)))
    wanted = [] if ed25519 else [f"GET {site.url}/static/kit/ed25519.js"]
    sent = [one for one in asked if not one.endswith("/icon.svg")]
    assert sent == wanted, "nothing of the file was sent"


def first(bundle: Json) -> int:
    """The number of the first entry."""
    return int(bundle["streams"][0]["entries"][0]["index"])


def without_witnesses(proof: str) -> str:
    """The same proof under the log's own signature alone, which stands first."""
    head, gap, signatures = proof.rpartition("\n\n")
    return f"{head}{gap}{signatures.splitlines()[0]}\n"


def test_one_entry_a_pasted_text_and_the_sample(reading: Reading, site: Site) -> None:
    page = reading.page(language="en")
    whole = json.loads(
        zipfile.ZipFile(io.BytesIO(taken(page, site, f"/o/{CODE}/record/bundle.zip"))).read(
            "bundle.json"
        )
    )
    index = entry(whole)["index"]
    opened = json.loads(taken(page, site, f"/o/{CODE}/record/{index}.json"))
    page.goto(f"{site.url}/verify")
    match = "Match: written before 11 February 2026, 09:20, unchanged since."
    assert judge(page, "entry.json", json.dumps(opened).encode())[0] == match
    bad = changed(opened, lambda one: replace(one, "payload", CODE, "NC26LV"))
    differs = f"Differs: entry {index} is not what the public record holds."
    assert judge(page, "entry.json", bad)[0] == differs
    for content in (b"", b"{", b"PK\3\4 no zip", json.dumps({"bundle": 2}).encode()):
        said = judge(page, "bundle.json", content)[0]
        assert said == "Cannot tell: this is no file of ours, or it is incomplete."
    bad = changed(opened, lambda one: one.update(order="NC26LV"))
    assert judge(page, "entry.json", bad)[0] == differs
    alone = changed(opened, lambda one: one.update(proof=without_witnesses(one["proof"])))
    few = "Cannot tell: the content agrees, but too few witnesses have signed."
    assert judge(page, "entry.json", alone)[0] == few
    other = changed(opened, lambda one: one.update(origin="log.example/other"))
    said = "Cannot tell: this file belongs to another record (log.example/other)."
    assert judge(page, "entry.json", other)[0] == said
    page.fill("#text", json.dumps(opened))
    page.click("#check")
    expect(page.locator("#verdict h2")).to_contain_text("Match")
    page.click("[data-change]")
    expect(page.locator("#verdict h2")).to_contain_text("Differs")
    page.click("[data-sample]:not([data-change])")
    expect(page.locator("#verdict h2")).to_contain_text("Match")


def test_the_script_is_small_and_is_not_needed(reading: Reading, site: Site) -> None:
    page = reading.page()
    sizes = [len(taken(page, site, f"/static/kit/{name}.js")) for name in ("verify", "ed25519")]
    assert sizes[0] <= SCRIPT_BYTES_MAX
    bare = reading.page(scripts=False)
    bare.goto(f"{site.url}/verify")
    assert bare.locator("#local").is_hidden()
    assert "离线核对" in bare.inner_text("main")
    bare.fill("#q", "0")
    bare.click("form[action='/verify'] button")
    assert bare.inner_text("h1").startswith("一致。这份记录")
