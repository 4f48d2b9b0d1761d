"""What cannot be read is named, what was not judged is said, and whoever was passed is counted."""

from __future__ import annotations

import io
import re
import shutil
import tokenize
from pathlib import Path

import pytest

from tests.verify.log_maker import DAY, START, LogMaker, canonical, small_log
from tests.verify.record_cases import ORDER, rotated, written
from tests.verify.test_threats import batch, started
from tests.verify.verifier import FILE, run, run_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_log().write(tmp_path / "log")


def verdict(folder: Path) -> str:
    return run("queue", folder, lang="en")[1].split("\n")[0]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("checkpoint", None),
        ("checkpoint", b"log.test/cars\r\n37\r\n"),
        ("checkpoint", b"\xff\xfe"),
        ("policy", b"quorum none\r\n"),
        ("checkpoints/2026-01-05", b"no note"),
        ("tile/0/000.p/37", None),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str, data: bytes | None) -> None:
    (folder / name).unlink()
    if data is None:
        (folder / name).mkdir()
    else:
        (folder / name).write_bytes(data)
    assert verdict(folder) == f"Cannot tell: {name} cannot be read."


def test_no_word_of_python_is_in_a_verdict(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"bundle": 1, "streams": [', encoding="utf-8")
    (tmp_path / "closed").mkdir()
    for words in (
        ("history", tmp_path / "bad.json"),
        ("history", tmp_path / "closed"),
        ("notice", tmp_path / "bad.json"),
        ("proof", tmp_path / "bad.json", "{}", "--policy", folder / "policy"),
        ("consistency", tmp_path / "bad.json", folder / "checkpoint", "--log", folder),
        ("queue", "http://127.0.0.1:9"),
    ):
        code, told = run(*words, lang="en")
        assert code == 2
        assert not re.search(r"Error|None|\[Errno|\(|'", told.split("\n")[0]), told


@pytest.mark.parametrize("name", ["heads/x", "heads/7/0000", "rules/2.json", "anchors/5.tsr", "x"])
def test_what_is_not_part_of_the_record_is_said(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"7")
    code, told = run("queue", folder, lang="en")
    assert code == 0
    short = "/".join(name.split("/")[:2])
    assert f"files that are not part of the record, or not yet: {short}." in told


def test_a_narrow_tile_that_is_gone_is_read_from_the_full_one(tmp_path: Path) -> None:
    log = LogMaker()
    log.free("line", line="A")
    for k in range(600):
        log.add(f"o{k}", "lock", line="A")
        if k in (300, 599):
            log.seal(START + k * 60)
    log.write(tmp_path)
    (tmp_path / "checkpoint").write_text(log.notes[0][1], encoding="utf-8")
    for one in tmp_path.rglob("*.p"):
        shutil.rmtree(one)
    (tmp_path / "tile" / "1" / "000.p").mkdir()
    assert verdict(tmp_path) == "Cannot tell: tile/1/000.p/1 is missing."
    for name, data in log.files().items():
        if name.startswith("tile/1/"):
            (tmp_path / name).write_bytes(data)
    code, told = run_json("queue", tmp_path)
    assert (code, told["size"]) == (0, 305)
    full = (tmp_path / "tile/entries/001").read_bytes()
    (tmp_path / "tile/entries/001").write_bytes(full[:-1])
    assert verdict(tmp_path).startswith("Mismatch: tile/entries/001.p/")


@pytest.mark.need(24)
def test_whoever_was_passed_while_held_or_after_coming_back_is_counted(tmp_path: Path) -> None:
    log = started()
    log.add("NC0", "hold", code="QUALITY")
    log.add("NC1", "cancel")
    log.add("NC1", "restore")
    log.add("NC2", "move", line="L", kept="yes")
    batch(log, "2026-W02", "NC3", "NC4")
    log.seal(START + 7 * DAY)
    code, told = run_json("queue", log.write(tmp_path))
    assert code == 0
    assert told["waited"] == {"QUALITY": 2, "CAME_BACK": 2, "MOVED_IN": 2}
    assert "越过暂停中或刚回到队里的订单 2 次：QUALITY。" in told["not_proved"]


@pytest.mark.need(24)
def test_the_newest_batch_is_judged_once_nothing_can_be_added_to_it(tmp_path: Path) -> None:
    for days, expected in ((8, 0), (18, 1)):
        log = started()
        for k in (4, 5):
            log.add(f"NC{k}", "except", code="LATE")
        batch(log, "2026-W02", "NC4", "NC5")
        log.seal(START + 7 * DAY)
        log.seal(START + days * DAY)
        code, told = run("queue", log.write(tmp_path / str(days)), lang="en")
        assert code == expected
        assert ("how often batch 2026-W02 used a reason: not judged yet" in told) == (not code)


def test_a_rule_that_does_not_bind_yet_shortens_no_notice(tmp_path: Path) -> None:
    log = started()
    later = {**log.rule, "rule": 2, "binds": "2026-03-01", "notice_days": 0}
    log.append(canonical(later))
    log.seal(START + DAY)
    log.append(canonical({**later, "rule": 3, "binds": "2026-01-12"}))
    log.seal(START + 2 * DAY)
    code, told = run("queue", log.write(tmp_path), lang="en")
    assert code == 1
    assert f"entry {len(log.leaves) - 1}: the rule allows no such “rule” entry" in told


def test_moves_keep_the_rank_lose_it_or_take_the_move_back(tmp_path: Path) -> None:
    def moved(*kept: str) -> LogMaker:
        log = started()
        log.free("line", line="M")
        for k, one in enumerate(kept):
            log.add("NC1", "move", line="LM"[k % 2 == 0], kept=one)
        for week in (2, 3):  # So long it may be passed, as one who came back.
            batch(log, f"2026-W{week:02d}", f"NC{2 * week - 4 or 2}")
        return log

    for kept, expected in ((("no", "back"), 1), (("no", "yes"), 0), (("yes", "no"), 0)):
        log = moved(*kept)
        batch(log, "2026-W04", "NC5")
        log.seal(START + 16 * DAY)
        [*_, found] = run_json("queue", log.write(tmp_path / kept[1]))[1]["findings"]
        assert (log.streams["NC1", "q"][0].index in found["passed"]) == expected, kept
    for wrong in (["no", "back", "back"], ["back"], ["yes", "maybe"]):
        log = moved(*wrong)
        log.seal(START + 16 * DAY)
        [found, *_] = run_json("queue", log.write(tmp_path / f"{len(wrong)}"))[1]["findings"]
        assert found["entry"] == log.streams["NC1", "q"][-1].index, wrong
    log = started()
    for line in ("M", "N"):
        log.free("line", line=line)
    log.add("NC1", "move", line="M", kept="no")
    elsewhere = log.add("NC1", "move", line="N", kept="back")
    log.seal(START + DAY)
    [found] = run_json("queue", log.write(tmp_path / "elsewhere"))[1]["findings"]
    assert found["entry"] == elsewhere


def test_every_line_is_short_enough_to_be_read_and_says_one_thing() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert max(map(len, text.split("\n"))) <= 100
    signs = tokenize.generate_tokens(io.StringIO(text).readline)
    assert ";" not in {one.string for one in signs if one.type == tokenize.OP}


@pytest.mark.need(25)
def test_a_record_is_judged_by_the_policy_that_was_given_not_by_its_own(tmp_path: Path) -> None:
    """After a change of the key an older record holds still; nobody changed anything."""
    log, before, _, record = rotated()
    [line] = [one for one in before.split("\n") if one.startswith("log ")]
    older, file, policy = small_log().bundle(ORDER), tmp_path / "b.json", tmp_path / "policy"
    for bundle, given, expected in (
        (older, log.policy() + line + "\n", 0),
        (record, log.policy() + line + "\n", 0),
        (record, before, 2),
    ):
        file.write_bytes(written(bundle))
        policy.write_text(given, encoding="utf-8")
        code, told = run("history", file, "--policy", policy, lang="en")
        assert code == expected, told
        assert "its own policy: it carries another than the one given." in told
    code, told = run("queue", log.write(tmp_path / "log"), "--policy", policy, lang="en")
    assert (code, told.split("\n")[0]) == (2, "Cannot tell: another policy is published.")
