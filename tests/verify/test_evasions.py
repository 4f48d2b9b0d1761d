"""What somebody who runs the log might try so that nothing is found, or nothing is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.verify.log_maker import DAY, START, LogMaker, small_log
from tests.verify.verifier import run
from yinuo.engines import tlog


@pytest.fixture(scope="module")
def log() -> LogMaker:
    return small_log()


def judge(log: LogMaker, bundle: dict[str, Any], folder: Path, *, seal: bool = True) -> Any:
    """What is said of a bundle, by the policy that somebody else gave."""
    (folder / "policy").write_text(log.policy(), encoding="utf-8")
    bundle = log.sealed(bundle) if seal else {k: v for k, v in bundle.items() if k != "seal"}
    (folder / "b.json").write_text(json.dumps(bundle), encoding="utf-8")
    return run("history", folder / "b.json", "--policy", folder / "policy", lang="en")


def waiting() -> LogMaker:
    """Six orders of one line."""
    log = LogMaker()
    log.free("line", line="A")
    for k in range(6):
        log.add(f"o{k}", "lock", line="A")
    log.seal(START + 3600)
    return log


@pytest.mark.need(24)
def test_a_car_that_goes_into_a_batch_of_the_far_future(tmp_path: Path) -> None:
    log = waiting()
    log.add("o5", "alloc", batch="2099-W01", line="A")
    log.add("o5", "deliver")
    log.seal(START + 3 * DAY)
    code, told = run("queue", log.write(tmp_path), lang="en")
    assert code == 1, told


@pytest.mark.need(25)
def test_a_record_without_entries_or_with_one_stream_thrice(log: LogMaker, tmp_path: Path) -> None:
    good = log.bundle("NC00")
    assert judge(log, good, tmp_path)[0] == 0
    for seal in (True, False):
        assert judge(log, {**good, "streams": []}, tmp_path, seal=seal)[0] == 2
        assert judge(log, {**good, "streams": good["streams"][:1] * 3}, tmp_path, seal=seal)[0] > 0


@pytest.mark.need(25)
def test_a_stream_that_is_left_out_is_named(log: LogMaker, tmp_path: Path) -> None:
    good = log.bundle("NC00")
    whole = judge(log, good, tmp_path)[1].split("Not proved:")[1]
    assert "stream p" not in whole
    told = judge(log, {**good, "streams": good["streams"][:1]}, tmp_path)[1]
    assert "stream p" in told.split("Not proved:")[1]


def test_a_receipt_of_another_order_and_another_origin(log: LogMaker, tmp_path: Path) -> None:
    good = log.bundle("NC00")
    other = {**good, "receipt": log.bundle("NC02")["receipt"]}
    assert judge(log, other, tmp_path)[0] == 1
    assert judge(log, {**good, "origin": "log.test/other"}, tmp_path, seal=False)[0] > 0


def test_a_seal_of_before_the_receipt_key_was_changed_still_counts(
    log: LogMaker, tmp_path: Path
) -> None:
    policy, bundle = log.policy(), log.sealed(log.bundle("NC00"))
    newer = tlog.new_signer(f"{log.receipt_signer.verifier.name}", bytes(range(32))).verifier
    later = f"{policy}# yinuo receipt {newer.vkey()}\n"
    (tmp_path / "b.json").write_text(json.dumps(bundle), encoding="utf-8")
    said = {}
    for name, text in (("both", later), ("newer", later.split("\n", 1)[1])):
        (tmp_path / name).write_text(text, encoding="utf-8")
        said[name] = run("history", tmp_path / "b.json", "--policy", tmp_path / name)[0]
    assert policy.startswith("# yinuo receipt ")
    assert said == {"both": 0, "newer": 2}


def test_what_a_stranger_wrote_cannot_move_the_terminal(log: LogMaker, tmp_path: Path) -> None:
    for order in ("X\x1b[2J", "X|Y", "X\u202e", "X\nMatch"):
        told = judge(log, {**log.bundle("NC00"), "order": order}, tmp_path, seal=False)[1]
        assert not {"\x1b", "\u202e"} & set(told)
        assert told.startswith(("Mismatch:", "Cannot tell:"))


def test_a_leaf_rewritten_with_its_hash_accuses_no_other(tmp_path: Path) -> None:
    log = LogMaker()
    log.free("line", line="A")
    for k in range(300):
        log.add(f"o{k}", "lock", line="A")
    log.seal(START)
    files = log.files()
    leaf, other = log.leaves[77], log.leaves[77].replace(b'"c":"', b'"c":"A')[: len(log.leaves[77])]
    assert leaf != other
    files["tile/entries/000"] = files["tile/entries/000"].replace(leaf, other)
    tile = files["tile/0/000"]
    files["tile/0/000"] = tile.replace(tlog.leaf_hash(leaf), tlog.leaf_hash(other))
    assert files["tile/0/000"] != tile
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    code, told = run("queue", tmp_path, lang="en")
    assert code == 1
    assert "entry" not in told.split("\n")[0], "which entry it was cannot be told"


def test_a_log_that_became_shorter_is_seen_by_whoever_watched(tmp_path: Path) -> None:
    log, folder, state = small_log(), tmp_path / "log", tmp_path / "state"
    assert run("watch", log.write(folder), "--state", state)[0] == 0
    (folder / "checkpoint").write_text(log.notes[0][1], encoding="utf-8")
    for name in ("tile/entries/000.p/25", "tile/0/000.p/25"):
        (folder / name).unlink(missing_ok=True)
    code, told = run("watch", folder, "--state", state)
    assert (code, told.split("\n")[0]) == (1, "不一致：记录变短了。")


def test_words_that_were_changed_are_not_saved_by_taking_the_seal_off(
    log: LogMaker, tmp_path: Path
) -> None:
    bundle = log.bundle("NC00")
    bundle["streams"][0]["entries"][0]["words_zh"] = "随时可以退订"
    (tmp_path / "b.json").write_text(json.dumps(bundle), encoding="utf-8")
    assert run("history", tmp_path / "b.json")[0] == 1
    assert judge(log, bundle, tmp_path, seal=False)[0] == 2


@pytest.mark.need(24)
def test_without_old_checkpoints_times_are_not_said_to_be_judged(tmp_path: Path) -> None:
    log = waiting()
    log.add("o0", "alloc", batch="2026-W02", line="A")
    log.seal(START + 60 * DAY)
    log.free("batch", batch="2026-W02", count=1, line="A")
    log.seal(START + 61 * DAY)
    folder = log.write(tmp_path)
    assert run("queue", folder)[0] == 1
    shutil.rmtree(folder / "checkpoints")
    code, told = run("queue", folder, lang="en")
    assert code == 2 or "checkpoint" in told.split("Not proved:")[1]
