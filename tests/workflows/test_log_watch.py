"""What doctor says of the public log: each trouble by its name, and that it is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contexts.ledger.log_scenes import record
from tests.logs import ORIGIN, LocalWitness, running_signer
from yinuo.contexts.ledger.log_folder import log_folder
from yinuo.contexts.ledger.operations.sealing import begin
from yinuo.contexts.ledger.queries.sealed import get_head
from yinuo.notary import keys, witnessing
from yinuo.workflows import log, log_watch


@pytest.fixture
def folders(tmp_path: Path, settings: Any, db: None) -> Path:
    """Folders of the test's own for log and signer."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    return tmp_path


@pytest.fixture
def witnesses(folders: Path, now: dt.datetime) -> Iterator[list[LocalWitness]]:
    """A log that has begun, with three witnesses that serve; their clocks show `now`."""
    made = [LocalWitness(folders / f"w{n}", f"w{n}") for n in range(3)]
    for one in made:
        (one.folder / "clock").write_text(f"={int(now.timestamp())}")
        one.start()
    begin(origin=ORIGIN, witnesses=[one.in_policy() for one in made], now=now)
    _, held = keys.load(folders / "signer")
    for one in made:
        witnessing.trust(one.folder, held["log"][0].verifier.vkey())
    yield made
    for one in made:
        one.stop()


def said(now: dt.datetime) -> list[tuple[str, str]]:
    """Level and English words of everything that is said."""
    return [(one.level, one.en) for one in log_watch.look(now=now)]


def test_before_the_log_has_begun(folders: Path, now: dt.datetime) -> None:
    [(level, words)] = said(now)
    assert level == "note"
    assert "yinuo log init" in words
    assert log.turn(now=now, wanted=True) == log.Turn(0, None, None)


def test_without_witnesses_it_is_published_and_said(folders: Path, now: dt.datetime) -> None:
    begin(origin=ORIGIN, now=now)
    with running_signer():
        assert log.turn(now=now).published is not None
        good, unwitnessed = said(now)
    assert good == ("ok", "4 of 4 published")
    assert unwitnessed[0] == "note"
    assert "no witnesses" in unwitnessed[1]
    assert get_head().quorum_at is None


def test_a_loop_that_stands_still(folders: Path, now: dt.datetime) -> None:
    begin(origin=ORIGIN, now=now)
    with running_signer():
        log.publish_now(now=now)
        record(3, now)
        later = now + dt.timedelta(minutes=7)
        assert [words for level, words in said(later) if level == "bad"] == [
            "3 entries have no number, the oldest for 7 minutes: is yinuo log run running?"
        ]
        assert log.turn(now=later).count == 3
        assert not [words for level, words in said(later) if level == "bad"]
        assert any("30 minutes" in words for _, words in said(now + dt.timedelta(minutes=38)))


def test_a_signer_that_is_away(folders: Path, now: dt.datetime) -> None:
    begin(origin=ORIGIN, now=now)
    record(3, now)
    done = log.turn(now=now)
    # Numbers are given all the same; nothing is published.
    assert (done.count, done.published) == (3, None)
    assert done.trouble is not None
    assert "签名进程" in done.trouble.zh
    assert not log_folder().has("checkpoint")
    assert sum(level == "bad" for level, _ in said(now)) == 2
    with running_signer():
        assert log.turn(now=now).published is not None
        assert not [words for level, words in said(now) if level == "bad"]


def test_one_witness_down_is_no_matter_two_are(
    witnesses: list[LocalWitness], now: dt.datetime
) -> None:
    with running_signer():
        witnesses[0].stop()
        first = log.turn(now=now).published
        assert first is not None
        assert first.quorum_at == now
        assert ("note", "the newest checkpoint lacks the signatures of w0: ask them") in said(now)
        witnesses[1].stop()
        record(60, now)
        done = log.turn(now=now)
        assert (done.count, done.published) == (60, None)
        assert done.trouble is not None
        assert "w0" in done.trouble.en
        assert "w1" in done.trouble.en
        # What stands in public is still the last that a quorum has seen.
        assert log_folder().get("checkpoint").decode() == first.note
        assert ("note", done.trouble.en) in said(now)
        for one in witnesses[:2]:
            one.start()
        again = log.turn(now=now).published
        assert {level for level, _ in said(now)} == {"ok"}
    assert again is not None
    # The first leaves, the head map that the first turn stated, and 60 locks.
    assert (again.size, again.quorum_at) == (64, now)


def test_a_full_disk_is_said(folders: Path, now: dt.datetime, settings: Any) -> None:
    begin(origin=ORIGIN, now=now)
    (folders / "log" / "tile").write_text("a file where a folder must be")
    with running_signer():
        trouble = log.turn(now=now).trouble
    assert trouble is not None
    assert "disk" in trouble.en
    assert ("bad", trouble.en) in said(now)
