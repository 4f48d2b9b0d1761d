"""The page's script and the verifier say the same of the same files, whatever they are given."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.verify import record_cases
from tests.verify.log_maker import LogMaker, small_log
from tests.verify.record_cases import HOLDS, UNCLEAR, VIOLATED, Case, written
from tests.verify.verifier import run
from yinuo.web.kit.wording import all_words, say

JUDGE = Path(__file__).with_name("judge.mjs")
STATIC = Path(__file__).parents[2] / "src/yinuo/web/kit/static/kit"
# What a verdict begins with, by the exit code of the verifier.
BEGINS = {
    "zh": ("一致。", "不一致：", "无法判断："),
    "en": ("Match", "Mismatch:", "Cannot tell:"),
}
# How a way out begins.
WAYS = {
    "zh": "请",
    "en": r"(?:[.:] |and )(Download|Choose|Press|Paste|Check it|Use|Go online|See) ",
}
# What is said below a verdict.
NOTES = ("complete", "open_end", "waiting", "one_only")
Json = dict[str, Any]


def asked(
    files: Sequence[bytes], policy: str, keys: Sequence[Json] = (), *, bare: bool = False
) -> list[Json]:
    """What the page would be told to say of each file."""
    lines = [
        json.dumps(
            {"file": base64.b64encode(one).decode(), "policy": policy, "keys": keys, "bare": bare}
        )
        for one in files
    ]
    command = [
        "node",
        "--no-warnings",
        str(JUDGE),
        *map(str, (STATIC / "record.js", STATIC / "ed25519.js")),
    ]
    done = subprocess.run(
        command, input="\n".join(lines), check=True, capture_output=True, encoding="utf-8"
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def exit_of(key: str) -> int:
    """The exit code that a key of the page's words stands for."""
    if key.startswith("match"):
        return HOLDS
    return VIOLATED if key.startswith("differs") else UNCLEAR


@pytest.fixture(scope="module")
def log() -> LogMaker:
    return small_log()


@pytest.fixture(scope="module")
def cases(log: LogMaker) -> list[Case]:
    found = record_cases.list_cases(log)
    assert len({one.name for one in found}) == len(found) > 50
    return found


@pytest.mark.need(25, 137)
def test_the_verifier_says_what_the_table_says(cases: list[Case], tmp_path: Path) -> None:
    for case in cases:
        (tmp_path / "file").write_bytes(case.data)
        for language in ("zh", "en"):
            code, told = run("history", tmp_path / "file", lang=language)
            assert code == case.code, (case.name, told)
            assert told.startswith(BEGINS[language][code]), (case.name, told)
        if case.entry is not None:
            assert re.search(rf"entry {case.entry}\b", told), (case.name, told)


@pytest.mark.need(25, 137)
@pytest.mark.program("node")
@pytest.mark.parametrize("bare", [False, True], ids=["webcrypto", "written out"])
def test_the_page_says_the_same(cases: list[Case], log: LogMaker, bare: bool) -> None:
    # Ed25519 written out takes its time; what needs no signature is the same without it.
    tried = cases[::6] if bare else cases
    said = asked([one.data for one in tried], log.policy(), bare=bare)
    for case, found in zip(tried, said, strict=True):
        assert found["key"] == case.key, (case.name, found)
        assert exit_of(found["key"]) == case.code, case.name
        if case.entry is not None:
            assert found["n"] == case.entry, (case.name, found)
    notes: dict[str, list[Json]] = {
        case.name: found.get("notes", []) for case, found in zip(tried, said, strict=True)
    }
    assert notes["the zip as it was downloaded"] == [{"key": "complete"}, {"key": "without_n"}]
    if not bare:
        assert {"key": "open_end"} in notes["without the map, sealed"]
        assert {"key": "without_p"} in notes["only the queue, sealed"]


def test_every_verdict_of_the_page_says_what_to_do() -> None:
    """Its first line begins as the verifier's, and where it cannot tell it goes on with a way."""
    script = (STATIC / "record.js").read_text() + (STATIC / "verify.js").read_text()
    keys = set(re.findall(r'(?:Judged\(|key: )"([a-z_]+)"', script))
    keys = {one for one in keys if f"verify.{one}" in all_words()} - set(NOTES)
    assert {"empty", "too_large", "broken", "no_file", "other_log", "differs_rest"} <= keys
    for key in keys:
        for language, begins in BEGINS.items():
            words = say(f"verify.{key}", language, n=1, at="", origin="log.test/b")
            assert words.startswith(begins[exit_of(key)]), words
            if exit_of(key) == UNCLEAR:
                assert re.search(WAYS[language], words), words


@pytest.mark.need(25)
@pytest.mark.program("node")
def test_a_key_that_was_changed_is_followed(tmp_path: Path) -> None:
    """A reader with the policy of before follows the log's own entry to the next key."""
    log, before, stated, bundle = record_cases.rotated()
    file = written(bundle)
    [found] = asked([file], before)
    assert found["key"] == "unknown_key"
    [found] = asked([file], before, [stated])
    assert found["key"] == "match"
    [found] = asked([file], before + f"log {log.log_signer.verifier.vkey()}\n")
    assert found["key"] == "match"
    # Who states a key of his own, and whose statement is in no tree, is not followed.
    forged = {**stated, "leaf": stated["leaf"].replace('"log"', '"receipt"')}
    for lie in (forged, {**stated, "proof": ""}, {**stated, "origin": "log.test/b"}):
        [found] = asked([file], before, [lie])
        assert found["key"] == "unknown_key"
    old = small_log().bundle(record_cases.ORDER)
    [found] = asked([written(old)], log.policy() + _log_line(before))
    assert found["key"] == "match", "what the old key signed stays true"


def _log_line(policy: str) -> str:
    [line] = [one for one in policy.split("\n") if one.startswith("log ")]
    return line + "\n"
