"""A watch goes on from what it saw: it reads what is new, and what it says equals a whole audit."""

from __future__ import annotations

import copy
import io
import os
import pickle
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.verify.histories import History
from tests.verify.log_maker import DAY, RULE, START, LogMaker, small_log
from tests.verify.verifier import VERIFY, run, run_json


def grown(log: LogMaker, orders: int, at: int) -> LogMaker:
    """The same log with more orders, sealed again."""
    for _ in range(orders):
        log.add(f"more{len(log.leaves)}", "lock", line="NC-LR")
    log.seal(at)
    return log


def reading(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all files of the log that are read from now on."""
    asked: list[str] = []
    get = VERIFY.Files.get

    def noted(files: Any, name: str) -> bytes | None:
        if files.where:
            asked.append(name)
        found: bytes | None = get(files, name)
        return found

    monkeypatch.setattr(VERIFY.Files, "get", noted)
    return asked


@pytest.mark.need(24, 25)
def test_only_what_is_new_is_read_again_and_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = grown(small_log(), 800, START + 15 * DAY)
    words = ("watch", log.write(tmp_path / "log"), "--state", tmp_path / "state")
    assert run(*words)[0] == 0
    grown(log, 20, START + 16 * DAY).write(tmp_path / "log")
    asked = reading(monkeypatch)
    code, told = run_json(*words)
    assert (code, told["new"], told["size"]) == (0, 20, 857)
    assert any("前 837 条是以前读的，文件没有重读" in one for one in told["not_proved"])
    assert "tile/entries/003.p/89" in asked
    assert not [name for name in asked if re.fullmatch("tile/.*/00[012]", name)]
    asked.clear()
    assert run_json(*words)[1]["new"] == 0
    assert not [name for name in asked if re.fullmatch("tile/.*/00[012]", name)]


@pytest.mark.need(24)
def test_what_is_read_in_parts_is_judged_like_the_whole(tmp_path: Path) -> None:
    rng, rule, seen = random.Random(12), copy.deepcopy(RULE), 0
    for number in range(12):
        texts = History(rng, rule).make(60).texts
        log, folder = LogMaker(rule=rule), tmp_path / str(number)
        log.leaves = texts[:1]
        for step, end in enumerate((1, 20, 21, 45, len(texts))):
            log.leaves += texts[len(log.leaves) : end]
            log.seal(START + step * DAY)
            log.write(folder)
            parts = run_json("watch", folder, "--state", tmp_path / f"{number}.state")
            whole = run_json("queue", folder)
            for told in (parts[1], whole[1]):
                told.pop("new", None)
                told["not_proved"] = [one for one in told["not_proved"] if "以前读的" not in one]
            assert parts == whole, (number, step)
            seen += whole[0] == 1
    assert seen > 5


def test_a_past_that_was_rewritten_since_is_seen(tmp_path: Path) -> None:
    for place in (5, 26):
        log, folder, state = small_log(), tmp_path / f"log{place}", tmp_path / f"s{place}"
        assert run("watch", log.write(folder), "--state", state)[0] == 0
        log.leaves[place] = log.leaves[place].replace(b'"c":"', b'"c":"A', 1)
        grown(log, 3, START + 15 * DAY).write(folder)
        code, told = run("watch", folder, "--state", state)
        assert (code, told.split("\n")[0]) == (1, f"不一致：第 {place} 条和公开记录不同。")
        assert (tmp_path / f"s{place}.evidence").is_file()


def test_a_shorter_log_is_evidence_only_where_it_is_signed(tmp_path: Path) -> None:
    log, folder, state = small_log(), tmp_path / "log", tmp_path / "state"
    assert run("watch", log.write(folder), "--state", state)[0] == 0
    note = log.notes[0][1]
    (folder / "checkpoint").write_text(note.replace("\n25\n", "\n24\n"), encoding="utf-8")
    assert run("watch", folder, "--state", state)[0] > 0
    assert not (tmp_path / "state.evidence").exists(), "anybody could have written that"
    (folder / "checkpoint").write_text(log.notes[0][1], encoding="utf-8")
    code, told = run("watch", folder, "--state", state)
    assert (code, told.split("\n")[0]) == (1, "不一致：记录变短了。")
    kept = (tmp_path / "state.evidence").read_text(encoding="utf-8")
    assert log.notes[-1][1] in kept
    assert note in kept


class Trap:
    """Runs a command when it is loaded carelessly."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def test_a_state_of_somebody_else_runs_nothing_and_is_named(tmp_path: Path) -> None:
    log, state, harm = small_log(), tmp_path / "state", tmp_path / "harm"
    words = ("watch", log.write(tmp_path / "log"), "--state", state)
    assert run(*words)[0] == 0
    whole = (tmp_path / "state.audit").read_bytes()
    for data in (
        b"",
        b"not a pickle",
        whole[: len(whole) // 2],
        pickle.dumps(Trap(f"touch {harm}")),
        pickle.dumps((7, 7)),
        pickle.dumps((1, 2, {"size": "many"})),
    ):
        (tmp_path / "state.audit").write_bytes(data)
        code, told = run(*words)
        if code:
            assert told.startswith("无法判断：--state（删掉它就从头来"), told
        assert not harm.exists()
    # Of another version of the verifier, or of another note, it is not believed: all is read.
    version, note, kept = VERIFY.Loader(io.BytesIO(whole)).load()
    for other in ((b"older", note, kept), (version, b"another note", kept)):
        (tmp_path / "state.audit").write_bytes(pickle.dumps(other, 5))
        code, told = run(*words)
        assert code == 0
        assert "以前读的" not in told
    kept["size"] = "many"
    (tmp_path / "state.audit").write_bytes(pickle.dumps((version, note, kept), 5))
    assert run(*words)[0] == 2
