"""Each command on what holds, on what is violated and on what cannot be told."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.verify.log_maker import DAY, ORIGIN, START, LogMaker, small_log
from tests.verify.verifier import FILE, VERIFY, run, run_json


@pytest.fixture(scope="module")
def log() -> LogMaker:
    return small_log()


@pytest.fixture(scope="module")
def folder(log: LogMaker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return log.write(tmp_path_factory.mktemp("log"))


def put(path: Path, value: object) -> Path:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.need(24, 25)
def test_a_whole_log_holds_and_says_what_it_does_not_prove(folder: Path) -> None:
    code, told = run("queue", folder)
    assert code == 0
    assert told.startswith("一致。37 条记录一条没改，没有人被无故插队。\n")
    assert "订单是不是真人" in told
    code, told = run("queue", folder, lang="en")
    assert told.startswith("Match: 37 entries, none rewritten, nobody passed")


@pytest.mark.need(48)
def test_one_entry_is_proved_from_its_proof_file(log: LogMaker, tmp_path: Path) -> None:
    proof = put(tmp_path / "one.tlog-proof", log.proof(7))
    policy = put(tmp_path / "policy", log.policy())
    leaf = log.leaves[7].decode()
    assert run("proof", proof, leaf, "--policy", policy)[0] == 0
    code, told = run("proof", proof, leaf.replace('"n":0', '"n":1'), "--policy", policy)
    assert (code, told.split("\n")[0]) == (1, "不一致：第 7 条和公开记录不同。")
    policy.unlink()
    assert run("proof", proof, leaf)[0] == 2


def test_two_checkpoints_agree_or_one_is_a_fork(
    log: LogMaker, folder: Path, tmp_path: Path
) -> None:
    old, new = put(tmp_path / "old", log.notes[0][1]), put(tmp_path / "new", log.notes[2][1])
    assert run("consistency", old, new, "--log", folder)[0] == 0
    assert run("consistency", new, old, "--log", folder)[0] == 0
    forked = log.checkpoint(START, size=25, root=bytes(32))
    code, told = run("consistency", put(tmp_path / "fork", forked), new, "--log", folder)
    assert code == 1
    assert told.startswith("不一致：")


def test_a_record_holds_in_json_and_in_a_zip(log: LogMaker, tmp_path: Path) -> None:
    path = put(tmp_path / "bundle.json", log.bundle("NC00"))
    assert run("history", path)[1].startswith("一致。订单 NC00 的 4 条都在公开记录里")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as packed:
        packed.write(path, "bundle.json")
        packed.write(FILE, "verify.py")
    assert run("history", tmp_path / "bundle.zip")[0] == 0
    assert run(tmp_path / "bundle.zip")[0] == 0


@pytest.mark.need(49)
def test_every_changed_character_of_an_entry_is_found_and_named(
    log: LogMaker, tmp_path: Path
) -> None:
    bundle = log.bundle("NC00")
    for stream in range(2):
        for number, entry in enumerate(bundle["streams"][stream]["entries"]):
            for name in ("leaf", "payload", "words_zh", "words_en"):
                changed: dict[str, Any] = json.loads(json.dumps(bundle))
                text = entry[name]
                flipped = chr(ord(text[-3]) ^ 1) if len(text) > 3 else "改"
                changed["streams"][stream]["entries"][number][name] = text[:-3] + flipped
                code, told = run("history", put(tmp_path / "b.json", changed))
                assert code == 1, name
                assert told.startswith(f"不一致：第 {entry['index']} 条和公开记录不同。")


def test_without_a_seal_the_chain_still_finds_what_was_changed(
    log: LogMaker, tmp_path: Path
) -> None:
    bundle = log.bundle("NC00")
    del bundle["seal"]
    code, told = run("history", put(tmp_path / "b.json", bundle))
    assert code == 2
    assert told.startswith("无法判断：没有封签。")
    entry = bundle["streams"][0]["entries"][1]
    entry["payload"] = entry["payload"].replace("08:01", "08:02")
    code, told = run("history", put(tmp_path / "b.json", bundle))
    assert (code, told.split("\n")[0]) == (1, f"不一致：第 {entry['index']} 条和公开记录不同。")


def test_a_hidden_last_entry_is_found_by_the_map_of_last_entries(
    log: LogMaker, tmp_path: Path
) -> None:
    bundle = log.bundle("NC00")
    stream = bundle["streams"][0]
    stream["entries"].pop()
    stream["proof"] = log.proof(stream["entries"][-1]["index"])
    code, told = run("history", put(tmp_path / "b.json", log.sealed(bundle)))
    assert code == 1
    assert "q 列里有一条没有给出来" in told
    del stream["head"]
    code, told = run("history", put(tmp_path / "b.json", log.sealed(bundle)))
    assert code == 0
    assert "q 列后面还有没有别的条目，不知道" in told


def test_the_stream_of_another_order_is_not_taken_for_ones_own(
    log: LogMaker, tmp_path: Path
) -> None:
    bundle = log.bundle("NC00")
    bundle["order"] = "NC09"
    code, told = run("history", put(tmp_path / "b.json", log.sealed(bundle)))
    assert code == 1
    assert "不是这个订单的" in told


def test_one_opened_entry_shows_itself_and_nothing_else(log: LogMaker, tmp_path: Path) -> None:
    opening = log.opening("NC00", "q", 1)
    code, told = run("notice", put(tmp_path / "o.json", opening))
    assert (code, told[:3]) == (0, "一致。")
    opening["payload"] = opening["payload"].replace("NC00", "NC01")
    code, told = run("notice", put(tmp_path / "o.json", opening))
    assert (code, told.split("\n")[0]) == (1, f"不一致：第 {opening['index']} 条和公开记录不同。")


def test_a_quorum_that_is_missing_leaves_it_open(tmp_path: Path) -> None:
    log = LogMaker()
    log.seal(None)
    assert run("queue", log.write(tmp_path / "a"))[0] == 2
    alone = LogMaker(witnesses=0)
    alone.seal(None)
    code, told = run("queue", alone.write(tmp_path / "b"))
    assert code == 0
    assert "策略没有要求见证" in told


def test_watching_goes_on_and_refuses_a_fork_with_both_notes_kept(tmp_path: Path) -> None:
    log, state = small_log(), tmp_path / "state"
    words = ("watch", log.write(tmp_path / "log"), "--state", state)
    assert run_json(*words)[1]["new"] == 37
    log.add("NC04", "alloc", batch="2026-W04", line="NC-LR")
    log.seal(START + 15 * DAY)
    log.write(tmp_path / "log")
    code, told = run_json(*words)
    assert (code, told["new"]) == (0, 1)
    forked = small_log()
    forked.add("NC06", "alloc", batch="2026-W04", line="NC-LR")
    forked.add("NC06", "deliver")
    forked.seal(START + 16 * DAY)
    forked.write(tmp_path / "log")
    code, text = run(*words)
    assert code == 1
    kept = (tmp_path / "state.evidence").read_text(encoding="utf-8")
    assert log.notes[-1][1] in kept
    assert forked.notes[-1][1] in kept
    assert "state.evidence" in text


def test_a_state_that_was_tampered_with_is_not_taken(tmp_path: Path) -> None:
    log, state = small_log(), tmp_path / "state"
    state.write_bytes(b"1\n2\n3\n")
    code, told = run("watch", log.write(tmp_path / "log"), "--state", state)
    assert code == 2
    assert told.startswith("无法判断：--state（删掉它就从头来 / delete it to begin anew） 读不了。")
    forked = log.checkpoint(START, size=25, root=bytes(32))
    code, told = run("watch", tmp_path / "log", "--state", put(state, forked))
    assert code == 1
    assert told.startswith("不一致：")


def test_it_runs_as_a_program_by_itself(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", FILE, "queue", folder, "--lang", "en"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Match: ")
    assert done.stderr == ""


def test_signatures_hold_without_the_library_too(
    log: LogMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VERIFY, "Ed25519PublicKey", None)
    put(tmp_path / "policy", log.policy())
    proof = put(tmp_path / "one.tlog-proof", log.proof(7))
    assert run("proof", proof, log.leaves[7].decode())[0] == 0
    bad = log.proof(7).replace(f"— {ORIGIN} ", f"— {ORIGIN} ", 1)
    line = next(one for one in bad.split("\n") if one.startswith(f"— {ORIGIN} "))
    broken = line[:-8] + ("AAAA" if line[-8:-4] != "AAAA" else "BBBB") + line[-4:]
    put(proof, bad.replace(line, broken))
    assert run("proof", proof, log.leaves[7].decode())[0] == 1


def test_the_one_file_needs_python_3_9_and_nothing_else() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 9))
    named: set[str] = set()
    for found in ast.walk(tree):
        if isinstance(found, ast.Import):
            named |= {one.name.split(".")[0] for one in found.names}
        elif isinstance(found, ast.ImportFrom):
            named.add(str(found.module).split(".")[0])
    # The library for signatures is used where it is there; a test does without it.
    assert named - {"cryptography"} <= set(sys.stdlib_module_names)
