"""Minute 9:20: a downloaded record is checked offline, and one changed sign is found."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, FilePayload, Page
from psycopg.conninfo import make_conninfo

from tests.conftest import _on_server
from tests.logs import until
from tests.tour.conftest import Tour
from tests.web.conftest import serve
from yinuo.config.notaries import Notaries
from yinuo.notary.client import SignerAway, SignerClient

pytestmark = pytest.mark.browser
CODE = "HK24LI"
SAYS = {
    "zh": ("一致", "不一致：第 {n} 条", "找不到。", "只证明记录没改、时间真实，不证明内容属实。"),
    "en": ("Match", "entry {n}", "Not found.", "not that what it says is so."),
}
# The verifier in a process that cannot open any connection.
WITHOUT_NETWORK = """
import runpy, sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise OSError("the network is off")
sys.addaudithook(refuse)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def published(
    demo_template: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tour]:
    """The demo with its log published, signed and witnessed, served."""
    folder = tmp_path_factory.mktemp("log")
    top = Path(settings.SIGNER_DIR).parent
    for name in ("signer", "witness-1", "witness-2", "witness-3"):
        shutil.copytree(top / name, folder / name)
    shutil.copytree(settings.LOG_DIR, folder / "log")
    name = f"yinuo_tour_log_{os.getpid()}"
    _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=demo_template)
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=name)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "LOG_DIR": str(folder / "log"),
        "SIGNER_DIR": str(folder / "signer"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for one in ("LOG_DIR", "SIGNER_DIR", "PYTHONPATH"):
            patch.setenv(one, environment[one])
        notaries = Notaries(Path(settings.STATE_DIR))
        notaries.tend()
    try:
        until(lambda: _answers(folder / "signer"))
        once = [sys.executable, "-m", "django", "log", "run", "--once"]
        subprocess.run(once, env=environment, check=True, stdout=subprocess.PIPE)
        with serve(environment) as address:
            tour = Tour(address, url, browser, "zh", True)
            yield tour
            for context in tour.contexts:
                context.close()
    finally:
        notaries.stop()
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)


def _answers(folder: Path) -> bool:
    try:
        SignerClient(folder).state()
    except SignerAway:
        return False
    return True


def verify(folder: Path, name: str, language: str) -> tuple[int, str]:
    """The exit and the first line of the verifier that came with the file, offline."""
    words = ["verify.py", "history", "--lang", language, name]
    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT_NETWORK, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stdout.split("\n")[0]


def change_one(bundle: bytes) -> tuple[bytes, int]:
    """The file with one sign of one entry changed, and that entry's number."""
    entries = [one for stream in json.loads(bundle)["streams"] for one in stream["entries"]]
    chosen = entries[len(entries) // 2]
    written = json.dumps(chosen["payload"], ensure_ascii=False).encode()
    assert bundle.count(written) == 1
    place = written.rindex(b'\\"', 0, -3) - 1
    changed = (
        written[:place]
        + (b"8" if written[place : place + 1] != b"8" else b"9")
        + written[place + 1 :]
    )
    assert len(changed) == len(written)
    return bundle.replace(written, changed), int(chosen["index"])


def judged(page: Page, tour: Tour, content: bytes) -> str:
    """What the page says of a file: in the browser, or by its digest where scripts are off."""
    page.goto(f"{tour.url}/verify")
    if tour.scripts:
        page.set_input_files("#file", FilePayload(name="bundle.json", mimeType="", buffer=content))
        page.wait_for_selector("#verdict:not([hidden])")
        return page.locator("#verdict h2").inner_text()
    page.fill("#q", hashlib.sha256(content).hexdigest())
    page.click("form[action='/verify'] button")
    return page.inner_text("h1")


def taken(tour: Tour) -> tuple[Page, bytes]:
    """Two taps from the order's page: the downloaded file, and the page after it."""
    page = tour.home(CODE)
    tour.tap(page, f".bar a[href='/o/{CODE}/record']")
    with page.expect_download() as coming:
        tour.tap(page, f"a[href='/o/{CODE}/record/bundle.zip']")
    assert tour.taps == 2
    assert coming.value.suggested_filename == f"record-{CODE}.zip"
    return page, coming.value.path().read_bytes()


@pytest.mark.need(25, 137)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_changed_sign_is_found_without_us(
    published: Tour, language: str, tmp_path: Path
) -> None:
    tour = published
    tour.language = language
    match, differs, unknown, only = SAYS[language]
    pages, files = [], []
    for tour.scripts in (True, False):
        page, data = taken(tour)
        pages.append(page)
        files.append(data)
    assert files[0] == files[1], "the same record makes the same bytes"
    zipfile.ZipFile(io.BytesIO(files[0])).extractall(tmp_path)
    whole = (tmp_path / "bundle.json").read_bytes()
    changed, n = change_one(whole)
    (tmp_path / "changed.json").write_bytes(changed)
    code, said = verify(tmp_path, "bundle.json", language)
    assert (code, said.startswith(match)) == (0, True), said
    code, said = verify(tmp_path, "changed.json", language)
    assert code == 1
    assert differs.format(n=n) in said or differs.format(n=f"{n:,}") in said
    for tour.scripts, page in zip((True, False), pages, strict=True):
        assert judged(page, tour, whole).startswith(match)
        assert only in page.inner_text("main")
        answer = judged(page, tour, changed)
        assert (differs.format(n=f"{n:,}") if tour.scripts else unknown) in answer
