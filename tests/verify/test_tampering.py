"""Single bytes of published files are changed, and files are made to break the reader."""

from __future__ import annotations

import functools
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.verify.log_maker import LogMaker, small_log
from tests.verify.verifier import VERIFY, run

CHANGES = 10_000


class Shelf:
    """The published files in memory, as the verifier reads files."""

    remote = False

    def __init__(self, held: dict[str, bytes]) -> None:
        self.held = held

    def get(self, name: str) -> bytes | None:
        return self.held.get(name)

    def names(self, folder: str) -> list[str]:
        below = folder and folder + "/"
        return sorted(name for name in self.held if name.startswith(below))


Shelf.need, Shelf.tile = VERIFY.Files.need, VERIFY.Files.tile  # type: ignore[attr-defined]


def audit(held: dict[str, bytes], policy: Any) -> str:
    """What the verifier finds in these files: empty when they hold."""
    report, found = VERIFY.Report(), VERIFY.Audit()
    files: Any = Shelf(held)
    try:
        newest = VERIFY.read_log(files, policy, found, report)
        VERIFY.check_files(files, found, report)
        VERIFY.conclude(found, newest, policy, report)
    except (VERIFY.Finding, ValueError) as finding:
        return str(finding)
    return ""


@pytest.fixture(scope="module")
def log() -> LogMaker:
    made = small_log()
    made.extra["blob/" + VERIFY.sha256(b"A claim.").hexdigest()] = b"A claim."
    return made


@pytest.mark.need(24)
def test_ten_thousand_changed_bytes_are_all_detected(
    log: LogMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same signature over the same bytes holds or does not: it is worked out once.
    monkeypatch.setattr(VERIFY, "ed25519", functools.lru_cache(VERIFY.ed25519))
    rng, held, policy = random.Random(24), log.files(), VERIFY.Policy(log.policy())
    assert audit(held, policy) == ""
    names, where = sorted(held), [len(held[name]) for name in sorted(held)]
    for _ in range(CHANGES):
        [name] = rng.choices(names, where)
        data = bytearray(held[name])
        at = rng.randrange(len(data))
        data[at] ^= rng.randint(1, 255)
        assert audit({**held, name: bytes(data)}, policy), (name, at, data[at])


def test_every_byte_of_the_published_entries_is_covered(log: LogMaker) -> None:
    held, policy = log.files(), VERIFY.Policy(log.policy())
    newest = sorted(name for name in held if name.startswith("tile/entries/"))[-1]
    for at in range(0, len(held[newest]), 3):
        data = bytearray(held[newest])
        data[at] ^= 1
        assert audit({**held, newest: bytes(data)}, policy), at


def test_a_changed_entry_is_named_where_its_hash_is_published(log: LogMaker) -> None:
    held, policy = log.files(), VERIFY.Policy(log.policy())
    name = sorted(name for name in held if name.startswith("tile/entries/000.p/"))[-1]
    place = held[name].index(log.leaves[9])
    data = bytearray(held[name])
    data[place + 20] ^= 1
    assert "entry 9 differs" in audit({**held, name: bytes(data)}, policy)


@pytest.mark.parametrize("name", ["checkpoint", "tile/entries/000.p/37", "tile/0/000.p/37"])
def test_a_missing_file_leaves_it_open(log: LogMaker, tmp_path: Path, name: str) -> None:
    folder = log.write(tmp_path)
    (folder / name).unlink()
    code, told = run("queue", folder)
    assert code == 2
    assert told.startswith("无法判断：缺少")


def test_what_is_published_ahead_of_its_checkpoint_is_not_recorded_yet(
    log: LogMaker, tmp_path: Path
) -> None:
    folder = log.write(tmp_path)
    for name in ("rules/2.json", "heads/99/0000", "anchors/99.tsr"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"soon")
    code, told = run("queue", folder)
    assert code == 0
    assert "没有核对：anchors/99.tsr, heads/99, rules/2.json。" in told


ODD: list[bytes] = [
    b"",
    b"\xff\xfe\x00",
    b"[]",
    b"7",
    b'{"a":1,"a":2}',
    b"[" * 200_000,
    b'{"bundle":' * 5000,
    b'{"bundle":1,"streams":7,"policy":"log"}',
    b'{"bundle":1,"policy":null}',
    b'{"opening":1,"policy":"quorum none\\n"}',
    b"PK\x03\x04 not a zip at all",
]


@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("command", ["history", "notice"])
def test_odd_files_end_in_a_sentence(tmp_path: Path, data: bytes, command: str) -> None:
    path = tmp_path / "odd"
    path.write_bytes(data)
    code, told = run(command, path)
    assert code == 2
    assert told.startswith("无法判断：")
    assert "Traceback" not in told


def test_every_cut_of_a_record_ends_in_a_sentence(log: LogMaker, tmp_path: Path) -> None:
    text, path = json.dumps(log.bundle("NC00"), ensure_ascii=False), tmp_path / "b.json"
    for end in range(0, len(text), 97):
        path.write_text(text[:end], encoding="utf-8")
        assert run("history", path)[0] == 2
    path.write_text(text + "x", encoding="utf-8")
    assert run("history", path)[0] == 2


def test_values_of_a_wrong_type_end_in_a_sentence(log: LogMaker, tmp_path: Path) -> None:
    path, bundle = tmp_path / "b.json", log.bundle("NC00")
    odd: list[Any] = [None, 7, [], {}, "x", -1, 1 << 70, True]
    for wrong in odd:
        for name in bundle:
            path.write_text(json.dumps({**bundle, name: wrong}), encoding="utf-8")
            assert run("history", path)[0] in (1, 2), (name, wrong)
        for name in bundle["streams"][0]:
            stream = {**bundle["streams"][0], name: wrong}
            path.write_text(json.dumps({**bundle, "streams": [stream]}), encoding="utf-8")
            code, told = run("history", path)
            assert code in (1, 2), (name, wrong)
            assert told.startswith(("不一致：", "无法判断：")), told


def test_proof_files_that_are_cut_padded_or_huge(log: LogMaker, tmp_path: Path) -> None:
    good, path, leaf = log.proof(7), tmp_path / "p", log.leaves[7].decode()
    (tmp_path / "policy").write_text(log.policy(), encoding="utf-8")
    for text in (
        *(good[:end] for end in range(0, len(good), 41)),
        good + "x",
        good + "\n",
        good.replace("index 7", "index 07"),
        good.replace("index 7", "index 7\nindex 7"),
        good.replace("@v1", "@v2"),
        good.replace("\n", "\r\n"),
    ):
        path.write_text(text, encoding="utf-8", newline="")
        assert run("proof", path, leaf)[0] in (1, 2), text
    with path.open("wb") as file:
        file.truncate(VERIFY.FILE_MAX + 1)
    code, told = run("proof", path, leaf)
    assert code == 2
    assert "太大" in told


def test_zips_that_aim_elsewhere_or_swell_are_refused(log: LogMaker, tmp_path: Path) -> None:
    path, text = tmp_path / "b.zip", json.dumps(log.bundle("NC00"))
    for name in ("../bundle.json", "/bundle.json", "a/../../bundle.json"):
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(name, text)
        assert run("history", path)[0] == 2
    link = zipfile.ZipInfo("bundle.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(link, "/etc/passwd")
    assert run("history", path)[0] == 2
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bundle.json", b" " * (VERIFY.FILE_MAX + 1))
    assert "太大" in run("history", path)[1]
