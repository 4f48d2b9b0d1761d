"""The log's public folder as files: names of ours, the right types, nothing that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
FOR_EVER = "public, max-age=31536000, immutable"
FILES = {
    "checkpoint": ("text/plain; charset=utf-8", "no-store"),
    "policy": ("text/plain; charset=utf-8", "no-store"),
    "verify.py": ("text/plain; charset=utf-8", "no-store"),
    "checkpoints/2026-02-11": ("text/plain; charset=utf-8", "no-store"),
    "tile/0/000": ("application/octet-stream", FOR_EVER),
    "tile/2/x001/x234/067": ("application/octet-stream", FOR_EVER),
    "tile/0/003.p/17": ("application/octet-stream", FOR_EVER),
    "tile/entries/x001/000.p/255": ("application/octet-stream", FOR_EVER),
    "heads/1234/index": ("application/octet-stream", FOR_EVER),
    "heads/1234/00ff": ("text/plain; charset=utf-8", FOR_EVER),
    "anchors/1234.tsr": ("application/timestamp-reply", FOR_EVER),
    f"blob/{'0a' * 32}": ("text/plain; charset=utf-8", FOR_EVER),
    "rules/1.json": ("application/json", FOR_EVER),
}
NO_NAMES = (
    "",
    "nothing",
    "secret_key",
    "../secret_key",
    "tile/../../secret_key",
    "tile//000",
    "tile/0/0",
    "tile/0/x001",
    "tile/0/x001/",
    "tile/64/000",
    "tile/0/" + "x000/" * 5 + "000",
    "tile/0/" + "x000/" * 900 + "000",
    "tile/0/٠٠٠",
    "checkpoints/２０２６-02-11",
    "tile/00/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/017",
    "tile/entries/000/",
    "checkpoints/20260211",
    "heads/12/0000/0000",
    "blob/0A",
    "rules/1.json.bak",
)


@pytest.fixture
def folder(tmp_path: Path, settings: object) -> Path:
    """A public folder with a file of every sort; beside it lies what nobody may read."""
    settings.LOG_DIR = tmp_path / "log"  # type: ignore[attr-defined]
    (tmp_path / "secret_key").write_text("secret")
    for name in FILES:
        path = tmp_path / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{name} \0\xff".encode())
    return tmp_path / "log"


@pytest.mark.parametrize("name", FILES)
def test_every_sort_of_file_is_served_as_it_lies_there(folder: Path, name: str) -> None:
    answer = Client().get(f"/log/{name}")
    assert answer.content == (folder / name).read_bytes()
    assert (answer["Content-Type"], answer["Cache-Control"]) == FILES[name]
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies
    head = Client().head(f"/log/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_of_ours_is_not_found_in_plain_text(folder: Path, name: str) -> None:
    answer = Client().get(f"/log/{name}")
    assert answer.status_code == 404
    if name:
        assert answer.content == b"not found\n"
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["Cache-Control"] == "no-store"


def test_a_file_that_is_not_there_yet_is_not_kept_as_missing(folder: Path) -> None:
    for name in ("tile/0/001", "tile/0/000.p/3", "heads/9/0000", "checkpoints/2026-02-12"):
        answer = Client().get(f"/log/{name}")
        assert (answer.status_code, answer["Cache-Control"]) == (404, "no-store")
    (folder / "checkpoint").unlink()
    (folder / "checkpoint").mkdir()
    assert Client().get("/log/checkpoint").status_code == 404


def test_nothing_can_be_written_there(folder: Path) -> None:
    assert Client().post("/log/checkpoint").status_code == 405
